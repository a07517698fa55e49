"""The consent page of a case, the document that it becomes, the withdrawal."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web

from server.core.errors import Invalid, NotFound, Refusal
from server.core.forms import Form
from server.core.http import TEMPLATES, Routes, read_form, render, say, see_other, unit_of, visit_of
from server.core.unit import Unit
from server.directory import queries as directory
from server.patients import queries as patient_queries
from server.patients import service as patients
from server.patients.consent import queries, service, views
from server.patients.consent.forms import Asked, ExceptionAsked, Signing, Withdrawal
from server.patients.consent.model import Consent, ConsentKind, ConsentState, Method, Occasion, Signer
from server.patients.consent.ports import ConsentSubject, Papers, Subjects
from server.patients.consent.signature import SignatureMissing, SignatureUnreadable, Strokes, read_strokes
from server.patients.consent.signing import GuardianNeeded, OwnEmergency, Shown
from server.patients.consent.texts import TEXTS_OF
from server.patients.forms import told_at_fields
from server.patients.identity import day_in_clinic, needs_guardian
from server.patients.model import Patient
from server.patients.views import kin_choices, kin_word, names_of

SUBJECTS: web.AppKey[Subjects] = web.AppKey("consent_subjects", object)  # type: ignore[arg-type]
PAPERS: web.AppKey[Papers] = web.AppKey("consent_papers", object)  # type: ignore[arg-type]

routes = Routes("patients")
AT_FIELDS: Mapping[type[Refusal], str] = {
    GuardianNeeded: "signer",
    OwnEmergency: "approver",
    SignatureMissing: "strokes",
    SignatureUnreadable: "strokes",
}


@routes.get("/patients/{id}/consent", "consent.record")
async def consent_page(request: web.Request) -> web.StreamResponse:
    patient = await _patient(request)
    given = request.query.get("text", visit_of(request).locale)
    locale = given if given in ("zh", "en") else "zh"
    subject = await _subject(request, patient, request.query.get("for", ""))
    return await _page(request, patient, subject, locale)


async def _patient(request: web.Request) -> Patient:
    return await patient_queries.get_for(unit_of(request), "consent.record", request.match_info["id"])


async def _subject(request: web.Request, patient: Patient, subject_id: str) -> ConsentSubject:
    """Raises NotFound: no such case, not the actor's, or of another patient."""
    if not subject_id:
        raise NotFound
    found = await request.app[SUBJECTS].subject(unit_of(request), subject_id, patient.id)
    if found.patient_id != patient.id:
        raise NotFound
    return found


async def _page(
    request: web.Request, patient: Patient, subject: ConsentSubject, locale: str, **asked: Any
) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    fee, texts = fee_in(request, subject, locale), TEXTS_OF[subject.occasion]
    identity = await patients.identify(unit, patient.id, reason="consent")
    held = await queries.about(unit, subject_id=subject.id, patient_id=patient.id)
    forms = {"form": None, "emergency_form": None, "signing": unit.new_id()}
    return render(
        request,
        "patients/consent.html",
        status=422 if asked else 200,
        patient=patient,
        card=patients.card_named(identity, patient, unit.now),
        subject=subject,
        back=subject.back or f"/patients/{patient.id}",
        texts=[
            (kind.value, text.title, text.paragraphs(fee), tick_in(request, subject.occasion, kind, locale))
            for kind in texts.kinds
            for text in [texts.current(kind, locale)]
        ],
        text_locale=locale,
        id_no=identity.id_no,
        guardian=identity.guardian,
        child=needs_guardian(patient.birth_date, day_in_clinic(unit.now)),
        in_force=await service.kinds_in_force(unit, subject_id=subject.id, patient_id=patient.id, texts=texts),
        held=[consent for consent in held if consent.state is ConsentState.EMERGENCY],
        signings=views.signings(held, translate),
        signers=[(signer.value, translate(words)) for signer, words in views.SIGNER_WORDS.items()],
        kin=kin_choices(translate),
        papers=PAPERS in request.app,
        place=await directory.institution(unit, patient.institution_id),
        **{**forms, **asked},
    )


def fee_in(request: web.Request, subject: ConsentSubject, locale: str) -> str:
    """The fee in the language of the text, which need not be that of the page."""
    words, facts = views.fee_words(subject.occasion, subject.fee_cents)
    return request.app[TEMPLATES].translations.say(locale, words, facts)


def tick_in(request: web.Request, occasion: Occasion, kind: ConsentKind, locale: str) -> str:
    return request.app[TEMPLATES].translations.say(locale, views.TICK_WORDS[occasion, kind])


@routes.post("/patients/{id}/consent", "consent.record")
async def sign(request: web.Request) -> web.StreamResponse:
    patient = await _patient(request)
    form = await read_form(request, Signing)
    asked = _asked_in(form)
    subject = await _subject(request, patient, asked.subject)
    if not form.errors:
        with told_at_fields(form, partial(say, request), AT_FIELDS):
            await _record(request, patient, subject, form.value)
            return see_other(subject.back or f"/patients/{patient.id}")
    signing = str(form.typed.get("signing", "")) or unit_of(request).new_id()
    return await _page(request, patient, subject, asked.text, form=form, signing=signing)


