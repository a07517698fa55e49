"""The calendar as pages show it: teaching by kind, one's own clinic in grey behind, classrooms in rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from server.core.unit import Unit
from server.directory import queries as directory
from server.scheduling import queries as scheduling
from server.scheduling.bookable import BookingStatus, ResourceKind
from server.scheduling.intervals import Interval
from server.scheduling.working_calendar import CHINA
from server.teaching import appointments, queries, views
from server.teaching.forms import CalendarView
from server.teaching.model import TeachingSession
from server.teaching.views import Say

WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something in the calendar. `kind` is that of a session, or "clinic" for what else the reader has booked."""

    start: datetime
    end: datetime
    title: str
    href: str
    kind: str
    icon: str
    word: str
    mine: bool
    clash: bool = False
    room_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Day:
    day: datetime
    """Local midnight."""
    today: bool
    outside: bool
    """Of the neighbouring month."""
    holiday: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RoomRow:
    name: str
    days: list[list[Entry]]


def span(view: CalendarView, day: date) -> tuple[date, date]:
    """The first day shown and the one after the last."""
    if view is CalendarView.MONTH:
        first = day.replace(day=1)
        start = first - timedelta(days=first.weekday())
        last = _next_month(first) - timedelta(days=1)
        return start, last + timedelta(days=WEEK - last.weekday())
    if view is CalendarView.LIST:
        return day, day + timedelta(days=60)
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=WEEK)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def neighbours(view: CalendarView, day: date) -> tuple[date, date]:
    """A day of the span before, and of the one after."""
    if view is CalendarView.MONTH:
        first = day.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), _next_month(first)
    step = timedelta(days=60 if view is CalendarView.LIST else WEEK)
    return day - step, day + step


async def entries(unit: Unit, start: date, end: date, translate: Say) -> list[Entry]:
    """What is taught between the days, and what else the reader has then; in order, clashes of their own marked."""
    period = Interval(CHINA.at(start, 0), CHINA.at(end, 0))
    sessions = await queries.within(unit, period.start, period.end)
    found = await _taught(unit, sessions, translate) + await _clinic(unit, period, translate)
    return sorted(_clashing(found), key=lambda one: (one.start, one.title))


async def _taught(unit: Unit, sessions: Sequence[TeachingSession], translate: Say) -> list[Entry]:
    cards = await views.cards(unit, sessions, translate)
    teaching = await queries.teachers_of(unit, [one.id for one in sessions])
    me = unit.actor.person_id
    return [
        Entry(
            start=_local(card.starts_at),
            end=_local(card.ends_at),
            title=card.title,
            href=card.href,
            kind=card.kind,
            icon=card.icon,
            word=card.kind_word,
            mine=card.mine == "enrolled" or me in {one.person_id for one in teaching[session.id]},
            room_id=session.room_id or "",
        )
        for session, card in zip(sessions, cards, strict=True)
    ]


async def _clinic(unit: Unit, period: Interval, translate: Say) -> list[Entry]:
    booked = await scheduling.agenda(unit, occupant=unit.actor.person_id, period=period)
    return [
        Entry(
            start=_local(one.starts_at),
            end=_local(one.ends_at),
            title=one.title,
            href=f"/consultations/{one.subject_id}" if one.subject_kind == "consultation" else "",
            kind="clinic",
            icon="case",
            word=translate("会诊"),
            mine=True,
        )
        for one in booked
        if one.subject_kind != appointments.SUBJECT and one.status is BookingStatus.CONFIRMED
    ]


def _clashing(found: Sequence[Entry]) -> Iterable[Entry]:
    own = [one for one in found if one.mine]
    for one in found:
        others = [other for other in own if other is not one and other.start < one.end and one.start < other.end]
        clash = one.mine and bool(others)
        yield Entry(**{**{name: getattr(one, name) for name in Entry.__dataclass_fields__}, "clash": clash})


def _local(at: datetime) -> datetime:
    return at.astimezone(CHINA.zone)


def days(found: Sequence[Entry], start: date, end: date, *, now: datetime, month: int, language: str) -> list[Day]:
    """Every day with what falls on it; `month` is the one shown, 0 for no month."""
    shown = []
    for number in range((end - start).days):
        day = start + timedelta(days=number)
        shown.append(
            Day(
                day=_local(CHINA.at(day, 0)),
                today=day == CHINA.day_of(now),
                outside=bool(month) and day.month != month,
                holiday=CHINA.holiday(day, language) or "",
                entries=[one for one in found if one.start.date() == day],
            )
        )
    return shown


async def rooms(unit: Unit, found: Sequence[Entry], start: date) -> list[RoomRow]:
    """Classrooms of the consortium in rows, the week in columns."""
    near = await directory.members_of(unit, unit.actor.consortium_ids) | {unit.actor.institution_id}
    names = await directory.short_names(unit, near)
    week = [start + timedelta(days=number) for number in range(WEEK)]
    return [
        RoomRow(
            name=f"{names[room.institution_id]} · {room.name}",
            days=[[one for one in found if one.room_id == room.id and one.start.date() == day] for day in week],
        )
        for room in await scheduling.rooms(unit, near)
        if room.kind is ResourceKind.ROOM
    ]
