"""Reading what a room's log has and the room has not."""

from __future__ import annotations

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
        self._behind = False
        self.busy = False

    def soon(self) -> None:
        """Read in the background; once at a time, and then once more if asked meanwhile, because
        what was asked for may be newer than what was being read."""
        self._behind = True
        if not self.busy:
            self.busy = True
            self._tasks.start(self._catch_up(), f"log of {self._room.id}")

    async def _catch_up(self) -> None:
        try:
            while self._behind:
                self._behind = False
                await self.read()
        except Unavailable:
            pass  # logged; the next round tries again
        finally:
            self.busy = False

    async def read(self) -> None:
        """Read now. Raises `Unavailable`."""
        while True:
            entries = await self._scribe.since(self._room.history.seq, AT_ONCE)
            self._do(self._room.recorded(entries, whole=True))
            if len(entries) < AT_ONCE:
                return
