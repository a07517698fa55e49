"""Consortia: the list, one of them, forming, amending, members."""

from functools import partial
from typing import Any

from aiohttp import web

from server.core.errors import Invalid, Refusal
from server.core.forms import Form
from server.core.http import Routes, read_form, render, say, see_other, unit_of, wrong_fields
from server.directory import consortia, policy, queries, service, views, words
from server.directory.forms import AmendedConsortium, NewConsortium, NewMember
from server.directory.model import Consortium
from server.directory.routes import may, tabs, told

consortium_routes = Routes("directory")

DONE = {
    "formed": "医联体已建立",
    "amended": "资料已保存",
    "added": "成员已加入",
    "removed": "成员已移出",
}


@consortium_routes.get("/directory/consortia", "directory.read")
async def list_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    rows = await queries.consortia(unit)
    return render(
        request,
        "directory/consortia.html",
        tabs=tabs(request, "/directory/consortia"),
        consortia=await views.consortium_lines(unit, rows, partial(say, request)),
        may_form=may(unit, "directory.form"),
    )


# ---- forming


@consortium_routes.get("/directory/consortia/new", "directory.form")
async def new_page(request: web.Request) -> web.StreamResponse:
    return await _new(request, None)


async def _new(request: web.Request, form: Form[Any] | None) -> web.Response:
    unit = unit_of(request)
    return render(
        request,
        "directory/consortium_new.html",
        status=422 if form else 200,
        form=form,
        kinds=views.choices(words.CONSORTIUM_WORDS, partial(say, request)),
        institutions=await views.member_choices(unit),
        own=unit.actor.institution_id,
    )


@consortium_routes.post("/directory/consortia", "directory.form")
async def form_one(request: web.Request) -> web.StreamResponse:
    unit, form = unit_of(request), await read_form(request, NewConsortium)
    if form.errors:
        return await _new(request, form)
    given = form.value
    try:
        await consortia.refuse_wrong_members(unit, given.members)
        made = await service.form_consortium(
            unit, name=given.name, kind=given.kind, lead_id=given.lead_id, member_ids=given.members
        )
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await _new(request, form)
    return _back(made.id, "formed")


def _back(id: str, done: str) -> web.Response:
    return see_other(f"/directory/consortia/{id}?done={done}")


# ---- one of them


@consortium_routes.get("/directory/consortia/{id}", "directory.read")
async def consortium_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    return await _page(request, await queries.consortium_for(unit, "directory.read", request.match_info["id"]))


async def _page(request: web.Request, consortium: Consortium, **typed: Any) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    ids = await queries.members_of(unit, [consortium.id])
    members = await queries.institutions(unit, ids)
    manages = unit.may("directory.form", policy.relations_to_consortium(unit.actor, consortium.id))
    context: dict[str, Any] = {"form": None, "member_form": None, **typed}
    return render(
        request,
        "directory/consortium.html",
        status=422 if typed else 200,
        consortium=consortium,
        kind=translate(words.CONSORTIUM_WORDS[consortium.kind]),
        members=[views.branch(one, 0, translate, found=True) for one in members],
        manages=manages,
        kinds=views.choices(words.CONSORTIUM_WORDS, translate),
        leads=views.named(members),
        joinable=await views.member_choices(unit, ids) if manages else [],
        own=unit.actor.institution_id,
        flash=told(request, DONE),
        **context,
    )


async def _managed(request: web.Request) -> Consortium:
    return await queries.consortium_for(unit_of(request), "directory.form", request.match_info["id"])


@consortium_routes.post("/directory/consortia/{id}", "directory.form")
async def amend(request: web.Request) -> web.StreamResponse:
    consortium, form = await _managed(request), await read_form(request, AmendedConsortium)
    if form.errors:
        return await _page(request, consortium, form=form)
    try:
        await consortia.amend(unit_of(request), consortium=consortium, **form.value.model_dump())
    except Refusal as refusal:
        form.errors.update(wrong_fields(request, refusal, "version"))
        return await _page(request, consortium, form=form)
    return _back(consortium.id, "amended")


@consortium_routes.post("/directory/consortia/{id}/members", "directory.form")
async def add_member(request: web.Request) -> web.StreamResponse:
    consortium, form = await _managed(request), await read_form(request, NewMember)
    if form.errors:
        return await _page(request, consortium, member_form=form)
    try:
        await consortia.add_member(unit_of(request), consortium=consortium, institution_id=form.value.institution)
    except Invalid as wrong:
        form.errors.update(wrong_fields(request, wrong))
        return await _page(request, consortium, member_form=form)
    return _back(consortium.id, "added")


@consortium_routes.post("/directory/consortia/{id}/members/{member}/remove", "directory.form")
async def remove_member(request: web.Request) -> web.StreamResponse:
    consortium = await _managed(request)
    member = await queries.institution(unit_of(request), request.match_info["member"])
    await consortia.remove_member(unit_of(request), consortium=consortium, institution=member)
    return _back(consortium.id, "removed")
