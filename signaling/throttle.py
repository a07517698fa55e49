"""Doing a thing at once, but not more often than so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Throttle:
    def __init__(self, pause: Callable[[], float], act: Callable[[], None], monotonic: Callable[[], float]) -> None:
        self._pause = pause
        self._act = act
        self._monotonic = monotonic
        self._last = float("-inf")
        self._due: asyncio.TimerHandle | None = None

    @property
    def pending(self) -> bool:
        return self._due is not None

    def soon(self) -> None:
        """Now if the last time is long enough ago, else as soon as it is."""
        if self._due is not None:
            return
        wait = self._last + self._pause() - self._monotonic()
        if wait <= 0:
            self.now()
        else:
            self._due = asyncio.get_running_loop().call_later(wait, self.now)

    def now(self) -> None:
        self.cancel()
        self._last = self._monotonic()
        self._act()

    def cancel(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
