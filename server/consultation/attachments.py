"""A consultation's files: who may see them, add to them, fetch the originals; and whom they should speak of."""

from datetime import datetime

from server.consultation import queries
from server.consultation.model import Consultation
from server.consultation.service import ATTACHABLE
from server.core.unit import Unit
from server.files import queries as files
from server.files.cards import KINDS, Card, card
from server.files.service import name_of
from server.files.subjects import About, Access
from server.patients import queries as patients
from server.patients import sealing

ACTIONS: dict[Access, str] = {"read": "file.read", "attach": "file.upload", "original": "file.original"}
SEXES = {"male": "M", "female": "F"}


class ConsultationFiles:
    """server.files.subjects.SubjectAccess for consultations."""

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: Access) -> bool:
        case = await unit.session.get(Consultation, subject_id)
        if case is None or not unit.may(ACTIONS[action], await queries.relations_of(unit, case)):
            return False
        return action != "attach" or case.state in ATTACHABLE

    async def about(self, unit: Unit, subject_kind: str, subject_id: str) -> About:
        case = await unit.session.get(Consultation, subject_id)
        if case is None or case.patient_id is None:
            return About()
        patient = await patients.by_id(unit, case.patient_id)
        identity = sealing.open_identity(patient, unit.keys)
        sex = SEXES.get(patient.sex.value, "")
        return About(
            patient_id=patient.id,
            names=(identity.name,),
            birth_date=patient.birth_date,
            sex="M" if sex == "M" else "F" if sex == "F" else "",
        )


async def materials(unit: Unit, case_id: str) -> list[tuple[str, str, datetime | None]]:
    """What lies with a case: name, word of its kind (a msgid), when it was taken."""
    rows = await files.of_subject(unit, "consultation", case_id)
    return [(name_of(unit, one), KINDS[one.kind], one.acquired_at) for one in rows]


async def withdrawn(unit: Unit, case: Consultation) -> list[Card]:
    """Those that whoever asks took away and may still put back."""
    rows = await files.withdrawn_of(unit, "consultation", case.id)
    return [one for one in (card(unit, row) for row in rows) if one.mine]


async def cards(unit: Unit, case: Consultation) -> list[Card]:
    """The tiles of a case's files, when the actor may see them; empty otherwise."""
    if not unit.may("file.read", await queries.relations_of(unit, case)):
        return []
    return [card(unit, one) for one in await files.of_subject(unit, "consultation", case.id)]
