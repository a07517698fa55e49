"""The consultation centre: the board of what waits, and the verbs of its drawer."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import queries as accounts
from server.consultation import appointments, centre, queries, service, views
from server.consultation.case_routes import case_context
from server.consultation.forms import ChosenExpert, ChosenTime
from server.consultation.model import Consultation
from server.consultation.routes import Why, case_of
from server.consultation.states import LIVE, State
from server.core.http import Routes, read_form, render, say, see_other, unit_of, visit_of
from server.core.unit import Unit
from server.scheduling.bookable import Resource, ResourceKind
from server.scheduling.deadlines import planned_length
from server.scheduling.free import Comparison, compare, week_of
from server.scheduling.intervals import Interval
from server.scheduling.service import InThePast as TooLate
from server.scheduling.service import SlotTaken

routes = Routes("centre")

VIEWS: dict[str, tuple[str, frozenset[State]]] = {
    "triage": ("待初审", frozenset({State.TRIAGE, State.SUPPLEMENT, State.APPROVING})),
    "inviting": ("待响应", frozenset({State.INVITING})),
    "scheduling": ("待排期", frozenset({State.SCHEDULING, State.INTERRUPTED})),
    "today": ("已排期", LIVE),
    "opinion": ("待出具意见", frozenset({State.OPINION_PENDING, State.ISSUED})),
}


class BoardQuery(BaseModel):
    view: str = Field("all", max_length=20)


NOT_THEN = (SlotTaken, TooLate, centre.InThePast, centre.TooFar, centre.RescheduledTooOften)
"""Why a time does not do: said at the field."""
EVERYTHING = frozenset[State]().union(*(states for _, states in VIEWS.values()))


@routes.get("/centre", "consultation.triage")
async def board(request: web.Request) -> web.StreamResponse:
    return render(request, "consultation/board.html", **await board_context(request))


@routes.get("/centre/rows", "consultation.triage")
async def board_rows(request: web.Request) -> web.StreamResponse:
    """The live part of the board."""
    return render(request, "consultation/board_rows.html", **await board_context(request))


async def board_context(request: web.Request) -> dict[str, Any]:
    unit = unit_of(request)
    chosen = request.query.get("view", "all")
    states = VIEWS[chosen][1] if chosen in VIEWS else EVERYTHING
    due_before = unit.now if chosen == "late" else None
    counts = await queries.counts(unit)
    late = await queries.counts(unit, EVERYTHING, due_before=unit.now)
    standing = late if due_before else counts
    cases = await queries.waiting(unit, states, due_before=due_before)
    cards = await views.cards(unit, cases, partial(say, request))
    groups = [
        {
            "name": name,
            "title": say(request, word),
            "count": _sum(standing, members),
            "cards": [one for one in cards if State(one.state) in members],
        }
        for name, (word, members) in VIEWS.items()
        if chosen in (name, "all", "late")
    ]
    return {
        "groups": groups,
        "tabs": _tabs(request, chosen, counts, late),
        "view": chosen,
        "topics": " ".join(f"centre:{id}" for id in sorted(unit.actor.consortium_ids)),
        "total": _sum(standing, states),
        "shown": len(cards),
    }


def _tabs(
    request: web.Request, chosen: str, counts: Mapping[State, int], late: Mapping[State, int]
) -> list[dict[str, Any]]:
    of_views = [(name, word, _sum(counts, members)) for name, (word, members) in VIEWS.items()]
    tabs = [("all", "全部", _sum(counts, EVERYTHING)), *of_views, ("late", "超时", _sum(late, EVERYTHING))]
    return [
        {
            "href": "/centre" if name == "all" else f"/centre?view={name}",
            "label": say(request, word),
            "current": chosen == name,
            "count": count,
        }
        for name, word, count in tabs
    ]


def _sum(counts: Mapping[State, int], states: Iterable[State]) -> int:
    return sum(counts.get(state, 0) for state in states)


@routes.get("/consultations/{id}/drawer", "consultation.triage")
async def drawer(request: web.Request) -> web.StreamResponse:
    """The panel at the right of the board: the case, what is complete, who could be asked, when both are free."""
    case = await case_of(request, "consultation.triage")
    context = await case_context(request, case)
    return render(request, "consultation/drawer.html", **context, **await _choices(request, case))


async def _choices(request: web.Request, case: Consultation) -> dict[str, Any]:
    unit = unit_of(request)
    lacking = await service.missing(unit, case)
    candidates = await views.post_lines(unit, await centre.candidates(unit, case)) if case.state == State.TRIAGE else []
    return {
        "lacking": {name: say(request, text) for name, text in lacking.items()},
        "candidates": candidates,
        "comparison": await _comparison(request, case),
        "minutes": int(planned_length(case.urgency).total_seconds() // 60),
    }


async def _comparison(request: web.Request, case: Consultation) -> Comparison | None:
    """Both sides' free times of this week and the next, when an expert has accepted."""
    unit = unit_of(request)
    if case.specialist_post_id is None or case.state not in (State.SCHEDULING, State.SCHEDULED, State.READY):
        return None
    week = week_of(unit.now)
    sides = [
        (await _side(unit, case.specialist_post_id), Resource(ResourceKind.POST, case.specialist_post_id)),
        (await _side(unit, case.applicant_post_id), Resource(ResourceKind.POST, case.applicant_post_id)),
    ]
    booking = await appointments.booking_of(unit, case)
    return await compare(
        unit,
        sides=sides,
        period=Interval(unit.now, week.end + timedelta(days=3)),
        length=planned_length(case.urgency),
        first=24,
        leaving_out=booking.id if booking else None,
        language="zh_CN" if visit_of(request).locale == "zh" else "en_US",
    )


