"""A crowd at the door: connections begin as fast as the process bears, so that those who listen do not pay for it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from signaling.tasks import Tasks

AT_ONCE = 24  # connections in the making at most
GIVEN_UP = 5.0  # seconds after which one that does not come about keeps nobody waiting
BUSY = 0.7  # share of a core above which they are let in one …
SLOWEST = 0.2  # … every so many seconds
WINDOW = 0.1  # seconds over which that share is taken
LOOK = 0.02  # seconds between two looks while it is full

Made = Callable[[], bool]


class Load:
    """How busy this process is."""

    def __init__(self, steady: Callable[[], float], used: Callable[[], float] = time.process_time) -> None:
        self._steady, self._used = steady, used
        self._at, self._then = steady(), used()
        self.share = 0.0

    def look(self) -> float:
        """The share of a core that was used of late, 0 to the number of cores."""
        now, used = self._steady(), self._used()
        if now - self._at >= WINDOW:
            self.share = (used - self._then) / (now - self._at)
            self._at, self._then = now, used
        return self.share


class Pace:
    def __init__(self, tasks: Tasks, steady: Callable[[], float] = time.monotonic, load: Load | None = None) -> None:
        self._tasks, self._steady = tasks, steady
        self._load = load or Load(steady)
        self._waiting: deque[tuple[Callable[[], None], Made]] = deque()
        self._making: list[tuple[Made, float]] = []
        self._last = -SLOWEST
        self._letting_in = False

    def soon(self, begin: Callable[[], None], made: Made) -> None:
        """Calls `begin` now or in turn. `made` tells whether the connection stands, or never will."""
        if not self._waiting and not self._full():
            self._begin(begin, made)
            return
        self._waiting.append((begin, made))
        if not self._letting_in:
            self._letting_in = True
            self._tasks.start(self._let_in(), "crowd let in")

    async def _let_in(self) -> None:
        try:
            while self._waiting:
                if self._full():
                    await asyncio.sleep(LOOK)
                else:
                    self._begin(*self._waiting.popleft())
                    await asyncio.sleep(0)
        finally:
            self._letting_in = False

    def _begin(self, begin: Callable[[], None], made: Made) -> None:
        self._last = self._steady()
        self._making.append((made, self._last + GIVEN_UP))
        begin()

    def _full(self) -> bool:
        now = self._steady()
        self._making = [(made, until) for made, until in self._making if now < until and not made()]
        if len(self._making) >= AT_ONCE:
            return True
        return self._load.look() > BUSY and now - self._last < SLOWEST
