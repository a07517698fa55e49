"""The player on good and on weak lines: the original, smaller pictures that follow the line, sound alone."""

import asyncio
import shutil

import pytest
import pytest_asyncio
from playwright.async_api import expect

from server.core.clock import SetClock
from server.meeting import service as meetings
from server.meeting.recordings import queries, service
from server.meeting.recordings.kinds import Ladder
from tests.browser.conftest import profile
from tests.browser.room.visitors import until
from tests.conftest import MONDAY_MORNING
from tests.services.recorded_films import BEGAN, face, voice
from tests.web.accounts_site import PASSWORD
from tests.web.teaching_site import open_school, published, session_at, turn_to

pytestmark = [pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning"), pytest.mark.timeout(180)]

LONG = 45_000  # ms
SECONDS = 24
WEAK = {"offline": False, "latency": 50, "downloadThroughput": 22_000, "uploadThroughput": 22_000}  # bytes a second
PLAY = "film => { film.play().catch(() => undefined); }"  # as its own button: the source may change meanwhile
PLAYS = """async film => { const from = film.currentTime;
  await new Promise(done => film.requestVideoFrameCallback(() => film.requestVideoFrameCallback(done)));
  return film.currentTime > from && film.videoWidth > 0; }"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lesson(tmp_path_factory, sqlite_template):
    """The site, and the player's address of a recording whose original asks for a megabit a second."""
    folder = tmp_path_factory.mktemp("library")
    store = shutil.copyfile(sqlite_template, folder / "lianzhen.sqlite")
    async with open_school(folder / "site", f"sqlite+aiosqlite:///{store}", SetClock(MONDAY_MORNING)) as site:
        address = await published(site, await site.signed_in("teacher"))
        turn_to(site, 25, 14, 30)
        teacher = await site.signed_in("teacher")
        for move in ("open_lobby", "begin"):
            await teacher.post(f"{address}/move", {"move": move})
        session = await session_at(site, address)
        recording = await recorded(site, session.meeting_id, folder / "site" / "recordings")
        yield site, f"/teaching/recordings/{recording}"


async def recorded(site, meeting_id, folder):
    """Made by the site's own duties."""
    async with site.database.unit() as unit:
        recording = await service.begin(unit, meeting_id=meeting_id, number=1)
        key = service.key_of(unit, recording)
    voice(folder / recording.id, "zhao:voice", 0.0, SECONDS, key=key)
    face(folder / recording.id, "zhao:face", 0.0, SECONDS, grain=120, bits=1_000_000, key=key)
    async with site.database.unit() as unit:
        await service.end(unit, meeting_id=meeting_id, why="host")

    async def ladder():
        async with site.database.unit(writes=False) as unit:
            return (await queries.recording(unit, recording.id)).ladder

    await until(ladder, lambda found: found is Ladder.MADE, within=90)
    return recording.id


async def watching(context, site, address, film_waits_for=None):
    page = await context.new_page()
    if film_waits_for:

        async def later(route):
            await film_waits_for.wait()
            await route.continue_()

        await page.route("**/files/*", later)
    await page.goto(f"{site.url}/sign-in?next={address}")
    await page.fill("[name=login]", "learner1")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await expect(page.locator("#film")).to_be_visible()
    return page, page.locator("#film"), page.locator("#film-rung")


async def test_less_data_follows_the_line_and_sound_alone_goes_on_from_the_same_moment(lesson, chromium):
    site, address = lesson
    async with profile(chromium) as context:
        page, film, rung = await watching(context, site, address)
        await page.select_option("#film-quality", "light")
        await film.evaluate(PLAY)
        await expect(rung).to_have_text("省流量 180p", timeout=LONG)
        assert await film.evaluate(PLAYS)
        await expect(rung).to_have_text("省流量 360p", timeout=LONG)
        assert await film.evaluate("film => [film.videoWidth, film.videoHeight]") == [640, 360]
        at = await film.evaluate("film => film.currentTime")
        await page.select_option("#film-quality", "sound")
        await expect(rung).to_have_text("只有声音", timeout=LONG)
        await page.wait_for_function("at => document.getElementById('film').currentTime > at", arg=at)
        await page.select_option("#film-quality", "best")
        await expect(rung).to_be_empty()
        await page.wait_for_function("() => document.getElementById('film').videoWidth === 160", timeout=LONG)
        assert await film.evaluate("film => film.currentTime") >= at


async def test_a_line_that_cannot_carry_the_original_gets_less_by_itself(lesson, chromium):
    site, address = lesson
    async with profile(chromium) as context:
        weak = asyncio.Event()  # nothing of the film is there before, whatever the page takes to come
        page, film, rung = await watching(context, site, address, weak)
        line = await context.new_cdp_session(page)
        await line.send("Network.emulateNetworkConditions", WEAK)
        weak.set()
        await film.evaluate(PLAY)
        await expect(rung).to_have_text("省流量 180p", timeout=2 * LONG)
        assert await film.evaluate(PLAYS)


SHOWN = "film => [...film.textTracks[0].activeCues].map(cue => cue.getCueAsHTML().textContent)"


async def test_what_was_said_is_read_under_the_picture_and_leads_to_its_moment(lesson, chromium):
    site, address = lesson
    async with site.database.unit() as unit:
        recording = await queries.recording(unit, address.rsplit("/", 1)[1])
        for number, text in enumerate(("先看 P 波", "代偿间歇不完全，多无须处理")):
            said = {"name": "蔡明", "text": text, "began": BEGAN + 4 + 8 * number, "seconds": 4.0}
            key = f"caption:{number}"
            await meetings.write(unit, meeting_id=recording.meeting_id, kind="caption", body=said, key=key)
    async with profile(chromium) as context:
        page, film, _ = await watching(context, site, address)
        await page.locator("#film-captions li", has_text="代偿间歇").get_by_role("button").click()
        await page.wait_for_function("() => document.getElementById('film').currentTime > 12.5", timeout=LONG)
        await expect(page.locator("#film-captions .said")).to_have_count(2)
        assert await film.evaluate(SHOWN) == ["代偿间歇不完全，多无须处理"]
