"""The teaching calendar by month, week, classroom and as a list; and the address a phone's calendar reads."""

from functools import partial

from aiohttp import web

from server.accounts.routes import LIMITER
from server.core.addresses import ADDRESSES
from server.core.http import PUBLIC, SIGNED_IN, Routes, read_query, render, say, unit_of, visit_of
from server.scheduling.working_calendar import CHINA
from server.teaching import diary, feeds
from server.teaching.forms import CalendarQuery, CalendarView
from server.teaching.kinds import KIND_WORDS
from server.teaching.routes import plans

routes = Routes("teaching_calendar")
VIEWS = {
    CalendarView.MONTH: "月",
    CalendarView.WEEK: "周",
    CalendarView.ROOMS: "教室",
    CalendarView.LIST: "列表",
}


@routes.get("/teaching/calendar", "teaching.list")
async def calendar(request: web.Request) -> web.StreamResponse:
    unit, asked, translate = unit_of(request), read_query(request, CalendarQuery), partial(say, request)
    view, day = asked.view, asked.day or CHINA.day_of(unit.now)
    start, end = diary.span(view, day)
    found = await diary.entries(unit, start, end, translate)
    before, later = diary.neighbours(view, day)
    month = day.month if view is CalendarView.MONTH else 0
    language = "en_US" if visit_of(request).locale == "en" else "zh_CN"
    return render(
        request,
        "teaching/calendar.html",
        view=view.value,
        tabs=[
            {"href": f"/teaching/calendar?view={one.value}&day={day}", "label": translate(word), "current": one is view}
            for one, word in VIEWS.items()
        ],
        days=diary.days(found, start, end, now=unit.now, month=month, language=language),
        rooms=await diary.rooms(unit, found, start) if view is CalendarView.ROOMS else [],
        first=CHINA.at(start, 0).astimezone(CHINA.zone),
        last=CHINA.at(end, -1).astimezone(CHINA.zone),
        month=CHINA.at(day, 0).astimezone(CHINA.zone),
        earlier=f"/teaching/calendar?view={view.value}&day={before}",
        later=f"/teaching/calendar?view={view.value}&day={later}",
        present="" if start <= CHINA.day_of(unit.now) < end else f"/teaching/calendar?view={view.value}",
        kinds=[(kind.value, icon, translate(word)) for kind, (word, icon) in KIND_WORDS.items()],
        clashes=[one for one in found if one.clash],
        may_plan=plans(unit),
    )


@routes.get("/calendar", SIGNED_IN)
async def feed_page(request: web.Request) -> web.StreamResponse:
    return render(request, "teaching/feed.html", address="")


@routes.post("/calendar", SIGNED_IN)
async def renew_feed(request: web.Request) -> web.StreamResponse:
    """A new address, shown this once; the one before is dead."""
    unit = unit_of(request)
    token = unit.new_token()
    await feeds.renew(unit, token=token)
    address = f"{request.app[ADDRESSES].asked_at(request)}/calendar/{token}.ics"
    return render(request, "teaching/feed.html", address=address)


@routes.get("/calendar/{code}.ics", PUBLIC)
async def feed(request: web.Request) -> web.StreamResponse:
    await request.app[LIMITER].count(f"calendar {request.remote}", limit=60, seconds=60)
    content = await feeds.read(unit_of(request), request.match_info["code"])
    headers = {"Content-Disposition": 'attachment; filename="lianzhen.ics"', "Cache-Control": "no-store"}
    return web.Response(body=content, content_type="text/calendar", charset="utf-8", headers=headers)
