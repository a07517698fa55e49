"""Planning in pages: a new session or a weekly series, amending, filing, releasing, publishing, running, cancelling."""

from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp import web

from server.accounts import queries as accounts
from server.casebook import queries as casebook
from server.core.errors import Refusal
from server.core.forms import Form
from server.core.http import Routes, read_form, render, say, see_other, unit_of
from server.core.unit import Unit
from server.scheduling.service import InThePast, SlotTaken
from server.scheduling.working_calendar import CHINA
from server.teaching import appointments, enrolling, forms, linked, planning, queries, running, series, steps, views
from server.teaching.forms import ByHand, Filing, MoveForm, PlanForm, Why, local
from server.teaching.model import TeachingSession
from server.teaching.planning import Plan
from server.teaching.routes import back, session_of, show
from server.teaching.states import HIDDEN, Move

routes = Routes("teaching_planning")
SHOWN = (*forms.SAME, "phase", "version")
FIELD_OF: dict[type[Refusal], str] = {
    SlotTaken: "starts",
    InThePast: "starts",
    planning.FiledTooLate: "starts",
    planning.TooFewSeats: "capacity",
    planning.NotReleased: "material",
    linked.NoSuchCase: "case_words",
    linked.OfItsPatient: "case_words",
}
"""Where on the form a refusal is shown."""


class TeacherBusy(Refusal):
    code = "teaching.teacher_busy"
    says = "%(who)s 在这个时间已有安排，请换一个时间"


# ---- new and edit


@routes.get("/teaching/sessions/new", "teaching.plan")
async def new_page(request: web.Request) -> web.StreamResponse:
    return await _form(request, None, None)


@routes.get("/teaching/sessions/{id}/edit", "teaching.edit")
async def edit_page(request: web.Request) -> web.StreamResponse:
    return await _form(request, await session_of(request, "teaching.edit"), None)


async def _form(request: web.Request, session: TeachingSession | None, form: Form[PlanForm] | None) -> web.Response:
    unit = unit_of(request)
    teachers = await queries.teachers(unit, session.id) if session else []
    return render(
        request,
        "teaching/plan.html",
        status=422 if form else 200,
        form=form,
        session=session,
        shown=_shown(session, [one.post_id for one in teachers], request.query.get("course", "")),
        tomorrow=_tomorrow(unit),
        **await _cases(unit, session, form),
        clashes=await _clashes(unit, form, session),
        following=len(await series.following(unit, session)) if session else 0,
        **await views.choices(unit, partial(say, request)),
    )


async def _cases(unit: Unit, session: TeachingSession | None, form: Form[PlanForm] | None) -> dict[str, Any]:
    """The teaching cases that are chosen, and those that were looked for without a script."""
    within = session.consortium_id if session else planning.home_of(unit.actor)
    typed = form.typed if form else {}
    words = str(typed.get("case_words", "")).strip()
    chosen = (await linked.of(unit, session)).cases if session and not form else []
    if form:
        sent = typed.get("case_ids")
        ids = [id for id in sent if isinstance(id, str)] if isinstance(sent, list) else []
        chosen = await linked.found_among(unit, ids[: forms.MOST_CASES], within)
    found = await casebook.released(unit, words=words, within=within) if words and within else []
    offered = {one.id: one for one in [*chosen, *found[: forms.MOST_CASES]]}
    return {
        "within": within,
        "case_choices": [(one.id, one.title, one.specialty) for one in offered.values()],
        "chosen_cases": [one.id for one in chosen],
    }


def _tomorrow(unit: Unit) -> str:
    """A likely time: tomorrow at half past two."""
    return f"{unit.now.astimezone(CHINA.zone) + timedelta(days=1):%Y-%m-%d}T14:30"


