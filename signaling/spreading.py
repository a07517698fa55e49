"""What is told to all at once and kept nowhere: of many the last, and the more there are to hear it, the less often."""

from __future__ import annotations

from collections.abc import Callable

from signaling.effects import Spread
from signaling.throttle import Throttle

PAUSE = 0.08  # seconds between two …
TOLD = 1500  # … and so many a second at most, to however many


class Spreading:
    def __init__(self, tell: Callable[[Spread], None], listeners: Callable[[], int], monotonic: Callable[[], float]):
        self._tell = tell
        self._last: Spread | None = None
        self._throttle = Throttle(lambda: max(PAUSE, listeners() / TOLD), self._now, monotonic)

    def soon(self, spread: Spread) -> None:
        self._last = spread
        self._throttle.soon()

    def cancel(self) -> None:
        self._throttle.cancel()

    def _now(self) -> None:
        if self._last is not None:
            self._tell(self._last)
            self._last = None
