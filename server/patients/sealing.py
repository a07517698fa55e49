"""Between a registrant and the bytes the store keeps of them."""

from collections.abc import Iterable
from datetime import date

import orjson

from server.core.crypto import Keyring
from server.patients.identity import Identity, StandingFacts
from server.patients.model import Patient, PatientRevision
from server.patients.papers import NAMES_ONE_PERSON, Sex
from server.patients.particulars import Registrant
from server.patients.search_terms import terms_of


def seal_into(patient: Patient, registrant: Registrant, keys: Keyring) -> None:
    """Writes a registrant into their row; `id` and `institution_id` must be set: both are bound into the seals."""
    patient.identity_sealed = keys.seal(registrant.identity.to_bytes(), _about(patient, "identity"))
    patient.facts_sealed = keys.seal(registrant.facts.to_bytes(), _about(patient, "facts"))
    patient.sex, patient.birth_date = registrant.sex, registrant.birth_date
    patient.id_no_index = id_no_index(registrant.identity, patient.institution_id, keys)


def open_identity(patient: Patient, keys: Keyring) -> Identity:
    return Identity.from_bytes(keys.open(patient.identity_sealed, _about(patient, "identity")))


def open_facts(patient: Patient, keys: Keyring) -> StandingFacts:
    return StandingFacts.from_bytes(keys.open(patient.facts_sealed, _about(patient, "facts")))


def open_registrant(patient: Patient, keys: Keyring) -> Registrant:
    return Registrant(
        identity=open_identity(patient, keys),
        sex=patient.sex,
        birth_date=patient.birth_date,
        facts=open_facts(patient, keys),
    )


def id_no_index(identity: Identity, institution_id: str, keys: Keyring) -> bytes | None:
    """By which one paper is one patient of an institution; None for papers that several people may share."""
    if identity.id_kind not in NAMES_ONE_PERSON:
        return None
    return keys.blind(f"{identity.id_kind}:{identity.id_no}", f"patients:{institution_id}:paper")


def blind_terms(terms: Iterable[str], institution_id: str, keys: Keyring) -> list[bytes]:
    """Keyed by institution, so that rows of two of them do not show that they mean the same person."""
    return [keys.blind(term, f"patients:{institution_id}:term") for term in terms]


def terms_for(patient: Patient, identity: Identity, keys: Keyring) -> list[bytes]:
    return blind_terms(sorted(terms_of(identity)), patient.institution_id, keys)


def seal_before(patient: Patient, registrant: Registrant, keys: Keyring) -> bytes:
    """What is replaced by an amendment, for PatientRevision."""
    kept = {
        "identity": registrant.identity.to_bytes().decode(),
        "facts": registrant.facts.to_bytes().decode(),
        "sex": registrant.sex,
        "birth_date": registrant.birth_date,
    }
    return keys.seal(orjson.dumps(kept), _about_revision(patient.id, patient.version))


def open_before(revision: PatientRevision, keys: Keyring) -> Registrant:
    kept = orjson.loads(keys.open(revision.before_sealed, _about_revision(revision.patient_id, revision.version)))
    born = kept["birth_date"]
    return Registrant(
        identity=Identity.from_bytes(kept["identity"].encode()),
        sex=Sex(kept["sex"]),
        birth_date=date.fromisoformat(born) if born else None,
        facts=StandingFacts.from_bytes(kept["facts"].encode()),
    )


def _about(patient: Patient, column: str) -> str:
    return f"patients:{patient.institution_id}:{patient.id}:{column}"


def _about_revision(patient_id: str, version: int) -> str:
    return f"patient_revisions:{patient_id}:{version}"
