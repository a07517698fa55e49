"""The list of teaching, one session, enrolling and leaving; joining by a code from a phone."""

import io
from functools import partial
from typing import Any

from aiohttp import web

from server.accounts import queries as accounts
from server.casebook import attachments
from server.core.access import Relation
from server.core.addresses import ADDRESSES
from server.core.http import Routes, read_query, render, say, see_other, unit_of
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.scheduling import queries as scheduling
from server.teaching import (
    certificates,
    consenting,
    counted,
    enrolling,
    hand_in,
    letters,
    linked,
    materials,
    policy,
    queries,
    running,
    series,
    views,
)
from server.teaching.forms import ListQuery, ListView
from server.teaching.kinds import KIND_WORDS, MATERIAL_WORDS, EnrolmentState, Material
from server.teaching.model import TeachingSession
from server.teaching.planning import earliest_start
from server.teaching.states import CHANGEABLE, MOVES, OPEN_ROOM, OVER, State

routes = Routes("teaching")

TABS = {
    ListView.AHEAD: "即将开始",
    ListView.MINE: "我的",
    ListView.PAST: "往期",
    ListView.PREPARED: "筹备中",
}
DONE = {
    "planned": "已保存；核对后发布，学员才看得到",
    "amended": "已保存",
    "amended_all": "已保存，以后各场一并修改",
    "filed": "备案已登记",
    "released": "已放行，可以发布",
    "published": "已发布，教师已收到日历邀请",
    "enrolled": "报名成功，日历邀请已发到您的邮箱",
    "waiting": "名额已满，您已进入候补；有人退出时按先后递补并通知您",
    "withdrawn": "已取消报名",
    "moved": "已更新",
    "cancelled": "已取消，已通知所有报名者",
    "processed": "考勤已核算",
    "granted": "学分已授予，已通知学员",
    "signed": "证书已签发",
    "corrected": "考勤已更正",
    "given": "考勤已更正，学分已登记，已通知本人",
    "met": "考勤已更正为达标，已通知本人",
    "revoked": "学分与证书已撤销，已通知本人",
    "unmet": "达标与证书已撤销，已通知本人",
    "refused": "已答复，已通知本人",
    "review": "复核申请已送达授课教师，答复后会通知您",
    "handed_in": "已标记为已交",
    "asked": "抽查已发出，3 分钟内有效",
    "here": "已签到",
    "answers": "谢谢，您的评价已收到",
    "paper": "试卷已保存",
    "patient": "已保存患者，请签署知情同意",
    "unnamed": "已移除",
    "taken_back": "已登记撤回，录制立即停止，录像不再供人观看",
}


async def session_of(request: web.Request, action: str, *, locked: bool = False) -> TeachingSession:
    return await queries.get_for(unit_of(request), action, request.match_info["id"], locked=locked)


def flash(request: web.Request) -> list[dict[str, str]]:
    done = DONE.get(request.query.get("done", ""))
    return [{"text": say(request, done), "tone": "done"}] if done else []


def back(session: TeachingSession, done: str, part: str = "") -> web.Response:
    return see_other(f"{letters.href(session)}?done={done}{part}")


def plans(unit: Unit) -> bool:
    return bool(unit.matrix.granted(unit.actor.role, "teaching.plan"))


# ---- the list


@routes.get("/teaching", "teaching.list")
async def list_page(request: web.Request) -> web.StreamResponse:
    unit, asked = unit_of(request), read_query(request, ListQuery)
    found = await _listed(unit, asked)
    older = ""
    if asked.view is ListView.PAST and len(found) == queries.PAGE:
        older = f"/teaching?view=past&before={found[-1].starts_at:%Y-%m-%dT%H:%M:%SZ}"
    shown = [one for one in TABS if one is not ListView.PREPARED or plans(unit)]
    return render(
        request,
        "teaching/list.html",
        cards=await views.cards(unit, found, partial(say, request)),
        tabs=[
            {"href": f"/teaching?view={one.value}", "label": say(request, TABS[one]), "current": one is asked.view}
            for one in shown
        ],
        view=asked.view.value,
        older=older,
        may_plan=plans(unit),
        may_cases=bool(unit.matrix.granted(unit.actor.role, "casebook.list")),
        may_records=bool(unit.matrix.granted(unit.actor.role, "teaching.records")),
    )


