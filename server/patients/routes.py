"""Pages of patients: the list with its search and its one-line desk, a patient, the amendment."""

from functools import partial
from typing import Any

from aiohttp import web

from server.core.access import Relation
from server.core.errors import Stale
from server.core.forms import Form
from server.core.http import Routes, read_form, read_query, render, say, see_other, unit_of
from server.patients import queries, service, views
from server.patients.consent import queries as consent_queries
from server.patients.consent import views as consent_views
from server.patients.forms import Amendment, Page, Search, Told, told_at_fields
from server.patients.identity import day_in_clinic
from server.patients.model import Patient
from server.patients.particulars import Particulars, read_registrant, typed_again
from server.patients.service import AlreadyKnown, PatientCard

routes = Routes("patients")
PAGE = 50


@routes.get("/patients", "patient.find")
async def list_page(request: web.Request) -> web.StreamResponse:
    before = read_query(request, Page).before
    cards = await service.newest(unit_of(request), before=before, limit=PAGE)
    older = f"/patients?before={cards[-1].id}" if len(cards) == PAGE else ""
    return _list(request, cards=cards, older=older, below=bool(before))


def _list(request: web.Request, status: int = 200, **context: Any) -> web.Response:
    unit = unit_of(request)
    words = {
        **views.choices(partial(say, request)),
        "today": day_in_clinic(unit.now).isoformat(),
        "may_register": unit.may("patient.register", {Relation.OWN}),
        "may_open": unit.may("patient.read", {Relation.INSTITUTION}),
    }
    shown = {"cards": [], "older": "", "below": False, "asked": "", "form": None, "told": Told()}
    return render(request, "patients/list.html", status=status, **{**words, **shown, **context})


@routes.post("/patients/find", "patient.find")
async def find(request: web.Request) -> web.StreamResponse:
    """Sent, not asked for by address: names and numbers do not belong into histories and logs of proxies."""
    form = await read_form(request, Search)
    asked = "" if form.errors else form.value.q.strip()
    cards = await _found(request, asked)
    if "HX-Request" in request.headers:
        may_open = unit_of(request).may("patient.read", {Relation.INSTITUTION})
        return render(request, "patients/found.html", cards=cards, asked=asked, older="", may_open=may_open)
    return _list(request, cards=cards, asked=asked)


async def _found(request: web.Request, asked: str) -> list[PatientCard]:
    unit = unit_of(request)
    return await (service.find(unit, asked) if asked else service.newest(unit, limit=PAGE))


@routes.post("/patients", "patient.register")
async def register(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    form = await read_form(request, Particulars)
    if form.errors:
        return _list(request, 422, form=form)
    with told_at_fields(form, partial(say, request), {AlreadyKnown: "id_no"}) as told:
        patient = await service.register(unit, registrant=read_registrant(form.value, now=unit.now))
        return see_other(f"/patients/{patient.id}")
    return _list(request, 422, form=form, told=told)


@routes.get("/patients/{id}", "patient.read")
async def patient_page(request: web.Request) -> web.StreamResponse:
    unit, translate = unit_of(request), partial(say, request)
    patient = await queries.get_for(unit, "patient.read", request.match_info["id"])
    registrant = service.open_registrant(unit, patient)
    consents = await consent_queries.of_patient(unit, patient.id)
    return render(
        request,
        "patients/page.html",
        patient=patient,
        registrant=registrant,
        card=service.card_named(registrant.identity, patient, unit.now),
        relation=views.kin_word(translate, registrant.identity.guardian.relation)
        if registrant.identity.guardian
        else "",
        id_kind=dict(views.choices(translate)["id_kinds"])[registrant.identity.id_kind],
        signings=consent_views.signings(consents, translate),
        history=await views.history(unit, patient, await queries.revisions(unit, patient.id), translate),
        may_amend=unit.may("patient.amend", {Relation.INSTITUTION}),
    )


@routes.get("/patients/{id}/edit", "patient.amend")
async def edit_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    patient = await queries.get_for(unit, "patient.amend", request.match_info["id"])
    return _edit(request, patient, None, typed_again(service.open_registrant(unit, patient)))


def _edit(
    request: web.Request, patient: Patient, form: Form[Any] | None, known: dict[str, Any], told: Told | None = None
) -> web.Response:
    return render(
        request,
        "patients/edit.html",
        status=422 if form else 200,
        patient=patient,
        version=patient.version,
        form=form,
        known=known,
        told=told or Told(),
        today=day_in_clinic(unit_of(request).now).isoformat(),
        **views.choices(partial(say, request)),
    )


@routes.post("/patients/{id}", "patient.amend")
async def amend(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    patient = await queries.get_for(unit, "patient.amend", request.match_info["id"])
    form = await read_form(request, Amendment)
    if form.errors:
        return _edit(request, patient, form, {})
    with told_at_fields(form, partial(say, request), {AlreadyKnown: "id_no", Stale: "version"}) as told:
        registrant = read_registrant(form.value, now=unit.now)
        await service.amend(unit, patient=patient, registrant=registrant, version=form.value.version)
        return see_other(f"/patients/{patient.id}")
    return _edit(request, patient, form, {}, told)
