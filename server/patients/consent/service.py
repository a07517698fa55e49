"""Recording consents, withdrawing them, and asking whether one is in force."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta

import orjson

from server.core.errors import Invalid, Refusal
from server.core.unit import Unit
from server.patients import service as patients
from server.patients.consent import queries
from server.patients.consent.model import Consent, ConsentKind, ConsentState, Method, Occasion, Signer
from server.patients.consent.signature import Strokes, read_strokes
from server.patients.consent.signing import Emergency, Shown, SignedBy, checked_emergency, checked_signer
from server.patients.consent.texts import TEXTS, ConsentTexts
from server.patients.identity import day_in_clinic, needs_guardian
from server.patients.model import Patient

COMPLETE_WITHIN = timedelta(hours=24)
"""After an emergency exception the written consent is to follow (our rule; the law says only that it must)."""


REMIND_BEFORE = timedelta(hours=4)


class ConsentMissing(Refusal):
    code = "consent.missing"
    says = "还没有患者的知情同意，请先签署或登记紧急例外"


class ConsentTextChanged(Refusal):
    code = "consent.text_changed"
    says = "知情同意书已更新，请按新版重新签署"


class ConsentWithdrawn(Refusal):
    code = "consent.withdrawn"
    says = "患者已撤回同意"


class SignedAlready(Refusal):
    code = "consent.signed_already"
    says = "这份同意书已经提交过，请刷新页面"


class OnlyConsultationInEmergency(Refusal):
    code = "consent.only_consultation_in_emergency"
    status = 422
    says = "紧急例外只适用于会诊本身，录制和教学使用须另行签字同意"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A consent with its seals open."""

    signed_by: SignedBy | None
    strokes: Strokes | None
    emergency: Emergency | None
    withdrawal: str


async def record(
    unit: Unit,
    *,
    patient: Patient,
    subject_id: str,
    kinds: Collection[ConsentKind],
    signed_by: SignedBy,
    proof: Strokes | str,
    shown: Shown,
    signing_id: str | None = None,
    texts: ConsentTexts = TEXTS,
) -> list[Consent]:
    """What was ticked and signed at once; `proof` is the strokes, or the id of the photo of the paper.

    Replaces what stood before about the same subject, and completes an emergency exception. `signing_id` was given
    out with the page when a paper was uploaded for it. Raises GuardianNeeded, Invalid (signer's fields, no tick),
    SignedAlready.
    """
    signer = await _checked_signer(unit, patient, signed_by)
    asked = [kind for kind in texts.kinds if kind in kinds]
    if not asked:
        raise Invalid({"kinds": "请至少勾选一项"})
    if signing_id and await queries.first_of_signing(unit, signing_id):
        raise SignedAlready
    signing_id = signing_id or unit.new_id()
    consents = []
    for kind in asked:
        await _replace_standing(unit, patient, subject_id, kind)
        consent = _begun(unit, patient, subject_id, kind, shown, texts, signing_id)
        consent.state, consent.signer = ConsentState.SIGNED, signer.signer
        consent.signer_sealed = unit.keys.seal(orjson.dumps(asdict(signer)), _about(consent, "signer"))
        _attach(unit, consent, proof)
        consents.append(consent)
    return await _kept(unit, consents, "signed")


async def record_emergency(
    unit: Unit,
    *,
    patient: Patient,
    subject_id: str,
    emergency: Emergency,
    shown: Shown,
    kind: ConsentKind = ConsentKind.CONSULTATION,
    texts: ConsentTexts = TEXTS,
) -> Consent:
    """Lets a consultation begin without consent; to be completed within COMPLETE_WITHIN.

    Raises OnlyConsultationInEmergency, Invalid (approver, post or reason missing), OwnEmergency.
    """
    if kind is not ConsentKind.CONSULTATION or kind not in texts.kinds:
        raise OnlyConsultationInEmergency
    approved = checked_emergency(emergency, asked_by=unit.actor.name)
    consent = _begun(unit, patient, subject_id, kind, shown, texts, unit.new_id())
    consent.state, consent.complete_by = ConsentState.EMERGENCY, unit.now + COMPLETE_WITHIN
    consent.emergency_sealed = unit.keys.seal(orjson.dumps(asdict(approved)), _about(consent, "emergency"))
    await _kept(unit, [consent], "excepted")
    return consent


async def take_due_reminders(unit: Unit) -> list[Consent]:
    """Emergency exceptions whose time to be completed runs out; each is handed out once."""
    due = await queries.to_remind(unit, unit.now + REMIND_BEFORE)
    for consent in due:
        consent.reminded_at = unit.now
    await unit.session.flush()
    return due


async def withdraw(unit: Unit, *, consent: Consent, said: str) -> list[Consent]:
    """The patient, or who signed, no longer agrees; `said` is their words or who told us. What ended is returned.

    Without the consultation there is nothing to record or to teach with: those permissions end with it.
    Raises ConsentOver.
    """
    ending = [consent]
    if consent.kind is ConsentKind.CONSULTATION:
        held = await queries.about(unit, subject_id=consent.subject_id, patient_id=consent.patient_id)
        ending += [one for one in held if one is not consent and one.state is ConsentState.SIGNED]
    for one in ending:
        one.move(ConsentState.WITHDRAWN)
        one.withdrawn_at, one.withdrawn_by_id = unit.now, unit.actor.person_id
        one.withdrawal_sealed = unit.keys.seal(said.strip().encode(), _about(one, "withdrawal"))
    await unit.session.flush()
    for one in ending:
        _tell(unit, one, "withdrawn")
    return ending


