"""What goes to paper besides the report: the whole of a case, and a consent as it was signed."""

from functools import partial
from typing import Any

from aiohttp import web

from server.consultation import views
from server.consultation.case_routes import history_context
from server.consultation.model import Consultation
from server.consultation.opinion_routes import pdf_answer
from server.consultation.routes import case_of
from server.consultation.whole import passages
from server.core.http import TEMPLATES, UNIT, Routes, begin_unit, say, unit_of, visit_of
from server.core.i18n import local_time
from server.core.unit import Unit
from server.directory import queries as directory
from server.documents import service as documents
from server.documents.office import OFFICE
from server.documents.papers import CaseHistory, ConsentRecord, EmergencyWords, Handwriting
from server.documents.papers import Step as Told
from server.documents.report import PatientLine
from server.patients import queries as patient_queries
from server.patients import service as patients
from server.patients.consent import queries as consents
from server.patients.consent import service as consenting
from server.patients.consent.model import Consent, Method
from server.patients.consent.routes import tick_in
from server.patients.consent.service import Evidence
from server.patients.consent.texts import TEXTS_OF
from server.patients.consent.views import SIGNER_WORDS
from server.patients.views import kin_word, names_of

routes = Routes("papers")


@routes.get("/consultations/{id}/history.pdf", "consultation.history", own_units=True)
async def history_paper(request: web.Request) -> web.StreamResponse:
    """The whole case: what the page of its history says, as a document."""
    async with begin_unit(request, writes=False) as unit:
        request[UNIT] = unit
        case = await case_of(request, "consultation.history")
        history = await _history(request, case)
    pdf = await documents.case_history(history, office=request.app[OFFICE])
    return pdf_answer(pdf, f"{case.number or 'case'}-history.pdf")


async def _history(request: web.Request, case: Consultation) -> CaseHistory:
    unit, translate, locale = unit_of(request), partial(say, request), visit_of(request).locale
    context = await history_context(request, case)
    card, expert = context["card"], context["specialist"]
    unit.record("consultation.print", kind="consultation", id=case.id, patient=case.patient_id, fields=["case"])
    return CaseHistory(
        institution=(await directory.institution(unit, case.inviting_id)).name,
        title=translate("会诊全部经过"),
        number=case.number or "",
        patient=_line_of(context["patient"], translate),
        facts=_facts(case, card, expert, translate, locale),
        passages=passages(case, context, translate, locale),
        steps=tuple(Told(at=one.at, who=one.who, what=one.what, note=one.note) for one in context["lines"]),
        printed_by=unit.actor.name,
        printed_at=unit.now,
        locale=locale,
    )


def _line_of(card: Any, translate: views.Say) -> PatientLine:
    if card is None:
        return PatientLine(name="—", sex="", age="")
    age = translate(card.age_says, card.age_facts)
    return PatientLine(name=card.name, sex=translate(card.sex_says), age=age, record_no=card.number)


def _facts(
    case: Consultation, card: Any, expert: Any, translate: views.Say, locale: str
) -> tuple[tuple[str, str], ...]:
    told = (
        ("申请方", card.asked_by),
        ("会诊专家", f"{expert.name} {expert.title}" if expert else ""),
        ("会诊时间", local_time(case.starts_at, locale) if case.starts_at else ""),
    )
    return tuple((translate(word), text) for word, text in told if text)


# ---- consent


@routes.get("/patients/{id}/consents/{signing}/paper.pdf", "patient.read", own_units=True)
async def consent_paper(request: web.Request) -> web.StreamResponse:
    """What was signed at once, in the words that stood on the screen and in their language."""
    async with begin_unit(request, writes=False) as unit:
        request[UNIT] = unit
        record = await _consent(request, unit)
    return pdf_answer(await documents.consent_record(record, office=request.app[OFFICE]), "consent.pdf")


async def _consent(request: web.Request, unit: Unit) -> ConsentRecord:
    patient = await patient_queries.get_for(unit, "patient.read", request.match_info["id"])
    signed = await consents.of_signing(unit, patient.id, request.match_info["signing"])
    first = signed[0]
    translate = partial(request.app[TEMPLATES].translations.say, first.form_locale)
    evidence = consenting.open_evidence(unit, first)
    ticks = [tick_in(request, one.occasion, one.kind, first.form_locale) for one in signed]
    card = patients.card_named(await patients.identify(unit, patient.id, reason="consent"), patient, unit.now)
    case = await unit.session.get(Consultation, first.subject_id)
    unit.record("consent.print", kind="consent", id=first.id, patient=patient.id, fields=["signature"])
    names = await names_of(unit, [first.recorded_by_id])
    return ConsentRecord(
        institution=(await directory.institution(unit, patient.institution_id)).name,
        title=_text(first).title,
        edition=first.form_version,
        patient=_line_of(card, translate),
        paragraphs=tuple(paragraph for one in signed for paragraph in _text(one).paragraphs(one.fee_shown)),
        answers=tuple((tick, bool(evidence.signed_by)) for tick in ticks),
        recorded_by=names.get(first.recorded_by_id, ""),
        recorded_at=first.recorded_at,
        fee=first.fee_shown,
        on_paper=first.method is Method.PAPER_PHOTO,
        withdrawn_at=max((one.withdrawn_at for one in signed if one.withdrawn_at), default=None),
        subject_number=(case.number or "") if case else "",
        locale=first.form_locale,
        **_evidence(evidence, first, translate),
    )


def _text(consent: Consent) -> Any:
    return TEXTS_OF[consent.occasion].shown(consent.kind, consent.form_version, consent.form_locale)


def _evidence(evidence: Evidence, consent: Consent, translate: views.Say) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if evidence.signed_by:
        by = evidence.signed_by
        relation = kin_word(partial(translate, facts={}), by.relation) or translate(SIGNER_WORDS[by.signer], {})
        told |= {"signer": by.name, "relation": relation}
    if evidence.strokes:
        pad = evidence.strokes
        told["handwriting"] = Handwriting(width=pad.width, height=pad.height, paths=tuple(pad.paths))
    if evidence.emergency:
        given = evidence.emergency
        approver = f"{given.approver} {given.approver_post}"
        told["emergency"] = EmergencyWords(approver=approver, reason=given.reason, completed_at=consent.completed_at)
    return told
