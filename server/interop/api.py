"""The JSON interface: the same verbs and the same rights as the pages."""

from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from server.consultation import answers, attachments, queries, service, submitting, views
from server.consultation.forms import RequestDraft
from server.consultation.kinds import Complaint
from server.consultation.states import ACTS_NEXT, State
from server.core.errors import Invalid
from server.core.forms import Model
from server.core.http import PUBLIC, Routes, answer, read_form, read_query, render, say, unit_of
from server.interop.describing import Interface, document
from server.patients import queries as patients

routes = Routes("api")
interface = Interface(routes)


class ConsultationSummary(BaseModel):
    """A consultation as lists show it; names are masked where rights say so."""

    id: str
    number: str
    state: State
    acts_next: str
    due_at: datetime | None
    urgency: str
    specialty: str
    patient_name: str
    sex: str
    age: str
    question: str
    asked_by: str
    expert: str
    starts_at: datetime | None


class File(BaseModel):
    id: str
    name: str
    kind: str
    status: str


class ConsultationDetail(ConsultationSummary):
    version: int
    complaint: Complaint
    story: dict[str, Any]
    files: list[File]
    lacking: dict[str, str]


class ConsultationList(BaseModel):
    items: list[ConsultationSummary]
    older: str | None = Field(None, description="Ask again with before=…")


class ListAsked(BaseModel):
    state: State | None = None
    before: str = Field("", max_length=32)


class NewConsultation(BaseModel):
    complaint: Complaint = Complaint.BLANK
    patient_id: str | None = Field(None, max_length=32)


class Made(BaseModel):
    id: str
    version: int


class Reason(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


class Nothing(BaseModel):
    model_config = ConfigDict(extra="ignore")


async def sent(request: web.Request, model: type[Model]) -> Model:
    """The body as a value. Raises Invalid."""
    form = await read_form(request, model)
    if form.errors:
        raise Invalid(form.errors)
    return form.value


def given(model: BaseModel, status: int = 200) -> web.Response:
    return answer(model.model_dump(mode="json"), status)


@interface.operation(
    "get",
    "/api/consultations",
    "consultation.list",
    summary="Consultations one may see, newest first",
    asks=ListAsked,
    gives=ConsultationList,
)
async def listed(request: web.Request) -> web.StreamResponse:
    asked = read_query(request, ListAsked)
    states = [asked.state] if asked.state else None
    page = await queries.listed(unit_of(request), states=states, before=asked.before or None)
    cards = await views.cards(unit_of(request), page.rows, partial(say, request))
    return given(ConsultationList(items=[summary_of(one) for one in cards], older=page.older))


def summary_of(card: views.CaseCard) -> ConsultationSummary:
    return ConsultationSummary(
        id=card.id,
        number=card.number,
        state=State(card.state),
        acts_next=ACTS_NEXT[State(card.state)].value,
        due_at=card.due,
        urgency=card.urgency_label,
        specialty=card.specialty,
        patient_name=card.patient_name,
        sex=card.sex,
        age=card.age,
        question=card.question,
        asked_by=card.asked_by,
        expert=card.expert,
        starts_at=card.starts_at,
    )


@interface.operation(
    "post",
    "/api/consultations",
    "consultation.create",
    summary="Begin a request",
    takes=NewConsultation,
    gives=Made,
    status=201,
)
async def begin(request: web.Request) -> web.StreamResponse:
    unit, asked = unit_of(request), await sent(request, NewConsultation)
    if asked.patient_id:
        await patients.get_for(unit, "patient.read", asked.patient_id)
    case = await service.draft(unit, patient_id=asked.patient_id, complaint=asked.complaint)
    return given(Made(id=case.id, version=case.version), 201)


@interface.operation(
    "get", "/api/consultations/{id}", "consultation.read", summary="One consultation", gives=ConsultationDetail
)
async def one(request: web.Request) -> web.StreamResponse:
    unit, translate = unit_of(request), partial(say, request)
    case = await queries.get_for(unit, "consultation.read", request.match_info["id"])
    found = await views.look_up(unit, [case])
    unit.record("consultation.read", kind="consultation", id=case.id, patient=case.patient_id, fields=["api"])
    files = await attachments.cards(unit, case)
    lacking = await service.missing(unit, case)
    summary = summary_of(views.card(unit, case, found, translate))
    return given(
        ConsultationDetail(
            **summary.model_dump(),
            version=case.version,
            complaint=case.complaint,
            story=views.story_of(case),
            files=[File(id=f.id, name=f.name, kind=f.kind.value, status=f.status.value) for f in files],
            lacking={name: translate(text) for name, text in lacking.items()},
        )
    )


@interface.operation(
    "post",
    "/api/consultations/{id}/draft",
    "consultation.edit",
    summary="Save what is written so far",
    takes=RequestDraft,
    gives=Made,
)
async def save(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await queries.get_for(unit, "consultation.edit", request.match_info["id"])
    draft = await sent(request, RequestDraft)
    await service.save(unit, case=case, fields=draft.fields(), version=draft.version)
    return given(Made(id=case.id, version=case.version))


@interface.operation(
    "post",
    "/api/consultations/{id}/submit",
    "consultation.submit",
    summary="Submit to the centre",
    takes=Nothing,
    gives=Made,
)
async def submit(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await queries.get_for(unit, "consultation.submit", request.match_info["id"], locked=True)
    await submitting.submit(unit, case=case)
    return given(Made(id=case.id, version=case.version))


@interface.operation(
    "post",
    "/api/consultations/{id}/accept",
    "consultation.answer",
    summary="Accept an invitation",
    takes=Nothing,
    gives=Made,
)
async def accept(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await queries.get_for(unit, "consultation.answer", request.match_info["id"], locked=True)
    await answers.accept(unit, case=case)
    return given(Made(id=case.id, version=case.version))


@interface.operation(
    "post",
    "/api/consultations/{id}/decline",
    "consultation.answer",
    summary="Decline an invitation, with the reason",
    takes=Reason,
    gives=Made,
)
async def decline(request: web.Request) -> web.StreamResponse:
    unit, why = unit_of(request), await sent(request, Reason)
    case = await queries.get_for(unit, "consultation.answer", request.match_info["id"], locked=True)
    await answers.decline(unit, case=case, reason=why.reason)
    return given(Made(id=case.id, version=case.version))


@routes.get("/api/openapi.json", PUBLIC)
async def openapi(request: web.Request) -> web.StreamResponse:
    return answer(document(interface.operations, version=version("lianzhen")))


@routes.get("/api/docs", PUBLIC)
async def docs(request: web.Request) -> web.StreamResponse:
    return render(request, "interop/docs.html")
