"""Agreements: the list, one of them, drafting, amending a draft, its course, renewing."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from aiohttp import web

from server.core.errors import NotFound, Refusal
from server.core.forms import Form
from server.core.http import Routes, read_form, read_query, render, say, see_other, unit_of, wrong_fields
from server.core.i18n import today
from server.core.unit import Unit
from server.directory import agreements, policy, queries, views, words
from server.directory.agreements import Terms
from server.directory.forms import AgreementQuery, AmendedAgreement, NewAgreement, Why
from server.directory.kinds import NEXT, AgreementState, Service
from server.directory.model import Agreement
from server.directory.ports import RUNNING
from server.directory.routes import may, tabs, told

agreement_routes = Routes("directory")

DONE = {
    "drafted": "协议草稿已保存",
    "concluded": "协议已生效",
    "suspended": "协议已暂停",
    "resumed": "协议已恢复",
    "terminated": "协议已终止",
    "discarded": "草稿已删除",
}


# ---- the list


@agreement_routes.get("/directory/agreements", "agreement.read")
async def list_page(request: web.Request) -> web.StreamResponse:
    unit, asked, translate = unit_of(request), read_query(request, AgreementQuery), partial(say, request)
    every = await views.agreement_lines(unit, await views.readable_agreements(unit), translate)
    rows = [one for one in every if _fits(one, asked, translate)]
    return render(
        request,
        "directory/agreements.html",
        tabs=tabs(request, "/directory/agreements"),
        agreements=rows,
        any=bool(every),
        asked=asked,
        narrowed=bool(asked.q or asked.state or asked.service or asked.expiring),
        due=sum(_due(one) for one in every),
        states=[(state.value, translate(word)) for state, (word, _) in words.STATE_WORDS.items()],
        services=views.choices(words.SERVICE_WORDS, translate),
        may_draft=may(unit, "agreement.draft"),
        may_export=may(unit, "directory.export"),
        flash=told(request, DONE),
    )


def _due(line: views.AgreementLine) -> bool:
    """In force, at its end or close to it, and nothing goes on from it yet."""
    return line.state == AgreementState.IN_FORCE and line.tone in ("soon", "danger") and not line.renewed


def _fits(line: views.AgreementLine, asked: AgreementQuery, translate: Any) -> bool:
    text = asked.q.strip().lower()
    service = translate(words.SERVICE_WORDS[asked.service]) if asked.service else ""
    return (
        (not text or any(text in part.lower() for part in (line.number, line.inviting, line.invited)))
        and (asked.state is None or line.state == asked.state)
        and service in line.services
        and (not asked.expiring or _due(line))
    )


# ---- drafting and renewing


@agreement_routes.get("/directory/agreements/new", "agreement.draft")
async def new_page(request: web.Request) -> web.StreamResponse:
    """Empty; or with the terms of the agreement that is renewed, from its end on."""
    unit, renewed = unit_of(request), request.query.get("renews", "")
    if not renewed:
        inviting = request.query.get("inviting", "")
        return await _form(request, None, None, known={"inviting_id": inviting, "starts": today(unit.now)})
    old = await queries.agreement_for(unit, "agreement.draft", renewed)
    return await _form(request, None, None, known=_renewal(old, today(unit.now)))


def _renewal(old: Agreement, on: date) -> dict[str, Any]:
    starts = max(old.ends, on)
    return {**_known(old), "number": "", "starts": starts, "ends": starts + (old.ends - old.starts), "renews": old.id}


def _known(agreement: Agreement) -> dict[str, Any]:
    return {
        **agreements.terms_of(agreement).__dict__,
        "services": agreement.services,
        "fee": views.yuan(agreement.fee_cents),
    }


async def _form(
    request: web.Request, agreement: Agreement | None, form: Form[Any] | None, known: dict[str, Any] | None = None
) -> web.Response:
    unit = unit_of(request)
    shown = known or (_known(agreement) if agreement else {})
    return render(
        request,
        "directory/agreement_form.html",
        status=422 if form else 200,
        agreement=agreement,
        form=form,
        known=shown,
        renews=form.typed.get("renews", "") if form else shown.get("renews", ""),
        institutions=views.named(await queries.institutions(unit, await queries.near(unit))),
        services=views.choices(words.SERVICE_WORDS, partial(say, request)),
        in_a_year=today(unit.now) + timedelta(days=365),
    )


@agreement_routes.post("/directory/agreements", "agreement.draft")
async def draft(request: web.Request) -> web.StreamResponse:
    unit, form = unit_of(request), await read_form(request, NewAgreement)
    if form.errors or await _refuse_parties(request, form):
        return await _form(request, None, form)
    old = await queries.agreement_for(unit, "agreement.draft", form.value.renews) if form.value.renews else None
    try:
        made = await agreements.draft(unit, terms=form.value.terms(), renews=old)
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await _form(request, None, form)
    return _back(made.id, "drafted")


async def _refuse_parties(request: web.Request, form: Form[Any]) -> bool:
    """Whether a party is none that the actor may draft for; the form then says so."""
    wrong = await wrong_parties(unit_of(request), form.value.terms())
    form.errors.update({name: say(request, text) for name, text in wrong.items()})
    return bool(wrong)


async def wrong_parties(unit: Unit, terms: Terms) -> dict[str, str]:
    """Field → sentence (a msgid)."""
    near = await queries.near(unit)
    wrong = {name: "请从所列选项中选择" for name in ("inviting_id", "invited_id") if getattr(terms, name) not in near}
    parties = {terms.inviting_id, terms.invited_id}
    if not wrong and not unit.may("agreement.draft", policy.relations(unit.actor, parties, near)):
        return {"inviting_id": "其中一方要是您所在的机构"}
    return wrong


def _back(id: str, done: str) -> web.Response:
    return see_other(f"/directory/agreements/{id}?done={done}")


# ---- one of them


async def _agreement(request: web.Request, action: str) -> Agreement:
    return await queries.agreement_for(unit_of(request), action, request.match_info["id"])


@agreement_routes.get("/directory/agreements/{id}", "agreement.read")
async def agreement_page(request: web.Request) -> web.StreamResponse:
    return await _page(request, await _agreement(request, "agreement.read"))


async def _running(request: web.Request, agreement: Agreement) -> int:
    """Consultations begun under it and not yet over."""
    if Service.CONSULTATION not in agreement.services:
        return 0
    return await request.app[RUNNING].between(unit_of(request), agreement.inviting_id, agreement.invited_id)


async def _page(request: web.Request, agreement: Agreement, **typed: Any) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    relations = policy.relations(unit.actor, agreement.parties, await queries.near(unit))
    renewal = (await queries.renewals_of(unit, [agreement.id])).get(agreement.id)
    context: dict[str, Any] = {"why_form": None, **typed}
    return render(
        request,
        "directory/agreement.html",
        status=422 if typed else 200,
        agreement=agreement,
        line=(await views.agreement_lines(unit, [agreement], translate))[0],
        parties={one.id: one for one in await queries.institutions(unit, agreement.parties)},
        consortium=await queries.consortium_name(unit, agreement.consortium_id),
        renews=await _visible(unit, agreement.renews_id),
        renewal=renewal,
        ended=agreement.ended(today(unit.now)),
        next={state.value for state in NEXT[agreement.state]},
        may={name: unit.may(name, relations) for name in ("agreement.draft", "agreement.conclude", "directory.manage")},
        running=await _running(request, agreement),
        flash=told(request, DONE),
        **context,
    )


async def _visible(unit: Unit, id: str | None) -> Agreement | None:
    try:
        return await queries.agreement_for(unit, "agreement.read", id) if id else None
    except NotFound:
        return None


@agreement_routes.get("/directory/agreements/{id}/edit", "agreement.draft")
async def edit_page(request: web.Request) -> web.StreamResponse:
    agreement = await _agreement(request, "agreement.draft")
    if agreement.state is not AgreementState.DRAFT:
        raise agreements.NotADraft
    return await _form(request, agreement, None)


@agreement_routes.post("/directory/agreements/{id}", "agreement.draft")
async def amend(request: web.Request) -> web.StreamResponse:
    unit, agreement = unit_of(request), await _agreement(request, "agreement.draft")
    form = await read_form(request, AmendedAgreement)
    if form.errors or await _refuse_parties(request, form):
        return await _form(request, agreement, form)
    try:
        await agreements.amend(unit, agreement=agreement, terms=form.value.terms(), version=form.value.version)
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal, "version"))
        return await _form(request, agreement, form)
    return _back(agreement.id, "drafted")


@agreement_routes.post("/directory/agreements/{id}/discard", "agreement.draft")
async def discard(request: web.Request) -> web.StreamResponse:
    await agreements.discard(unit_of(request), agreement=await _agreement(request, "agreement.draft"))
    return see_other("/directory/agreements?done=discarded")


# ---- its course


@agreement_routes.post("/directory/agreements/{id}/conclude", "agreement.conclude")
async def conclude(request: web.Request) -> web.StreamResponse:
    agreement = await _agreement(request, "agreement.conclude")
    await agreements.put_in_force(unit_of(request), agreement=agreement)
    return _back(agreement.id, "concluded")


@agreement_routes.post("/directory/agreements/{id}/resume", "agreement.conclude")
async def resume(request: web.Request) -> web.StreamResponse:
    agreement = await _agreement(request, "agreement.conclude")
    await agreements.resume(unit_of(request), agreement=agreement)
    return _back(agreement.id, "resumed")


@agreement_routes.post("/directory/agreements/{id}/suspend", "directory.manage")
async def suspend(request: web.Request) -> web.StreamResponse:
    """The stop rule: either party may."""
    agreement = await _agreement(request, "directory.manage")
    form = await _why(request, agreement)
    if form.errors:
        return await _page(request, agreement, why_form=form)
    await agreements.suspend(unit_of(request), agreement=agreement, reason=form.value.reason)
    return _back(agreement.id, "suspended")


@agreement_routes.post("/directory/agreements/{id}/terminate", "agreement.conclude")
async def terminate(request: web.Request) -> web.StreamResponse:
    agreement = await _agreement(request, "agreement.conclude")
    form = await _why(request, agreement)
    if form.errors:
        return await _page(request, agreement, why_form=form)
    await agreements.terminate(unit_of(request), agreement=agreement, reason=form.value.reason)
    return _back(agreement.id, "terminated")


async def _why(request: web.Request, agreement: Agreement) -> Form[Why]:
    """With an error when something runs under the agreement and whoever stops it has not said to know."""
    form = await read_form(request, Why)
    if not form.errors and not form.value.known and await _running(request, agreement):
        form.errors["known"] = say(request, "请确认：进行中的会诊会继续办完")
    return form