async def _record(request: web.Request, patient: Patient, subject: ConsentSubject, sent: Signing) -> None:
    unit = unit_of(request)
    given = await service.record(
        unit,
        patient=patient,
        subject_id=subject.id,
        kinds=sent.kinds,
        signed_by=sent.signed_by,
        proof=await _proof(request, sent),
        shown=Shown(locale=sent.text, fee=fee_in(request, subject, sent.text)),
        signing_id=sent.signing,
        texts=TEXTS_OF[subject.occasion],
    )
    await request.app[SUBJECTS].changed(unit, given, on=True)


async def _proof(request: web.Request, sent: Signing) -> Strokes | str:
    """Raises SignatureMissing, SignatureUnreadable, Invalid."""
    if sent.method is Method.ON_SCREEN or PAPERS not in request.app:
        return read_strokes(sent.strokes)
    file_id = await request.app[PAPERS].of_signing(unit_of(request), sent.signing)
    if file_id is None:
        raise Invalid({"method": "请先上传已签字的纸质同意书（照片或 PDF），并等它检查完"})
    return file_id


@routes.post("/patients/{id}/consent/emergency", "consent.record")
async def except_in_emergency(request: web.Request) -> web.StreamResponse:
    unit, patient = unit_of(request), await _patient(request)
    form = await read_form(request, ExceptionAsked)
    asked = _asked_in(form)
    subject = await _subject(request, patient, asked.subject)
    if not form.errors:
        with told_at_fields(form, partial(say, request), AT_FIELDS):
            shown = Shown(locale=asked.text, fee=fee_in(request, subject, asked.text))
            given = form.value.emergency
            await service.record_emergency(
                unit,
                patient=patient,
                subject_id=subject.id,
                emergency=given,
                shown=shown,
                texts=TEXTS_OF[subject.occasion],
            )
            return see_other(subject.back or f"/patients/{patient.id}")
    return await _page(request, patient, subject, asked.text, emergency_form=form)


def _asked_in(form: Form[Any]) -> Asked:
    """Which case and language, even where another field does not do."""
    text = form.typed.get("text", "zh")
    subject = str(form.typed.get("subject", ""))[:64]
    return Asked(subject=subject or "-", text=text if text in ("zh", "en") else "zh")


@routes.get("/patients/{id}/consents/{signing}", "patient.read")
async def document(request: web.Request) -> web.StreamResponse:
    """What was signed at once, as a document to be read and printed."""
    patient = await patient_queries.get_for(unit_of(request), "patient.read", request.match_info["id"])
    return await _document(request, patient, request.match_info["signing"])


async def _document(
    request: web.Request, patient: Patient, signing: str, form: Form[Withdrawal] | None = None, withdrawing: str = ""
) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    consents = await queries.of_signing(unit, patient.id, signing)
    evidence = service.open_evidence(unit, consents[0])
    identity = await patients.identify(unit, patient.id, reason="consent")
    names = await names_of(unit, [consents[0].recorded_by_id, *(one.withdrawn_by_id for one in consents)])
    signed_by = evidence.signed_by
    return render(
        request,
        "patients/consent_document.html",
        status=422 if form else 200,
        form=form,
        withdrawing=withdrawing,
        patient=patient,
        card=patients.card_named(identity, patient, unit.now),
        identity=identity,
        consent=consents[0],
        texts=[
            (
                *_shown(one),
                views.line(one, translate),
                tick_in(request, one.occasion, one.kind, one.form_locale),
            )
            for one in consents
        ],
        evidence=evidence,
        signer=translate(views.SIGNER_WORDS[signed_by.signer]) if signed_by else "",
        relation=kin_word(translate, signed_by.relation) if signed_by else "",
        method=translate(views.METHOD_WORDS[consents[0].method]) if consents[0].method else "",
        names=names,
        place=await directory.institution(unit, patient.institution_id),
        withdrawals=_withdrawals(unit, consents),
        relative=bool(signed_by and signed_by.signer is not Signer.PATIENT),
    )


def _shown(consent: Consent) -> tuple[str, list[str]]:
    text = TEXTS_OF[consent.occasion].shown(consent.kind, consent.form_version, consent.form_locale)
    return text.title, text.paragraphs(consent.fee_shown)


def _withdrawals(unit: Unit, consents: list[Consent]) -> dict[str, str]:
    withdrawn = [consent for consent in consents if consent.withdrawn_at]
    return {consent.id: service.open_evidence(unit, consent).withdrawal for consent in withdrawn}


@routes.post("/consents/{id}/withdraw", "consent.withdraw")
async def withdraw(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    consent = await queries.get_for(unit, "consent.withdraw", request.match_info["id"])
    form = await read_form(request, Withdrawal)
    if form.errors:
        patient = await patient_queries.get_for(unit, "patient.read", consent.patient_id)
        return await _document(request, patient, consent.signing_id, form, consent.id)
    ended = await service.withdraw(unit, consent=consent, said=form.value.said)
    await request.app[SUBJECTS].changed(unit, ended, on=False)
    return see_other(f"/patients/{consent.patient_id}/consents/{consent.signing_id}")