def _shown(session: TeachingSession | None, teachers: list[str], course: str) -> dict[str, Any]:
    """What the fields hold of a session on file."""
    if session is None:
        return {"course": course}
    known = {name: getattr(session, name) for name in SHOWN}
    posts = dict(zip(("teacher", "coteacher", "presenter"), teachers, strict=False))
    return {
        **{name: getattr(value, "value", value) for name, value in known.items()},
        **posts,
        "starts": f"{session.starts_at.astimezone(CHINA.zone):%Y-%m-%dT%H:%M}",
        "minutes": session.minutes,
        "room": session.room_id or "",
        "course": session.course_id or "",
        "agenda": "\n".join(_line(one) for one in session.agenda),
        "cases": "\n".join(session.cases),
        "titles": "、".join(session.titles),
        "institutions": session.institution_ids,
        "credits": session.credits if session.credit_tenths else "",
    }


def _line(item: dict[str, Any]) -> str:
    return f"{item['minutes']} {item['what']}" + (f" / {item['who']}" if item["who"] else "")


async def _clashes(unit: Unit, form: Form[PlanForm] | None, session: TeachingSession | None) -> list[tuple[str, str]]:
    """Who of the chosen teachers has something else then: (name, what)."""
    if form is None or form.errors.get("starts") is None or "starts" not in form.typed:
        return []
    try:
        plan = PlanForm.model_validate({name: value for name, value in form.typed.items() if value != ""}).plan()
    except ValueError:
        return []
    posts = await accounts.posts(unit, plan.teacher_posts)
    people = await accounts.people(unit, [one.person_id for one in posts.values()])
    busy = await enrolling.busy_teachers(
        unit, list(people), plan.starts_at, plan.ends_at, session.id if session else ""
    )
    return [(people[id].name, title) for id, others in busy.items() for _, title in others]


async def _read(request: web.Request, session: TeachingSession | None = None) -> Form[PlanForm]:
    form = await read_form(request, PlanForm)
    if "" in form.errors:  # of the whole: told at the agenda, which is what does not add up
        form.errors["agenda"] = form.errors.pop("")
    if not form.errors:
        form.errors.update({name: say(request, words) for name, words in form.value.lacking().items()})
        form.errors.update(await _foreign(request, form.value.plan()))
        form.errors.update(await _unreleased(request, form.value.case_ids, session))
    return form


async def _foreign(request: web.Request, plan: Plan) -> dict[str, str]:
    """Choices that the form never offered, by field."""
    unit = unit_of(request)
    offered = await views.choices(unit, partial(say, request))
    known = {name: {value for value, _ in offered[name]} for name in ("teachers", "rooms", "places", "courses")}
    wrong = {
        "teacher": not set(plan.teacher_posts) <= known["teachers"],
        "room": plan.room_id is not None and plan.room_id not in known["rooms"],
        "institutions": not set(plan.institution_ids) <= known["places"],
        "course": plan.course_id is not None and plan.course_id not in known["courses"],
    }
    return {name: say(request, "请从所列选项中选择") for name, is_wrong in wrong.items() if is_wrong}


async def _unreleased(request: web.Request, case_ids: list[str], session: TeachingSession | None) -> dict[str, str]:
    within = session.consortium_id if session else planning.home_of(unit_of(request).actor)
    found = await linked.found_among(unit_of(request), case_ids, within)
    return {"case_words": say(request, linked.NoSuchCase.says)} if len(found) < len(set(case_ids)) else {}


@routes.post("/teaching/sessions", "teaching.plan")
async def plan_session(request: web.Request) -> web.StreamResponse:
    form = await _read(request)
    if form.errors:
        return await _form(request, None, form)
    unit, asked = unit_of(request), form.value
    if local(asked.starts) < unit.now:
        form.errors["starts"] = say(request, InThePast.says)
        return await _form(request, None, form)
    made = await series.draft(unit, planning.every_week(asked.plan(), asked.weeks))
    return (
        back(made[0], "planned") if len(made) == 1 else see_other(f"/teaching/courses/{made[0].course_id}?done=planned")
    )


