"""Learning records: of a person by year, of institutions by person; what somebody still owes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from server.accounts import queries as accounts
from server.accounts.roles import CredentialKind
from server.accounts.service import today
from server.core.access import Relation
from server.core.unit import Unit
from server.directory import queries as directory
from server.scheduling.working_calendar import CHINA
from server.teaching import certificates, counted, due, queries, views
from server.teaching.counted import Counted
from server.teaching.kinds import CreditClass, Finding
from server.teaching.model import Attendance, TeachingSession
from server.teaching.views import Say, SessionCard


@dataclass(frozen=True, kw_only=True)
class Line:
    session: TeachingSession
    card: SessionCard
    counted: Counted
    certified: bool

    @property
    def attended(self) -> Attendance:
        return self.counted.attended


@dataclass(frozen=True, kw_only=True)
class Year:
    year: int
    lines: list[Line] = field(default_factory=list)

    def _points(self, credit_class: CreditClass) -> str:
        return f"{queries.credited([one.attended for one in self.lines], credit_class) / 10:g}"

    @property
    def first(self) -> str:
        return self._points(CreditClass.FIRST)

    @property
    def second(self) -> str:
        return self._points(CreditClass.SECOND)

    @property
    def hours(self) -> str:
        return _hours([one.counted for one in self.lines])


def _hours(counts: Iterable[Counted]) -> str:
    """What was found not met, or revoked, adds none."""
    return f"{sum(one.seconds for one in counts if one.finding is not Finding.NOT_MET) / 3600:.1f}"


async def of_person(unit: Unit, person_id: str, translate: Say) -> list[Year]:
    """Every session somebody was reckoned in, by year, the last first."""
    rows = await queries.learnt(unit, person_id=person_id)
    sessions = await queries.sessions(unit, [one.session_id for one in rows])
    cards = {one.id: one for one in await views.cards(unit, list(sessions.values()), translate)}
    valid = await certificates.valid(unit, rows)
    years: dict[int, Year] = {}
    rows = sorted(rows, key=lambda one: sessions[one.session_id].starts_at, reverse=True)
    for one in await counted.count(unit, rows):
        session, certified = sessions[one.attended.session_id], one.attended.document_id in valid
        year = CHINA.day_of(session.starts_at).year
        line = Line(session=session, card=cards[session.id], counted=one, certified=certified)
        years.setdefault(year, Year(year=year)).lines.append(line)
    return list(years.values())


@dataclass(frozen=True, kw_only=True)
class Owed:
    card: SessionCard
    what: str
    href: str


async def owed(unit: Unit, translate: Say) -> list[Owed]:
    """What the actor is enrolled in ahead, and the papers they have not passed."""
    me = unit.actor.person_id
    sessions = await queries.enrolled_in(unit, me)
    cards = await views.cards(unit, sessions, translate)
    found = []
    for session, card in zip(sessions, cards, strict=True):
        quiz = await queries.quiz_of(unit, session.id)
        if quiz is None or (await queries.best_scores(unit, quiz.id)).get(me, -1) >= session.pass_mark:
            continue
        found.append(Owed(card=card, what=translate("测验"), href=f"{card.href}/quiz"))
    return found


async def own_due(unit: Unit) -> date | None:
    """By when the actor must be trained; None for who is no village doctor."""
    person = await accounts.person(unit, unit.actor.person_id)
    if person.credential is not CredentialKind.VILLAGE_DOCTOR:
        return None
    last = (await queries.last_trained(unit, [person.id])).get(person.id)
    posts = (await accounts.all_posts_of(unit, [person.id]))[person.id]
    return due.due_by(today(last.at) if last else None, min(one.starts for one in posts))


async def places(unit: Unit) -> frozenset[str]:
    """The institutions whose people the actor looks after."""
    granted = unit.matrix.granted(unit.actor.role, "teaching.records")
    if Relation.CONSORTIUM in granted:
        return await directory.members_of(unit, unit.actor.consortium_ids) | {unit.actor.institution_id}
    return frozenset({unit.actor.institution_id})


@dataclass(frozen=True, kw_only=True)
class PersonYear:
    name: str
    place: str
    sessions: int
    met: int
    corrected: int
    hours: str
    first: str
    second: str


async def of_places(unit: Unit, near: frozenset[str]) -> list[PersonYear]:
    """This year's learning, a line a person."""
    start = CHINA.at(date(today(unit.now).year, 1, 1), 0)
    rows = [one for one in await queries.learnt(unit, places=near) if one.reckoned_at >= start]
    people = await accounts.people(unit, [one.person_id for one in rows])
    names = await directory.short_names(unit, near)
    groups: dict[tuple[str, str], list[Counted]] = {}
    for one in await counted.count(unit, rows):
        groups.setdefault((one.attended.institution_id, one.attended.person_id), []).append(one)
    lines = [_person_year(people[person].name, names[place], own) for (place, person), own in groups.items()]
    return sorted(lines, key=lambda one: (one.place, one.name))


def _person_year(name: str, place: str, counts: list[Counted]) -> PersonYear:
    rows = [one.attended for one in counts]
    return PersonYear(
        name=name,
        place=place,
        sessions=len(rows),
        met=sum(one.met for one in counts),
        corrected=sum(one.met and not one.attended.met for one in counts),
        hours=_hours(counts),
        first=f"{queries.credited(rows, CreditClass.FIRST) / 10:g}",
        second=f"{queries.credited(rows, CreditClass.SECOND) / 10:g}",
    )