async def _listed(unit: Unit, asked: ListQuery) -> list[TeachingSession]:
    if asked.view is ListView.MINE:
        return await queries.of_person(unit, unit.actor.person_id)
    if asked.view is ListView.PAST:
        return await queries.past(unit, before=asked.before)
    if asked.view is ListView.PREPARED:
        return await queries.in_preparation(unit)
    return await queries.ahead(unit)


# ---- one session


@routes.get("/teaching/sessions/{id}", "teaching.read")
async def session_page(request: web.Request) -> web.StreamResponse:
    return await show(request, await session_of(request, "teaching.read"))


async def show(request: web.Request, session: TeachingSession, *, status: int = 200, **typed: Any) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    found = await views.look_up(unit, [session])
    related = await queries.relations_of(unit, session)
    steps = await queries.history(unit, session.id)
    people = await accounts.people(unit, [one.person_id for one in steps if one.person_id])
    may = await _may(unit, session, related)
    mine = await counted.of_person(unit, session.id, unit.actor.person_id)
    context: dict[str, Any] = {"filing_form": None, "why_form": None, "said_form": None, **typed}
    return render(
        request,
        "teaching/session.html",
        status=status,
        session=session,
        card=views.card(session, found, translate),
        kind_word=translate(KIND_WORDS[session.kind][0]),
        material=translate(MATERIAL_WORDS[session.material]),
        room=await _room(unit, session),
        course=await _course(unit, session),
        following=len(await series.following(unit, session)) if may["run"] else 0,
        waiting=len(await queries.enrolments(unit, session.id, EnrolmentState.WAITING)),
        clashes=await enrolling.clashes(unit, session, unit.actor.person_id),
        may=may,
        patients=await consenting.seen(unit, session, translate) if may["patients"] else [],
        moves=_moves(session),
        earliest=earliest_start(unit.now),
        steps=views.history_lines(steps, people, translate),
        quiz=await queries.quiz_of(unit, session.id),
        check=await _check(unit, session),
        counted=mine,
        certified=bool(mine and await certificates.valid(unit, [mine.attended])),
        files=await materials.cards(unit, session),
        discussed=await linked.of(unit, session),
        hand_in=await _hand_in(unit, session, related),
        flash=flash(request),
        **context,
    )


async def _hand_in(unit: Unit, session: TeachingSession, related: frozenset[Relation]) -> hand_in.Standing | None:
    standing = await hand_in.standing(unit, session) if unit.may("teaching.hand_in", related) else None
    return standing if standing and standing.due else None


async def _room(unit: Unit, session: TeachingSession) -> str:
    rooms = await scheduling.rooms_named(unit, [session.room_id] if session.room_id else [])
    return rooms[0].name if rooms else ""


async def _course(unit: Unit, session: TeachingSession) -> dict[str, str] | None:
    if session.course_id is None:
        return None
    course = await queries.course_for(unit, "teaching.read", session.course_id)
    phase = course.phases[session.phase] if session.phase < len(course.phases) else ""
    return {"href": f"/teaching/courses/{course.id}", "title": course.title, "phase": phase}


async def _check(unit: Unit, session: TeachingSession) -> bool:
    """Whether a check waits for the reader's answer."""
    if session.state is not State.LIVE:
        return False
    check = await running.open_check(unit, session)
    if check is None or session.meeting_id is None:
        return False
    key = f"answered:{check}:{unit.actor.person_id}"
    return not await meetings.has_written(unit, session.meeting_id, key)


def _moves(session: TeachingSession) -> set[str]:
    return {move.value for state, move in MOVES if state is session.state}


