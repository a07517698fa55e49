"""Which simulcast layer a receiver gets, from what it reports: its own estimate of its line, and loss.

Down at once, up with care. A receiver's estimate (REMB) creeps up behind what it is sent, so a low one says little
while one that falls says that packets queue up; going up is a trial, and one that fails doubles the wait before
the next.
"""

from __future__ import annotations

from collections.abc import Sequence

CALM = 1.0  # seconds without complaint before a trial
LONGEST_CALM = 80.0
TRIAL = 4.0  # seconds in which a trial may still fail
HEAVY, LIGHT = 0.10, 0.02  # shares lost: too much for the layer; nothing to speak of
ROOM = 0.95  # of the estimate that may be used
FALL = 0.9  # an estimate this much below the one before has fallen
ALARM = 2.0  # seconds for which a fall counts


class Ladder:
    """One receiver of one source. Layers are numbered from the smallest; `ceiling` is what the page asked for."""

    def __init__(self, now: float, ceiling: int | None = None) -> None:
        self.ceiling = ceiling
        self._estimate: float | None = None
        self._loss = 0.0
        self._quiet = now  # since when nobody complains
        self._calm = CALM
        self._rose = self._fell = float("-inf")

    def estimated(self, bits: float, now: float) -> None:
        """The receiver's REMB, bit/s, its other streams already taken off."""
        if self._estimate is not None and bits < self._estimate * FALL:
            self._fell = self._quiet = now
        self._estimate = bits

    def lost(self, share: float, now: float) -> None:
        """The share of the last report block."""
        self._loss = share
        if share > LIGHT:
            self._quiet = now

    def choose(self, present: int, rates: Sequence[float], now: float) -> int:
        """The layer to send. `rates` are the layers' bit rates as they come in now, 0 for one that does not."""
        highest = len(rates) - 1 if self.ceiling is None else min(self.ceiling, len(rates) - 1)
        usable = [layer for layer in range(highest + 1) if rates[layer] > 0]
        if not usable:
            return min(present, max(highest, 0))
        if present not in usable:
            return self._fitting(usable, rates)
        if self._too_much(rates[present], now) and present != usable[0]:
            return self._down(present, usable, rates, now)
        return self._up(present, usable, rates, now)

    def _too_much(self, rate: float, now: float) -> bool:
        if self._loss > HEAVY:
            return True
        over = self._estimate is not None and self._estimate * ROOM < rate
        return over and (self._loss > LIGHT or now - self._fell < ALARM)

    def _down(self, present: int, usable: list[int], rates: Sequence[float], now: float) -> int:
        if now - self._rose < TRIAL:
            self._calm = min(LONGEST_CALM, self._calm * 2)
        self._quiet, self._loss = now, 0.0
        lower = [layer for layer in usable if layer < present]
        return min(lower[-1], self._fitting(lower, rates))

    def _up(self, present: int, usable: list[int], rates: Sequence[float], now: float) -> int:
        higher = [layer for layer in usable if layer > present]
        if not higher or self._loss > LIGHT:
            return present
        enough = self._estimate is not None and rates[higher[0]] < self._estimate * ROOM
        if now - self._quiet < (CALM if enough else self._calm):
            return present
        if now - self._rose > LONGEST_CALM:
            self._calm = CALM
        self._rose = self._quiet = now
        return higher[0]

    def _fitting(self, layers: list[int], rates: Sequence[float]) -> int:
        if self._estimate is None:
            return layers[-1]
        fits = [layer for layer in layers if rates[layer] <= self._estimate * ROOM]
        return fits[-1] if fits else layers[0]
