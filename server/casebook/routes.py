"""Teaching cases: the list, reading one, proposing, changing, the second person's review."""

from functools import partial
from itertools import zip_longest
from typing import Any

from aiohttp import web

from server.accounts import queries as accounts
from server.casebook import attachments, copy_routes, queries, service
from server.casebook.forms import ListQuery, Proposal, Reason, Rewritten, SearchQuery
from server.casebook.model import TeachingCase
from server.casebook.policy import relations
from server.casebook.ports import Lessons
from server.casebook.states import MOVES, STATE_WORDS, Move
from server.consultation import queries as consultations
from server.core.errors import Invalid
from server.core.forms import Form
from server.core.http import Routes, answer, read_form, read_query, render, say, see_other, unit_of, wrong_fields
from server.core.unit import Unit

LESSONS: web.AppKey[Lessons] = web.AppKey("casebook_lessons", object)  # type: ignore[arg-type]

routes = Routes("casebook")

OFFERED = 8
"""As many are offered while one types."""

CHECK_WORDS = {
    "names": "没有患者、家属和医务人员的姓名，包括拼音、缩写和称呼",
    "numbers": "没有证件号、电话、住院号、检查号和任何联系方式",
    "places": "没有住址、单位和医疗机构的名称",
    "dates": "日期都已移动，没有出生日期",
    "rare": "职业、事件、罕见情况合在一起也认不出是谁",
}
DONE = {
    "proposed": "已提议；等待另一人复核后发布",
    "amended": "已保存，等待复核",
    "released": "已发布，学员可以阅读",
    "back": "已退回提议人",
    "withdrawn": "已撤回，任何人都不能再阅读",
}


async def case_of(request: web.Request, action: str, *, locked: bool = False) -> TeachingCase:
    return await queries.get_for(unit_of(request), action, request.match_info["id"], locked=locked)


def _back(case: TeachingCase, done: str) -> web.Response:
    return see_other(f"{service.href(case)}?done={done}")


def _badge(request: web.Request, case: TeachingCase) -> dict[str, str]:
    word, tone = STATE_WORDS[case.state]
    return {"state": case.state.value, "word": say(request, word), "tone": tone}


def _flash(request: web.Request) -> list[dict[str, str]]:
    done = DONE.get(request.query.get("done", ""))
    return [{"text": say(request, done), "tone": "done"}] if done else []


# ---- reading


@routes.get("/teaching/cases", "casebook.list")
async def list_page(request: web.Request) -> web.StreamResponse:
    unit, asked = unit_of(request), read_query(request, ListQuery)
    role = unit.actor.role
    works = any(unit.matrix.granted(role, action) for action in ("casebook.edit", "casebook.review"))
    in_work = works and asked.view == "work"
    found = await queries.in_work(unit) if in_work else await queries.released(unit, words=asked.q, before=asked.before)
    older = ""
    if not in_work and len(found) == queries.PAGE:
        older = str(request.rel_url.update_query(before=found[-1].id))
    return render(
        request,
        "casebook/list.html",
        cases=[{"row": one, "href": service.href(one), "badge": _badge(request, one)} for one in found],
        works=works,
        may_propose=all(unit.matrix.granted(role, action) for action in ("casebook.propose", "consultation.list")),
        in_work=in_work,
        q=asked.q,
        older=older,
        flash=_flash(request),
    )


@routes.get("/teaching/cases/search", "casebook.list")
async def search(request: web.Request) -> web.StreamResponse:
    """What a field offers while one types."""
    asked = read_query(request, SearchQuery)
    found = await queries.released(unit_of(request), words=asked.q, within=asked.consortium) if asked.q else []
    offered = [{"value": one.id, "label": one.title, "note": one.specialty} for one in found[:OFFERED]]
    return answer({"options": offered})


@routes.get("/teaching/cases/{id}", "casebook.read")
async def case_page(request: web.Request) -> web.StreamResponse:
    unit, case = unit_of(request), await case_of(request, "casebook.read")
    unit.record("casebook.read", kind="teaching_case", id=case.id)
    related = relations(unit.actor, case)
    return render(
        request,
        "casebook/case.html",
        case=case,
        badge=_badge(request, case),
        chapters=[(say(request, heading), text) for heading, text in service.chapters_of(unit, case) if text],
        files=await attachments.cards(unit, case),
        lessons=await request.app[LESSONS].discussing(unit, case.id),
        works=queries.works_on(unit, case),
        may_edit=unit.may("casebook.edit", related) and (case.state, Move.PREPARE) in MOVES,
        may_review=_may_review(unit, case),
        may_withdraw=unit.may("casebook.withdraw", related) and (case.state, Move.WITHDRAW) in MOVES,
        flash=_flash(request),
    )


def _may_review(unit: Unit, case: TeachingCase) -> bool:
    allowed = unit.may("casebook.review", relations(unit.actor, case))
    return allowed and unit.actor.person_id != case.proposed_by_id and (case.state, Move.SEND_BACK) in MOVES


# ---- proposing


