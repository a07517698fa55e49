"""A lesson is recorded after everybody agreed, and played at the minute of its second chapter; real Chromium."""

from contextlib import AsyncExitStack
from datetime import datetime

import pytest
from playwright.async_api import expect

from server.core.i18n import BEIJING
from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.test_hall import (  # noqa: F401 - fixtures among them
    LISTENER,
    LONG,
    PHONE,
    PRESENTER,
    TEACHER,
    WIDE,
    at,
    clerks,
    planned,
    site,
    slow_cameras,
)

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

AGENDA = "1 心电图基础 / 蔡明\n59 病例讨论"
SECONDS = 72
"""From the beginning of the lesson: its first chapter is a minute, twelve seconds of the second are recorded."""
MOVES = """async film => { const from = film.currentTime;
  await new Promise(done => film.requestVideoFrameCallback(() => film.requestVideoFrameCallback(done)));
  return film.currentTime > from && film.videoWidth > 0; }"""


async def begun(clerks, address):  # noqa: F811
    for move in ("open_lobby", "begin"):
        assert (await clerks[TEACHER].post(f"{address}/move", {"move": move})).status == 200
    return datetime.now(BEIJING)


async def test_a_lesson_is_recorded_once_all_agreed_and_played_by_its_chapters(slow_cameras, site, clerks):  # noqa: F811
    address = await planned(clerks, agenda=AGENDA)
    lesson = await begun(clerks, address)
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (PRESENTER, WIDE), (LISTENER, PHONE)):
            person = at(slow_cameras, site, clerks[login], login, viewport)
            people[login] = await stack.enter_async_context(person)
            await people[login].enter(site, address)
        teacher, presenter, listener = (people[login].page for login in (TEACHER, PRESENTER, LISTENER))
        await people[LISTENER].sees(TEACHER)

        # refused by name, then agreed to by both, then unmissable for all
        await teacher.click("#control-film")
        told = teacher.get_by_role("region", name="消息")
        await expect(told).to_contain_text("还没有同意被录制：蔡明、唐力")
        for page in (teacher, presenter):
            await page.click("#film-yes")
            await expect(page.locator("#film-ask")).to_be_hidden()
        assert not await listener.is_visible("#film-ask")
        await teacher.click("#control-film")
        for page in (teacher, presenter, listener):
            await expect(page.locator("#film-mark")).to_be_visible()
        await people[LISTENER].says("听得清楚")
        began = datetime.now(BEIJING)
        await until(lambda: passed(lesson), lambda seconds: seconds > SECONDS, SECONDS + 30)
        recorded = await passed(began)

        # a word taken back ends it
        await presenter.click("#film-mark")
        await presenter.get_by_role("button", name="撤回同意并停止录制").click()
        for page in (teacher, listener):
            await expect(page.locator("#film-mark")).to_be_hidden()

        await listener.goto(f"{site.address}/teaching/library")
        film = listener.locator(".lesson-title a", has_text="基层心电图判读")
        await until(lambda: reloaded(listener, film), bool, 120)
        await film.click()
        await listener.click(".film-chapters button:has-text('病例讨论')")
        player = listener.locator("#film")
        where = await until(lambda: player.evaluate("film => film.currentTime"), lambda now: now > 5, LONG / 1000)
        begins = float(await listener.get_attribute(".film-chapters button:has-text('病例讨论')", "data-at"))
        assert begins - 0.5 <= where <= begins + 20
        assert await player.evaluate(MOVES)
        assert await player.evaluate("film => film.webkitAudioDecodedByteCount") > 0, "a voice is heard with it"
        assert recorded - 5 < await player.evaluate("film => film.duration") < recorded + 15
        await expect(listener.locator(".film-chapters [aria-current=true]")).to_contain_text("病例讨论")
        await expect(listener.locator(".film-lines .said")).to_contain_text("听得清楚")


async def passed(began):
    return (datetime.now(BEIJING) - began).total_seconds()


async def reloaded(page, film):
    await page.reload()
    return await film.count()
