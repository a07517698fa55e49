"""Writing, previewing, signing and amending an opinion; the report for both sides."""

import re
from functools import partial
from typing import Any, TypeVar

from aiohttp import web

from server.accounts.factor_routes import check_password
from server.consultation import answers, licences, opinions, queries, reporting, service
from server.consultation.case_routes import case_again, case_context
from server.consultation.forms import Amendment, OpinionDraft, Signature
from server.consultation.model import Consultation, Opinion
from server.consultation.routes import case_of
from server.consultation.states import LIVE, IllegalMove, State
from server.core.errors import Invalid, NotFound
from server.core.forms import Form
from server.core.http import (
    UNIT,
    Routes,
    actor_of,
    answer,
    begin_unit,
    read_form,
    render,
    say,
    see_other,
    sent_fields,
    unit_of,
    visit_of,
    wrong_fields,
)
from server.core.unit import Unit
from server.documents import service as documents
from server.documents import signers
from server.documents.keybox import WrongSecret
from server.documents.office import OFFICE
from server.documents.report import Report
from server.documents.signing import SigningKeyHandle

routes = Routes("opinion")

ROW = re.compile(r"(diagnoses|medications|tests)-(\d{1,2})-([a-z]{2,12})")
MOST_ROWS = 40


Draft = TypeVar("Draft", bound=OpinionDraft)
TEXTS = ("basis", "findings", "plan", "warnings", "referral_advice")


async def read_opinion(request: web.Request, model: type[Draft]) -> tuple[Form[Draft], dict[str, Any]]:
    """The form, and its sections as they were sent (rows as `diagnoses-0-text`), whatever may be wrong with them."""
    form = await read_form(request, model)
    texts = {name: str(form.typed.get(name) or "") for name in TEXTS}
    return form, {**texts, **_rows(dict(await sent_fields(request)))}


