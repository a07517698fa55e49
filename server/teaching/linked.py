"""Cases of the casebook that a session discusses: chosen in its plan, read by whoever may read the case itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete

from server.casebook import queries as casebook
from server.casebook.ports import Lesson
from server.core.errors import Refusal
from server.core.unit import Unit
from server.teaching import letters, queries
from server.teaching.model import SessionCase, TeachingSession

if TYPE_CHECKING:
    from server.casebook.model import TeachingCase


class NoSuchCase(Refusal):
    code = "teaching.no_such_case"
    status = 422
    says = "没有这个已发布的教学病例，请重新查找"


class OfItsPatient(Refusal):
    code = "teaching.case_of_its_patient"
    status = 422
    says = "教学病例不能与它的患者出现在同一场教学里：看见患者的人会由此认出病例"


@dataclass(frozen=True, kw_only=True)
class Discussed:
    """`cases` that the actor may read, in their order, and how many of the chosen were taken back since."""

    cases: list[TeachingCase]
    taken_back: int


async def found_among(unit: Unit, case_ids: Iterable[str], consortium_id: str | None) -> list[TeachingCase]:
    """Those that a session of this consortium may discuss: let out there, and the actor's to read."""
    ids = list(dict.fromkeys(case_ids))
    readable = await casebook.readable(unit, ids)
    return [readable[id] for id in ids if id in readable and readable[id].consortium_id == consortium_id]


async def choose(unit: Unit, *, session: TeachingSession, case_ids: Sequence[str]) -> None:
    """Those let out that the actor may not read stay: who did not see them did not drop them.

    Raises NoSuchCase alike for none, not let out, another consortium's and not the actor's to read; OfItsPatient.
    """
    found = await found_among(unit, case_ids, session.consortium_id)
    if len(found) < len(set(case_ids)):
        raise NoSuchCase
    chosen = [one.id for one in found] + await _unseen(unit, session)
    seen = {one.patient_id for one in await queries.patients_of(unit, [session.id])}
    if not seen.isdisjoint(await casebook.patients_of(unit, None, (), chosen)):
        raise OfItsPatient
    before = (await queries.cases_of(unit, [session.id]))[session.id]
    for id in sorted({*chosen} ^ {*before}):
        act = "case_chosen" if id in chosen else "case_dropped"
        unit.record(f"teaching.{act}", kind="teaching", id=session.id, fields=[id])
    await unit.session.execute(delete(SessionCase).where(SessionCase.session_id == session.id))
    unit.session.add_all(
        SessionCase(session_id=session.id, case_id=id, position=place) for place, id in enumerate(chosen)
    )
    await unit.session.flush()


async def _unseen(unit: Unit, session: TeachingSession) -> list[str]:
    ids = (await queries.cases_of(unit, [session.id]))[session.id]
    over = {*(await casebook.readable(unit, ids)), *(await casebook.taken_back(unit, ids))}
    return [id for id in ids if id not in over]


async def require_none_of(unit: Unit, session: TeachingSession, patient_id: str) -> None:
    """Raises OfItsPatient."""
    ids = (await queries.cases_of(unit, [session.id]))[session.id]
    if patient_id in await casebook.patients_of(unit, None, (), ids):
        raise OfItsPatient


async def of(unit: Unit, session: TeachingSession) -> Discussed:
    ids = (await queries.cases_of(unit, [session.id]))[session.id]
    readable = await casebook.readable(unit, ids)
    return Discussed(
        cases=[readable[id] for id in ids if id in readable], taken_back=len(await casebook.taken_back(unit, ids))
    )


async def titles(unit: Unit, session_ids: Iterable[str]) -> dict[str, list[str]]:
    """What the cases of each session are called, of those that the actor may read."""
    chosen = await queries.cases_of(unit, session_ids)
    readable = await casebook.readable(unit, {id for ids in chosen.values() for id in ids})
    return {session: [readable[id].title for id in ids if id in readable] for session, ids in chosen.items()}


async def with_one_taken_back(unit: Unit, session_ids: Iterable[str]) -> frozenset[str]:
    """Those of these sessions that discussed a case which is not let out any more."""
    chosen = await queries.cases_of(unit, session_ids)
    gone = await casebook.taken_back(unit, {id for ids in chosen.values() for id in ids})
    return frozenset(session for session, ids in chosen.items() if not gone.isdisjoint(ids))


class DiscussingLessons:
    """server.casebook.ports.Lessons."""

    async def discussing(self, unit: Unit, case_id: str) -> list[Lesson]:
        found = await queries.discussing(unit, case_id)
        return [Lesson(href=letters.href(one), title=one.title, starts_at=one.starts_at) for one in found]
