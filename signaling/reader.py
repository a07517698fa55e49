"""Reading what a room's log has and the room has not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from signaling.effects import Effect
from signaling.refusals import Unavailable
from signaling.room import Room
from signaling.scribe import Scribe
from signaling.tasks import Tasks

AT_ONCE = 50  # entries told at a stretch: no more than a page that reads can take


class Reader:
    def __init__(self, room: Room, scribe: Scribe, do: Callable[[Iterable[Effect]], None], tasks: Tasks) -> None:
        self._room = room
        self._scribe = scribe
        self._do = do
        self._tasks = tasks
        self._next: asyncio.Future[bool] | None = None  # the reading after the one under way: whether it succeeded
        self.busy = False

    def soon(self) -> None:
        """Read in the background; once at a time, and then once more if asked meanwhile, because
        what was asked for may be newer than what was being read."""
        self._asked()

    async def fresh(self) -> None:
        """The room knows all that was written before this was asked; a crowd that asks shares one reading.

        Raises `Unavailable`."""
        if not await asyncio.shield(self._asked()):
            raise Unavailable()

    def _asked(self) -> asyncio.Future[bool]:
        self._next = self._next or asyncio.get_running_loop().create_future()
        if not self.busy:
            self.busy = True
            self._tasks.start(self._catch_up(), f"log of {self._room.id}")
        return self._next

    async def _catch_up(self) -> None:
        try:
            while (asked := self._next) is not None:
                self._next = None
                await self._read_for(asked)
        finally:
            self.busy = False

    async def _read_for(self, asked: asyncio.Future[bool]) -> None:
        could = False
        try:
            await self.read()
            could = True
        except Unavailable:
            pass  # logged; the next round tries again
        finally:
            asked.set_result(could)

    async def read(self) -> None:
        """Read now. Raises `Unavailable`."""
        while True:
            entries = await self._scribe.since(self._room.history.seq, AT_ONCE)
            self._do(self._room.recorded(entries, whole=True))
            if len(entries) < AT_ONCE:
                return
