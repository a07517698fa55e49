"""What pages show of sessions: plain values in the reader's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from server.accounts import queries as accounts
from server.accounts.roles import Role
from server.accounts.service import today
from server.core.unit import Unit
from server.directory import queries as directory
from server.scheduling import queries as scheduling
from server.teaching import letters, queries
from server.teaching.kinds import (
    COURSE_WORDS,
    CREDIT_WORDS,
    KIND_WORDS,
    MATERIAL_WORDS,
    CreditClass,
    EnrolmentState,
    Scope,
)
from server.teaching.model import Enrolment, SessionStep, TeachingSession
from server.teaching.states import MOVE_WORDS, STATE_WORDS

if TYPE_CHECKING:
    from server.accounts.model import Person

Say = Callable[..., str]
TEACHING_ROLES = (Role.TEACHER, Role.SPECIALIST)


@dataclass(frozen=True, kw_only=True)
class SessionCard:
    """A session in five seconds: what, who, for whom, credit, seats left."""

    id: str
    href: str
    kind: str
    kind_word: str
    icon: str
    title: str
    teachers: str
    place: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    state: str
    state_word: str
    state_tone: str
    audience: str
    credit: str
    capacity: int
    taken: int
    mine: str
    """'' or how the reader takes part: enrolled · waiting."""

    @property
    def seats_left(self) -> int | None:
        return max(0, self.capacity - self.taken) if self.capacity else None


@dataclass(frozen=True, kw_only=True)
class Lookups:
    teachers: dict[str, list[Person]]
    places: dict[str, str]
    taken: dict[str, int]
    own: dict[str, Enrolment]


async def look_up(unit: Unit, sessions: Sequence[TeachingSession]) -> Lookups:
    ids = [one.id for one in sessions]
    teaching = await queries.teachers_of(unit, ids)
    people = await accounts.people(unit, [one.person_id for group in teaching.values() for one in group])
    mentioned = {one.institution_id for one in sessions} | {id for one in sessions for id in one.institution_ids}
    return Lookups(
        teachers={id: [people[one.person_id] for one in group] for id, group in teaching.items()},
        places=await directory.short_names(unit, mentioned),
        taken=await queries.seats_taken(unit, ids),
        own=await queries.own_enrolments(unit, ids, unit.actor.person_id),
    )


async def cards(unit: Unit, sessions: Sequence[TeachingSession], translate: Say) -> list[SessionCard]:
    found = await look_up(unit, sessions)
    return [card(one, found, translate) for one in sessions]


def card(session: TeachingSession, found: Lookups, translate: Say) -> SessionCard:
    word, icon = KIND_WORDS[session.kind]
    state, tone = STATE_WORDS[session.state]
    own = found.own.get(session.id)
    return SessionCard(
        id=session.id,
        href=letters.href(session),
        kind=session.kind.value,
        kind_word=translate(word),
        icon=icon,
        title=session.title,
        teachers=" · ".join(f"{one.name} {one.title}".strip() for one in found.teachers.get(session.id, [])),
        place=found.places.get(session.institution_id, ""),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        minutes=session.minutes,
        state=session.state.value,
        state_word=translate(state),
        state_tone=tone,
        audience=audience(session, found, translate),
        credit=credit(session, translate),
        capacity=session.capacity,
        taken=found.taken.get(session.id, 0),
        mine=own.state.value if own else "",
    )


def audience(session: TeachingSession, found: Lookups, translate: Say) -> str:
    """Whom it is for."""
    who = [translate("本医联体")]
    if session.scope is Scope.INSTITUTIONS:
        who = ["、".join(found.places.get(id, "") for id in session.institution_ids)]
    if session.titles:
        who.append("、".join(session.titles))
    if session.village_doctors_due:
        who.append(translate("培训到期的乡村医生"))
    return " · ".join(who)


def credit(session: TeachingSession, translate: Say) -> str:
    if session.credit_class is CreditClass.NONE:
        return ""
    word = translate(CREDIT_WORDS[session.credit_class])
    return translate("%(class)s %(points)s 分", {"class": word, "points": session.credits})


def history_lines(steps: Iterable[SessionStep], people: dict[str, Person], translate: Say) -> list[dict[str, Any]]:
    return [
        {
            "at": step.at,
            "what": translate(MOVE_WORDS[step.move]),
            "who": people[step.person_id].name if step.person_id in people else "",
            "note": step.reason,
            "tone": STATE_WORDS[step.after][1],
        }
        for step in reversed(list(steps))
    ]


# ---- one person's name in a roster


@dataclass(frozen=True, kw_only=True)
class Seat:
    person_id: str
    name: str
    title: str
    place: str
    state: EnrolmentState
    asked_at: datetime


async def seats(unit: Unit, session: TeachingSession) -> list[Seat]:
    rows = await queries.enrolments(unit, session.id)
    people = await accounts.people(unit, [one.person_id for one in rows])
    places = await directory.short_names(unit, [one.institution_id for one in rows])
    return [
        Seat(
            person_id=one.person_id,
            name=people[one.person_id].name,
            title=people[one.person_id].title,
            place=places.get(one.institution_id, ""),
            state=one.state,
            asked_at=one.asked_at,
        )
        for one in rows
    ]


# ---- choices of a planner


async def choices(unit: Unit, translate: Say) -> dict[str, Any]:
    """What the form of a plan offers."""
    near = await directory.members_of(unit, unit.actor.consortium_ids) | {unit.actor.institution_id}
    places = await directory.institutions(unit, near)
    names = {one.id: one.short_name for one in places}
    return {
        "kinds": [(one.value, translate(word)) for one, (word, _) in KIND_WORDS.items()],
        "teachers": await _teachers(unit, names),
        "rooms": [(one.id, f"{names[one.institution_id]} · {one.name}") for one in await scheduling.rooms(unit, near)],
        "places": [(one.id, one.short_name) for one in places],
        "credit_classes": [(one.value, translate(word)) for one, word in CREDIT_WORDS.items()],
        "materials": [(one.value, translate(word)) for one, word in MATERIAL_WORDS.items()],
        "courses": await _courses(unit, translate),
    }


async def _teachers(unit: Unit, names: dict[str, str]) -> list[tuple[str, str]]:
    """One line a person, in their teaching post where they have one."""
    found: dict[str, tuple[str, str]] = {}
    for role in TEACHING_ROLES:
        for post, person in await accounts.holders(unit, role=role, institution_ids=names, on=today(unit.now)):
            where = names[post.institution_id]
            found.setdefault(person.id, (post.id, f"{person.name} {person.title} · {where}"))
    return sorted(found.values(), key=lambda one: one[1])


async def _courses(unit: Unit, translate: Say) -> list[tuple[str, str]]:
    return [(one.id, f"{translate(COURSE_WORDS[one.kind])} · {one.title}") for one in await queries.courses(unit)]
