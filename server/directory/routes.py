"""The directory as a page: the tree of institutions, consortia, agreements with their state and end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from aiohttp import web
from pydantic import BaseModel, Field

from server.core.access import Relation
from server.core.errors import NotFound
from server.core.http import Routes, read_form, render, say, see_other, unit_of
from server.core.i18n import BEIJING
from server.core.unit import Unit
from server.directory import queries, service
from server.directory.kinds import AgreementState, Kind, Level
from server.directory.model import Agreement, Institution

routes = Routes("directory")

LEVEL_WORDS = {
    Level.PROVINCE: "省级",
    Level.CITY: "市级",
    Level.COUNTY: "县级",
    Level.TOWNSHIP: "乡镇级",
    Level.VILLAGE: "村级",
}
KIND_WORDS = {
    Kind.GENERAL: "综合医院",
    Kind.CHINESE_MEDICINE: "中医医院",
    Kind.MATERNAL: "妇幼保健院",
    Kind.SPECIALTY: "专科医院",
    Kind.COMMUNITY: "社区卫生服务中心",
    Kind.TOWNSHIP_CENTRE: "乡镇卫生院",
    Kind.VILLAGE_STATION: "村卫生室",
    Kind.AUTHORITY: "卫生健康行政部门",
}
STATE_WORDS = {
    AgreementState.DRAFT: ("草稿", "idle"),
    AgreementState.IN_FORCE: ("生效", "done"),
    AgreementState.SUSPENDED: ("暂停", "soon"),
    AgreementState.TERMINATED: ("终止", "idle"),
}
EXPIRING = 60
"""Days before its end in which an agreement counts as expiring."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """An institution with its depth in the tree."""

    institution: Institution
    depth: int
    level: str
    kind: str
    manageable: bool


@routes.get("/directory", "directory.read")
async def page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    places = await queries.institutions(unit)
    seen = await queries.members_of(unit, unit.actor.consortium_ids)
    names = {one.id: one.short_name for one in places}
    mine = {unit.actor.institution_id} if unit.actor.role == "inst_admin" else seen
    agreements = await queries.agreements(unit, mine or {unit.actor.institution_id})
    today = unit.now.astimezone(BEIJING).date()
    return render(
        request,
        "directory/page.html",
        branches=[_branch(request, unit, one, depth, seen) for one, depth in tree(places)],
        consortia=await queries.consortia(unit),
        names=names,
        agreements=[_line(request, one, names, today) for one in agreements],
        may_manage=bool(unit.matrix.granted(unit.actor.role, "directory.manage")),
    )


def tree(places: Iterable[Institution]) -> list[tuple[Institution, int]]:
    """Depth first, by code; an institution whose parent is not there stands at the top."""
    rows = list(places)
    known = {one.id for one in rows}
    below: dict[str | None, list[Institution]] = {}
    for one in rows:
        below.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)

    def walk(parent: str | None, depth: int) -> list[tuple[Institution, int]]:
        return [found for one in below.get(parent, []) for found in [(one, depth), *walk(one.id, depth + 1)]]

    return walk(None, 0)


def _branch(request: web.Request, unit: Unit, one: Institution, depth: int, seen: frozenset[str]) -> Branch:
    related = {Relation.INSTITUTION} if one.id == unit.actor.institution_id else set()
    related |= {Relation.CONSORTIUM} if one.id in seen else set()
    return Branch(
        institution=one,
        depth=depth,
        level=say(request, LEVEL_WORDS[one.level]),
        kind=say(request, KIND_WORDS[one.kind]),
        manageable=unit.may("directory.manage", related),
    )


def _line(request: web.Request, one: Agreement, names: dict[str, str], today: date) -> dict[str, object]:
    ended = one.state is AgreementState.IN_FORCE and one.ends <= today
    word, tone = ("已到期", "danger") if ended else STATE_WORDS[one.state]
    if not ended and one.state is AgreementState.IN_FORCE and (one.ends - today).days <= EXPIRING:
        word, tone = "即将到期", "soon"
    return {
        "row": one,
        "inviting": names.get(one.inviting_id, ""),
        "invited": names.get(one.invited_id, ""),
        "word": say(request, word),
        "tone": tone,
        "fee": f"{one.fee_cents / 100:.0f}",
    }


class Suspension(BaseModel):
    reason: str = Field(min_length=2, max_length=300)


@routes.post("/directory/institutions/{id}/suspend", "directory.manage")
async def suspend(request: web.Request) -> web.StreamResponse:
    """The stop rule: no new service until resumed."""
    return await _switch(request, suspended=True)


@routes.post("/directory/institutions/{id}/resume", "directory.manage")
async def resume(request: web.Request) -> web.StreamResponse:
    return await _switch(request, suspended=False)


async def _switch(request: web.Request, *, suspended: bool) -> web.StreamResponse:
    unit = unit_of(request)
    institution = await queries.institution(unit, request.match_info["id"])
    unit.require("directory.manage", await _relations(unit, {institution.id}))
    form = await read_form(request, Suspension)
    reason = form.value.reason if not form.errors else say(request, "未写明")
    await service.suspend_services(unit, institution=institution, suspended=suspended, reason=reason)
    return see_other("/directory")


@routes.post("/directory/agreements/{id}/{state:suspended|in_force|terminated}", "directory.manage")
async def move_agreement(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    agreement = await unit.session.get(Agreement, request.match_info["id"])
    if agreement is None:
        raise NotFound
    unit.require("directory.manage", await _relations(unit, {agreement.inviting_id, agreement.invited_id}))
    state = AgreementState(request.match_info["state"])
    await service.set_agreement_state(unit, agreement=agreement, state=state)
    return see_other("/directory#agreements")


async def _relations(unit: Unit, institution_ids: set[str]) -> set[Relation]:
    found = {Relation.INSTITUTION} if unit.actor.institution_id in institution_ids else set()
    members = await queries.members_of(unit, unit.actor.consortium_ids)
    return found | ({Relation.CONSORTIUM} if institution_ids <= members else set())