@routes.post("/teaching/sessions/{id}/edit", "teaching.edit")
async def amend(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.edit", locked=True)
    form = await _read(request, session)
    if form.errors:
        return await _form(request, session, form)
    unit = unit_of(request)
    try:
        changed = await series.amend(unit, session=session, plan=form.value.plan(), reach=form.value.reach)
    except tuple(FIELD_OF) as refusal:
        unit.undo()
        form.errors[FIELD_OF[type(refusal)]] = await _sentence(request, refusal)
        return await _form(request, session, form)
    return back(session, "amended" if changed == 1 else "amended_all")


async def _sentence(request: web.Request, refusal: Refusal) -> str:
    if isinstance(refusal, SlotTaken):
        names = await appointments.names_of(unit_of(request), refusal.facts["resources"])
        return say(request, TeacherBusy.says, {"who": "、".join(names)})
    return say(request, refusal.says, refusal.facts)


# ---- filing, releasing, publishing


@routes.post("/teaching/sessions/{id}/file", "teaching.edit")
async def file(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.edit", locked=True)
    form = await read_form(request, Filing)
    if form.errors:
        return await show(request, session, status=422, filing_form=form)
    try:
        await planning.file(
            unit_of(request), session=session, filing_no=form.value.filing_no, filed_on=form.value.moment()
        )
    except planning.FiledTooLate as refusal:
        form.errors["filed_on"] = say(request, refusal.says, refusal.facts)
        return await show(request, session, status=422, filing_form=form)
    return back(session, "filed")


@routes.post("/teaching/sessions/{id}/release", "teaching.release")
async def release(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.release", locked=True)
    await planning.release_material(unit_of(request), session=session)
    return back(session, "released")


@routes.post("/teaching/sessions/{id}/publish", "teaching.edit")
async def publish(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.edit", locked=True)
    unit = unit_of(request)
    try:
        await planning.publish(unit, session=session)
    except SlotTaken as refusal:
        raise await _busy(unit, refusal) from None
    return back(session, "published")


async def _busy(unit: Unit, refusal: SlotTaken) -> TeacherBusy:
    return TeacherBusy(who="、".join(await appointments.names_of(unit, refusal.facts["resources"])))


@routes.post("/teaching/courses/{id}/publish", "teaching.edit")
async def publish_course(request: web.Request) -> web.StreamResponse:
    """All of it that is ready, or, where one has no place, none."""
    unit = unit_of(request)
    course = await queries.course_for(unit, "teaching.edit", request.match_info["id"])
    try:
        await series.publish(unit, course=course)
    except SlotTaken as refusal:
        raise await _busy(unit, refusal) from None
    return see_other(f"/teaching/courses/{course.id}?done=published")


# ---- by hand


async def _begin(unit: Unit, session: TeachingSession) -> None:
    await running.begin(unit, session=session)


async def _end(unit: Unit, session: TeachingSession) -> None:
    await running.end(unit, session=session)


@routes.post("/teaching/sessions/{id}/move", "teaching.edit", survives_idle=True)
async def move(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.edit", locked=True)
    form = await read_form(request, MoveForm)
    unit = unit_of(request)
    if form.errors:
        return back(session, "")
    if form.value.move is ByHand.BEGIN:
        await _begin(unit, session)
    elif form.value.move is ByHand.END:
        await _end(unit, session)
    else:
        await steps.take(unit, session, Move(form.value.move.value))
    return back(session, "moved")


@routes.post("/teaching/sessions/{id}/check", "teaching.edit", survives_idle=True)
async def ask(request: web.Request) -> web.StreamResponse:
    """Asks who is still there."""
    session = await session_of(request, "teaching.edit")
    await running.ask(unit_of(request), session=session)
    return back(session, "asked")


@routes.post("/teaching/sessions/{id}/cancel", "teaching.edit")
async def cancel(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.edit", locked=True)
    form = await read_form(request, Why)
    if form.errors:
        return await show(request, session, status=422, why_form=form)
    hidden = session.state in HIDDEN
    await series.cancel(unit_of(request), session=session, reason=form.value.reason, reach=form.value.reach)
    return see_other("/teaching?view=prepared") if hidden else back(session, "cancelled")
