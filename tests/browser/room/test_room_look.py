"""The room as somebody at an old PC, on a phone, in English or with a keyboard alone meets it."""

from pathlib import Path

import pytest

from tests.browser.room.visitors import until, visitor, visitors

AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [(1280, 720, "zh", "light"), (360, 740, "en", "dark")]
GIVEN = "h1, .check-kind, .side-page[data-src], .face-foot, .face-blank, .person-words, .chat-lines, #said"
ENGLISH = """given => {
  const walker = document.createTreeWalker(document.querySelector("#room"), NodeFilter.SHOW_TEXT), found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (/[\\u4e00-\\u9fff]/.test(node.data) && node.parentElement.checkVisibility() &&
        !node.parentElement.closest(given))
      found.push(node.data.trim());
  return found;
}"""


async def fits(page, width):
    """Nobody is shut out, and nothing is wider than the screen."""
    source = await page.context.new_cdp_session(page)
    await source.send("Runtime.evaluate", {"expression": AXE.read_text()})
    told = await page.evaluate("rules => axe.run({resultTypes: ['violations'], runOnly: rules})", RULES)
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in told["violations"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the screen"


@pytest.mark.parametrize(("width", "height", "locale", "scheme"), LOOKS)
async def test_no_state_of_the_room_shuts_anybody_out(chromium, rooms, width, height, locale, scheme):
    size = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    async with visitor(chromium, rooms, "zhang", locale=locale, **size) as zhang, visitor(chromium, rooms, "li") as li:
        page = zhang.page
        await zhang.open("/rooms/r1")
        await page.wait_for_selector("#check-says-line[data-tone=done]")
        await fits(page, width)
        await zhang.page.click("#enter")
        await zhang.inside()
        await li.enter_at_once("r1")
        await zhang.sees("li")
        await fits(page, width)
        await li.says("血压 152/94")
        for tab in ("chat", "people", "case"):
            await zhang.show(tab)
            await fits(page, width)
        await page.click("#side-close")
        await page.click("#more summary")
        await fits(page, width)
        await page.click("#more-family")
        await page.locator("#invite-code").wait_for()
        await fits(page, width)
        await page.keyboard.press("Escape")
        await page.click("#more summary")
        await page.click("#more-devices")
        await page.locator("#devices select").first.wait_for()
        await fits(page, width)
        await page.keyboard.press("Escape")
        await page.click("#control-leave")
        await fits(page, width)
        await page.locator("dialog[open] .btn-danger").click()
        await page.wait_for_selector("#room[data-state=after]")
        await fits(page, width)


async def test_the_whole_room_is_english_too(chromium, rooms):
    async with visitor(chromium, rooms, "zhang", locale="en") as zhang, visitor(chromium, rooms, "li") as li:
        await zhang.open("/rooms/r1")
        await zhang.page.wait_for_selector("#check-says-line[data-tone=done]")
        assert await zhang.page.evaluate(ENGLISH, GIVEN) == []
        await zhang.page.click("#enter")
        await zhang.inside()
        await li.enter_at_once("r1")
        await zhang.sees("li")
        await zhang.page.get_by_text("came in").first.wait_for(state="attached")
        for tab in ("chat", "people"):
            await zhang.show(tab)
            assert await zhang.page.evaluate(ENGLISH, GIVEN) == []
        await li.page.click("#control-leave")
        await zhang.show("chat")
        await zhang.page.get_by_text("李晓燕 left").last.wait_for()


async def test_a_keyboard_alone_runs_the_call(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        press = zhang.page.keyboard.press
        await zhang.open("/rooms/r1")
        await zhang.page.wait_for_selector("#check-says-camera[data-tone=done]")
        await press("Enter")
        await zhang.inside()
        await li.enter_at_once("r1")
        await zhang.sees("li")
        await press("m")
        await until(lambda: zhang.pressed("mic"), bool)
        await press("c")
        await zhang.page.keyboard.type("ms?")  # letters are text in a field
        await press("Enter")
        await li.reads("ms?")
        assert await zhang.pressed("mic")
        await press("Tab")
        await press("Tab")
        await zhang.page.evaluate("document.activeElement.blur()")
        await press("?")
        await zhang.page.locator("#keys[open]").wait_for()
        await press("Escape")
        await zhang.page.focus("#tab-chat")
        await press("ArrowRight")
        await zhang.page.locator("#people-list").wait_for()
        await zhang.page.focus("#more summary")
        await press("Enter")
        await zhang.page.locator("#more-devices").wait_for()
        await press("Escape")
        assert await zhang.page.get_attribute("#more", "open") is None
        await zhang.page.focus('.face[data-key="p-zhang/camera"] .face-pin')
        await press("Enter")
        await until(lambda: zhang.tile("zhang").get_attribute("data-place"), lambda place: place == "stage")


async def test_what_is_written_is_text(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await zhang.enter_at_once("r1")
        await li.enter_at_once("r1")
        await li.says("<img src=x onerror=alert(1)> & <b>粗</b>")
        await zhang.reads("<img src=x onerror=alert(1)> & <b>粗</b>")


async def test_unread_lines_are_counted_until_the_chat_is_looked_at(chromium, rooms):
    async with visitors(chromium, rooms, "zhang", "li") as (zhang, li):
        await zhang.enter_at_once("r1")
        await zhang.show("case")
        await zhang.page.get_by_text("是否需要立即溶栓").wait_for()
        await li.enter_at_once("r1")
        await li.says("一")
        await li.says("二")
        await until(lambda: zhang.page.text_content("#chat-count"), lambda count: count == "2")
        await until(lambda: zhang.page.text_content("#said"), lambda words: words == "李晓燕 说：二")
        await zhang.show("chat")
        assert await zhang.page.is_hidden("#chat-count")
