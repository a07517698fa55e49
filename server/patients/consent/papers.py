"""The door to photos of signed papers: files of the subject "consent", whose id is that of the signing.

They are uploaded before the consent is recorded, under an id the page gave out, and become fast with it: from then on
nobody adds to them or takes them away.
"""

from server.core.access import Relation
from server.core.unit import Unit
from server.patients.consent import queries


class ConsentPapers:
    """Whether the actor may see or add files of a signing (the shape of SubjectAccess of server/files)."""

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: str) -> bool:
        signed = await queries.first_of_signing(unit, subject_id)
        if signed is None:
            return action in ("attach", "read") and unit.may("consent.record", {Relation.OWN})
        own = {Relation.INSTITUTION} if signed.institution_id == unit.actor.institution_id else set()
        return action != "attach" and unit.may("patient.read", own)

    async def patient_id(self, unit: Unit, subject_id: str) -> str | None:
        """Whom a signing is about; None before it is signed."""
        signed = await queries.first_of_signing(unit, subject_id)
        return signed.patient_id if signed else None
