"""Institutions in their tree: the list, one institution, adding and amending, the stop rule."""

from functools import partial
from typing import Any

from aiohttp import web

from server.core.errors import Refusal
from server.core.forms import Form
from server.core.http import Routes, read_form, read_query, render, say, see_other, unit_of, wrong_fields
from server.core.unit import Unit
from server.directory import consortia, policy, queries, service, tree, views, words
from server.directory.forms import (
    AmendedInstitution,
    AmendedTelephone,
    InstitutionQuery,
    NewInstitution,
    Why,
)
from server.directory.model import Institution
from server.directory.ports import RUNNING, STAFFING
from server.directory.queries import Sought

routes = Routes("directory")

MOST_SHOWN = 500
DONE = {
    "added": "机构已新增",
    "amended": "资料已保存",
    "suspended": "已暂停远程医疗服务",
    "resumed": "已恢复远程医疗服务",
    "department": "科室已保存",
    "removed": "科室已删除",
}


def told(request: web.Request, done: dict[str, str]) -> list[dict[str, str]]:
    """What the page before has done, for `flash`."""
    text = done.get(request.query.get("done", ""))
    return [{"text": say(request, text), "tone": "done"}] if text else []


def tabs(request: web.Request, current: str) -> list[dict[str, Any]]:
    unit = unit_of(request)
    pages = [("/directory", "机构"), ("/directory/consortia", "医联体")]
    if unit.matrix.granted(unit.actor.role, "agreement.read"):
        pages.append(("/directory/agreements", "合作协议"))
    return [{"href": href, "label": say(request, word), "current": href == current} for href, word in pages]


def may(unit: Unit, action: str) -> bool:
    """Whether there is anything the actor's role may do this with."""
    return bool(unit.matrix.granted(unit.actor.role, action))


# ---- the list


@routes.get("/directory", "directory.read")
async def page(request: web.Request) -> web.StreamResponse:
    unit, asked, translate = unit_of(request), read_query(request, InstitutionQuery), partial(say, request)
    places = await queries.institutions(unit)
    sought = Sought(
        text=asked.q,
        level=asked.level,
        kind=asked.kind,
        consortium_id=asked.consortium,
        remote=asked.remote,
        suspended=asked.suspended,
    )
    near = await queries.near(unit)
    found = await queries.found_ids(unit, sought) if sought else frozenset(one.id for one in places)
    if near and not asked.everywhere:
        found &= near | {unit.actor.institution_id}
    walked = tree.walk(tree.with_those_above(places, found))
    return render(
        request,
        "directory/page.html",
        tabs=tabs(request, "/directory"),
        branches=[views.branch(one, depth, translate, found=one.id in found) for one, depth in walked[:MOST_SHOWN]],
        total=len(found),
        more=max(0, len(walked) - MOST_SHOWN),
        asked=asked,
        narrowed=bool(sought),
        near=bool(near),
        consortia=[(one.id, one.name) for one in await queries.consortia(unit)],
        levels=views.choices(words.LEVEL_WORDS, translate),
        kinds=views.choices(words.KIND_WORDS, translate),
        may={name: may(unit, f"directory.{name}") for name in ("form", "manage", "export")},
    )


# ---- adding


@routes.get("/directory/institutions/new", "directory.form")
async def new_page(request: web.Request) -> web.StreamResponse:
    return await _form(request, None, None)


async def _form(request: web.Request, place: Institution | None, form: Form[Any] | None) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    return render(
        request,
        "directory/institution_form.html",
        status=422 if form else 200,
        place=place,
        form=form,
        whole=place is None or await _may_form(unit, place),
        levels=views.choices(words.LEVEL_WORDS, translate),
        kinds=views.choices(words.KIND_WORDS, translate),
        ownerships=views.choices(words.OWNERSHIP_WORDS, translate),
        parents=await views.parent_choices(unit, place),
        consortia=await views.own_consortia(unit),
    )


async def _may_form(unit: Unit, place: Institution) -> bool:
    return unit.may("directory.form", policy.relations(unit.actor, {place.id}, await queries.near(unit)))


@routes.post("/directory/institutions", "directory.form")
async def add(request: web.Request) -> web.StreamResponse:
    unit, form = unit_of(request), await read_form(request, NewInstitution)
    if not form.errors and form.value.consortium not in unit.actor.consortium_ids:
        form.errors["consortium"] = say(request, "请从所列选项中选择")
    await _check_parent(request, form, None)
    if form.errors:
        return await _form(request, None, form)
    try:
        place = await service.add_institution(unit, **form.value.details())
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await _form(request, None, form)
    consortium = await queries.consortium_for(unit, "directory.form", form.value.consortium)
    await consortia.enter(unit, consortium=consortium, institution_id=place.id)
    return see_other(f"/directory/institutions/{place.id}?done=added")


