"""Handing in to the authority within seven working days: by when, whether anybody has taken its file, who did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from server.accounts import queries as accounts
from server.core.errors import Refusal
from server.core.unit import Unit
from server.scheduling.working_calendar import CHINA
from server.teaching import letters, steps
from server.teaching.kinds import CreditClass
from server.teaching.model import HandIn, TeachingSession
from server.teaching.states import OVER

if TYPE_CHECKING:
    from server.accounts.model import Person

DAYS = 7
"""Working days after the session's (on-line continuing education, 2020)."""
WARNED = 2
"""Working days before the last one, on which whoever sees to it is reminded for the first time."""
LONGEST = timedelta(days=31)
"""What seven working days come to at most, with the longest holiday between."""


class NotOver(Refusal):
    code = "teaching.not_over"
    says = "教学结束后才有材料可以导出和上报"


def wanted(session: TeachingSession) -> bool:
    """Whether the rule asks for it: it gives credit, or was filed."""
    return session.credit_class is not CreditClass.NONE or bool(session.filing_no)


def require_over(session: TeachingSession) -> None:
    """Raises NotOver."""
    if session.state not in OVER:
        raise NotOver


def due(ended_at: datetime) -> datetime:
    """By when it has to be handed in: the end of the seventh working day after the session's."""
    return _closing(ended_at, DAYS)


def _closing(ended_at: datetime, days: int) -> datetime:
    """The end of office hours so many working days after the session's day."""
    day_after = CHINA.at(CHINA.day_of(ended_at), 1440)
    return CHINA.add_working(day_after, CHINA.workday * days)


def reminders(ended_at: datetime) -> list[datetime]:
    """When office hours begin on the two days on which is reminded."""
    days = [CHINA.day_of(_closing(ended_at, DAYS - before)) for before in (WARNED, 0)]
    return [CHINA.at(day, CHINA.office[0].start) for day in days]


# ---- the verbs


async def taken(unit: Unit, *, session_id: str) -> None:
    """The whole file has left; the first who took it is kept."""
    session = await unit.session.get_one(TeachingSession, session_id, with_for_update=True)
    row = await _row(unit, session_id)
    if row.taken_at is None:
        row.taken_at, row.taken_by = unit.now, unit.actor.person_id
    await unit.session.flush()
    unit.record("teaching.bundle_taken", kind="teaching", id=session_id)
    steps.announce(unit, session)


async def hand_in(unit: Unit, *, session: TeachingSession) -> None:
    """It was handed in; twice is once. Raises NotOver."""
    require_over(session)
    row = await _row(unit, session.id)
    if row.handed_in_at is not None:
        return
    row.handed_in_at, row.handed_in_by = unit.now, unit.actor.person_id
    await unit.session.flush()
    unit.record("teaching.handed_in", kind="teaching", id=session.id)
    steps.announce(unit, session)


async def _row(unit: Unit, session_id: str) -> HandIn:
    row = await unit.session.get(HandIn, session_id)
    if row is None:
        row = HandIn(session_id=session_id, told=0)
        unit.session.add(row)
    return row


async def remind(unit: Unit, session: TeachingSession, row: HandIn | None) -> bool:
    """Tells who organises, teaches and administers it, once on each of two days; whether it was told now."""
    if session.ended_at is None or not wanted(session):
        return False
    on = reminders(session.ended_at)
    place = sum(at <= unit.now for at in on)
    if place <= (row.told if row else 0) or CHINA.day_of(unit.now) > CHINA.day_of(on[-1]):
        return False
    (row or await _row(unit, session.id)).told = place
    await unit.session.flush()
    last = place == len(on)
    await letters.hand_in(unit, session, due(session.ended_at), last=last)
    return True


# ---- what pages show


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How it stands: by when, and who took the file and handed it in."""

    due: datetime | None
    """None where no rule asks for it."""
    taken_at: datetime | None
    taken_by: str
    handed_in_at: datetime | None
    handed_in_by: str


async def standing(unit: Unit, session: TeachingSession) -> Standing | None:
    """None before the session is over."""
    if session.state not in OVER or session.ended_at is None:
        return None
    row = await unit.session.get(HandIn, session.id) or HandIn(session_id=session.id)
    people = await accounts.people(unit, [id for id in (row.taken_by, row.handed_in_by) if id])
    return Standing(
        due=due(session.ended_at) if wanted(session) else None,
        taken_at=row.taken_at,
        taken_by=_name(people, row.taken_by),
        handed_in_at=row.handed_in_at,
        handed_in_by=_name(people, row.handed_in_by),
    )


def _name(people: dict[str, Person], id: str | None) -> str:
    return people[id].name if id in people else ""
