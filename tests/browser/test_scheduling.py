"""One's own times and the strip, in a real browser: by keyboard, by mouse, on a phone, without scripts."""

import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

from server.core.clock import SetClock
from server.core.http import SIGNED_IN, Routes, mount, render, sent_fields, unit_of
from server.scheduling import hours, service
from server.scheduling.availability import ExceptionKind
from server.scheduling.free import compare, week_of
from server.scheduling.hours import WeeklyStretch
from server.scheduling.working_calendar import SHANGHAI
from tests.browser.conftest import profile
from tests.browser.test_frame import AXE, RULES
from tests.conftest import open_database
from tests.node import node
from tests.services.scheduling_people import furnish
from tests.web.scheduling_site import application

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")
NODE = (
    "import('esbuild').then(b => b.build({entryPoints: ['js/pages/app.js', 'js/pages/schedule.js', 'css/app.css']"
    ".map(n => 'static/' + n), bundle: true, format: 'esm', target: 'es2022', outdir: process.argv[1],"
    " outbase: 'static'}))"
)
CHOOSE = """{% extends "base.html" %}
{% from "partials/forms.html" import form_guard, submit with context %}
{% from "scheduling/strip.html" import strip with context %}
{% block title %}{{ _("选择时间") }}{% endblock %}
{% block main %}<h1>{{ _("选择时间") }}</h1><h2>{{ _("选择时间") }}</h2>
<form method="post" action="/choose">{{ form_guard() }}{{ strip(days, "starts") }}{{ submit(_("保存")) }}</form>
{% endblock %}
"""


def clock_at(hour, minute=0, day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schedule")
    subprocess.run([node(), "-e", NODE, str(folder / "dist")], check=True)
    names = ", ".join(f'"{name}": "dist/{name}"' for name in ("js/pages/app.js", "js/pages/schedule.js", "css/app.css"))
    (folder / "dist" / "manifest.json").write_text(f"{{{names}}}")
    return folder


class House:
    """The pages of scheduling for an expert with a busy week, and a page on which a time is chosen."""

    def __init__(self, database, place):
        self.database, self.place, self.chosen = database, place, None
        self.routes = Routes("choose")
        self.routes.get("/choose", SIGNED_IN)(self.offer)
        self.routes.post("/choose", SIGNED_IN)(self.choose)

    async def offer(self, request):
        sides = [("心内科 李建国", self.place.expert), ("青山镇卫生院 王小燕", self.place.doctor)]
        found = await compare(
            unit_of(request), sides=sides, period=week_of(clock_at(9)), length=timedelta(minutes=30), first=20
        )
        return render(request, "choose.html", days=found.days)

    async def choose(self, request):
        self.chosen = (await sent_fields(request))["starts"]
        return await self.offer(request)

    @property
    def headers(self):
        place = self.place
        return {"X-Person": f"{place.expert_person} {place.expert.id} {place.hospital} specialist"}


@pytest_asyncio.fixture(loop_scope="session")
async def house(built, sqlite_url, tmp_path):
    (tmp_path / "choose.html").write_text(CHOOSE)
    database = open_database(sqlite_url, SetClock(clock_at(9)))
    async with database.unit() as unit:
        place = await furnish(unit)
        await fill_week(unit, place)
    house = House(database, place)
    app = application(database, built, [tmp_path])
    mount(app, house.routes)
    async with TestServer(app) as server:
        house.address = str(server.make_url("")).rstrip("/")
        yield house
    await database.close()


async def fill_week(unit, place):
    stretches = [WeeklyStretch(day, *times) for day in (0, 1, 3) for times in ((480, 720), (840, 1050))]
    await hours.set_weekly_hours(unit, post_id=place.expert.id, hours=stretches, valid_from=date(2026, 11, 23))
    for number, start in enumerate((clock_at(10), clock_at(14, day=24), clock_at(15, 30, day=26))):
        await service.book(
            unit,
            subject_kind="consultation",
            subject_id=f"{number:032x}",
            resources=[place.expert, place.doctor],
            start=start,
            end=start + timedelta(minutes=30),
            title=f"HZ33010020261123000{number}",
            key="1",
        )
    for start, end, kind in ((13, 16, ExceptionKind.AWAY), (19, 21, ExceptionKind.EXTRA)):
        await hours.add_exception(
            unit,
            post_id=place.expert.id,
            start=clock_at(start, day=26),
            end=clock_at(end, day=26),
            kind=kind,
            note="外出开会",
        )


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium, house):
    async with profile(chromium, extra_http_headers=house.headers) as context:
        yield await context.new_page()


async def violations(page):
    """Those of the page's own part: the frame around it has tests of its own."""
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    asked = "(rules) => axe.run('#main', {resultTypes: ['violations'], runOnly: rules})"
    told = await page.evaluate(asked, RULES)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in told["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/schedule", "/schedule?week=2026-10-07", "/schedule/hours", "/choose"])
async def test_the_pages_of_time_shut_nobody_out_and_fit_a_phone(chromium, house, path, scheme):
    for width in (1280, 360):
        look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
        async with profile(chromium, extra_http_headers=house.headers, **look) as visitor:
            page = await visitor.new_page()
            await page.goto(house.address + path)
            await page.wait_for_selector('[data-line="lost"], [data-line="off"]', state="attached")
            assert await violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_a_time_is_chosen_by_keys_alone_and_shown_on_the_bars(page, house):
    await page.goto(house.address + "/choose")
    await page.locator("input[name=starts]").first.focus()
    await page.keyboard.press("ArrowRight")
    second = await page.locator("input[name=starts]:checked").input_value()

    assert second == clock_at(9, 30).isoformat()
    shown = page.locator("[data-offer][data-chosen]")  # on the bars of both sides
    assert await shown.evaluate_all("(bars) => bars.map((bar) => bar.dataset.offer)") == [second, second]
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert house.chosen == second


async def test_a_click_on_the_bars_chooses_that_time(page, house):
    await page.goto(house.address + "/choose")
    wanted = clock_at(11, day=26).isoformat()  # its day is still folded
    await page.locator(f'[data-offer="{wanted}"]').first.click()

    assert await page.locator("input[name=starts]:checked").input_value() == wanted


async def test_without_scripts_a_time_is_chosen_all_the_same(chromium, house):
    async with profile(chromium, extra_http_headers=house.headers, java_script_enabled=False) as visitor:
        page = await visitor.new_page()
        await page.goto(house.address + "/choose")
        await page.get_by_label("10:30–11:00").first.check()
        async with page.expect_navigation():
            await page.get_by_role("button", name="保存").click()

    assert house.chosen == clock_at(10, 30).isoformat()


async def test_monday_is_copied_to_the_other_days_and_saved(page, house):
    await page.goto(house.address + "/schedule/hours")
    await page.get_by_label("星期一第 1 段开始").fill("09:15")
    await page.get_by_role("button", name="周二至周五同周一").click()

    assert await page.get_by_label("星期五第 1 段开始").input_value() == "09:15"
    assert await page.get_by_label("星期六第 1 段开始").input_value() == ""
    await page.get_by_role("button", name="保存").click()
    await page.wait_for_url("**/schedule?week=2026-11-23&saved=hours")
    picture = page.locator(".week-day").nth(4).get_by_role("img")
    assert await picture.get_attribute("aria-label") == "空闲 09:15–12:00，14:00–17:30"
