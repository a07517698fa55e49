"""One continuous stream out of several: sequence numbers, timestamps and picture ids across switches.

A receiver sees one stream although its layer, or the publisher behind it, changes. The first packet of what
comes takes the number after the last of what went; the clock goes on by the time that passed between them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

SPANS = 4  # switches back that a repeat may still be asked across

Stream = TypeVar("Stream")


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream stands: its newest packet, or the one it begins with."""

    sequence: int
    timestamp: int
    picture: int | None = None
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """What is added to each number of a stream on its way to one receiver."""

    sequence: int = 0
    timestamp: int = 0
    picture: int = 0
    base: int = 0


@dataclass(frozen=True, slots=True)
class _Span(Generic[Stream]):
    stream: Stream
    shift: Shift
    first: int  # as the receiver counts


class Rewriter(Generic[Stream]):
    """`start` is the first number to send; keep it in the lower half, or SRTP's roll-over counter may be
    guessed wrong when the first packets are lost."""

    def __init__(self, start: int) -> None:
        self._start = start
        self.shift = Shift()
        self._spans: deque[_Span[Stream]] = deque(maxlen=SPANS)

    def switch(self, stream: Stream, first: Head, last: Head | None, passed: int) -> Shift:
        """From now on `stream`, from `first` on. `last` is the newest packet sent of what went before it, as its
        sender numbered it, and `passed` how many ticks of the clock ago that was."""
        begin = self._begin() if last is None else last.sequence + self.shift.sequence + 1
        shift = self._first(first, begin) if last is None else self._next(first, last, passed)
        self.shift = shift
        self._spans.append(_Span(stream, shift, begin & 0xFFFF))
        return shift

    def _begin(self) -> int:
        """Where to begin when nothing was sent since the last switch, if there was one."""
        return self._spans[-1].first if self._spans else self._start

    def _first(self, first: Head, begin: int) -> Shift:
        return replace(self.shift, sequence=(begin - first.sequence) & 0xFFFF)

    def _next(self, first: Head, last: Head, passed: int) -> Shift:
        old = self.shift
        return Shift(
            (last.sequence + old.sequence + 1 - first.sequence) & 0xFFFF,
            (last.timestamp + old.timestamp + max(1, passed) - first.timestamp) & 0xFFFFFFFF,
            _follow(last.picture, old.picture, first.picture) & 0x7FFF,
            _follow(last.base, old.base, first.base) & 0xFF,
        )

    def covers(self, sequence: int) -> bool:
        """Whether a packet of the present stream belongs to what its receiver has been shown, rather than to
        what came before the switch."""
        return bool(self._spans) and _after(sequence + self.shift.sequence, self._spans[-1].first)

    def origin(self, sequence: int) -> tuple[Stream, int, Shift] | None:
        """Whose packet, and which, the receiver knows as `sequence`; None if that is too long ago."""
        for span in reversed(self._spans):
            if _after(sequence, span.first):
                return span.stream, (sequence - span.shift.sequence) & 0xFFFF, span.shift
        return None


def _after(sequence: int, first: int) -> bool:
    return (sequence - first) & 0xFFFF < 0x8000


def _follow(last: int | None, shift: int, first: int | None) -> int:
    return shift if last is None or first is None else last + shift + 1 - first
