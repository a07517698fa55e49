"""A consultation is recorded after everybody inside agreed, and played on the page of its case; real Chromium.

The call changes over from the mesh to the server in mid-call, whoever comes later is asked first; the server is killed
and comes back, which leaves a marked gap.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime

import pytest
from playwright.async_api import expect

from server.core.i18n import BEIJING
from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.colleagues import Words, colleague
from tests.journeys.test_hall import LONG, site, slow_cameras  # noqa: F401 - fixtures among them
from tests.journeys.test_recording import MOVES, passed, reloaded
from tests.journeys.test_road_in_browsers import UPCOMING

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PEOPLE = (("王芳", "wangfang"), ("赵敏", "zhaomin"), ("陈瑜", "chenyu"))
NEXT_PICTURE = "tile => new Promise(done => tile.querySelector('video').requestVideoFrameCallback(() => done()))"
A_WHILE = 10
"""Seconds that are recorded before the server is killed, and after it has come back."""


async def goes_in(one):
    await one.open("/consultations?tab=all")
    await one.page.locator("[data-row]", has_text=UPCOMING).locator("a").first.click()
    await one.goes_in()


async def see_each_other(doctor, expert):
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name))


async def see_each_other_again(doctor, expert):
    """Over new connections, whose pictures are counted anew."""
    async with asyncio.timeout(LONG / 500):
        for one, other in ((doctor, expert), (expert, doctor)):
            await one.tile(other.name).evaluate(NEXT_PICTURE)


async def agrees(one):
    await one.page.click("#film-yes")
    await expect(one.page.locator("#film-ask")).to_be_hidden()


async def is_recorded(*people):
    for one in people:
        await expect(one.page.locator("#film-mark")).to_be_visible(timeout=LONG)


async def a_while():
    now = datetime.now(BEIJING)
    await until(lambda: passed(now), lambda seconds: seconds > A_WHILE, A_WHILE + 10)


async def begins(doctor, expert):
    """Refused by name, agreed to by both, and then through the server: one connection out, one in, none of the mesh."""
    await doctor.page.click("#control-film")
    told = doctor.page.get_by_role("region", name="消息")
    await expect(told).to_contain_text("还没有同意被录制：王芳、赵敏")
    for one in (doctor, expert):
        await agrees(one)
    await doctor.page.click("#control-film")
    await is_recorded(doctor, expert)
    for one in (doctor, expert):
        await until(one.paths, lambda paths: len(paths) == 2, 40)


async def comes_later(centre, doctor, expert):
    """They know before they go in, and are neither seen nor heard before they agreed."""
    await centre.open(doctor.room)
    await expect(centre.page.locator(".check-recorded")).to_be_visible()
    await centre.page.click("#enter")
    await centre.inside()
    await centre.sees(expert.name)
    await is_recorded(centre)
    assert await doctor.tile(centre.name).count() == 1
    assert await doctor._frames(doctor.tile(centre.name)) == 0
    await agrees(centre)
    await doctor.sees(centre.name)


async def is_killed(site, *people):  # noqa: F811
    site.kill()
    site.start()
    await site.ready()
    site.away = False
    for one in people:
        await expect(one.page.locator("#scene-line-words")).to_contain_text("线路", timeout=LONG)
    await is_recorded(*people)


async def watches(one, gaps=1):
    """From the page of the case; how long it is."""
    film = one.page.locator("#films a")
    await one.open("/consultations?tab=all")
    await one.page.locator("[data-row]", has_text=UPCOMING).locator("a").first.click()
    await until(lambda: reloaded(one.page, film), bool, 120)
    await film.click()
    player = one.page.locator("#film")
    await player.evaluate("film => film.play()")
    assert await player.evaluate(MOVES)
    assert await player.evaluate("film => film.webkitAudioDecodedByteCount") > 0, "a voice is heard with it"
    await expect(one.page.locator(".film-gap")).to_have_count(gaps)
    await expect(one.page.locator(".film-lines")).to_contain_text("请复查 18 导联心电图")
    return await player.evaluate("film => film.duration")


async def test_a_consultation_is_recorded_through_a_killed_server_and_watched_by_both_sides(slow_cameras, site):  # noqa: F811
    async with AsyncExitStack() as stack:
        everybody = [
            await stack.enter_async_context(colleague(slow_cameras, site, name, Words("zh"), login))
            for name, login in PEOPLE
        ]
        doctor, expert, centre = everybody
        for one in (doctor, expert):
            await goes_in(one)
        await see_each_other(doctor, expert)
        await begins(doctor, expert)
        began = datetime.now(BEIJING)
        await see_each_other(doctor, expert)
        await expert.says("请复查 18 导联心电图")
        await comes_later(centre, doctor, expert)
        await a_while()
        await is_killed(site, *everybody)
        await see_each_other_again(doctor, expert)
        await a_while()

        # a word taken back ends it, and the call goes on
        await expert.page.click("#film-mark")
        await expert.press("撤回同意并停止录制")
        recorded = await passed(began)
        for one in everybody:
            await expect(one.page.locator("#film-mark")).to_be_hidden()
        await see_each_other(doctor, expert)
        for one in (doctor, expert):
            assert recorded - 5 < await watches(one) < recorded + 15
