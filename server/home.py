"""The first page of each role, the rail, and the doors every site has: health, search, bell."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from server.core.http import PUBLIC, SIGNED_IN, Routes, answer, begin_unit, render, say, see_other, unit_of, visit_of
from server.notices import queries as notices
from server.notices import service as bell

routes = Routes("home")

RAILS: dict[str, Sequence[tuple[str, str, str]]] = {
    "applicant": (
        ("/", "首页", "home"),
        ("/consultations", "会诊", "case"),
        ("/patients", "患者", "patients"),
        ("/schedule", "日程", "calendar"),
    ),
    "dept_lead": (("/", "首页", "home"), ("/consultations", "会诊", "case")),
    "coordinator": (
        ("/", "看板", "board"),
        ("/consultations", "会诊", "case"),
        ("/directory", "机构", "building"),
        ("/schedule", "日程", "calendar"),
    ),
    "specialist": (
        ("/", "首页", "home"),
        ("/consultations", "会诊", "case"),
        ("/schedule", "日程", "calendar"),
    ),
    "inst_admin": (
        ("/", "首页", "home"),
        ("/people", "人员", "user"),
        ("/directory", "机构", "building"),
        ("/audit", "审计", "shield"),
    ),
    "cons_admin": (
        ("/", "首页", "home"),
        ("/people", "人员", "user"),
        ("/directory", "机构", "building"),
        ("/audit", "审计", "shield"),
    ),
    "auditor": (("/", "首页", "home"), ("/audit", "审计", "shield")),
}
RAILS = {**RAILS, "family_doctor": RAILS["applicant"]}


def navigation(request: web.Request) -> list[dict[str, Any]]:
    """The rail of the actor's role; the longest address that fits is the current one."""
    actor = visit_of(request).actor
    if actor is None:
        return []
    items = RAILS.get(actor.role, (("/", "首页", "home"),))
    current = max((href for href, _, _ in items if _lies_under(request.path, href)), key=len, default="")
    return [
        {"href": href, "label": say(request, label), "icon": icon, "count": 0, "current": href == current}
        for href, label, icon in items
    ]


def _lies_under(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(href + "/"))


@routes.get("/healthz", PUBLIC, own_units=True)
async def healthy(request: web.Request) -> web.StreamResponse:
    return answer({"status": "ok"})


@routes.get("/readyz", PUBLIC, own_units=True)
async def ready(request: web.Request) -> web.StreamResponse:
    """Whether requests would be served: the store answers."""
    async with begin_unit(request, writes=False) as unit:
        await notices.unread_count(unit, "")
    return answer({"status": "ready"})


@routes.get("/notices", SIGNED_IN)
async def notice_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    rows = await notices.latest(unit, unit.actor.person_id, before=request.query.get("before"))
    lines = [
        {"at": row.at, "text": say(request, row.says, row.facts), "href": row.href, "unread": row.read_at is None}
        for row in rows
    ]
    older = rows[-1].id if len(rows) == 50 else ""
    return render(request, "home/notices.html", lines=lines, older=older)


@routes.post("/notices/read", SIGNED_IN)
async def read_notices(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    await bell.mark_all_read(unit, person_id=unit.actor.person_id)
    return see_other("/notices")
