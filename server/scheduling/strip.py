"""The strip on which several people's days lie side by side, as the page draws it. Pure.

Positions are thousandths of the shown part of the day, so that a page needs no arithmetic and no inline style.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.scheduling.availability import Offer
from server.scheduling.intervals import Interval, clip, intersect
from server.scheduling.working_calendar import WorkingCalendar

WIDTH = 1000
LAST_LABEL = 900
"""Further right the hour would not fit into the picture on a phone."""
EARLIEST, LATEST = 8 * 60, 18 * 60


class Paint(StrEnum):
    FREE = "free"
    BUSY = "busy"


@dataclass(frozen=True)
class Side:
    """One of those whose time is compared: free and booked stretches (UTC)."""

    label: str
    free: Sequence[Interval]
    busy: Sequence[Interval] = ()
    assumed: bool = False
    """No weekly hours were ever set: office hours are assumed."""


@dataclass(frozen=True)
class Segment:
    x: int
    width: int
    paint: Paint
    start: datetime
    end: datetime
    """In the zone of the calendar."""


@dataclass(frozen=True)
class Row:
    label: str
    segments: tuple[Segment, ...]
    assumed: bool


@dataclass(frozen=True)
class Tick:
    x: int
    label: str


@dataclass(frozen=True)
class Choice:
    """An offered time: `value` is what a form sends (ISO 8601, UTC), `x` and `width` where it lies."""

    value: str
    start: datetime
    end: datetime
    x: int
    width: int


@dataclass(frozen=True)
class DayStrip:
    day: date
    midnight: datetime
    """The beginning of the day in the zone of the calendar."""
    holiday: str | None
    make_up: bool
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    choices: tuple[Choice, ...]


def day_strip(
    day: date,
    sides: Iterable[Side],
    offered: Iterable[Offer],
    calendar: WorkingCalendar,
    language: str = "zh_CN",
) -> DayStrip:
    """One day of the strip: eight to six, wider when somebody's time or an offer lies outside."""
    sides = list(sides)
    whole = Interval(calendar.at(day, 0), calendar.at(day, 1440))
    offered = [offer for offer in offered if whole.start <= offer.start < whole.end]
    shown = _shown(day, sides, whole, calendar)
    return DayStrip(
        day=day,
        midnight=whole.start.astimezone(calendar.zone),
        holiday=calendar.holiday(day, language),
        make_up=calendar.is_make_up(day),
        rows=tuple(_row(side, shown, calendar) for side in sides),
        ticks=tuple(_ticks(shown, calendar)),
        choices=tuple(_choice(offer, shown, calendar) for offer in offered),
    )


def _shown(day: date, sides: Iterable[Side], whole: Interval, calendar: WorkingCalendar) -> Interval:
    used = [part for side in sides for part in intersect([*side.free, *side.busy], [whole])]
    start = min([calendar.at(day, EARLIEST), *(part.start for part in used)])
    end = max([calendar.at(day, LATEST), *(part.end for part in used)])
    return Interval(_hour_before(start, whole.start), end)


def _hour_before(moment: datetime, midnight: datetime) -> datetime:
    return moment - (moment - midnight) % timedelta(hours=1)


def _row(side: Side, shown: Interval, calendar: WorkingCalendar) -> Row:
    painted = [(part, Paint.FREE) for part in clip(side.free, shown)]
    painted += [(part, Paint.BUSY) for part in clip(side.busy, shown)]
    segments = tuple(_segment(part, paint, shown, calendar) for part, paint in sorted(painted))
    return Row(side.label, segments, side.assumed)


def _segment(part: Interval, paint: Paint, shown: Interval, calendar: WorkingCalendar) -> Segment:
    x, width = _place(part, shown)
    return Segment(x, width, paint, part.start.astimezone(calendar.zone), part.end.astimezone(calendar.zone))


def _choice(offer: Offer, shown: Interval, calendar: WorkingCalendar) -> Choice:
    x, width = _place(Interval(offer.start, offer.end), shown)
    start, end = offer.start.astimezone(calendar.zone), offer.end.astimezone(calendar.zone)
    return Choice(offer.start.isoformat(), start, end, x, width)


def _place(part: Interval, shown: Interval) -> tuple[int, int]:
    x = round(WIDTH * ((part.start - shown.start) / shown.length))
    return x, round(WIDTH * ((part.end - shown.start) / shown.length)) - x


def _ticks(shown: Interval, calendar: WorkingCalendar) -> Iterable[Tick]:
    step = timedelta(hours=2 if shown.length <= timedelta(hours=14) else 4)
    moment = shown.start
    while moment < shown.end:
        x = _place(Interval(moment, moment), shown)[0]
        yield Tick(x, f"{moment.astimezone(calendar.zone):%H:%M}" if x <= LAST_LABEL else "")
        moment += step
