"""Whoever reviews a case draws on its pictures with mouse, keys and finger; what is kept is what is drawn."""

import json

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import profile
from tests.web.accounts_site import PASSWORD
from tests.web.casebook_plants import document, photo
from tests.web.casebook_site import a_closed_case, attach, copies_on, open_casebook, proposed

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path, sqlite_url, clock):
    """The site, and the addresses of a photo and a document that wait to be looked through."""
    async with open_casebook(tmp_path / "site", sqlite_url, clock) as site:
        case = await a_closed_case(site)
        for content in (photo(), document()):
            await attach(site, case, content)
        address = await proposed(site, await site.signed_in("expert"), case)
        copies = await copies_on(await site.signed_in("teacher"), address, wanted=["open"])
        yield site, [copy for copy, _ in copies]


async def opened(context, site, copy):
    page = await context.new_page()
    await page.goto(f"{site.url}/sign-in?next={copy}")
    await page.fill("[name=login]", "teacher")
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await expect(page.locator(".mask-stage img")).to_be_visible()
    await page.wait_for_load_state("load")  # the picture whole and its script there: nothing moves under the pointer
    return page


async def boxes(page):
    return json.loads(await page.input_value("[name=masks]")).get("1", [])


async def at(page, x, y):
    """A point of the picture on the screen."""
    frame = await page.locator(".mask-layer").bounding_box()
    return frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]


async def test_a_box_is_drawn_dragged_and_made_larger_with_the_mouse_and_goes_by_a_key(desk, chromium):
    site, (copy, _) = desk
    async with profile(chromium) as context:
        page = await opened(context, site, copy)
        await _drag(page, (0.2, 0.1), (0.5, 0.2))
        assert await boxes(page) == [pytest.approx([0.2, 0.1, 0.3, 0.1], abs=0.005)]
        await _drag(page, (0.3, 0.15), (0.4, 0.25))
        assert await boxes(page) == [pytest.approx([0.3, 0.2, 0.3, 0.1], abs=0.005)]
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("Shift+ArrowDown")
        assert await boxes(page) == [pytest.approx([0.295, 0.2, 0.3, 0.105], abs=0.005)]
        await page.keyboard.press("Delete")
        assert await boxes(page) == []


async def _drag(page, start, end):
    await page.mouse.move(*await at(page, *start))
    await page.mouse.down()
    await page.mouse.move(*await at(page, *end), steps=4)
    await page.mouse.up()


async def test_a_finger_draws_on_a_phone_and_a_picture_that_was_not_ticked_is_asked_for(desk, chromium):
    site, (copy, _) = desk
    async with profile(chromium, viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True) as context:
        page = await opened(context, site, copy)
        await _swipe(context, page, (0.2, 0.3), (0.8, 0.5))
        drawn = await boxes(page)
        assert drawn == [pytest.approx([0.2, 0.3, 0.6, 0.2], abs=0.01)]
        await page.get_by_role("button", name="确认").click()
        await expect(page.locator(".field-error")).to_contain_text("请看过这幅图并勾选")
        assert await boxes(page) == drawn
        assert await page.evaluate("document.documentElement.scrollWidth") == 375


async def _swipe(context, page, start, end):
    touch = await context.new_cdp_session(page)
    points = [[{"x": x, "y": y}] for x, y in (await at(page, *start), await at(page, *end))]
    for kind, where in (("touchStart", points[0]), ("touchMove", points[1]), ("touchEnd", [])):
        await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})


async def test_names_on_a_page_are_covered_before_anybody_looks(desk, chromium):
    site, (_, copy) = desk
    async with profile(chromium) as context:
        page = await opened(context, site, copy)
        await expect(page.locator(".mask")).to_have_count(3)
