"""The first page of each role, the rail, and the doors every site has: health, search, bell."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from server.accounts import people_views, staff
from server.accounts import queries as people
from server.audit import queries as audit
from server.consultation import consenting, views
from server.consultation import queries as consultations
from server.consultation.states import LIVE, OPEN, State
from server.core.http import (
    LEAVING,
    PUBLIC,
    SIGNED_IN,
    Routes,
    answer,
    begin_unit,
    render,
    say,
    see_other,
    unit_of,
    visit_of,
)
from server.core.i18n import midnight, today
from server.directory import views as directory
from server.notices import queries as notices
from server.notices import service as bell
from server.operations.site import BACKUP

if TYPE_CHECKING:
    from server.consultation.model import Consultation, LateApproval
    from server.core.unit import Unit
    from server.patients.consent.model import Consent

log = structlog.get_logger()
routes = Routes("home")
BACKUP_DUE = timedelta(days=2)

HOME = ("/", "首页", "home")
CASES = ("/consultations", "会诊", "case")
DIRECTORY = ("/directory", "机构", "building")
TEACHING = ("/teaching", "教学", "teach")
RAILS: dict[str, Sequence[tuple[str, str, str]]] = {
    "applicant": (
        HOME,
        CASES,
        ("/patients", "患者", "patients"),
        ("/schedule", "日程", "calendar"),
        TEACHING,
    ),
    "dept_lead": (HOME, CASES, TEACHING),
    "coordinator": (
        ("/centre", "看板", "board"),
        CASES,
        DIRECTORY,
        ("/schedule", "日程", "calendar"),
        TEACHING,
    ),
    "specialist": (
        HOME,
        CASES,
        ("/schedule", "日程", "calendar"),
        TEACHING,
    ),
    "inst_admin": (
        HOME,
        ("/people", "人员", "user"),
        DIRECTORY,
        TEACHING,
        ("/audit", "审计", "shield"),
    ),
    "cons_admin": (
        HOME,
        ("/people", "人员", "user"),
        DIRECTORY,
        TEACHING,
        ("/audit", "审计", "shield"),
    ),
    "auditor": (HOME, DIRECTORY, ("/audit", "审计", "shield")),
    "regulator": (HOME, DIRECTORY),
    "platform_admin": (HOME, DIRECTORY),
}
LEARNERS_HOME = {"trainee": "/teaching/mine", "teacher": "/teaching?view=mine", "teaching_admin": "/teaching"}
"""Whose first page is one of teaching's."""
LEARNING = (TEACHING, ("/teaching/calendar", "教学日历", "calendar"), ("/teaching/mine", "学习档案", "star"))
RAILS = {
    **RAILS,
    "family_doctor": RAILS["applicant"],
    **dict.fromkeys(("teacher", "trainee"), (*LEARNING, ("/schedule", "日程", "calendar"))),
    "teaching_admin": LEARNING,
    **dict.fromkeys(("reader", "technician"), (HOME, *LEARNING)),
    "qc_officer": (HOME, CASES, DIRECTORY, *LEARNING),
}


def navigation(request: web.Request) -> list[dict[str, Any]]:
    """The rail of the actor's role; the longest address that fits is the current one."""
    actor = visit_of(request).actor
    if actor is None:
        return []
    items = RAILS.get(actor.role, (HOME,))
    current = max((href for href, _, _ in items if _lies_under(request.path, href)), key=len, default="")
    return [
        {"href": href, "label": say(request, label), "icon": icon, "count": 0, "current": href == current}
        for href, label, icon in items
    ]


def _lies_under(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(href + "/"))


GROUPS: dict[str, Sequence[tuple[str, frozenset[State], str]]] = {
    "applicant": (
        ("待我处理", frozenset({State.DRAFT, State.SUPPLEMENT, State.ISSUED, State.FOLLOW_UP}), "没有等您处理的会诊"),
        ("今日会诊", LIVE, "今天没有已排期的会诊"),
        (
            "等待对方",
            frozenset({State.APPROVING, State.TRIAGE, State.INVITING, State.SCHEDULING, State.OPINION_PENDING}),
            "没有等待答复的会诊",
        ),
    ),
    "specialist": (
        ("今日", LIVE, "今天没有已排期的会诊"),
        ("待出具意见", frozenset({State.OPINION_PENDING}), "没有待写的意见"),
        ("待中心排期", frozenset({State.SCHEDULING}), "没有等待排期的会诊"),
        ("待申请方决定", frozenset({State.ISSUED}), "没有等待决定的意见"),
    ),
    "dept_lead": (("进行中", OPEN, "没有进行中的会诊"),),
}
GROUPS = {**GROUPS, "family_doctor": GROUPS["applicant"]}


