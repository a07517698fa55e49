"""Finding patients. `get_for` is the door of pages; whoever comes through a case has been let in there."""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from server.core.errors import NotFound
from server.core.unit import Unit
from server.patients import policy
from server.patients.model import Patient, PatientRevision, PatientSearchTerm

Among = Callable[[InstrumentedAttribute[str]], ColumnElement[bool]]
"""Which patients may be found at all, as a condition on the column of their ids."""


async def get_for(unit: Unit, action: str, id: str) -> Patient:
    """Raises NotFound: not there, or not the actor's to do this with."""
    patient = await by_id(unit, id)
    unit.require(action, policy.relations(unit.actor, patient))
    return patient


async def by_id(unit: Unit, id: str) -> Patient:
    """For callers that have let the actor in by an object of their own. Raises NotFound."""
    found = await unit.session.get(Patient, id)
    if found is None:
        raise NotFound
    return found


async def by_ids(unit: Unit, ids: Collection[str]) -> list[Patient]:
    return list(await unit.session.scalars(select(Patient).where(Patient.id.in_(set(ids)))))


async def with_paper(unit: Unit, institution_id: str, id_no_index: bytes) -> Patient | None:
    query = select(Patient).where(Patient.institution_id == institution_id, Patient.id_no_index == id_no_index)
    return await unit.session.scalar(query)


async def with_terms(
    unit: Unit,
    institution_ids: Collection[str],
    terms: Sequence[Collection[bytes]],
    limit: int,
    among: Among | None = None,
) -> list[Patient]:
    """Patients that have every one of `terms` (at least one), the last registered first.

    Each term is given as it is blinded in every one of the institutions.
    """
    first = aliased(PatientSearchTerm)
    query = select(Patient).join(first, first.patient_id == Patient.id)
    query = query.where(first.institution_id.in_(institution_ids), first.term.in_(terms[0]))
    for term in terms[1:]:
        other = aliased(PatientSearchTerm)
        also = (
            other.institution_id == first.institution_id,
            other.term.in_(term),
            other.patient_id == first.patient_id,
        )
        query = query.where(exists().where(*also))
    if among is not None:
        query = query.where(among(first.patient_id))
    return list(await unit.session.scalars(query.order_by(first.patient_id.desc()).limit(limit)))


async def newest(unit: Unit, institution_id: str, *, before: str = "", limit: int = 50) -> list[Patient]:
    """A page of an institution's patients, the last registered first; `before` is the last id of the page above."""
    query = select(Patient).where(Patient.institution_id == institution_id)
    if before:
        query = query.where(Patient.id < before)
    return list(await unit.session.scalars(query.order_by(Patient.id.desc()).limit(limit)))


async def revisions(unit: Unit, patient_id: str) -> list[PatientRevision]:
    """The amendments of a patient's record, the last first."""
    query = select(PatientRevision).where(PatientRevision.patient_id == patient_id)
    return list(await unit.session.scalars(query.order_by(PatientRevision.version.desc())))