@routes.get("/consultations/{id}/teaching-case", "casebook.propose")
async def proposal_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    consultation = await consultations.get_for(unit, "casebook.propose", request.match_info["id"])
    if found := await queries.of_consultation(unit, consultation.id):
        return see_other(service.href(found))
    await service.proposable(unit, consultation)
    return _proposal(request, consultation.id, None)


def _proposal(request: web.Request, id: str, form: Form[Any] | None, status: int = 200) -> web.Response:
    return render(request, "casebook/propose.html", status=status, consultation_id=id, form=form)


@routes.post("/consultations/{id}/teaching-case", "casebook.propose")
async def propose(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    consultation = await consultations.get_for(unit, "casebook.propose", request.match_info["id"], locked=True)
    await service.proposable(unit, consultation)
    form = await read_form(request, Proposal)
    if form.errors:
        return _proposal(request, consultation.id, form, 422)
    try:
        case = await service.propose(unit, consultation=consultation, title=form.value.title, points=form.value.points)
    except Invalid as wrong:
        return _proposal(request, consultation.id, Form(form.typed, wrong_fields(request, wrong)), 422)
    return _back(case, "proposed")


# ---- changing and reviewing


@routes.get("/teaching/cases/{id}/edit", "casebook.edit")
async def edit_page(request: web.Request) -> web.StreamResponse:
    return await _desk(request, await case_of(request, "casebook.edit"), reviewing=False)


@routes.get("/teaching/cases/{id}/review", "casebook.review")
async def review_page(request: web.Request) -> web.StreamResponse:
    return await _desk(request, await case_of(request, "casebook.review"), reviewing=True)


async def _desk(
    request: web.Request, case: TeachingCase, *, reviewing: bool, form: Form[Any] | None = None, status: int = 200
) -> web.Response:
    """What it was, with what is taken out marked, beside what will be read."""
    unit = unit_of(request)
    if (case.state, Move.SEND_BACK if reviewing else Move.PREPARE) not in MOVES:
        return see_other(service.href(case))
    if reviewing and unit.actor.person_id == case.proposed_by_id:
        raise service.OwnProposal
    cuts = [pieces for _, pieces in service.cut_up(unit, await service.source_for(unit, case))]
    kept = service.chapters_of(unit, case)
    typed = list(form.typed.get("texts") or []) if form else []
    people = await accounts.people(unit, [case.proposed_by_id])
    return render(
        request,
        "casebook/desk.html",
        status=status,
        case=case,
        badge=_badge(request, case),
        proposer=people[case.proposed_by_id].name,
        rows=[
            {"heading": say(request, heading), "pieces": pieces, "text": sent if sent is not None else text}
            for (heading, text), pieces, sent in zip_longest(kept, cuts[: len(kept)], typed[: len(kept)])
        ],
        reviewing=reviewing,
        copies=copy_routes.rows(request, await queries.copies_of(unit, case.id)),
        checks=[(name, say(request, word)) for name, word in CHECK_WORDS.items()],
        form=form,
    )


async def _rewritten(request: web.Request) -> Form[Rewritten]:
    return await read_form(request, Rewritten)


@routes.post("/teaching/cases/{id}/edit", "casebook.edit")
async def amend(request: web.Request) -> web.StreamResponse:
    case, form = await case_of(request, "casebook.edit", locked=True), await _rewritten(request)
    if form.errors:
        return await _desk(request, case, reviewing=False, form=form, status=422)
    sent = form.value
    try:
        await service.amend(unit_of(request), case=case, title=sent.title, points=sent.points, texts=sent.texts)
    except Invalid as wrong:
        told: Form[Any] = Form(form.typed, wrong_fields(request, wrong))
        return await _desk(request, case, reviewing=False, form=told, status=422)
    return _back(case, "amended")


@routes.post("/teaching/cases/{id}/release", "casebook.review")
async def release(request: web.Request) -> web.StreamResponse:
    case, form = await case_of(request, "casebook.review", locked=True), await _rewritten(request)
    if form.errors:
        return await _desk(request, case, reviewing=True, form=form, status=422)
    release_it = partial(service.release, unit_of(request), case=case, **form.value.model_dump())
    try:
        await release_it()
    except Invalid as wrong:
        told: Form[Any] = Form(form.typed, wrong_fields(request, wrong))
        return await _desk(request, case, reviewing=True, form=told, status=422)
    return _back(case, "released")


@routes.post("/teaching/cases/{id}/send-back", "casebook.review")
async def send_back(request: web.Request) -> web.StreamResponse:
    case, form = await case_of(request, "casebook.review", locked=True), await read_form(request, Reason)
    if form.errors:
        return await _desk(request, case, reviewing=True, form=Form({"reason": ""}, form.errors), status=422)
    await service.send_back(unit_of(request), case=case, why=form.value.reason)
    return _back(case, "back")


@routes.post("/teaching/cases/{id}/withdraw", "casebook.withdraw")
async def withdraw(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "casebook.withdraw", locked=True)
    await service.withdraw(unit_of(request), case=case)
    return see_other("/teaching/cases?done=withdrawn")
