"""What must be so before a session begins: somebody is with the patient, the expert is who was invited, there is
consent (远程医疗服务管理规范 2018: each side has its physician there, the patient has agreed in writing).
"""

from enum import StrEnum

from server.accounts import queries as accounts
from server.consultation.experts import qualified
from server.consultation.model import Consultation
from server.consultation.states import State
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind


class Needed(StrEnum):
    COMPANION = "companion"
    EXPERT = "expert"
    CONSENT = "consent"


NEEDED_WORDS = {
    Needed.COMPANION: "申请医师或申请中写明的陪同医生在会诊室",
    Needed.EXPERT: "专家以受邀的岗位登录，资质有效，在会诊室",
    Needed.CONSENT: "患者已签署知情同意，或登记了紧急例外",
}


async def lacking(unit: Unit, case: Consultation, present: frozenset[str]) -> frozenset[Needed]:
    """What a session of this case still needs, with these participants in its room."""
    met = {
        Needed.COMPANION: await _accompanied(unit, case, present),
        Needed.EXPERT: await _expert_is_there(unit, case, present),
        Needed.CONSENT: await consents.in_force(
            unit, subject_id=case.id, patient_id=case.patient_id, kind=ConsentKind.CONSULTATION
        ),
    }
    return frozenset(one for one, is_met in met.items() if not is_met)


async def _accompanied(unit: Unit, case: Consultation, present: frozenset[str]) -> bool:
    """By whoever asks, or by the doctor they named for it, whom a host let in under that name."""
    if case.applicant_person_id in present:
        return True
    if not case.companion or not case.meeting_id:
        return False
    stays = await meetings.attendance(unit, case.meeting_id)
    return any(one.until is None and one.name == case.companion for one in stays)


async def _expert_is_there(unit: Unit, case: Consultation, present: frozenset[str]) -> bool:
    """The door lets them in by the post they were invited in, and by no other (live.ConsultationDoor)."""
    if case.specialist_person_id not in present:
        return False
    return qualified(await accounts.person(unit, case.specialist_person_id), unit.now)


async def waited_for(unit: Unit, case: Consultation) -> frozenset[Needed] | None:
    """What a session that should begin waits for; None in every other state."""
    if case.state is not State.READY or not case.meeting_id:
        return None
    return await lacking(unit, case, await meetings.present(unit, case.meeting_id))