@routes.get("/", SIGNED_IN)
async def home_page(request: web.Request) -> web.StreamResponse:
    """What this role does next."""
    unit = unit_of(request)
    role = unit.actor.role
    if role == "coordinator":
        return see_other("/centre")
    if role in CONCERNS:
        found = [await concerns(request) for concerns in CONCERNS[role]]
        fine = say(request, WELL[role])
        return render(request, "home/admin.html", concerns=list(chain.from_iterable(found)), fine=fine)
    if role in LEARNERS_HOME:
        return see_other(LEARNERS_HOME[role])
    groups = await _groups(request, role)
    template = {"applicant": "applicant", "family_doctor": "applicant", "specialist": "specialist"}.get(role, "plain")
    return render(request, f"home/{template}.html", groups=groups)


async def _concerns_of_people(request: web.Request) -> list[dict[str, Any]]:
    unit, translate = unit_of(request), partial(say, request)
    places, on = await staff.places_to_staff(unit), today(unit.now)
    sought = people.Sought(expiring_before=on + people_views.EXPIRING)
    expiring = await people.counted(unit, sought, places=places, on=on)
    title = translate("%(count)s 人的执业证书 60 天内到期或已过期", {"count": expiring})
    return [{"title": title, "href": "/people?expiring=1", "action": translate("看是谁")}] if expiring else []


async def _concerns_of_directory(request: web.Request) -> list[dict[str, Any]]:
    """Agreements at their end first, each with its page; then what waits or stands still."""
    unit, translate = unit_of(request), partial(say, request)
    found = await directory.attention(unit)
    names = await directory.party_names(unit, [*found.ended, *found.expiring, *found.drafts])

    def concern(title: str, tone: str, action: str, one: Any) -> dict[str, Any]:
        said = {"title": translate(title, {"number": one.number}), "detail": names[one.id], "tone": tone}
        return {**said, "href": f"/directory/agreements/{one.id}", "action": translate(action)}

    ended = [concern("协议 %(number)s 已到期", "danger", "续签", one) for one in found.ended]
    soon = [
        {**concern("协议 %(number)s 即将到期", "soon", "续签", one), "due": midnight(one.ends)}
        for one in found.expiring
    ]
    drafts = [concern("协议 %(number)s 还是草稿", "info", "去处理", one) for one in found.drafts]
    stopped = [
        {
            "title": translate("%(name)s 暂停了远程医疗服务", {"name": one.short_name}),
            "href": f"/directory/institutions/{one.id}",
            "tone": "soon",
        }
        for one in found.suspended
    ]
    return [*ended, *soon, *stopped, *drafts]


async def _concerns_of_backups(request: web.Request) -> list[dict[str, Any]]:
    """Each backup leaves a record; where there is none of late, somebody must look why."""
    unit, translate = unit_of(request), partial(say, request)
    taken = await audit.last_act(unit, kind="site", object_id=BACKUP)
    if taken and unit.now - taken < BACKUP_DUE:
        return []
    days = {"days": (unit.now - taken).days} if taken else {}
    title = translate("已 %(days)s 天没有备份" if taken else "站点还没有备份过", days)
    return [{"title": title, "detail": translate("在服务器上运行 lianzhen backup"), "tone": "danger"}]


CONCERNS: dict[str, Sequence[Callable[[web.Request], Awaitable[list[dict[str, Any]]]]]] = {
    "inst_admin": (_concerns_of_people, _concerns_of_directory),
    "cons_admin": (_concerns_of_backups, _concerns_of_people, _concerns_of_directory),
    "platform_admin": (_concerns_of_backups,),
}
"""What each administrator is told of on their first page."""
WELL = {
    "inst_admin": "协议和资质都在有效期内。",
    "cons_admin": "协议和资质都在有效期内，备份按时。",
    "platform_admin": "备份按时。",
}