def _rows(sent: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Rows of diagnoses, drugs and tests, in order, empty ones dropped."""
    found: dict[str, dict[int, dict[str, str]]] = {"diagnoses": {}, "medications": {}, "tests": {}}
    for name, value in sent.items():
        match = ROW.fullmatch(name)
        text = str(value).strip()[:500]
        if match and text:
            found[match[1]].setdefault(int(match[2]), {})[match[3]] = text
    lead = {"diagnoses": "text", "medications": "name", "tests": "name"}
    return {
        kind: [rows[number] for number in sorted(rows) if rows[number].get(lead[kind])][:MOST_ROWS]
        for kind, rows in found.items()
    }


@routes.get("/consultations/{id}/opinion", "opinion.write")
async def page(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "opinion.write")
    return await _editor(request, case, "consultation/opinion.html")


@routes.get("/consultations/{id}/opinion/panel", "opinion.write")
async def panel(request: web.Request) -> web.StreamResponse:
    """The same editor beside the video."""
    case = await case_of(request, "opinion.write")
    return await _editor(request, case, "consultation/opinion_panel.html")


async def _editor(
    request: web.Request, case: Consultation, template: str, *, status: int = 200, **more: Any
) -> web.Response:
    unit = unit_of(request)
    draft = await queries.draft_of(unit, case.id, unit.actor.person_id)
    if draft is None and await queries.signed(unit, case.id):
        return see_other(service.href(case))
    context = await case_context(request, case)
    return render(
        request,
        template,
        status=status,
        **{**context, "draft": draft, "sections": draft.sections if draft else {}, "ends": case.state in LIVE, **more},
    )


@routes.post("/consultations/{id}/opinion/draft", "opinion.write")
async def save_draft(request: web.Request) -> web.StreamResponse:
    """Autosave; begins the draft when there is none."""
    unit = unit_of(request)
    case = await case_of(request, "opinion.write")
    form, sections = await read_opinion(request, OpinionDraft)
    if form.errors:
        raise Invalid(form.errors)
    opinion = await opinions.draft_for(unit, case=case)
    await opinions.save(unit, case=case, opinion=opinion, sections=sections, version=form.value.version)
    return answer({"version": opinion.version})


@routes.get("/consultations/{id}/opinion/preview.pdf", "opinion.write")
async def preview(request: web.Request) -> web.StreamResponse:
    """The very PDF that would be signed, marked as a draft."""
    unit = unit_of(request)
    case = await case_of(request, "opinion.write")
    opinion = await queries.draft_of(unit, case.id, unit.actor.person_id)
    if opinion is None:
        raise opinions.NothingWritten
    report = await _report(request, unit, case, opinion)
    return pdf_answer(await documents.preview(report, office=request.app[OFFICE]), "preview.pdf")


async def _report(request: web.Request, unit: Unit, case: Consultation, opinion: Opinion) -> Report:
    translate = partial(say, request)
    return await reporting.compose(unit, case, opinion, translate, visit_of(request).locale)


@routes.post("/consultations/{id}/opinion/sign", "opinion.sign", own_units=True, survives_idle=True)
async def sign(request: web.Request) -> web.StreamResponse:
    """Password, then one signature: twenty clicks of it make one."""
    form, sections = await read_opinion(request, Signature)
    form.errors.update({name: say(request, text) for name, text in opinions.lacking(sections).items()})
    await check_password(request, form, "secret")
    if not form.errors:
        try:
            return _signed(request, await _issued(request, sections, form.value.secret))
        except (IllegalMove, licences.LicenceLapsed) as refusal:
            form.errors.update(wrong_fields(request, refusal, "secret"))
    return await _not_signed(request, form, sections)


async def _issued(request: web.Request, sections: dict[str, Any], secret: str) -> Consultation:
    """The case with these sections signed, by this call or by one before it. Raises LicenceLapsed, IllegalMove."""
    handle = await _unlocked(request, secret)
    await documents.get_ready()
    async with begin_unit(request) as unit:
        request[UNIT] = unit
        case = await case_of(request, "opinion.sign", locked=True)
        signed = await queries.signed(unit, case.id)
        draft = await queries.draft_of(unit, case.id, unit.actor.person_id)
        if draft is not None or signed is None:
            await _sign(request, unit, case, sections, handle)
    return case


def _signed(request: web.Request, case: Consultation) -> web.Response:
    """On to the case; out of the room too, which the signature has closed."""
    page = f"{service.href(case)}?signed=1"
    return web.Response(status=204, headers={"HX-Redirect": page}) if _beside_video(request) else see_other(page)


async def _sign(request: web.Request, unit: Unit, case: Consultation, sections: dict[str, Any], handle: Any) -> None:
    await licences.require(unit)
    opinion = await opinions.draft_for(unit, case=case)
    await opinions.save(unit, case=case, opinion=opinion, sections=sections, version=None)
    if case.state in (State.IN_SESSION, State.INTERRUPTED):
        await answers.end(unit, case=case)
    before = await unit.session.get(Opinion, opinion.amends_id) if opinion.amends_id else None
    document = await documents.issue(
        unit,
        office=request.app[OFFICE],
        report=await _report(request, unit, case, opinion),
        signer=handle,
        subject_kind="consultation",
        subject_id=case.id,
        institutions=[id for id in (case.inviting_id, case.invited_id) if id],
        supersedes=before.document_id if before else None,
        key=f"opinion:{opinion.id}",
        patient_id=case.patient_id,
    )
    await opinions.signed(unit, case=case, opinion=opinion, document_id=document.id)


async def _unlocked(request: web.Request, secret: str) -> SigningKeyHandle:
    """The signer's key, made at their first signature, renewed when the password has changed since.

    Outside of the signing unit: it takes a while, and others must not wait for it.
    """
    actor = actor_of(request)
    try:
        async with begin_unit(request, writes=False) as unit:
            return await signers.signing_key_for(unit, person_id=actor.person_id, secret=secret)
    except (signers.NotEnrolled, WrongSecret):
        pass
    async with begin_unit(request) as unit:
        await signers.renew_signer(
            unit, person_id=actor.person_id, name=actor.name, secret=secret, institution=actor.institution_name
        )
    async with begin_unit(request, writes=False) as unit:
        return await signers.signing_key_for(unit, person_id=actor.person_id, secret=secret)


async def _not_signed(request: web.Request, form: Form[Signature], sections: dict[str, Any]) -> web.StreamResponse:
    """The editor as it was sent, with what is wrong at the fields."""
    template = "consultation/opinion_panel.html" if _beside_video(request) else "consultation/opinion.html"
    async with begin_unit(request, writes=False) as unit:
        request[UNIT] = unit
        case = await case_of(request, "opinion.sign")
        return await _editor(request, case, template, status=422, form=form, sections=sections)


def _beside_video(request: web.Request) -> bool:
    """Sent from within the room, whose page must not be left while people talk."""
    return "HX-Request" in request.headers


@routes.post("/consultations/{id}/opinion/amend", "opinion.write")
async def amend(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await case_of(request, "opinion.write", locked=True)
    form = await read_form(request, Amendment)
    if form.errors:
        return await case_again(request, case, form)
    await opinions.amend(unit, case=case, why=form.value.why)
    return see_other(f"{service.href(case)}/opinion")


@routes.get("/consultations/{id}/report.pdf", "opinion.read", own_units=True)
async def report(request: web.Request) -> web.StreamResponse:
    """The signed report; `?opinion=` names an older edition."""
    async with begin_unit(request, writes=False) as unit:
        request[UNIT] = unit
        case = await case_of(request, "opinion.read")
        opinion = await _edition(unit, case, request.query.get("opinion", ""))
        assert opinion.document_id is not None
        pdf = await documents.open_pdf(
            unit, office=request.app[OFFICE], document_id=opinion.document_id, patient_id=case.patient_id
        )
    return pdf_answer(pdf, f"{case.number or 'report'}.pdf")


async def _edition(unit: Unit, case: Consultation, id: str) -> Opinion:
    wanted = await unit.session.get(Opinion, id) if id else await queries.signed(unit, case.id)
    if wanted is None or wanted.consultation_id != case.id or wanted.document_id is None:
        raise NotFound
    return wanted


def pdf_answer(pdf: bytes, name: str) -> web.Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)
