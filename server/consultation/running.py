"""How many consultations run, as the directory asks before it changes what they stand on."""

from sqlalchemy import ColumnElement, func, or_, select

from server.consultation.model import Consultation
from server.consultation.states import OPEN, State
from server.core.unit import Unit

RUNNING = OPEN - {State.DRAFT}


class RunningConsultations:
    async def between(self, unit: Unit, inviting_id: str, invited_id: str) -> int:
        return await _count(unit, Consultation.inviting_id == inviting_id, Consultation.invited_id == invited_id)

    async def of(self, unit: Unit, institution_id: str) -> int:
        party = or_(Consultation.inviting_id == institution_id, Consultation.invited_id == institution_id)
        return await _count(unit, party)


async def _count(unit: Unit, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(Consultation).where(Consultation.state.in_(RUNNING), *conditions)
    return int(await unit.session.scalar(query) or 0)
