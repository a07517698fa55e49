"""Writing a room's log: what is asked is written or refused, what has happened is written in the end."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from signaling.effects import Record
from signaling.ports import Entry, Journal
from signaling.refusals import Refusal, Unavailable
from signaling.tasks import Tasks

log = logging.getLogger(__name__)
PATIENCE = 3.0  # seconds a person waits for the log before being told to try again
PAUSE = 1.0  # seconds between tries at what must be written …
TRIES = 600  # … and how many: after ten minutes it is not the line that is broken


class Scribe:
    """One per live room. One entry at a time, so that a node's own entries reach it in order."""

    def __init__(self, room: str, journal: Journal, hear: Callable[[Entry], None], tasks: Tasks) -> None:
        self._room = room
        self._journal = journal
        self._hear = hear
        self._tasks = tasks
        self._turn = asyncio.Lock()
        self._promised: deque[Record] = deque()
        self._settled = asyncio.Event()
        self._settled.set()

    @property
    def idle(self) -> bool:
        return self._settled.is_set()

    async def write(self, record: Record) -> Entry:
        """The entry, in the log. Raises `Unavailable`, or the `Refusal` with which the house answered."""
        try:
            async with asyncio.timeout(PATIENCE), self._turn:
                entry = await self._journal.append(self._room, record.kind, record.by, record.body, record.key)
        except Refusal:
            raise
        except Exception as failure:
            log.warning("the log of a room cannot be written: %s", type(failure).__name__)
            raise Unavailable() from failure
        self._hear(entry)
        return entry

    async def since(self, seq: int, limit: int) -> Sequence[Entry]:
        """The log after `seq`. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._journal.since(self._room, seq, limit)
        except Exception as failure:
            log.warning("the log of a room cannot be read: %s", type(failure).__name__)
            raise Unavailable() from failure

    def promise(self, record: Record) -> None:
        """Write it as soon as the log can be written; the order of promises is kept."""
        self._promised.append(record)
        if self._settled.is_set():
            self._settled.clear()
            self._tasks.start(self._keep_promises(), f"log of {self._room}")

    async def settled(self, patience: float) -> None:
        """Wait until what was promised is written, for so long at most."""
        try:
            async with asyncio.timeout(patience):
                await self._settled.wait()
        except TimeoutError:
            pass

    async def _keep_promises(self) -> None:
        try:
            while self._promised:
                await self._keep(self._promised[0])
                self._promised.popleft()
        finally:
            self._settled.set()

    async def _keep(self, record: Record) -> None:
        for _ in range(TRIES):
            try:
                await self.write(record)
            except Unavailable:
                await asyncio.sleep(PAUSE)
            except Refusal as refused:
                log.error("an entry of kind %s was refused: %s", record.kind, refused.code)
                return
            else:
                return
        log.error("an entry of kind %s was given up", record.kind)