async def in_force(
    unit: Unit, *, subject_id: str, patient_id: str | None, kind: ConsentKind, texts: ConsentTexts = TEXTS
) -> bool:
    """Whether this patient signed it under the text of today, or is excepted for an emergency."""
    return kind in await kinds_in_force(unit, subject_id=subject_id, patient_id=patient_id, texts=texts)


async def require(
    unit: Unit, *, subject_id: str, patient_id: str | None, kind: ConsentKind, texts: ConsentTexts = TEXTS
) -> None:
    """Raises ConsentMissing, ConsentTextChanged or ConsentWithdrawn."""
    held = await queries.about(unit, subject_id=subject_id, patient_id=patient_id)
    if kind in _holding(held, texts):
        return
    states = {consent.state for consent in held if consent.kind is kind}
    if ConsentState.SIGNED in states:
        raise ConsentTextChanged
    raise ConsentWithdrawn if ConsentState.WITHDRAWN in states else ConsentMissing


async def kinds_in_force(
    unit: Unit, *, subject_id: str, patient_id: str | None, texts: ConsentTexts = TEXTS
) -> frozenset[ConsentKind]:
    return _holding(await queries.about(unit, subject_id=subject_id, patient_id=patient_id), texts)


def _holding(held: Iterable[Consent], texts: ConsentTexts) -> frozenset[ConsentKind]:
    return frozenset(consent.kind for consent in held if consent.holds(texts.current_version(consent.kind)))


def open_evidence(unit: Unit, consent: Consent) -> Evidence:
    """Who signed and how, on record."""
    unit.record("consent.read", kind="consent", id=consent.id, patient=consent.patient_id, fields=["signature"])
    signer = _opened(unit, consent, "signer", consent.signer_sealed)
    emergency = _opened(unit, consent, "emergency", consent.emergency_sealed)
    strokes = _opened(unit, consent, "signature", consent.signature_sealed)
    fields = orjson.loads(signer) if signer else None
    return Evidence(
        signed_by=SignedBy(**{**fields, "signer": Signer(fields["signer"])}) if fields else None,
        strokes=read_strokes(strokes) if strokes else None,
        emergency=Emergency(**orjson.loads(emergency)) if emergency else None,
        withdrawal=_opened(unit, consent, "withdrawal", consent.withdrawal_sealed).decode(),
    )


async def _checked_signer(unit: Unit, patient: Patient, signed_by: SignedBy) -> SignedBy:
    child = needs_guardian(patient.birth_date, day_in_clinic(unit.now))
    if signed_by.signer is Signer.PATIENT and not child:
        identity = await patients.identify(unit, patient.id, reason="consent")
        return SignedBy(signer=Signer.PATIENT, name=identity.name)
    return checked_signer(signed_by, child=child)


async def _replace_standing(unit: Unit, patient: Patient, subject_id: str, kind: ConsentKind) -> None:
    for before in await queries.standing(unit, subject_id=subject_id, patient_id=patient.id, kind=kind):
        if before.state is ConsentState.EMERGENCY:
            before.move(ConsentState.COMPLETED)
            before.completed_at = unit.now
        else:
            before.move(ConsentState.SUPERSEDED)


def _begun(
    unit: Unit,
    patient: Patient,
    subject_id: str,
    kind: ConsentKind,
    shown: Shown,
    texts: ConsentTexts,
    signing_id: str,
) -> Consent:
    text = texts.current(kind, shown.locale)
    return Consent(
        id=unit.new_id(),
        institution_id=patient.institution_id,
        patient_id=patient.id,
        subject_id=subject_id,
        occasion=texts.occasion,
        kind=kind,
        signing_id=signing_id,
        form_version=text.version,
        form_locale=shown.locale,
        form_digest=text.digest(shown.fee),
        fee_shown=shown.fee,
        recorded_at=unit.now,
        recorded_by_id=unit.actor.person_id,
    )


def _attach(unit: Unit, consent: Consent, proof: Strokes | str) -> None:
    if isinstance(proof, Strokes):
        consent.method = Method.ON_SCREEN
        consent.signature_sealed = unit.keys.seal(proof.to_bytes(), _about(consent, "signature"))
    else:
        consent.method, consent.paper_file_id = Method.PAPER_PHOTO, proof


async def _kept(unit: Unit, consents: list[Consent], what: str) -> list[Consent]:
    unit.session.add_all(consents)
    await unit.session.flush()
    for consent in consents:
        _tell(unit, consent, what)
    return consents


def _tell(unit: Unit, consent: Consent, what: str) -> None:
    fields: Iterable[str] = [consent.kind]
    unit.record(f"consent.{what}", kind="consent", id=consent.id, patient=consent.patient_id, fields=fields)
    if consent.occasion is Occasion.CONSULTATION:
        unit.announce(f"consultation:{consent.subject_id}", f"consent.{what}", consent_kind=consent.kind.value)


def _opened(unit: Unit, consent: Consent, column: str, sealed: bytes | None) -> bytes:
    return unit.keys.open(sealed, _about(consent, column)) if sealed else b""


def _about(consent: Consent, column: str) -> str:
    return f"consents:{consent.id}:{column}"
