"""Registering patients, finding them, opening who they are. Every opening of an identity is on record."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from server.core.access import Relation
from server.core.errors import Refusal, Stale
from server.core.unit import Unit
from server.patients import queries, sealing
from server.patients.identity import Age, Identity, StandingFacts, age_on, day_in_clinic, masked_name, masked_number
from server.patients.model import Patient, PatientRevision, PatientSearchTerm
from server.patients.papers import Sex
from server.patients.particulars import SEX_WORDS, Registrant
from server.patients.search_terms import fold, question

MOST_FOUND = 20
_SPARE = 20
"""Read beyond the limit: the bigrams of a long name part also find a few that are not meant."""


class AlreadyKnown(Refusal):
    """The paper is on file here; `patient_id` says whose."""

    code = "patient.already_known"
    says = "本院已登记过这个证件号，请打开原有的患者档案"

    def __init__(self, patient_id: str) -> None:
        super().__init__(patient_id=patient_id, href=f"/patients/{patient_id}")
        self.patient_id = patient_id


@dataclass(frozen=True, kw_only=True)
class PatientCard:
    """How a patient is recognised on a list. `says` words are msgids; the number is masked always."""

    id: str
    name: str
    sex: Sex
    age: Age | None
    number: str = ""
    masked: bool = True

    @property
    def sex_says(self) -> str:
        return SEX_WORDS[self.sex]

    @property
    def age_says(self) -> str:
        return self.age.text[0] if self.age else "年龄不详"

    @property
    def age_facts(self) -> dict[str, int]:
        return self.age.text[1] if self.age else {}


async def register(unit: Unit, *, registrant: Registrant) -> Patient:
    """A new patient of the actor's institution. Raises AlreadyKnown when their paper is on file there."""
    actor = unit.actor
    await _refuse_known(unit, registrant.identity, actor.institution_id)
    patient = Patient(
        id=unit.new_id(), institution_id=actor.institution_id, created_at=unit.now, created_by_id=actor.person_id
    )
    sealing.seal_into(patient, registrant, unit.keys)
    await _keep(unit, patient, registrant.identity)
    unit.record("patient.register", kind="patient", id=patient.id, patient=patient.id)
    return patient


async def amend(unit: Unit, *, patient: Patient, registrant: Registrant, version: int) -> list[str]:
    """Replaces what is on file, keeping what was; the names of the fields that changed.

    `version` is the one the reader saw. Raises Stale, AlreadyKnown.
    """
    if patient.version != version:
        raise Stale
    before = sealing.open_registrant(patient, unit.keys)
    fields = changed_fields(before, registrant)
    if not fields:
        return fields
    await _refuse_known(unit, registrant.identity, patient.institution_id, except_id=patient.id)
    unit.session.add(_revision(unit, patient, before, fields))
    sealing.seal_into(patient, registrant, unit.keys)
    await _keep(unit, patient, registrant.identity)
    unit.record("patient.amend", kind="patient", id=patient.id, patient=patient.id, fields=fields)
    return fields


def changed_fields(before: Registrant, after: Registrant) -> list[str]:
    return sorted(name for name, value in _flat(after).items() if _flat(before)[name] != value)


async def find(unit: Unit, text: str, limit: int = MOST_FOUND) -> list[PatientCard]:
    """Patients of the actor's institution by ID or record number, phone, last four, name part or pinyin initials."""
    unit.require("patient.find", {Relation.INSTITUTION})
    return await find_one(unit, text, full=_identified(unit), limit=limit)


async def find_one(unit: Unit, text: str, *, full: bool = True, limit: int = 8) -> list[PatientCard]:
    """As `find`, for whoever is to name one of them. The caller has let the actor in, by an object of theirs."""
    meant = await _meant(unit, text, [unit.actor.institution_id], limit)
    return [card(unit, patient, full=full) for patient in meant]


async def known_as(unit: Unit, text: str, *, institution_ids: Collection[str], among: queries.Among) -> list[str]:
    """Ids of patients of several institutions, found as by `find`; that they were asked for by name is on record.

    The caller answers for `among`: the patients the actor may know of.
    """
    meant = await _meant(unit, text, institution_ids, MOST_FOUND, among)
    for patient in meant:
        unit.record("patient.read", kind="patient", id=patient.id, patient=patient.id, fields=["name"])
    return [patient.id for patient in meant]


async def _meant(
    unit: Unit, text: str, institution_ids: Collection[str], limit: int, among: queries.Among | None = None
) -> list[Patient]:
    asked = question(text)
    if asked is None:
        return []
    blinded = [sealing.blind_terms(asked.terms, place, unit.keys) for place in institution_ids]
    terms = list(zip(*blinded, strict=True))
    found = await queries.with_terms(unit, institution_ids, terms, limit + _SPARE, among)
    meant = [patient for patient in found if asked.name_part in fold(sealing.open_identity(patient, unit.keys).name)]
    return meant[:limit]


