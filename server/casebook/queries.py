"""Finding teaching cases. `get_for` is the one door to one; what is not released is not there for who learns."""

from sqlalchemy import or_, select

from server.casebook import policy
from server.casebook.model import TeachingCase
from server.casebook.states import State
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
    agreed = await consents.standing(unit, case.consultation_id, ConsentKind.TEACHING)
    if not policy.readable(case) or not agreed:
        raise NotFound


async def of_consultation(unit: Unit, consultation_id: str) -> TeachingCase | None:
    return await unit.session.scalar(select(TeachingCase).where(TeachingCase.consultation_id == consultation_id))


async def released(unit: Unit, *, words: str = "", before: str = "") -> list[TeachingCase]:
    """A page of what the actor may learn from, the newest first; `words` stand in title, points or specialty."""
    if Relation.CONSORTIUM not in unit.matrix.granted(unit.actor.role, "casebook.list"):
        return []
    query = select(TeachingCase).where(
        TeachingCase.state == State.RELEASED, TeachingCase.consortium_id.in_(sorted(unit.actor.consortium_ids))
    )
    for word in words.split()[:5]:
        parts = (TeachingCase.title, TeachingCase.points, TeachingCase.specialty)
        query = query.where(or_(*(part.icontains(word, autoescape=True) for part in parts)))
    if before:
        query = query.where(TeachingCase.id < before)
    return list(await unit.session.scalars(query.order_by(TeachingCase.id.desc()).limit(PAGE)))


async def in_work(unit: Unit) -> list[TeachingCase]:
    """Not yet released: what waits for the actor as a reviewer, and what is their own."""
    states = (State.PROPOSED, State.PREPARED, State.REVIEWED)
    mine = TeachingCase.proposed_by_id == unit.actor.person_id
    condition = mine & (TeachingCase.proposer_institution_id == unit.actor.institution_id)
    if Relation.CONSORTIUM in unit.matrix.granted(unit.actor.role, "casebook.review"):
        condition = condition | TeachingCase.consortium_id.in_(sorted(unit.actor.consortium_ids))
    query = select(TeachingCase).where(TeachingCase.state.in_(states), condition)
    return list(await unit.session.scalars(query.order_by(TeachingCase.id.desc()).limit(200)))
