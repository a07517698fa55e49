"""Finding consents."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from server.core.access import Relation
from server.core.errors import NotFound
from server.core.unit import Unit
from server.patients.consent.model import IN_FORCE, Consent, ConsentKind, ConsentState


async def get_for(unit: Unit, action: str, id: str) -> Consent:
    """Raises NotFound: not there, or of another institution."""
    found = await unit.session.get(Consent, id)
    if found is None:
        raise NotFound
    own = {Relation.INSTITUTION} if found.institution_id == unit.actor.institution_id else set()
    unit.require(action, own)
    return found


async def about(unit: Unit, *, subject_id: str, patient_id: str | None) -> list[Consent]:
    """What a patient ever said about a subject, the last first. Nobody answers for another, nor for nobody yet."""
    query = select(Consent).where(Consent.subject_id == subject_id, Consent.patient_id == patient_id)
    return list(await unit.session.scalars(query.order_by(Consent.id.desc())))


async def in_force_about(unit: Unit, subject_ids: Collection[str]) -> list[Consent]:
    """Whatever anybody agreed to about these subjects and has not withdrawn, whatever the version of its text."""
    query = select(Consent).where(Consent.subject_id.in_(subject_ids), Consent.state.in_(IN_FORCE))
    return list(await unit.session.scalars(query))


async def standing(unit: Unit, *, subject_id: str, patient_id: str | None, kind: ConsentKind) -> list[Consent]:
    """Those that are signed or excepted, whatever the version of their text; the last first."""
    held = await about(unit, subject_id=subject_id, patient_id=patient_id)
    return [consent for consent in held if consent.kind is kind and consent.state in IN_FORCE]


async def of_patient(unit: Unit, patient_id: str, limit: int = 50) -> list[Consent]:
    query = select(Consent).where(Consent.patient_id == patient_id)
    return list(await unit.session.scalars(query.order_by(Consent.id.desc()).limit(limit)))


async def of_signing(unit: Unit, patient_id: str, signing_id: str) -> list[Consent]:
    """What was signed at once. Raises NotFound."""
    query = select(Consent).where(Consent.patient_id == patient_id, Consent.signing_id == signing_id)
    found = list(await unit.session.scalars(query.order_by(Consent.kind)))
    if not found:
        raise NotFound
    return found


async def first_of_signing(unit: Unit, signing_id: str) -> Consent | None:
    return await unit.session.scalar(select(Consent).where(Consent.signing_id == signing_id).limit(1))


async def to_remind(unit: Unit, before: datetime) -> list[Consent]:
    """Emergency exceptions to be completed before a moment, of which nobody was reminded yet."""
    late = (Consent.state == ConsentState.EMERGENCY, Consent.complete_by < before, Consent.reminded_at.is_(None))
    return list(await unit.session.scalars(select(Consent).where(*late).order_by(Consent.complete_by).limit(100)))


async def to_complete(unit: Unit, institution_id: str) -> list[Consent]:
    """Emergency exceptions that nobody has signed for yet, the most urgent first."""
    query = select(Consent).where(Consent.institution_id == institution_id, Consent.state == ConsentState.EMERGENCY)
    return list(await unit.session.scalars(query.order_by(Consent.complete_by)))