async def _may(unit: Unit, session: TeachingSession, related: frozenset[Relation]) -> dict[str, bool]:
    own = await queries.own_enrolments(unit, [session.id], unit.actor.person_id)
    taking_part, edits = session.id in own, unit.may("teaching.edit", related)
    teaches = Relation.OWN in related
    fits = policy.fits(session, await enrolling.learner(unit))
    open_to_all = await enrolling.is_open(unit, session)
    return {
        "edit": edits and session.state in CHANGEABLE,
        "run": edits,
        "file": edits and session.state is State.PLANNED,
        "publish": edits and session.state in (State.PLANNED, State.FILED),
        "release": unit.may("teaching.release", related)
        and session.material is not Material.NONE
        and session.released_at is None
        and session.organiser_id != unit.actor.person_id,
        "enrol": unit.may("teaching.enrol", related) and open_to_all and fits and not taking_part and not teaches,
        "unfit": unit.may("teaching.enrol", related) and open_to_all and not fits and not taking_part and not teaches,
        "withdraw": taking_part and session.state in (State.PUBLISHED, State.ENROLMENT_CLOSED, State.LOBBY),
        "attach": edits
        and session.state in materials.ATTACHABLE
        and bool(unit.matrix.granted(unit.actor.role, "file.upload")),
        "enter": unit.may("teaching.enter", related)
        and running.lets_in(session, unit.now, teaches=teaches)
        and await _room_open(unit, session),
        "patients": unit.may("teaching.patients", related) and consenting.shows_patients(session),
        "roster": unit.may("teaching.roster", related),
        "review": unit.may("teaching.review", related),
        "rate": session.state in OVER and Relation.PARTICIPANT in related,
    }


async def _room_open(unit: Unit, session: TeachingSession) -> bool:
    if session.meeting_id is None or session.state not in OPEN_ROOM:
        return False
    return (await meetings.meeting(unit, session.meeting_id)).open_at(unit.now)


# ---- enrolling


@routes.post("/teaching/sessions/{id}/enrol", "teaching.enrol")
async def enrol(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.enrol", locked=True)
    mine = await enrolling.enrol(unit_of(request), session=session)
    return back(session, "waiting" if mine.state is EnrolmentState.WAITING else "enrolled")


@routes.post("/teaching/sessions/{id}/withdraw", "teaching.enrol")
async def withdraw(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.enrol", locked=True)
    await enrolling.withdraw(unit_of(request), session=session)
    return back(session, "withdrawn")


@routes.get("/teaching/sessions/{id}/qr.svg", "teaching.read")
async def code(request: web.Request) -> web.StreamResponse:
    """The address of the session's page as a code, for a notice on the wall or another's phone."""
    import segno

    session = await session_of(request, "teaching.read")
    drawing = io.BytesIO()
    address = f"{request.app[ADDRESSES].asked_at(request)}{letters.href(session)}"
    segno.make(address, error="m").save(drawing, kind="svg", scale=4, border=2)
    return web.Response(body=drawing.getvalue(), content_type="image/svg+xml")


@routes.get("/teaching/sessions/{id}/materials", "teaching.enter")
async def to_be_shown(request: web.Request) -> web.StreamResponse:
    """What may be shown to all in its hall: its own files, and those of the teaching cases that it discusses."""
    unit, session = unit_of(request), await session_of(request, "teaching.enter")
    discussed = await linked.of(unit, session)
    return render(
        request,
        "teaching/materials.html",
        files=await materials.cards(unit, session) or [],
        cases=[(one.title, await attachments.cards(unit, one)) for one in discussed.cases],
    )


@routes.post("/teaching/sessions/{id}/here", "teaching.enter", survives_idle=True)
async def here(request: web.Request) -> web.StreamResponse:
    """The answer to a check."""
    session = await session_of(request, "teaching.enter")
    await running.answer(unit_of(request), session=session)
    return back(session, "here")
