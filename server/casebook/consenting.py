"""What becomes of a teaching case when the patient changes their mind: between consent and the consultation."""

from collections.abc import Sequence

from server.casebook import service
from server.core.unit import Unit
from server.patients.consent.model import Consent
from server.patients.consent.ports import ConsentSubject, Subjects


class TaughtCase:
    """server.patients.consent.ports.Subjects: the consultation's own answer, and the teaching case is told too."""

    def __init__(self, consultations: Subjects) -> None:
        self._consultations = consultations

    async def subject(self, unit: Unit, subject_id: str, patient_id: str) -> ConsentSubject:
        return await self._consultations.subject(unit, subject_id, patient_id)

    async def changed(self, unit: Unit, consents: Sequence[Consent], *, on: bool) -> None:
        await self._consultations.changed(unit, consents, on=on)
        await service.consents_changed(unit, consents, on=on)
