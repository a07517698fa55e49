"""Proving oneself again in a dialog: wrong, then right, and what was clicked goes on; nothing typed is lost."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import timedelta

import pyotp
import pytest
from playwright.async_api import expect
from sqlalchemy import update

from server.demo import PASSWORD
from server.meeting.recordings import queries as recordings
from server.meeting.recordings.kinds import RecordingState
from server.meeting.recordings.model import Showing
from tests.browser.conftest import browser_of
from tests.browser.room.visitors import WATCH
from tests.browser.test_frame import AXE, RULES
from tests.browser.test_library import LONG, PLAY, PLAYS, recorded
from tests.journeys.colleagues import Colleague, Words
from tests.journeys.test_case_films import BOTH, filmed
from tests.journeys.test_proof import LATER, with_a_film
from tests.journeys.test_session import planned

pytestmark = [pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning"), pytest.mark.timeout(180)]


async def proves(page, password):
    await page.fill("#proof [name=password]", password)
    await page.keyboard.press("Enter")


async def test_a_download_asks_and_arrives(house, chromium):
    doctor = await house.visitor("wangfang")
    film = await with_a_film(house, doctor)
    async with browser_of(house, doctor, chromium) as page:
        await page.goto(house.url + film.removesuffix("/content"))
        async with page.expect_download() as at_once:
            await page.click("[data-prove=download]")
        assert (await at_once.value).suggested_filename == "chest.dcm"
        house.clock.turn(LATER)
        await page.click("[data-prove=download]")
        dialog = page.get_by_role("dialog", name="请验证身份")
        await expect(dialog).to_be_visible()
        await expect(dialog.get_by_label("密码")).to_be_focused()
        await page.evaluate(AXE.read_text())
        assert (
            await page.evaluate("rules => axe.run('#proof', {resultTypes: ['violations'], runOnly: rules})", RULES)
        )["violations"] == []
        await proves(page, "guess")
        await expect(page.locator("#proof-trouble")).to_have_text("密码不对")
        await expect(dialog.get_by_label("密码")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(page.locator("[data-prove=download]")).to_be_focused()
        await page.keyboard.press("Enter")
        async with page.expect_download() as proved:
            await proves(page, PASSWORD)
        assert (await proved.value).suggested_filename == "chest.dcm"
        await expect(dialog).to_have_count(0)
        assert page.url == house.url + film.removesuffix("/content")


async def test_a_form_is_sent_as_it_was_typed_and_a_page_is_gone_to(house, chromium):
    keeper = await house.visitor("lihua")
    person = (await keeper.get("/people?q=zhaomin")).link(r"/people/[0-9a-f]{32}")
    async with browser_of(house, keeper, chromium) as page:
        await page.goto(house.url + person)
        house.clock.turn(LATER)
        await page.click("[href$='/edit']")
        await proves(page, PASSWORD)
        await page.wait_for_url("**/edit")
        await page.fill("[name=title]", "主任医师、教授")
        house.clock.turn(LATER + timedelta(minutes=1))
        await page.click("main form [type=submit]")
        await proves(page, PASSWORD)
        await page.wait_for_url("**?done=amended")
        await expect(page.get_by_text("主任医师、教授")).to_be_visible()


async def test_a_question_comes_first_then_the_proof_and_the_form_is_sent_once(house, chromium):
    expert = await house.visitor("zhaomin")
    await enrolled(house, expert)
    keeper = await house.visitor("lihua")
    person = (await keeper.get("/people?q=zhaomin")).link(r"/people/[0-9a-f]{32}")
    house.clock.turn(LATER)
    async with browser_of(house, keeper, chromium) as page:
        await page.goto(house.url + person)
        await page.get_by_role("button", name="重置第二步验证").click()
        await page.get_by_role("dialog", name="请确认").get_by_role("button", name="重置").click()
        await proves(page, PASSWORD)
        await expect(page.get_by_text("未启用")).to_be_visible()
        await page.get_by_role("button", name=re.compile("^结束")).first.click()
        await page.get_by_role("dialog", name="请确认").get_by_role("button", name="结束岗位").click()
        await expect(page.get_by_text("（不在任）")).to_be_visible()


async def enrolled(house, visitor):
    """Codes of an authenticator are their second factor from now on."""
    page = await visitor.get("/second-factor")
    form = re.search(r'<form[^>]*action="/second-factor/totp".*?</form>', page.text, re.DOTALL)[0]
    held = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]*? value="([^"]*)"', form))
    secret = re.search(r'account-secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    code = pyotp.TOTP(secret).at(house.clock.now())
    assert (await visitor.post("/second-factor/totp", {**held, "code": code})).status == 200


async def test_a_sign_in_that_ended_leads_to_where_one_signs_in_and_back(house, chromium):
    keeper = await house.visitor("lihua")
    async with browser_of(house, keeper, chromium) as page:
        await page.goto(house.url + "/people")
        await page.context.clear_cookies()
        await page.get_by_role("link", name="从表格导入").click()
        await page.wait_for_url("**/sign-in?next=%2Fpeople%2Fimport")


async def test_without_scripts_the_page_asks_and_leads_on(house, chromium):
    doctor = await house.visitor("wangfang")
    film = await with_a_film(house, doctor)
    house.clock.turn(LATER)
    async with browser_of(house, doctor, chromium, java_script_enabled=False) as page:
        await page.goto(house.url + film.removesuffix("/content"))
        await page.click("[data-prove=download]")
        await page.wait_for_url("**/reauthenticate?next=*")
        async with page.expect_download() as proved:
            await proves_on_the_page(page)
        assert (await proved.value).suggested_filename == "chest.dcm"
        await expect(page.get_by_role("heading", name="开始下载")).to_be_visible()
        await expect(page.locator("[name=password]")).to_have_count(0)
        async with page.expect_download() as once_more:
            await page.get_by_role("link", name="下载文件").click()
        assert (await once_more.value).suggested_filename == "chest.dcm"
        await page.get_by_role("link", name="返回").click()
        await page.wait_for_url("**" + film.removesuffix("/content"))


async def proves_on_the_page(page):
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")


async def test_a_film_plays_where_it_was_asked_for(house, chromium):
    doctor, _, _, player = await filmed(house)
    house.clock.turn(LATER)
    async with browser_of(house, doctor, chromium) as page:
        await page.goto(house.url + player)
        await expect(page.locator("video")).to_have_count(0)
        await page.get_by_role("link", name="播放录像").click()
        await proves(page, PASSWORD)
        film = page.locator("#film")
        await expect(film).to_be_focused()
        await expect(page.locator("#film-gate")).to_have_count(0)
        assert page.url == house.url + player
        await page.wait_for_function("() => document.getElementById('film').error?.code === 4")
        told = await page.evaluate("() => fetch(document.getElementById('film').src).then((one) => one.status)")
        assert told == 200, "what is kept here is no film, but it was handed out"


async def test_a_film_whose_showing_ended_asks_again_and_goes_on(house, chromium):
    doctor, _, _, player = await filmed(house)
    async with browser_of(house, doctor, chromium) as page:
        await page.goto(house.url + player)
        await page.wait_for_function("() => document.getElementById('film').error?.code === 4")
        for _ in range(11):  # of an hour's film, twice, with a pause
            house.clock.turn(timedelta(minutes=14))
            await doctor.get("/")
        await page.evaluate("() => document.getElementById('film').load()")
        await expect(page.locator("#proof")).to_be_visible()
        async with page.expect_response(lambda one: "/files/" in one.url and one.status in (200, 206)):
            await proves(page, PASSWORD)
        await expect(page.locator("#proof")).to_have_count(0)


async def test_less_data_of_a_film_whose_showing_ended_asks_again_and_goes_on(house, chromium, tmp_path):
    doctor, _, _, room = await planned(house, BOTH)
    film_id = await recorded(house, room.rpartition("/")[2], tmp_path / "data" / "recordings")
    async with browser_of(house, doctor, chromium) as page:
        await page.goto(f"{house.url}/consultations/recordings/{film_id}")
        film, rung = page.locator("#film"), page.locator("#film-rung")
        await page.select_option("#film-quality", "light")
        await film.evaluate(PLAY)
        await expect(rung).to_have_text(re.compile("省流量"), timeout=LONG)
        assert await film.evaluate(PLAYS)
        at = await film.evaluate("film => film.currentTime")
        async with house.database.unit() as unit:
            await unit.session.execute(update(Showing).values(until=unit.now))
        house.clock.turn(LATER)
        await page.select_option("#film-quality", "sound")
        await expect(page.locator("#proof")).to_be_visible(timeout=LONG)
        await proves(page, PASSWORD)
        await expect(rung).to_have_text("只有声音", timeout=LONG)
        await page.wait_for_function("at => document.getElementById('film').currentTime > at", arg=at)


@asynccontextmanager
async def in_a_call(house, chromium):
    """Doctor and expert at their computers, who see each other."""
    *both, _, room = await planned(house, BOTH)
    async with browser_of(house, both[0], chromium) as here, browser_of(house, both[1], chromium) as there:
        doctor, expert = (Colleague(page, house, name, Words("zh")) for page, name in ((here, "王芳"), (there, "赵敏")))
        for one in (doctor, expert):
            await one.page.context.add_init_script(WATCH)
            await one.page.goto(f"{house.url}{room}?now")
        await see_each_other(doctor, expert)
        yield doctor, expert


async def see_each_other(doctor, expert):
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name))


async def test_a_call_goes_on_beside_the_dialog_and_the_focus_comes_back(house, chromium):
    async with in_a_call(house, chromium) as (doctor, expert):
        connections = [await one.connections() for one in (doctor, expert)]
        house.clock.turn(LATER)
        record, dialog = doctor.page.locator("#control-film"), doctor.page.get_by_role("dialog", name="请验证身份")
        await record.click()
        await expect(dialog.get_by_label("密码")).to_be_focused()
        await see_each_other(doctor, expert)
        await doctor.page.keyboard.press("Escape")
        await expect(record).to_be_focused()
        await expect(expert.page.locator("#film-ask")).to_be_hidden()
        await doctor.page.keyboard.press("Enter")
        await proves(doctor.page, PASSWORD)
        await expect(expert.page.locator("#film-ask")).to_be_visible()
        await expect(dialog).to_have_count(0)
        await expect(record).to_be_focused()
        await see_each_other(doctor, expert)
        assert [await one.connections() for one in (doctor, expert)] == connections


async def test_what_was_being_made_is_there_by_itself(house, chromium):
    doctor, _, case, player = await filmed(house)
    recording = player.rpartition("/")[2]
    await turned(house, case, recording, RecordingState.WAITING)
    house.clock.turn(LATER)
    async with browser_of(house, doctor, chromium) as page:
        await page.goto(house.url + player)
        await expect(page.get_by_text("录像正在制作")).to_be_visible()
        await turned(house, case, recording, RecordingState.READY)
        await page.get_by_role("link", name="播放录像").click(timeout=20_000)
        await proves(page, PASSWORD)
        await expect(page.locator("video#film")).to_be_focused()


async def turned(house, case, id, state):
    """As the studio leaves it, and its page told."""
    async with house.database.unit() as unit:
        (await recordings.recording(unit, id)).state = state
        unit.announce(f"consultation:{case.rpartition('/')[2]}", "recording", state=state.value)
