"""Whom a request is about: chosen while it is a draft; and what becomes of the files added for another."""

from server.consultation import service
from server.consultation.attachments import ConsultationFiles
from server.consultation.kinds import Fate
from server.consultation.model import Consultation
from server.consultation.states import State
from server.core.errors import Refusal
from server.core.unit import Unit
from server.files import queries as files
from server.files import service as files_service


class PatientSettled(Refusal):
    code = "consultation.patient_settled"
    says = "补充资料时不能更换患者；如果选错了患者，请取消这次会诊，为正确的患者另行发起"


class FilesOfAnother(Refusal):
    code = "consultation.files_of_another"
    says = "这份申请里有为另一位患者添加的附件，请先说明撤回还是保留"


async def choose(unit: Unit, *, case: Consultation, patient_id: str, fate: Fate | None = None) -> None:
    """Files withdrawn can be put back for a week; whatever is there is held against the new patient.

    Raises PatientSettled, NotADraft, and FilesOfAnother when there are such files and no `fate` was said.
    """
    if case.patient_id == patient_id:
        return
    if case.state is State.SUPPLEMENT:
        raise PatientSettled
    theirs = await files.of_subject(unit, service.SUBJECT, case.id) if case.patient_id else []
    if theirs and fate is None:
        raise FilesOfAnother
    for one in theirs if fate is Fate.WITHDRAW else ():
        await files_service.withdraw(unit, attachment=one, subjects={service.SUBJECT: ConsultationFiles()})
    await service.save(unit, case=case, fields={"patient_id": patient_id})
    await files_service.look_again(unit, subject_kind=service.SUBJECT, subject_id=case.id)
