"""Beside the nodes, a forwarder of our own that serves nobody: halls on Janus are recorded and captioned there.

What people publish through this process is fetched to it, once it is to be recorded or heard, by a connection like any
watcher's: encrypted, repaired where packets are lost, and one more watcher is all that the node has of it. Whoever is
served by another process of ours is recorded by that one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.janus.fetching import Fetching
from signaling.media.janus.hall import Hall
from signaling.media.ports import Listening, Lost, MediaEvent, MediaRefusal, Reel, Said, SpeechService
from signaling.tasks import Tasks

EVERYWHERE = "0.0.0.0"  # noqa: S104 - we call from it; nobody gets in without our own word
Use = Literal["recorded", "heard"]


class Annex:
    """`tell` hears what is said in halls that are listened to."""

    def __init__(self, speech: SpeechService | None, tell: Callable[[MediaEvent], None]) -> None:
        self._tell, self._tasks = tell, Tasks()
        self.forwarder = Spread(Ground([EVERYWHERE], processes=1, speech=speech))
        self._starting, self._changing, self._running = asyncio.Lock(), asyncio.Lock(), False
        self._uses: defaultdict[str, set[Use]] = defaultdict(set)
        self._fetching: dict[str, Fetching] = {}

    # ---- its own forwarder

    async def _opened(self, hall: str) -> None:
        """Started with the first hall that needs it. Raises MediaRefusal."""
        async with self._starting:
            if not self._running:
                await self.forwarder.start()
                self._tasks.start(self._listen(), "what the annex tells")
                self._running = True
        await self.forwarder.open(hall)

    async def _listen(self) -> None:
        async for event in self.forwarder.events():
            if isinstance(event, Said | Listening):
                self._tell(event)
            elif isinstance(event, Lost) and (fetching := self._fetching.get(event.hall)):
                fetching.lost(event.who)

    async def stop(self) -> None:
        """Nobody said that recordings are over: they are cut off."""
        self._uses.clear()
        await self._tasks.stop()
        if self._running:
            await self.forwarder.stop()

    # ---- what it is for

    async def record(self, hall: str, reel: Reel) -> None:
        await self._opened(hall)
        await self.forwarder.record(hall, reel)
        self._uses[hall].add("recorded")

    async def cease(self, hall: str) -> None:
        if "recorded" in self._uses[hall]:
            await self.forwarder.cease(hall)
            await self._done(hall, "recorded")

    async def listen(self, hall: str) -> None:
        await self._opened(hall)
        await self.forwarder.listen(hall)
        self._uses[hall].add("heard")

    async def unlisten(self, hall: str) -> None:
        if "heard" in self._uses[hall]:
            await self.forwarder.unlisten(hall)
            await self._done(hall, "heard")

    async def _done(self, hall: str, use: Use) -> None:
        self._uses[hall].discard(use)
        if not self._uses[hall]:
            await self.close(hall)

    # ---- what comes to it

    async def follow(self, hall: Hall) -> None:
        """Fetches what is published there now, if the hall is recorded or heard."""
        if self._uses.get(hall.name):
            await (await self._fetched_from(hall)).settle()

    async def _fetched_from(self, hall: Hall) -> Fetching:
        async with self._changing:
            known = self._fetching.get(hall.name)
            if known is None or known.hall is not hall:
                if known is not None:
                    await known.break_off()
                known = self._fetching[hall.name] = Fetching(hall, self.forwarder, self._tasks)
            return known

    async def lost(self, hall: Hall) -> None:
        """The node is gone: what is recorded has a gap until its people are back."""
        known = self._fetching.get(hall.name)
        if known is not None and known.hall is hall:
            await known.break_off()

    async def close(self, hall: str) -> None:
        self._uses.pop(hall, None)
        if known := self._fetching.pop(hall, None):
            await known.close()
        if self._running:
            with contextlib.suppress(MediaRefusal):
                await self.forwarder.close(hall)
