"""One's own times: the week, weekly hours, exceptions, a calendar file; and a look at another's week."""

from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from server.accounts import queries as accounts
from server.core.http import Routes, actor_of, read_form, read_query, render, say, see_other, unit_of, visit_of
from server.scheduling import hours, queries, week
from server.scheduling.availability import Hours, office_week
from server.scheduling.bookable import BookingStatus
from server.scheduling.forms import (
    ROWS,
    ExceptionForm,
    HoursForm,
    WeekQuery,
    field_name,
    shown_hours,
    stretches_of,
)
from server.scheduling.free import week_of
from server.scheduling.intervals import Interval
from server.scheduling.invitations import Appointment, agenda_ics, uid_of
from server.scheduling.working_calendar import CHINA

routes = Routes("scheduling")

SAVED = {
    "hours": "可约时间已保存",
    "away": "停诊已登记",
    "extra": "加诊已登记",
    "removed": "已撤销，这段时间恢复为每周的安排",
}
AGENDA_BACK, AGENDA_AHEAD = timedelta(days=30), timedelta(days=180)


@routes.get("/schedule", "schedule.own")
async def own_week(request: web.Request) -> web.StreamResponse:
    return await _week_page(request, None)


@routes.get("/schedule/posts/{id}", "schedule.read")
async def week_of_another(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    post_id = request.match_info["id"]
    await queries.require_post(unit, "schedule.read", post_id)
    person = await accounts.person(unit, (await accounts.post(unit, post_id)).person_id)
    monday = _monday(request)
    shown = await week.week_of_post(
        unit, post_id=post_id, period=week_of(CHINA.at(monday, 0)), private=True, language=_language(request)
    )
    return render(
        request, "scheduling/another.html", week=shown, person=person.name, **_weeks(request, request.path, monday)
    )


@routes.get("/schedule/hours", "schedule.own")
async def hours_page(request: web.Request) -> web.StreamResponse:
    return await _hours_page(request, None)


@routes.post("/schedule/hours", "schedule.own")
async def set_hours(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, HoursForm)
    if form.errors:
        return await _hours_page(request, form)
    unit, wanted = unit_of(request), form.value
    stretches, errors = stretches_of(wanted)
    if wanted.valid_from < CHINA.day_of(unit.now):
        errors["valid_from"] = "不能早于今天"
    if errors:
        form.errors.update({name: say(request, text) for name, text in errors.items()})
        return await _hours_page(request, form)
    post_id = actor_of(request).post_id
    await hours.set_weekly_hours(
        unit, post_id=post_id, hours=stretches, valid_from=wanted.valid_from, version=wanted.version
    )
    return see_other(f"/schedule?week={wanted.valid_from}&saved=hours")


@routes.post("/schedule/exceptions", "schedule.own")
async def add_exception(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, ExceptionForm)
    if not form.errors and form.value.end <= form.value.start:
        form.errors["end"] = say(request, "结束时间须晚于开始时间")
    if form.errors:
        return await _week_page(request, form)
    asked = form.value
    start, end = (_local(moment) for moment in (asked.start, asked.end))
    await hours.add_exception(
        unit_of(request), post_id=actor_of(request).post_id, start=start, end=end, kind=asked.kind, note=asked.note
    )
    return see_other(f"/schedule?week={asked.start.date()}&saved={asked.kind.value}")


@routes.post("/schedule/exceptions/{id}/remove", "schedule.own")
async def remove_exception(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    exception = await queries.exception_for(unit, "schedule.own", request.match_info["id"])
    day = CHINA.day_of(exception.starts_at)
    await hours.remove_exception(unit, exception=exception)
    return see_other(f"/schedule?week={day}&saved=removed")


@routes.get("/schedule/agenda.ics", "schedule.own")
async def agenda_file(request: web.Request) -> web.StreamResponse:
    """What is booked for oneself, to take into one's own calendar; consultations are named by number only."""
    unit = unit_of(request)
    period = Interval(unit.now - AGENDA_BACK, unit.now + AGENDA_AHEAD)
    booked = await queries.agenda(unit, occupant=unit.actor.person_id, period=period)
    appointments = [
        Appointment(
            uid=uid_of(each.id), sequence=each.sequence, start=each.starts_at, end=each.ends_at, title=each.title
        )
        for each in booked
        if each.status is BookingStatus.CONFIRMED
    ]
    return web.Response(
        body=agenda_ics(appointments, stamp=unit.now),
        content_type="text/calendar",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="lianzhen.ics"'},
    )


async def _week_page(request: web.Request, form: object) -> web.Response:
    monday, post_id = _monday(request), actor_of(request).post_id
    shown = await week.week_of_post(
        unit_of(request),
        post_id=post_id,
        period=week_of(CHINA.at(monday, 0)),
        private=False,
        language=_language(request),
    )
    saved = SAVED.get(request.query.get("saved", ""))
    flash = [{"text": say(request, saved), "tone": "done", "undo": ""}] if saved else []
    context: dict[str, Any] = {"week": shown, "form": form, "post_id": post_id, "flash": flash}
    return render(
        request, "scheduling/week.html", status=422 if form else 200, **context, **_weeks(request, "/schedule", monday)
    )


async def _hours_page(request: web.Request, form: object) -> web.Response:
    unit = unit_of(request)
    post_id, today = actor_of(request).post_id, CHINA.day_of(unit.now)
    known = (await queries.weekly(unit, [post_id], today)).get(post_id)
    schedule = await queries.schedule_of(unit, post_id)
    return render(
        request,
        "scheduling/hours.html",
        status=422 if form else 200,
        form=form,
        shown=shown_hours(office_week(CHINA) if known is None else _holding(known, today)),
        later=sorted({each.valid_from for each in known or () if each.valid_from > today}),
        assumed=known is None,
        version=schedule.version if schedule else 0,
        today=today,
        rows=range(ROWS),
        name_of=field_name,
    )


def _holding(known: list[Hours], today: date) -> list[Hours]:
    return [each for each in known if each.holds_on(today)]


def _monday(request: web.Request) -> date:
    day = read_query(request, WeekQuery).week or CHINA.day_of(unit_of(request).now)
    return day - timedelta(days=day.weekday())


def _weeks(request: web.Request, page: str, monday: date) -> dict[str, Any]:
    """The addresses of the weeks before and after, and the first and last day of this one."""
    this = CHINA.day_of(unit_of(request).now)
    return {
        "earlier": f"{page}?week={monday - timedelta(days=7)}",
        "later": f"{page}?week={monday + timedelta(days=7)}",
        "present": "" if monday <= this < monday + timedelta(days=7) else page,
        "monday": monday,
        "first": CHINA.at(monday, 0).astimezone(CHINA.zone),
        "last": CHINA.at(monday + timedelta(days=6), 0).astimezone(CHINA.zone),
    }


def _language(request: web.Request) -> str:
    return "en_US" if visit_of(request).locale == "en" else "zh_CN"


def _local(moment: datetime) -> datetime:
    """What was typed without a zone is Beijing time."""
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA.zone)