async def _side(unit: Unit, post_id: str) -> str:
    post = await accounts.post(unit, post_id)
    person = await accounts.person(unit, post.person_id)
    return f"{person.name} {person.title}"


@routes.post("/consultations/{id}/ask-more", "consultation.triage")
async def ask_more(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.triage", locked=True)
    form = await read_form(request, Why)
    if form.errors:
        return await _again(request, case, form)
    await centre.ask_more(unit_of(request), case=case, what=form.value.reason)
    return back(case)


@routes.post("/consultations/{id}/reject", "consultation.triage")
async def reject(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.triage", locked=True)
    form = await read_form(request, Why)
    if form.errors:
        return await _again(request, case, form)
    await centre.reject(unit_of(request), case=case, reason=form.value.reason)
    return back(case)


@routes.post("/consultations/{id}/invite", "consultation.invite")
async def invite(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await case_of(request, "consultation.invite", locked=True)
    form = await read_form(request, ChosenExpert)
    if form.errors:
        return await _again(request, case, form)
    await centre.invite(unit, case=case, post=await accounts.post(unit, form.value.post_id))
    return back(case)


@routes.post("/consultations/{id}/withdraw", "consultation.invite")
async def withdraw(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await case_of(request, "consultation.invite", locked=True)
    for invitation in await queries.invitations(unit, case.id):
        if invitation.answer.value == "waiting":
            await centre.withdraw_invitation(unit, case=case, invitation=invitation, reason=say(request, "改请他人"))
            break
    return back(case)


@routes.post("/consultations/{id}/schedule", "consultation.schedule")
async def schedule(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.schedule", locked=True)
    form = await read_form(request, ChosenTime)
    start = None if form.errors else form.value.start()
    if start is None:
        form.errors.setdefault("slot", say(request, "请选择会诊时间"))
        return await _again(request, case, form)
    try:
        await _place(request, case, start, form.value)
    except NOT_THEN as refusal:
        form.errors["slot"] = say(request, refusal.says)
        return await _again(request, case, form)
    return back(case)


async def _place(request: web.Request, case: Consultation, start: datetime, chosen: ChosenTime) -> None:
    unit, ends = unit_of(request), start + timedelta(minutes=chosen.minutes)
    if case.state in (State.SCHEDULED, State.READY):
        reason = chosen.reason or say(request, "中心改期")
        await centre.reschedule(unit, case=case, starts=start, ends=ends, reason=reason)
    else:
        await centre.schedule(unit, case=case, starts=start, ends=ends, key=_booking_key(case, start))


def _booking_key(case: Consultation, start: datetime) -> str:
    return f"{case.id}:{case.version}:{start.isoformat()}"


@routes.post("/consultations/{id}/no-show", "consultation.schedule")
async def no_show(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.schedule", locked=True)
    form = await read_form(request, Why)
    if form.errors:
        return await _again(request, case, form)
    await centre.mark_no_show(unit_of(request), case=case, side=form.value.reason)
    return back(case)


async def _again(request: web.Request, case: Consultation, form: Any) -> web.Response:
    """The drawer's page once more, with what is wrong at the field."""
    context = {**await case_context(request, case), "form": form}
    return render(request, "consultation/drawer.html", status=422, **context, **await _choices(request, case))


def back(case: Consultation) -> web.Response:
    return see_other(f"/centre#case-{case.id}")
