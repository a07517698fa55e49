"""A quarter of an hour of talk without a touch: the chart is locked and unlocked beside the call, nothing is lost."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import expect

from server.demo import PASSWORD
from tests.browser.conftest import browser_of
from tests.journeys.test_session import planned

pytestmark = [pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning"), pytest.mark.timeout(180)]

LONG = 20_000  # ms
PLAN = "#opinion-form [name=plan]"


@asynccontextmanager
async def in_the_room(house, chromium):
    """The expert's page of the room, with the opinion beside the video."""
    _, expert, case, room = await planned(house)
    async with browser_of(house, expert, chromium) as page:
        await page.goto(f"{house.url}{room}?now")
        await page.click("#tab-opinion", timeout=LONG)
        await expect(page.locator(PLAN)).to_be_visible(timeout=LONG)
        yield page, case


async def unlocks(page):
    await page.fill("#proof [name=password]", "guess")
    await page.keyboard.press("Enter")
    await expect(page.locator("#proof-trouble")).to_have_text("密码不对", timeout=LONG)
    await page.fill("#proof [name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#proof")).to_have_count(0, timeout=LONG)


async def test_what_is_written_when_it_locks_is_saved_when_it_is_unlocked(house, chromium):
    async with in_the_room(house, chromium) as (page, case):
        house.clock.turn(timedelta(minutes=16))
        await page.fill(PLAN, "立即转运，途中心电监护")
        await expect(page.locator("#proof")).to_be_visible(timeout=LONG)
        await unlocks(page)
        await expect(page.locator("#opinion-form .saved-mark")).to_contain_text("已保存", timeout=LONG)
        assert await page.input_value(PLAN) == "立即转运，途中心电监护"
        await page.goto(f"{house.url}{case}/opinion")
        await expect(page.locator(PLAN)).to_have_value("立即转运，途中心电监护", timeout=LONG)


async def test_who_reloads_sees_the_call_and_unlocks_the_chart_when_they_want(house, chromium):
    async with in_the_room(house, chromium) as (page, _):
        house.clock.turn(timedelta(minutes=16))
        await page.reload()
        await page.get_by_role("button", name="解锁").first.click(timeout=LONG)
        await unlocks(page)
        await page.click("#tab-opinion")
        await expect(page.locator(PLAN)).to_be_visible(timeout=LONG)


async def test_twelve_hours_after_the_sign_in_it_says_why_it_stays_locked_and_the_call_comes_back(house, chromium):
    async with in_the_room(house, chromium) as (page, _):
        house.clock.turn(timedelta(hours=12, minutes=1))
        await page.fill(PLAN, "立即转运，途中心电监护")
        await expect(page.get_by_text("登录已到期，通话照常")).to_be_visible(timeout=LONG)
        await page.reload()
        await expect(page.locator("#tab-opinion")).to_be_visible(timeout=LONG)
        assert "/rooms/" in page.url
