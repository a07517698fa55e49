"""The request on one screen: begun by a template, saved as typed, submitted when nothing is missing."""

from functools import partial
from typing import Any

from aiohttp import web

from server.consultation import (
    attachments,
    complaints,
    consenting,
    experts,
    licences,
    patient_choice,
    service,
    submitting,
    views,
)
from server.consultation.forms import ChosenPatient, NewRequest, OtherTemplate, RequestDraft
from server.consultation.kinds import Complaint, Fate
from server.consultation.model import Consultation
from server.consultation.routes import case_of
from server.core.access import Relation
from server.core.errors import Invalid
from server.core.forms import Form
from server.core.http import Routes, answer, read_form, render, say, see_other, unit_of, wrong_fields
from server.patients import queries as patient_queries
from server.patients import service as patients
from server.patients import views as patient_views
from server.patients.forms import told_at_fields
from server.patients.identity import day_in_clinic
from server.patients.particulars import Particulars, read_registrant

routes = Routes("request")


@routes.get("/consultations/new", "consultation.create")
async def choose_template(request: web.Request) -> web.StreamResponse:
    words = [(one.value, say(request, word)) for one, word in views.COMPLAINT_WORDS.items()]
    asks = {one.value: [say(request, words) for _, words in complaints.PROMPTS[one][:2]] for one in Complaint}
    patient_id = request.query.get("patient", "")
    return render(request, "consultation/new.html", complaints=words, asks=asks, patient_id=patient_id)


