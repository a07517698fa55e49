"""By when each step of a consultation is due: the table, and how its clocks run and stand still.

Every figure can be replaced per consortium by handing `due_at` another table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from server.scheduling.working_calendar import WorkingCalendar


class Urgency(StrEnum):
    IMMEDIATE = "immediate"  # 特急
    URGENT = "urgent"  # 急
    ROUTINE = "routine"  # 普通
    ELECTIVE = "elective"  # 择期，多学科


class Deadline(StrEnum):
    PICK_UP = "pick_up"  # the centre takes the request in hand
    ANSWER = "answer"  # an invited expert accepts or declines
    ARRANGEMENT = "arrangement"  # a time is fixed
    CONSULTATION = "consultation"  # it has taken place (immediate: has begun)
    CONSULTATION_LIMIT = "consultation_limit"  # the outer bound
    OPINION = "opinion"  # signed, counted from the end of the session
    OPINION_LIMIT = "opinion_limit"
    SYNTHESIS = "synthesis"  # the lead's, of several opinions
    DECISION = "decision"  # the asking doctor adopts, in part, or not
    SUPPLEMENT = "supplement"  # the asking doctor adds what was missing


class Measure(StrEnum):
    MINUTES = "minutes"  # by the clock on the wall
    WORKING_MINUTES = "working_minutes"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True)
class Span:
    amount: int
    measure: Measure = Measure.MINUTES


class Pause(NamedTuple):
    """While a clock stands still: from `start` up to `end`; None when it still stands."""

    start: datetime
    end: datetime | None


Table = Mapping[Deadline, Mapping[Urgency, Span | None]]


def minutes(amount: int) -> Span:
    return Span(amount)


def hours(amount: int) -> Span:
    return Span(amount * 60)


def working_hours(amount: int) -> Span:
    return Span(amount * 60, Measure.WORKING_MINUTES)


def working_days(amount: int) -> Span:
    return Span(amount, Measure.WORKING_DAYS)


def _row(
    immediate: Span | None, urgent: Span | None, routine: Span | None, elective: Span | None
) -> Mapping[Urgency, Span | None]:
    return dict(zip(Urgency, (immediate, urgent, routine, elective), strict=True))


# fmt: off
STANDARD: Table = {
    #                                 特急          急            普通               择期
    Deadline.PICK_UP:            _row(minutes(2),  minutes(15),  working_hours(4),  working_days(1)),
    Deadline.ANSWER:             _row(minutes(2),  minutes(30),  hours(24),         hours(48)),
    Deadline.ARRANGEMENT:        _row(minutes(0),  hours(2),     hours(48),         working_days(5)),
    Deadline.CONSULTATION:       _row(minutes(10), hours(12),    working_days(3),   working_days(10)),
    Deadline.CONSULTATION_LIMIT: _row(minutes(10), hours(24),    working_days(3),   working_days(10)),
    Deadline.OPINION:            _row(minutes(30), hours(1),     hours(1),          hours(24)),
    Deadline.OPINION_LIMIT:      _row(minutes(30), hours(1),     hours(24),         hours(24)),
    Deadline.SYNTHESIS:          _row(None,        None,         None,              hours(48)),
    Deadline.DECISION:           _row(hours(1),    hours(4),     hours(24),         working_days(3)),
    Deadline.SUPPLEMENT:         _row(None,        hours(2),     hours(72),         hours(72)),
}
# fmt: on

PLANNED_MINUTES: Mapping[Urgency, int] = {
    Urgency.IMMEDIATE: 15,
    Urgency.URGENT: 20,
    Urgency.ROUTINE: 30,
    Urgency.ELECTIVE: 30,
}


def planned_length(urgency: Urgency, experts: int = 1) -> timedelta:
    """How long a session is planned for; each further expert adds ten minutes to an elective one."""
    extra = 10 * max(0, experts - 1) if urgency is Urgency.ELECTIVE else 0
    return timedelta(minutes=PLANNED_MINUTES[urgency] + extra)


def due_at(
    started: datetime,
    clock: Deadline,
    urgency: Urgency,
    calendar: WorkingCalendar,
    *,
    pauses: Iterable[Pause] = (),
    table: Table = STANDARD,
) -> datetime | None:
    """The instant (UTC) by which the step is due; None when it has no clock, or its clock stands still now.

    What ran before a pause counts, the pause does not, in the measure of the span (wall or office time).
    """
    span = table[clock][urgency]
    if span is None:
        return None
    left, now = _length(span, calendar), started.astimezone(UTC)
    for pause in sorted(pauses, key=lambda pause: pause.start):
        ran = _passed(now, pause.start, span, calendar)
        if left <= ran:
            break
        if pause.end is None:
            return None
        left, now = left - ran, max(now, pause.end.astimezone(UTC))
    return _add(now, left, span, calendar)


def _length(span: Span, calendar: WorkingCalendar) -> timedelta:
    if span.measure is Measure.WORKING_DAYS:
        return span.amount * calendar.workday
    return timedelta(minutes=span.amount)


def _passed(start: datetime, end: datetime, span: Span, calendar: WorkingCalendar) -> timedelta:
    if span.measure is Measure.MINUTES:
        return max(end.astimezone(UTC) - start, timedelta(0))
    return calendar.working_between(start, end)


def _add(start: datetime, length: timedelta, span: Span, calendar: WorkingCalendar) -> datetime:
    return start + length if span.measure is Measure.MINUTES else calendar.add_working(start, length)
