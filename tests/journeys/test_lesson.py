"""What goes on in a lesson besides sound and picture, in Chromium: checks, a quiz, questions, moderation, slides."""

import asyncio
import re
import sqlite3
from contextlib import AsyncExitStack, closing

import pytest
import typst
from playwright.async_api import expect

from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.test_hall import (  # noqa: F401 - fixtures among them
    ASKER,
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

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

QUESTION = "规则的宽 QRS 心动过速，首先考虑"
OPTIONS = "* 室性心动过速\n窦性心动过速\n房颤"


TURNED = """away => {
  Object.defineProperty(document, "hidden", { value: away, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def looks(house):
    """What the log says of pages that were not looked at."""
    with closing(sqlite3.connect(f"file:{house.data / 'lianzhen.sqlite'}?mode=ro", uri=True)) as store:
        found = store.execute("select kind from meeting_entries where kind in ('away', 'back') order by at")
        return [kind for (kind,) in found]


async def put(teacher):
    """The host puts a quiz of twenty marks."""
    await teacher.show("lesson")
    await teacher.page.click("#poll-new")
    await teacher.page.fill("#poll-question", QUESTION)
    await teacher.page.fill("#poll-options", "只有一个")
    await teacher.page.click("#poll-form [type=submit]")
    await expect(teacher.page.locator("#poll-trouble")).to_contain_text("2 至 8 个选项")
    await teacher.page.fill("#poll-options", OPTIONS)
    await teacher.page.click("#poll-form [type=submit]")
    await expect(teacher.page.locator("#poll-dialog")).to_be_hidden()


async def choose(person, option):
    await expect(person.page.locator("#poll-text")).to_have_text(QUESTION, timeout=LONG)
    await person.page.locator(".poll-option", has_text=option).click()
    await person.page.locator("#poll [type=submit]").click()
    await expect(person.page.locator("#poll [role=status]")).to_contain_text("已提交", timeout=LONG)


async def test_checks_a_quiz_questions_and_a_line_taken_back(slow_cameras, site, clerks):  # noqa: F811
    address = await planned(clerks, (TEACHER,))
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE), (ASKER, PHONE)):
            person = at(slow_cameras, site, clerks[login], login, viewport)
            people[login] = await stack.enter_async_context(person)
            await people[login].enter(site, address)
        teacher, listener, asker = people[TEACHER], people[LISTENER], people[ASKER]
        assert (await clerks[TEACHER].post(f"{address}/move", {"move": "begin"})).status == 200

        await teacher.show("lesson")
        await teacher.page.click("#check-ask")
        for person in (listener, asker):
            await expect(person.page.locator("#check-call")).to_be_visible(timeout=LONG)
        await listener.page.keyboard.press("Escape")
        await expect(listener.page.locator("#check-left")).to_contain_text("剩")
        await listener.page.click("#check-here")
        await expect(listener.page.locator("#check-call")).to_be_hidden()
        await expect(teacher.page.locator("#check-count")).to_contain_text("已答 1 人", timeout=LONG)
        await expect(teacher.page.locator("#check-ask")).to_be_disabled()
        await asker.page.click("#check-here")

        await listener.page.evaluate(TURNED, True)
        await until(lambda: asyncio.to_thread(looks, site), lambda seen: seen == ["away"], 30)
        await listener.page.evaluate(TURNED, False)
        await until(lambda: asyncio.to_thread(looks, site), lambda seen: seen == ["away", "back"], 30)

        await put(teacher)
        await choose(listener, "室性心动过速")
        site.kill()
        site.start()
        await site.ready()
        await choose(asker, "房颤")
        await expect(teacher.page.locator(".poll-foot")).to_have_text("2 人作答", timeout=LONG)
        assert not await asker.page.locator(".poll-right").count()
        await listener.page.reload()
        await expect(listener.page.locator("#poll [role=status]")).to_contain_text("已提交", timeout=LONG)
        await teacher.page.get_by_role("button", name="公布结果").click()
        await expect(listener.page.locator(".poll-foot strong")).to_have_text("您得 20 分", timeout=LONG)
        await expect(asker.page.locator(".poll-foot strong")).to_have_text("您得 0 分", timeout=LONG)

        await asker.show("lesson")
        await asker.page.fill("#ask-text", "腺苷用多少？")
        await asker.page.click("#ask-form [type=submit]")
        await listener.show("lesson")
        await listener.page.locator(".question", has_text="腺苷").locator(".question-votes").click(timeout=LONG)
        asked = teacher.page.locator(".question", has_text="腺苷")
        await expect(asked.locator(".question-votes")).to_contain_text("1", timeout=LONG)
        await asked.get_by_role("button", name="已回答").click()
        await expect(asker.page.locator(".question[data-state=answered]")).to_have_count(1, timeout=LONG)

        await asker.says("病人叫张三")
        await teacher.show("chat")
        line = teacher.page.locator(".chat-line", has_text="张三")
        await line.get_by_role("button", name="撤下").click()
        await expect(asker.page.locator(".chat-unsaid")).to_have_count(1, timeout=LONG)
        await listener.page.reload()
        await listener.show("chat")
        assert "张三" not in await listener.page.inner_text("#chat-lines")
        await teacher.show("people")
        row = teacher.page.locator("#audience-list li", has_text="王芳")
        await row.get_by_role("button", name="禁言").click()
        await expect(asker.page.locator("#chat-text")).to_be_disabled(timeout=LONG)

        await teacher.page.click("#control-leave")
        await teacher.page.get_by_role("button", name="下课").click()
        await expect(listener.page.locator("#after-title")).to_have_text("下课了", timeout=LONG)
    assert (await clerks[TEACHER].post(f"{address}/process")).status == 200
    roster = await clerks[TEACHER].get(f"{address}/roster")
    reckoned = re.findall(r'class="number">1 / 1</td><td class="number">(\d+)<', roster.text)
    assert sorted(reckoned) == ["0", "100"], "both answered the check, one the quiz"


# ---- slides

THREE_PAGES = "#set page(width: 16cm, height: 9cm)\n= One\n#pagebreak()\n= Two\n#pagebreak()\n= Three"


def slide(person, number):
    return expect(person.page.locator(f"#slides-canvas[data-page='{number}']"))


async def at_share(page, across, down):
    """A place on the page that is shown, in its own measure."""
    box = await page.locator("#slides-ink").bounding_box()
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


async def draws(teacher):
    mouse = teacher.page.mouse
    await teacher.page.click("#slides-pen-tool")
    await mouse.move(*await at_share(teacher.page, 0.25, 0.5))
    await mouse.down()
    for step in range(1, 11):
        await mouse.move(*await at_share(teacher.page, 0.25 + step * 0.05, 0.5))
    await mouse.up()
    await teacher.page.click("#slides-pen-tool")


async def middle(person):
    """Where the drawn line lies, as a share of the page: left, right and height."""
    points = await person.page.locator("#slides-ink polyline").first.get_attribute("points")
    numbers = [int(one) for one in points.split()]
    return min(numbers[::2]) / 10_000, max(numbers[::2]) / 10_000, numbers[1] / 10_000


async def test_slides_in_step_with_what_is_drawn_on_them(slow_cameras, site, clerks):  # noqa: F811
    address = await planned(clerks, (PRESENTER,))  # the organiser hosts; the other lesson has its own teacher
    subject = f"teaching:{address.rsplit('/', 1)[1]}"
    await clerks[TEACHER].attaches(subject, "心电图判读.pdf", typst.compile(THREE_PAGES.encode()))
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE)):
            people[login] = await stack.enter_async_context(at(slow_cameras, site, clerks[login], login, viewport))
            await people[login].enter(site, address)
        teacher, listener = people[TEACHER], people[LISTENER]
        assert not await listener.page.is_visible("#control-slides")

        await teacher.page.click("#control-slides")
        await teacher.page.locator(".material", has_text="心电图判读.pdf").click()
        for person in (teacher, listener):
            await slide(person, 1).to_be_visible(timeout=LONG)
        await teacher.page.click("#slides-on")
        await slide(listener, 2).to_be_visible(timeout=LONG)
        await draws(teacher)
        await expect(listener.page.locator("#slides-ink polyline.ink-red")).to_have_count(1, timeout=LONG)
        left, right, height = await middle(listener)
        assert (abs(left - 0.25) < 0.02, abs(right - 0.75) < 0.02, abs(height - 0.5) < 0.02) == (True, True, True)

        await teacher.page.click("#slides-pointer-tool")
        await teacher.page.mouse.move(*await at_share(teacher.page, 0.5, 0.25))
        await expect(listener.page.locator("#slides-pointer")).to_be_visible(timeout=LONG)

        await listener.page.click("#slides-back")
        await slide(listener, 1).to_be_visible(timeout=LONG)
        await teacher.page.click("#slides-on")
        await slide(teacher, 3).to_be_visible(timeout=LONG)
        await slide(listener, 1).to_be_visible()
        await expect(listener.page.locator("#slides-ink polyline")).to_have_count(0)
        await listener.page.click("#slides-on")
        await expect(listener.page.locator("#slides-ink polyline")).to_have_count(1, timeout=LONG)
        await listener.page.click("#slides-follow")
        await slide(listener, 3).to_be_visible(timeout=LONG)

        site.kill()
        site.start()
        await site.ready()
        late = await stack.enter_async_context(at(slow_cameras, site, clerks[ASKER], ASKER, PHONE))
        await late.enter(site, address)
        await slide(late, 3).to_be_visible(timeout=LONG)
        await expect(teacher.page.locator("#hall-count")).to_have_text("2 人听课", timeout=LONG)
        await teacher.page.click("#slides-back")
        await expect(late.page.locator("#slides-ink polyline")).to_have_count(1, timeout=LONG)
        await teacher.page.click("#slides-wipe")
        await expect(late.page.locator("#slides-ink polyline")).to_have_count(0, timeout=LONG)
        await teacher.page.click("#slides-end")
        await expect(late.page.locator("#slides")).to_be_hidden(timeout=LONG)
        await late.sees(TEACHER)
