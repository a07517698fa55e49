"""Stretches of time and what can be done with them: pure, half-open, in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Interval(NamedTuple):
    """From `start` up to, but not including, `end`; both aware."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end.astimezone(UTC) - self.start.astimezone(UTC)

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in order, without overlaps, touching ones joined, empty ones gone."""
    merged: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval.start < interval.end):
        if merged and start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Interval(start, end))
    return merged


def subtract(whole: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What of `whole` is left when `taken` is cut out."""
    cuts = merge(taken)
    left: list[Interval] = []
    first = 0
    for start, end in merge(whole):
        while first < len(cuts) and cuts[first].end <= start:
            first += 1
        for cut in cuts[first:]:
            if cut.start >= end:
                break
            if start < cut.start:
                left.append(Interval(start, cut.start))
            start = cut.end
        if start < end:
            left.append(Interval(start, end))
    return left


def intersect(ours: Iterable[Interval], theirs: Iterable[Interval]) -> list[Interval]:
    """The time in both."""
    a, b = merge(ours), merge(theirs)
    both: list[Interval] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i].start, b[j].start), min(a[i].end, b[j].end)
        if start < end:
            both.append(Interval(start, end))
        if a[i].end < b[j].end:
            i += 1
        else:
            j += 1
    return both


def common(sides: Iterable[Iterable[Interval]]) -> list[Interval]:
    """The time in every one of `sides`; none when there are no sides."""
    shared: list[Interval] | None = None
    for side in sides:
        shared = merge(side) if shared is None else intersect(shared, side)
    return shared or []


def clip(intervals: Iterable[Interval], period: Interval) -> list[Interval]:
    return intersect(intervals, [period])