async def newest(unit: Unit, *, before: str = "", limit: int = 50) -> list[PatientCard]:
    """A page of the actor's institution's patients; pass the last card's id as `before` for the next."""
    unit.require("patient.find", {Relation.INSTITUTION})
    patients = await queries.newest(unit, unit.actor.institution_id, before=before, limit=limit)
    return [card(unit, patient, full=_identified(unit)) for patient in patients]


async def identify(unit: Unit, patient_id: str, *, reason: str | None = None) -> Identity:
    """Opens who a patient is, on record. The caller has let the actor in: by get_for, or by a case of theirs."""
    patient = await queries.by_id(unit, patient_id)
    unit.record("patient.read", kind="patient", id=patient.id, patient=patient.id, reason=reason, fields=["identity"])
    return sealing.open_identity(patient, unit.keys)


def identity_to_remove(unit: Unit, patient: Patient) -> Identity:
    """Who a patient is, for taking them out of a text: nobody sees it, so it is not on record."""
    return sealing.open_identity(patient, unit.keys)


async def standing_facts(unit: Unit, patient_id: str) -> StandingFacts:
    """Allergies and past history, on record, for the request that carries them."""
    patient = await queries.by_id(unit, patient_id)
    unit.record("patient.read", kind="patient", id=patient.id, patient=patient.id, fields=["facts"])
    return sealing.open_facts(patient, unit.keys)


def open_registrant(unit: Unit, patient: Patient) -> Registrant:
    """Everything on file, on record."""
    fields = ["identity", "facts"]
    unit.record("patient.read", kind="patient", id=patient.id, patient=patient.id, fields=fields)
    return sealing.open_registrant(patient, unit.keys)


def card(unit: Unit, patient: Patient, *, full: bool) -> PatientCard:
    """`full` shows the name, on record; otherwise a surname and stars, by which nobody is told."""
    identity = sealing.open_identity(patient, unit.keys)
    if full:
        unit.record("patient.read", kind="patient", id=patient.id, patient=patient.id, fields=["name"])
    return _card(identity, patient, unit.now, masked=not full)


def card_named(identity: Identity, patient: Patient, at: datetime) -> PatientCard:
    """The full card of an identity that was opened already."""
    return _card(identity, patient, at, masked=False)


def _card(identity: Identity, patient: Patient, at: datetime, *, masked: bool) -> PatientCard:
    return PatientCard(
        id=patient.id,
        name=masked_name(identity.name) if masked else identity.name,
        sex=patient.sex,
        age=age_of(patient, at),
        number=masked_number(identity.id_no),
        masked=masked,
    )


async def cards(unit: Unit, patient_ids: Collection[str], *, full: bool) -> dict[str, PatientCard]:
    """Cards by patient id, in one query, for lists of cases."""
    return {patient.id: card(unit, patient, full=full) for patient in await queries.by_ids(unit, patient_ids)}


def age_of(patient: Patient, at: datetime) -> Age | None:
    """At a moment, counted in days of Asia/Shanghai; None when the birth date is not known."""
    return age_on(day_in_clinic(at), patient.birth_date) if patient.birth_date else None


def _identified(unit: Unit) -> bool:
    """Whether the actor sees names of the institution's patients, or an administrator's masked list."""
    return unit.may("patient.read", {Relation.INSTITUTION})


async def _refuse_known(unit: Unit, identity: Identity, institution_id: str, except_id: str = "") -> None:
    index = sealing.id_no_index(identity, institution_id, unit.keys)
    known = await queries.with_paper(unit, institution_id, index) if index else None
    if known is not None and known.id != except_id:
        raise AlreadyKnown(known.id)


async def _keep(unit: Unit, patient: Patient, identity: Identity) -> None:
    """The row and its terms; two desks registering one paper at once are told apart by the store, not by luck."""
    index, institution_id = patient.id_no_index, patient.institution_id
    try:
        async with unit.session.begin_nested():
            unit.session.add(patient)
            await unit.session.flush()
    except IntegrityError:
        other = await queries.with_paper(unit, institution_id, index) if index else None
        if other is None:
            raise
        raise AlreadyKnown(other.id) from None
    await unit.session.execute(delete(PatientSearchTerm).where(PatientSearchTerm.patient_id == patient.id))
    unit.session.add_all(
        PatientSearchTerm(institution_id=institution_id, term=term, patient_id=patient.id)
        for term in sealing.terms_for(patient, identity, unit.keys)
    )
    await unit.session.flush()


def _revision(unit: Unit, patient: Patient, before: Registrant, fields: list[str]) -> PatientRevision:
    return PatientRevision(
        patient_id=patient.id,
        version=patient.version,
        before_sealed=sealing.seal_before(patient, before, unit.keys),
        fields=fields,
        changed_at=unit.now,
        changed_by_id=unit.actor.person_id,
    )


def _flat(registrant: Registrant) -> dict[str, object]:
    parts = {**asdict(registrant.identity), **asdict(registrant.facts)}
    return parts | {"sex": registrant.sex, "birth_date": registrant.birth_date}
