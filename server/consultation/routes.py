"""The list of consultations, the page of one, and the small moves a page's buttons make."""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web
from pydantic import BaseModel, Field

from server.consultation import answers, approvals, centre, queries, search, service, submitting, views
from server.consultation.model import Consultation
from server.consultation.states import OPEN, WITHOUT_OPINION, State
from server.core.http import Routes, read_form, read_query, render, say, see_other, unit_of
from server.files import service as files
from server.files.desk import DESK

routes = Routes("consultation")

TABS: dict[str, tuple[str, frozenset[State] | None]] = {
    "open": ("进行中", OPEN),
    "all": ("全部", None),
    "closed": ("已归档", frozenset({State.CLOSED})),
    "ended": ("未完成", WITHOUT_OPINION),
}


class ListQuery(BaseModel):
    tab: str = "open"
    before: str = Field("", max_length=32)
    after: str = Field("", max_length=32)


class Why(BaseModel):
    """A reason somebody must give."""

    reason: str = Field(min_length=1, max_length=500)


@routes.get("/consultations", "consultation.list")
async def list_page(request: web.Request) -> web.StreamResponse:
    asked = read_query(request, ListQuery)
    tab = asked.tab if asked.tab in TABS else "open"
    page = await queries.listed(
        unit_of(request), states=TABS[tab][1], before=asked.before or None, after=asked.after or None
    )
    return await _list(request, page, tab)


async def _list(request: web.Request, page: queries.Page, tab: str, sought: str = "") -> web.Response:
    unit = unit_of(request)
    counts = await queries.counts(unit)
    return render(
        request,
        "consultation/list.html",
        cases=await views.cards(unit, page.rows, partial(say, request)),
        tabs=[
            {"href": f"/consultations?tab={name}", "label": say(request, word), "current": name == tab and not sought}
            for name, (word, _) in TABS.items()
        ],
        open_count=sum(counts.values()),
        older=f"/consultations?tab={tab}&before={page.older}" if page.older and not sought else "",
        newer=f"/consultations?tab={tab}&after={page.newer}" if page.newer and not sought else "",
        q=sought,
        may_create=bool(unit.matrix.granted(unit.actor.role, "consultation.create")),
    )


class Sought(BaseModel):
    q: str = Field("", max_length=60)


@routes.post("/search", "consultation.read")
async def find(request: web.Request) -> web.StreamResponse:
    """Sent, not asked by address: names stay out of histories."""
    unit = unit_of(request)
    form = await read_form(request, Sought)
    sought = "" if form.errors else form.value.q.strip()
    if not sought:
        return see_other("/consultations?tab=all")
    return await _list(request, await search.find(unit, sought), "all", sought)


@routes.get("/search", "consultation.read")
async def search_page(request: web.Request) -> web.StreamResponse:
    return see_other("/consultations?tab=all")


async def case_of(request: web.Request, action: str, *, locked: bool = False) -> Consultation:
    """The consultation of the address, when the actor may do `action` to it. Raises NotFound."""
    return await queries.get_for(unit_of(request), action, request.match_info["id"], locked=locked)


@routes.post("/consultations/{id}/cancel", "consultation.cancel")
async def cancel(request: web.Request) -> web.StreamResponse:
    return await _with_reason(request, "consultation.cancel", service.cancel)


@routes.post("/consultations/{id}/discard", "consultation.edit")
async def discard(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.edit", locked=True)
    await service.discard(unit_of(request), case=case)
    return see_other("/")


@routes.post("/consultations/{id}/approve", "consultation.approve")
async def approve(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.approve", locked=True)
    await submitting.approve(unit_of(request), case=case)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/return", "consultation.approve")
async def send_back(request: web.Request) -> web.StreamResponse:
    return await _with_reason(request, "consultation.approve", submitting.send_back)


@routes.post("/consultations/{id}/approve-afterwards", "consultation.approve")
async def approve_afterwards(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.approve", locked=True)
    await approvals.approve(unit_of(request), case=case)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/object", "consultation.approve")
async def object_to(request: web.Request) -> web.StreamResponse:
    return await _with_reason(request, "consultation.approve", approvals.object_to)


@routes.post("/consultations/{id}/copy", "consultation.edit")
async def copy_to_new(request: web.Request) -> web.StreamResponse:
    unit, case = unit_of(request), await case_of(request, "consultation.edit")
    again = await service.copy_to_new(unit, case=case)
    ids = {"from_id": case.id, "to_id": again.id}
    await files.carry_over(unit, vault=request.app[DESK].vault, subject_kind=service.SUBJECT, **ids)
    return see_other(f"{service.href(again)}/edit?copied")


@routes.post("/consultations/{id}/accept", "consultation.answer")
async def accept(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.answer", locked=True)
    await answers.accept(unit_of(request), case=case)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/decline", "consultation.answer")
async def decline(request: web.Request) -> web.StreamResponse:
    response = await _with_reason(request, "consultation.answer", answers.decline)
    return see_other("/") if response.status == 303 else response


@routes.post("/consultations/{id}/end", "consultation.end")
async def end(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.end", locked=True)
    await answers.end(unit_of(request), case=case)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/go-written", "consultation.resume")
async def go_written(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.resume", locked=True)
    await answers.go_written(unit_of(request), case=case)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/rebook", "consultation.resume")
async def rebook(request: web.Request) -> web.StreamResponse:
    return await _with_reason(request, "consultation.resume", centre.rebook)


async def _with_reason(request: web.Request, action: str, verb: Callable[..., Awaitable[None]]) -> web.StreamResponse:
    case = await case_of(request, action, locked=True)
    form = await read_form(request, Why)
    if form.errors:
        return render(
            request,
            "consultation/reason.html",
            status=422,
            form=form,
            case_href=service.href(case),
            action=request.path,
        )
    await verb(unit_of(request), case=case, reason=form.value.reason)
    return see_other(service.href(case))