async def _check_parent(request: web.Request, form: Form[Any], place: Institution | None) -> None:
    """Only what the form offers: nobody puts an institution below a stranger's."""
    if form.errors or not form.value.parent_id:
        return
    offered = {id for id, _ in await views.parent_choices(unit_of(request), place)}
    if form.value.parent_id not in offered | ({place.id} if place else set()):
        form.errors["parent_id"] = say(request, "请从所列选项中选择")


# ---- one institution


@routes.get("/directory/institutions/{id}", "directory.read")
async def institution_page(request: web.Request) -> web.StreamResponse:
    return await show(request, await queries.institution(unit_of(request), request.match_info["id"]))


async def show(request: web.Request, place: Institution, **typed: Any) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    relations = policy.relations(unit.actor, {place.id}, await queries.near(unit))
    manages = unit.may("directory.manage", relations)
    above = await queries.institutions(unit, [place.parent_id] if place.parent_id else [])
    agreements = await views.readable_agreements(unit, [place.id])
    context: dict[str, Any] = {"why_form": None, "department_form": None, **typed}
    return render(
        request,
        "directory/institution.html",
        status=422 if typed else 200,
        place=place,
        level=translate(words.LEVEL_WORDS[place.level]),
        kind=translate(words.KIND_WORDS[place.kind]),
        ownership=translate(words.OWNERSHIP_WORDS[place.ownership]),
        above=above[0] if above else None,
        below=await queries.directly_below(unit, place.id),
        departments=await queries.departments(unit, [place.id]),
        consortia=await views.consortium_lines(unit, await queries.consortia_of(unit, place.id), translate),
        agreements=await views.agreement_lines(unit, agreements, translate),
        reads_agreements=may(unit, "agreement.read"),
        people=await request.app[STAFFING].count(unit, place.id),
        manages=manages,
        running=await request.app[RUNNING].of(unit, place.id) if manages and not place.suspended else 0,
        flash=told(request, DONE),
        **context,
    )


# ---- amending


async def _managed(request: web.Request) -> Institution:
    return await queries.institution_for(unit_of(request), "directory.manage", request.match_info["id"])


@routes.get("/directory/institutions/{id}/edit", "directory.manage")
async def edit_page(request: web.Request) -> web.StreamResponse:
    return await _form(request, await _managed(request), None)


@routes.post("/directory/institutions/{id}", "directory.manage")
async def amend(request: web.Request) -> web.StreamResponse:
    """All of it for who forms the directory; an institution's own administrator changes its telephone."""
    unit, place = unit_of(request), await _managed(request)
    whole = await _may_form(unit, place)
    form: Form[Any] = await read_form(request, AmendedInstitution if whole else AmendedTelephone)
    if whole:
        await _check_parent(request, form, place)
    if form.errors:
        return await _form(request, place, form)
    details = form.value.details() if whole else {"phone": form.value.phone}
    try:
        await service.amend_institution(unit, institution=place, details=details, version=form.value.version)
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal, "version"))
        return await _form(request, place, form)
    return see_other(f"/directory/institutions/{place.id}?done=amended")


# ---- the stop rule


@routes.post("/directory/institutions/{id}/suspend", "directory.manage")
async def suspend(request: web.Request) -> web.StreamResponse:
    """No new service until resumed; what runs goes on, which whoever suspends has to know."""
    unit, place = unit_of(request), await _managed(request)
    form = await read_form(request, Why)
    running = await request.app[RUNNING].of(unit, place.id)
    if not form.errors and running and not form.value.known:
        form.errors["known"] = say(request, "请确认：进行中的会诊会继续办完")
    if form.errors:
        return await show(request, place, why_form=form)
    await service.suspend_services(unit, institution=place, suspended=True, reason=form.value.reason)
    return see_other(f"/directory/institutions/{place.id}?done=suspended")


@routes.post("/directory/institutions/{id}/resume", "directory.manage")
async def resume(request: web.Request) -> web.StreamResponse:
    place = await _managed(request)
    await service.suspend_services(unit_of(request), institution=place, suspended=False, reason="")
    return see_other(f"/directory/institutions/{place.id}?done=resumed")
