"""Writing a room's log: what is asked is written or refused, what has happened is written in the end."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signaling.effects import Record
from signaling.ports import Entry, Journal, Line
from signaling.refusals import Refusal, Unavailable
from signaling.tasks import Tasks

log = logging.getLogger(__name__)
PATIENCE = 3.0  # seconds a person waits for the log before being told to try again
PAUSE = 1.0  # seconds between tries at what must be written …
TRIES = 600  # … and how many: after ten minutes it is not the line that is broken
TOGETHER = 200  # lines written in one go when many come at once
MAY_BE_REFUSED = {"ended", "recording", "asked"}  # by the house: they are written by themselves


@dataclass(frozen=True, slots=True)
class _Waiting:
    line: Line
    entry: asyncio.Future[Entry]


class Scribe:
    """One per live room. Writes in the order of asking, so that a node's own entries reach it in order; what comes
    while the log is being written is written together next, so that a whole hall may answer at once."""

    def __init__(self, room: str, journal: Journal, hear: Callable[[Entry], None], tasks: Tasks) -> None:
        self._room = room
        self._journal = journal
        self._hear = hear
        self._tasks = tasks
        self._queue: deque[_Waiting] = deque()
        self._at_work = False
        self._promised: deque[tuple[Record, asyncio.Future[None]]] = deque()
        self._last_promise: asyncio.Future[None] | None = None
        self._keeping = False

    @property
    def idle(self) -> bool:
        return not self._keeping and not self._at_work

    async def write(self, record: Record) -> Entry:
        """The entry, in the log. Raises `Unavailable`, or the `Refusal` with which the house answered."""
        entry: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(Line(record.kind, record.by, record.key, record.body), entry))
        if not self._at_work:
            self._at_work = True
            self._tasks.start(self._work(), f"log of {self._room}")
        try:
            async with asyncio.timeout(PATIENCE):
                return await entry
        except TimeoutError:
            raise Unavailable() from None

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
        self._last_promise = asyncio.get_running_loop().create_future()
        self._promised.append((record, self._last_promise))
        if not self._keeping:
            self._keeping = True
            self._tasks.start(self._keep_promises(), f"promises of {self._room}")

    async def settled(self, patience: float) -> None:
        """Wait until what has been promised so far is written, for so long at most."""
        if self._last_promise is not None:
            await asyncio.wait([self._last_promise], timeout=patience)

    # ---- writing

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._write(self._next())
        finally:
            self._at_work = False

    def _next(self) -> list[_Waiting]:
        """Those to be written in one go; whoever gave up waiting is passed over."""
        taken: list[_Waiting] = []
        while self._queue and len(taken) < TOGETHER:
            alone = self._queue[0].line.kind in MAY_BE_REFUSED
            if alone and taken:
                break
            waiting = self._queue.popleft()
            if not waiting.entry.done():
                taken.append(waiting)
            if alone:
                break
        return taken

    async def _write(self, together: list[_Waiting]) -> None:
        if not together:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                entries = await self._journal.append(self._room, [one.line for one in together])
        except Refusal as refused:
            self._refuse(together, refused)
        except Exception as failure:
            log.warning("the log of a room cannot be written: %s", type(failure).__name__)
            self._refuse(together, Unavailable())
        else:
            for waiting, entry in zip(together, entries, strict=True):
                self._hear(entry)
                if not waiting.entry.done():
                    waiting.entry.set_result(entry)

    def _refuse(self, together: list[_Waiting], refused: Refusal) -> None:
        for waiting in together:
            if not waiting.entry.done():
                waiting.entry.set_exception(refused)

    # ---- promises

    async def _keep_promises(self) -> None:
        try:
            while self._promised:
                together = [self._promised.popleft() for _ in range(min(len(self._promised), TOGETHER))]
                await self._keep([record for record, _ in together])
                for _, kept in together:
                    kept.set_result(None)
        finally:
            self._keeping = False

    async def _keep(self, records: list[Record]) -> None:
        for _ in range(TRIES):
            done = await asyncio.gather(*(self._kept(one) for one in records))
            records = [one for one, written in zip(records, done, strict=True) if not written]
            if not records:
                return
            await asyncio.sleep(PAUSE)
        log.error("%d entries were given up", len(records))

    async def _kept(self, record: Record) -> bool:
        """Whether nothing more can be done for it."""
        try:
            await self.write(record)
        except Unavailable:
            return False
        except Refusal as refused:
            log.error("an entry of kind %s was refused: %s", record.kind, refused.code)
        return True
