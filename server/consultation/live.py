"""The door of a consultation's room: who comes in as what, and what their coming and going means for the case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from server.consultation import answers, consenting, queries, service
from server.consultation.model import Consultation
from server.consultation.states import State
from server.core.access import Actor, Relation
from server.core.database import Database
from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.meeting.admission import GUEST
from server.meeting.doors import Entrant, one_by_one
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind

if TYPE_CHECKING:
    from server.meeting.model import Meeting

ROLE_WORDS = {"specialist": "专家", "applicant": "申请方", "coordinator": "会诊中心"}


class RejoinOver(Refusal):
    code = "consultation.rejoin_over"
    says = "会诊中断已超过 15 分钟，不能再进入会诊室；请转为书面意见，或另约时间"


class OtherPost(Refusal):
    code = "consultation.other_post"
    says = "您是这次会诊的受邀专家，请切换到受邀时的岗位再进入会诊室"


async def audience(database: Database, id: str) -> frozenset[str]:
    """The topics of everybody whose pages may show this case."""
    async with database.unit(writes=False) as unit:
        case = await unit.session.get(Consultation, id)
        if case is None:
            return frozenset()
        invited = [one.person_id for one in await queries.invitations(unit, id)]
    people = {case.applicant_person_id, case.specialist_person_id, *invited} - {None}
    return frozenset(
        {*(f"person:{one}" for one in people), f"institution:{case.inviting_id}", f"centre:{case.consortium_id}"}
    )


class ConsultationDoor:
    async def entrants(self, unit: Unit, meeting: Meeting, actors: Sequence[Actor]) -> list[Entrant | Refusal]:
        return await one_by_one(self._entrant, unit, meeting, actors)

    async def _entrant(self, unit: Unit, meeting: Meeting) -> Entrant:
        case = await queries.get_for(unit, "room.enter", meeting.subject_id)
        if case.meeting_id != meeting.id:
            raise NotFound
        if not case.rejoinable_at(unit.now):
            raise RejoinOver(href=service.href(case))
        writes = unit.actor.person_id == case.specialist_person_id
        if writes and unit.actor.post_id != case.specialist_post_id:
            raise OtherPost(href=service.href(case))
        if case.state in (State.SCHEDULED, State.READY):  # nothing begins without consent; what has begun can be ended
            await _require_consent(unit, case, ConsentKind.CONSULTATION)
        related = await queries.relations_of(unit, case)
        treats = not related.isdisjoint({Relation.OWN, Relation.PARTICIPANT})
        return Entrant(
            role="specialist" if writes else "applicant" if Relation.OWN in related else "coordinator",
            host=True,
            case_src=f"/consultations/{case.id}/summary" if treats else "",
            opinion_src=f"/consultations/{case.id}/opinion/panel" if writes else "",
            consent_href=consenting.sign_href(case) if unit.may("consultation.edit", related) else "",
            back=f"/consultations/{case.id}",
            title=case.number or "",
        )

    async def records(self, unit: Unit, meeting: Meeting) -> None:
        await _require_consent(unit, await queries.by_id(unit, meeting.subject_id), ConsentKind.RECORDING)

    async def presence_changed(self, unit: Unit, meeting: Meeting) -> None:
        case = await queries.by_meeting(unit, meeting.id)
        if case is None:
            return
        present = await meetings.present(unit, meeting.id)
        if all(one.startswith(GUEST) for one in present):
            await answers.emptied(unit, case=case)
        else:
            await answers.entered(unit, case=case, present=present)

    async def ended(self, unit: Unit, meeting: Meeting) -> None:
        case = await queries.by_meeting(unit, meeting.id)
        if case is not None:
            await answers.end(unit, case=case)


async def _require_consent(unit: Unit, case: Consultation, kind: ConsentKind) -> None:
    await consents.require(unit, subject_id=case.id, patient_id=case.patient_id, kind=kind)
