"""When somebody can be booked: weekly hours and exceptions, less bookings and holidays. Pure; times in UTC."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from server.scheduling.buckets import BUCKET
from server.scheduling.intervals import Interval, clip, common, merge, subtract
from server.scheduling.working_calendar import WorkingCalendar

QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Hours(NamedTuple):
    """Bookable every week: on `weekday` (0 Monday) from minute to minute of the local day, half-open."""

    weekday: int
    start: int
    end: int
    valid_from: date = date.min
    valid_to: date | None = None
    """The first day on which they hold no more."""

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class ExceptionKind(StrEnum):
    AWAY = "away"
    EXTRA = "extra"


class Exceptional(NamedTuple):
    """A single stretch away from, or on top of, the weekly hours. Where both are said, away holds."""

    period: Interval
    kind: ExceptionKind


@dataclass(frozen=True)
class Offer:
    """A time at which all asked for are free."""

    start: datetime
    end: datetime


def office_week(calendar: WorkingCalendar) -> list[Hours]:
    """What is assumed of somebody who has set no hours: office hours, Monday to Friday."""
    return [Hours(weekday, start, end) for weekday in range(5) for start, end in calendar.office]


def hours_on(day: date, weekly: Iterable[Hours], calendar: WorkingCalendar) -> list[Interval]:
    """The weekly hours as they fall on `day`: none on a public holiday, a make-up day follows its own timetable."""
    weekday = calendar.timetable_weekday(day)
    return [
        Interval(calendar.at(day, hours.start), calendar.at(day, hours.end))
        for hours in weekly
        if hours.weekday == weekday and hours.holds_on(day)
    ]


def open_times(
    period: Interval, weekly: Collection[Hours], exceptions: Iterable[Exceptional], calendar: WorkingCalendar
) -> list[Interval]:
    """When somebody may be booked within `period`, whatever is booked already."""
    exceptions = list(exceptions)
    usual = [hours for day in days_of(period, calendar) for hours in hours_on(day, weekly, calendar)]
    extra = [period for period, kind in exceptions if kind is ExceptionKind.EXTRA]
    away = [period for period, kind in exceptions if kind is ExceptionKind.AWAY]
    return clip(subtract(usual + extra, away), period)


def days_of(period: Interval, calendar: WorkingCalendar) -> Iterator[date]:
    """The local days `period` touches."""
    day, last = calendar.day_of(period.start), calendar.day_of(period.end)
    while day <= last:
        yield day
        day += timedelta(days=1)


def free_times(opened: Iterable[Interval], busy: Iterable[Interval]) -> list[Interval]:
    return subtract(opened, busy)


def offers(
    sides: Sequence[Iterable[Interval]], length: timedelta, *, first: int, not_before: datetime | None = None
) -> list[Offer]:
    """The first `first` times of `length` at which every side is free, earliest first, not overlapping.

    They begin on a quarter of an hour, the next one not before the last one's end.
    """
    if length <= timedelta(0):
        raise ValueError("a consultation takes time")
    found: list[Offer] = []
    for free in common(sides):
        start = _on_the(QUARTER, max(free.start, not_before) if not_before else free.start)
        while start + length <= free.end:
            if len(found) == first:
                return found
            found.append(Offer(start, start + length))
            start = _on_the(QUARTER, start + length)
    return found


def fits(sides: Sequence[Iterable[Interval]], wanted: Interval) -> bool:
    """Whether every side is free for all of `wanted`."""
    return any(free.contains(wanted) for free in common(sides))


def _on_the(grain: timedelta, moment: datetime) -> datetime:
    """`moment`, or the next multiple of `grain` after it."""
    return moment + (_EPOCH - moment) % grain


def whole_buckets(free: Iterable[Interval]) -> list[Interval]:
    """Free time narrowed to whole buckets, so that nothing is offered that the store would refuse."""
    return merge(Interval(_on_the(BUCKET, start), end - (end - _EPOCH) % BUCKET) for start, end in free)
