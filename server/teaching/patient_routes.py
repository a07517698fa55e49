"""Who is seen in a session: found, named, taken off again; their withdrawal. They sign on the page of consents."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.core.forms import Form
from server.core.http import Routes, read_form, render, unit_of
from server.patients import queries as patient_queries
from server.patients import service as patients
from server.patients.consent.forms import Withdrawal
from server.patients.forms import Search
from server.teaching import consenting, letters
from server.teaching.model import TeachingSession
from server.teaching.routes import back, session_of, show

routes = Routes("teaching_patients")
ONE = "/teaching/sessions/{id}/patients"
HERE = "#patients"


class Chosen(BaseModel):
    patient_id: str = Field(min_length=1, max_length=32)


class TakenBack(Chosen, Withdrawal):
    pass


@routes.post(ONE + "/find", "teaching.patients")
async def find(request: web.Request) -> web.StreamResponse:
    """Patients of one's own institution while one types; sent, as names do not belong into logs of proxies."""
    session, form = await session_of(request, "teaching.patients"), await read_form(request, Search)
    text = "" if form.errors else form.value.q.strip()
    found = await patients.find_one(unit_of(request), text) if text else []
    choose = f"{letters.href(session)}/patients"
    return render(request, "patients/choices.html", found=found, q=text, choose=choose, may_register=False)


@routes.post(ONE, "teaching.patients")
async def name(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    session, form = await session_of(request, "teaching.patients", locked=True), await read_form(request, Chosen)
    if form.errors:
        return await _again(request, session, form)
    patient = await patient_queries.get_for(unit, "consent.record", form.value.patient_id)
    await consenting.name(unit, session=session, patient=patient)
    return back(session, "patient", HERE)


@routes.post(ONE + "/remove", "teaching.patients")
async def remove(request: web.Request) -> web.StreamResponse:
    session, form = await session_of(request, "teaching.patients", locked=True), await read_form(request, Chosen)
    if form.errors:
        return await _again(request, session, form)
    await consenting.unname(unit_of(request), session=session, patient_id=form.value.patient_id)
    return back(session, "unnamed", HERE)


@routes.post(ONE + "/withdraw", "teaching.patients")
async def withdraw(request: web.Request) -> web.StreamResponse:
    session, form = await session_of(request, "teaching.patients", locked=True), await read_form(request, TakenBack)
    if form.errors:
        return await _again(request, session, form)
    sent = form.value
    await consenting.withdraw(unit_of(request), session=session, patient_id=sent.patient_id, said=sent.said)
    return back(session, "taken_back", HERE)


async def _again(request: web.Request, session: TeachingSession, form: Form[Any]) -> web.Response:
    """With what was typed."""
    return await show(request, session, status=422, said_form=form)