@routes.post("/consultations", "consultation.create")
async def begin(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    form = await read_form(request, NewRequest)
    if form.errors:
        return see_other("/consultations/new")
    patient_id = form.value.patient_id
    if patient_id:
        await patient_queries.get_for(unit, "patient.read", patient_id)
    case = await service.draft(unit, patient_id=patient_id, complaint=form.value.complaint)
    case.specialty = complaints.SPECIALTY_OF.get(case.complaint, "")
    return see_other(f"{service.href(case)}/edit")


@routes.get("/consultations/{id}/edit", "consultation.edit")
async def edit_page(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.edit")
    return await editor(request, case, None)


async def editor(
    request: web.Request, case: Consultation, form: Form[Any] | None, status: int = 200, **desk: Any
) -> web.Response:
    """The request's screen; `desk` is what the form for a new patient was answered with."""
    unit, translate = unit_of(request), partial(say, request)
    found = await views.look_up(unit, [case])
    lacking = await service.missing(unit, case)
    return render(
        request,
        "consultation/edit.html",
        status=status,
        case=case,
        form=form,
        card=views.card(unit, case, found, translate),
        story=views.story_of(case),
        sent_back=await views.sent_back(unit, case, translate),
        patient=found.patients.get(case.patient_id or ""),
        complaints=[(one.value, translate(word)) for one, word in views.COMPLAINT_WORDS.items()],
        prompts=[(name, translate(words)) for name, words in complaints.PROMPTS[case.complaint]],
        urgencies=[(one.value, translate(word)) for one, (word, _) in views.URGENCY_WORDS.items()],
        specialties=[(one, translate(one)) for one in complaints.SPECIALTIES],
        experts=await views.post_lines(unit, await experts.invitable(unit, case)),
        files=await attachments.cards(unit, case),
        complete_by=(await consenting.standing(unit, case, translate))["complete_by"],
        withdrawn=await attachments.withdrawn(unit, case),
        copied="copied" in request.query,
        lacking={name: translate(sentence) for name, sentence in lacking.items()},
        today=day_in_clinic(unit.now).isoformat(),
        **patient_views.choices(translate),
        **{"desk": None, "known_id": "", **desk},
    )


@routes.post("/consultations/{id}/draft", "consultation.edit")
async def save_draft(request: web.Request) -> web.StreamResponse:
    """Autosave. What cannot be taken as typed (a pulse of 9000) is said at its field; all waits in the browser then."""
    case = await case_of(request, "consultation.edit")
    await _keep(request, case)
    return answer({"version": case.version})


async def _keep(request: web.Request, case: Consultation) -> None:
    form = await read_form(request, RequestDraft)
    if form.errors:
        raise Invalid(form.errors)
    await service.save(unit_of(request), case=case, fields=form.value.fields(), version=form.value.version)


@routes.post("/consultations/{id}/submit", "consultation.submit")
async def submit(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await case_of(request, "consultation.submit", locked=True)
    form = await read_form(request, RequestDraft)
    if form.errors:
        return await editor(request, case, form, 422)
    with told_at_fields(form, partial(say, request)):
        await service.save(unit, case=case, fields=form.value.fields())
    if form.errors:
        return await editor(request, case, form, 422)
    lacking = await service.missing(unit, case)
    if lacking:
        wrong = Form[RequestDraft](form.typed, {name: say(request, text) for name, text in lacking.items()})
        return await editor(request, case, wrong, 422)
    try:
        await submitting.submit(unit, case=case)
    except licences.LicenceLapsed as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await editor(request, case, form, 422)
    return see_other(f"{service.href(case)}?sent=1")


@routes.post("/consultations/{id}/complaint", "consultation.edit")
async def choose_complaint(request: web.Request) -> web.StreamResponse:
    """Another template: other prompts; what was written stays, and so does a specialty of one's own choice."""
    case = await case_of(request, "consultation.edit")
    form = await read_form(request, OtherTemplate)
    if form.errors:
        return await editor(request, case, form, 422)
    fields = form.value.fields()
    if fields["specialty"] in ("", complaints.SPECIALTY_OF.get(case.complaint, "")):
        fields["specialty"] = complaints.SPECIALTY_OF.get(form.value.chosen, "")
    with told_at_fields(form, partial(say, request)):
        await service.save(unit_of(request), case=case, fields=fields | {"complaint": form.value.chosen})
        return see_other(f"{service.href(case)}/edit")
    return await editor(request, case, form, 422)


@routes.get("/consultations/{id}/patients", "consultation.edit")
async def find_patients(request: web.Request) -> web.StreamResponse:
    """Patients of the institution while one types a name, initials or an ID number."""
    case = await case_of(request, "consultation.edit")
    text = request.query.get("q", "").strip()
    found = await patients.find(unit_of(request), text, limit=8) if text else []
    choose = f"{service.href(case)}/patient"
    return render(request, "patients/choices.html", found=found, q=text, choose=choose, may_register=True)


@routes.post("/consultations/{id}/patient", "consultation.edit")
async def choose_patient(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await case_of(request, "consultation.edit")
    form = await read_form(request, ChosenPatient)
    if not form.errors:
        chosen = await patient_queries.get_for(unit, "patient.read", form.value.patient_id)
        return await _choose(request, case, chosen.id, form.value.fate)
    return see_other(f"{service.href(case)}/edit#patient")


async def _choose(request: web.Request, case: Consultation, patient_id: str, fate: Fate | None) -> web.StreamResponse:
    """Asks first what becomes of the files that were added for another."""
    unit = unit_of(request)
    try:
        await patient_choice.choose(unit, case=case, patient_id=patient_id, fate=fate)
    except patient_choice.FilesOfAnother:
        former = case.patient_id or ""
        cards = await patients.cards(unit, [former, patient_id], full=True)
        return render(
            request,
            "consultation/other_patient.html",
            case=case,
            files=await attachments.cards(unit, case),
            former=cards[former],
            chosen=cards[patient_id],
        )
    return see_other(f"{service.href(case)}/edit#patient")


@routes.post("/consultations/{id}/new-patient", "consultation.edit")
async def register_patient(request: web.Request) -> web.StreamResponse:
    """Somebody not on file yet, registered and chosen in one step."""
    unit = unit_of(request)
    case = await case_of(request, "consultation.edit")
    unit.require("patient.register", {Relation.OWN})
    desk = await read_form(request, Particulars)
    if desk.errors:
        return await editor(request, case, None, 422, desk=desk)
    with told_at_fields(desk, partial(say, request), {patients.AlreadyKnown: "id_no"}) as told:
        patient = await patients.register(unit, registrant=read_registrant(desk.value, now=unit.now))
        return await _choose(request, case, patient.id, None)
    known_id = told.refusal.patient_id if isinstance(told.refusal, patients.AlreadyKnown) else ""
    return await editor(request, case, None, 422, desk=desk, known_id=known_id)