async def _groups(request: web.Request, role: str) -> list[dict[str, Any]]:
    unit, translate = unit_of(request), partial(say, request)
    groups: list[dict[str, Any]] = []
    if role not in GROUPS:
        return groups
    if role == "specialist":
        invited = await consultations.invited_now(unit, unit.actor.person_id)
        cards = await views.cards(unit, [case for _, case in invited], translate)
        groups.append(_group(translate, "待接受", cards, "没有待答复的邀请"))
    asks = unit.matrix.granted(role, "consultation.edit")
    if asks and (unsigned := await consenting.to_complete(unit)):
        groups.append(_group(translate, "待补签知情同意", await _to_sign(unit, unsigned, translate), ""))
    if unit.matrix.granted(role, "consultation.approve"):
        groups += await _approvals(unit, translate)
    counts = await consultations.counts(unit, frozenset[State]().union(*(states for _, states, _ in GROUPS[role])))
    waiting = [await consultations.waiting(unit, states, limit=30) for _, states, _ in GROUPS[role]]
    found = await views.look_up(unit, chain.from_iterable(waiting))
    for (title, states, empty), cases in zip(GROUPS[role], waiting, strict=True):
        cards = [views.card(unit, one, found, translate) for one in cases]
        there = sum(counts.get(one, 0) for one in states)
        groups.append(_group(translate, title, cards, empty, there))
    return groups


async def _to_sign(
    unit: "Unit", unsigned: Sequence[tuple["Consultation", "Consent"]], translate: views.Say
) -> list[views.CaseCard]:
    """Their cards lead to the signature and say until when."""
    cards = await views.cards(unit, [case for case, _ in unsigned], translate)
    return [
        replace(card, href=consenting.sign_href(case), due=exception.complete_by)
        for card, (case, exception) in zip(cards, unsigned, strict=True)
    ]


async def _approvals(unit: "Unit", translate: views.Say) -> list[dict[str, Any]]:
    """What waits for the actor's approval: of urgent requests, where there are any, then of those that wait for it."""
    late, waiting = await consultations.late_approvals(unit), await consultations.to_approve(unit)
    urgent = [_group(translate, "急会诊待补审批", await _to_approve(unit, late, translate), "")] if late else []
    return [*urgent, _group(translate, "待审批", await views.cards(unit, waiting, translate), "没有待审批的申请")]


async def _to_approve(
    unit: "Unit", late: Sequence[tuple["LateApproval", "Consultation"]], translate: views.Say
) -> list[views.CaseCard]:
    """Their cards say until when the approval may follow."""
    cards = await views.cards(unit, [case for _, case in late], translate)
    return [replace(card, due=approval.due_at) for card, (approval, _) in zip(cards, late, strict=True)]


def _group(
    translate: views.Say, title: str, cards: list[views.CaseCard], empty: str, there: int | None = None
) -> dict[str, Any]:
    """A list of a home page; where `there` are more than it shows, the way to all of them."""
    count = len(cards) if there is None else there
    more = "/consultations" if count > len(cards) else ""
    return {"title": translate(title), "count": count, "cases": cards, "empty": translate(empty), "href": more}


@routes.get("/healthz", PUBLIC, own_units=True)
async def healthy(request: web.Request) -> web.StreamResponse:
    return answer({"status": "ok"})


@routes.get("/favicon.ico", PUBLIC, own_units=True)
async def no_icon(request: web.Request) -> web.StreamResponse:
    """Pages name theirs; what is no page (a report opened by itself) makes a browser ask here."""
    return web.Response(status=204, headers={"Cache-Control": "max-age=86400"})


@routes.get("/readyz", PUBLIC, own_units=True)
async def ready(request: web.Request) -> web.StreamResponse:
    """Whether requests would be served: the store answers, and this process stays."""
    if request.app[LEAVING].is_set():
        return answer({"status": "leaving"}, status=503)
    try:
        async with begin_unit(request, writes=False) as unit:
            await notices.unread_count(unit, "")
    except (OSError, SQLAlchemyError) as away:
        log.warning("not ready", trouble=type(away).__name__)
        return answer({"status": "store away"}, status=503)
    return answer({"status": "ready"})


@routes.get("/notices", SIGNED_IN)
async def notice_page(request: web.Request) -> web.StreamResponse:
    unit, locale = unit_of(request), visit_of(request).locale
    rows = await notices.latest(unit, unit.actor.person_id, before=request.query.get("before"))
    lines = [
        {"at": one.at, "text": bell.speech(locale, one.says, one.facts), "href": one.href, "unread": not one.read_at}
        for one in rows
    ]
    older = rows[-1].id if len(rows) == 50 else ""
    return render(request, "home/notices.html", lines=lines, older=older)


@routes.get("/notices/bell", SIGNED_IN)
async def bell_count(request: web.Request) -> web.StreamResponse:
    """The bell with its count, as the frame fetches it."""
    unit = unit_of(request)
    unread = await notices.unread_count(unit, unit.actor.person_id)
    return render(request, "partials/bell.html", unread=unread)


@routes.post("/notices/read", SIGNED_IN)
async def read_notices(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    await bell.mark_all_read(unit, person_id=unit.actor.person_id)
    return see_other("/notices")
