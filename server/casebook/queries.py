"""Finding teaching cases. `get_for` is the one door to one; what is not released is not there for who learns."""

from collections.abc import Collection

from sqlalchemy import and_, or_, select

from server.casebook import policy
from server.casebook.copy_states import CopyState
from server.casebook.model import TeachingCase, TeachingCopy
from server.casebook.states import State
from server.consultation import queries as consultations
from server.core.access import Relation
from server.core.errors import NotFound
from server.core.unit import Unit
from server.patients.consent import queries as consents
from server.patients.consent.model import ConsentKind

PAGE = 30


async def get_for(unit: Unit, action: str, id: str, *, locked: bool = False) -> TeachingCase:
    """Raises NotFound alike for none, not yours, not released, and no longer allowed by the patient."""
    case = await unit.session.get(TeachingCase, id, with_for_update=locked)
    if case is None:
        raise NotFound
    related = policy.relations(unit.actor, case)
    unit.require(action, related)
    if action == "casebook.read":
        await _require_released(unit, case, works_on_it=works_on(unit, case))
    return case


def works_on(unit: Unit, case: TeachingCase) -> bool:
    related = policy.relations(unit.actor, case)
    return unit.may("casebook.edit", related) or unit.may("casebook.review", related)


async def _require_released(unit: Unit, case: TeachingCase, *, works_on_it: bool) -> None:
    if works_on_it:
        return
    if not policy.readable(case) or not await agreed(unit, case):
        raise NotFound


async def agreed(unit: Unit, case: TeachingCase) -> bool:
    """Whether the patient of the consultation still lets it be taught with."""
    of = await consultations.by_id(unit, case.consultation_id)
    return bool(await consents.standing(unit, subject_id=of.id, patient_id=of.patient_id, kind=ConsentKind.TEACHING))


async def of_consultation(unit: Unit, consultation_id: str) -> TeachingCase | None:
    return await unit.session.scalar(select(TeachingCase).where(TeachingCase.consultation_id == consultation_id))


async def patients_of(
    unit: Unit, consortium_id: str | None, titles: Collection[str], ids: Collection[str] = ()
) -> frozenset[str]:
    """Whom the released cases of these titles are about, and the cases of `ids`."""
    titled = and_(
        TeachingCase.state == State.RELEASED,
        TeachingCase.consortium_id == consortium_id,
        TeachingCase.title.in_(set(titles)),
    )
    of = select(TeachingCase.consultation_id).where(or_(titled, TeachingCase.id.in_(set(ids))))
    found = set(await unit.session.scalars(of)) if titles or ids else set()
    return await consultations.patients_of(unit, found)


async def released(unit: Unit, *, words: str = "", before: str = "", within: str = "") -> list[TeachingCase]:
    """A page of what the actor may learn from, the newest first; `words` stand in title, points or specialty.

    With `within`, of this consortium alone.
    """
    if Relation.CONSORTIUM not in unit.matrix.granted(unit.actor.role, "casebook.list"):
        return []
    near = unit.actor.consortium_ids & {within} if within else unit.actor.consortium_ids
    query = select(TeachingCase).where(
        TeachingCase.state == State.RELEASED, TeachingCase.consortium_id.in_(sorted(near))
    )
    for word in words.split()[:5]:
        parts = (TeachingCase.title, TeachingCase.points, TeachingCase.specialty)
        query = query.where(or_(*(part.icontains(word, autoescape=True) for part in parts)))
    if before:
        query = query.where(TeachingCase.id < before)
    return list(await unit.session.scalars(query.order_by(TeachingCase.id.desc()).limit(PAGE)))


async def readable(unit: Unit, ids: Collection[str]) -> dict[str, TeachingCase]:
    """Those of `ids` that are let out and the actor may read."""
    query = select(TeachingCase).where(TeachingCase.id.in_(set(ids)), TeachingCase.state == State.RELEASED)
    found = list(await unit.session.scalars(query)) if ids else []
    return {one.id: one for one in found if unit.may("casebook.read", policy.relations(unit.actor, one))}


async def taken_back(unit: Unit, ids: Collection[str]) -> frozenset[str]:
    """Those of `ids` that are not let out any more."""
    query = select(TeachingCase.id).where(TeachingCase.id.in_(set(ids)), TeachingCase.state != State.RELEASED)
    return frozenset(await unit.session.scalars(query) if ids else ())


async def in_work(unit: Unit) -> list[TeachingCase]:
    """Not yet released: what waits for the actor as a reviewer, and what is their own."""
    states = (State.PROPOSED, State.PREPARED, State.REVIEWED)
    mine = TeachingCase.proposed_by_id == unit.actor.person_id
    condition = mine & (TeachingCase.proposer_institution_id == unit.actor.institution_id)
    if Relation.CONSORTIUM in unit.matrix.granted(unit.actor.role, "casebook.review"):
        condition = condition | TeachingCase.consortium_id.in_(sorted(unit.actor.consortium_ids))
    query = select(TeachingCase).where(TeachingCase.state.in_(states), condition)
    return list(await unit.session.scalars(query.order_by(TeachingCase.id.desc()).limit(200)))


# ---- copies of files


async def copies_of(unit: Unit, case_id: str) -> list[TeachingCopy]:
    """In their order. The caller has let the actor in by the case."""
    found = select(TeachingCopy).where(TeachingCopy.case_id == case_id, TeachingCopy.state != CopyState.GONE)
    return list(await unit.session.scalars(found.order_by(TeachingCopy.number)))


async def copy_in(unit: Unit, case: TeachingCase, id: str, *, locked: bool = False) -> TeachingCopy:
    """Raises NotFound."""
    found = await unit.session.get(TeachingCopy, id, with_for_update=locked)
    if found is None or found.case_id != case.id or found.state is CopyState.GONE:
        raise NotFound
    return found


async def copy(unit: Unit, id: str) -> TeachingCopy | None:
    """For whoever works on it in the background."""
    return await unit.session.get(TeachingCopy, id)


async def case_of(unit: Unit, copy: TeachingCopy) -> TeachingCase:
    return await unit.session.get_one(TeachingCase, copy.case_id)


async def copies_in_work(unit: Unit) -> list[str]:
    """To be looked through, written, or rid of what is no longer needed."""
    waits = TeachingCopy.state.in_((CopyState.WAITING, CopyState.CONFIRMED, CopyState.GONE))
    keeps_sheets, keeps_file = TeachingCopy.sheets_id.is_not(None), TeachingCopy.file_id.is_not(None)
    left_out = (TeachingCopy.state == CopyState.LEFT_OUT) & (keeps_sheets | keeps_file)
    out = (TeachingCase.state == State.RELEASED) & keeps_sheets
    query = select(TeachingCopy.id).join(TeachingCase).where(waits | left_out | out)
    return list(await unit.session.scalars(query.order_by(TeachingCopy.id)))
