"""A lesson talks in groups and comes back; a teacher and two listeners, real Chromium, the server killed meanwhile."""

from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.journeys.test_hall import (  # noqa: F401 - fixtures among them
    ASKER,
    LISTENER,
    LONG,
    PHONE,
    TEACHER,
    WIDE,
    at,
    clerks,
    planned,
    site,
    slow_cameras,
)

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

NEVER_ENDS = """() => {
  const real = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function () {
    RTCPeerConnection.prototype.setRemoteDescription = real;
    return new Promise(() => undefined);
  };
}"""  # as on a connection that is closed meanwhile: the groups are gathered as this page comes into its own


def says(person, words):
    return expect(person.page.locator("#group-banner")).to_contain_text(words, timeout=LONG)


def pressed(person, control, words):
    return expect(person.page.locator(control)).to_contain_text(words, timeout=LONG)


async def makes_groups(teacher, together):
    """Two, of ten minutes: these are put into the second, whoever is left is dealt."""
    await teacher.show("lesson")
    await teacher.page.click("#groups-new")
    await teacher.page.fill("#groups-count", "1")
    await teacher.page.click("#groups-form [type=submit]")
    await expect(teacher.page.locator("#groups-trouble")).to_have_text("请填 2 到 12 组")
    await teacher.page.fill("#groups-count", "2")
    for name in together:
        await teacher.page.locator("#groups-people li", has_text=name).locator("select").select_option("2")
    await teacher.page.click("#groups-form [type=submit]")
    await expect(teacher.page.locator("#groups-dialog")).to_be_hidden()


async def test_groups_talk_by_themselves_are_visited_and_come_back(slow_cameras, site, clerks):  # noqa: F811
    address = await planned(clerks, (TEACHER,))
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE), (ASKER, PHONE)):
            person = at(slow_cameras, site, clerks[login], login, viewport)
            people[login] = await stack.enter_async_context(person)
            await people[login].enter(site, address)
        teacher, listener, asker = people[TEACHER], people[LISTENER], people[ASKER]
        await listener.sees(TEACHER)

        await makes_groups(teacher, ("贾欣", "王芳"))
        for person in (listener, asker):
            await says(person, "第 2 组")
            await pressed(person, "#control-cam", "摄像头已关")
            await pressed(person, "#control-mic", "已静音")
        await says(teacher, "分组讨论中")
        assert not await listener.tile(TEACHER).count(), "the hall is another place"
        await asker.page.click("#control-cam")
        await listener.sees(ASKER)
        assert not await teacher.tile(ASKER).count()
        await asker.says("我们先看导联")
        await listener.show("chat")
        await expect(listener.page.locator("#chat-lines")).to_contain_text("我们先看导联", timeout=LONG)

        await teacher.page.locator("[data-group='2']").get_by_role("button", name="进入").click()
        await teacher.sees(ASKER)
        await listener.sees(TEACHER)
        await teacher.page.get_by_role("button", name="回到主会场").click()
        await expect(listener.tile(TEACHER)).to_have_count(0, timeout=LONG)
        assert "我们先看导联" not in await teacher.page.inner_text("#chat-lines")
        await teacher.page.fill("#broadcast-text", "还有两分钟")
        await teacher.page.press("#broadcast-text", "Enter")
        await expect(listener.page.locator("#chat-lines")).to_contain_text("还有两分钟", timeout=LONG)

        site.kill()
        site.start()
        await site.ready()
        await asker.page.reload()
        await says(asker, "第 2 组")
        await listener.sees(ASKER)

        # sent back to the hall, where the panel lists them, and put into the other group from there
        panel = teacher.page.locator("#groups-list")
        await panel.get_by_label("贾欣 的组").select_option("0")
        await expect(listener.page.locator("#group-banner")).to_be_hidden(timeout=LONG)
        await expect(panel.locator("[data-group='0']")).to_contain_text("贾欣", timeout=LONG)
        await listener.page.evaluate(NEVER_ENDS)
        await panel.get_by_label("贾欣 的组").select_option("1")
        await says(listener, "第 1 组")
        await expect(panel.locator("[data-group='1']")).to_contain_text("贾欣", timeout=LONG)
        await expect(panel.locator("[data-group='0']")).to_have_count(0)

        await teacher.page.click("#groups-gather")
        for person in (listener, asker):
            await expect(person.page.locator("#group-banner")).to_be_hidden(timeout=LONG)
            await expect(person.page.locator("#control-mic")).to_be_hidden()
            await person.sees(TEACHER)
        await expect(teacher.page.locator("#hall-count")).to_have_text("2 人听课", timeout=LONG)
