"""A lesson on two Janus nodes, recorded, in real Chromium: the one in use is killed, and the listener sees and hears
again; the recording goes on, is played, and says where it has a gap."""

import json
import time
from contextlib import AsyncExitStack
from datetime import datetime

import pytest
import pytest_asyncio
from playwright.async_api import expect

from server.core.i18n import BEIJING
from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.site import standing
from tests.journeys.test_hall import LISTENER, PHONE, TEACHER, WIDE, at, clerks, planned, slow_cameras  # noqa: F401
from tests.journeys.test_recording import MOVES, begun, passed, reloaded
from tests.media.janus_node import SECRET, JanusNode, outer_address

HEARD_ANEW = """async (known) => {
  let energy = 0;
  for (const pc of window.connections.slice(known))
    for (const report of (await pc.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
  return energy;
}"""
ENOUGH = 8
"""Seconds that are recorded before the kill, and after it."""
pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def nodes():
    nodes = [JanusNode(outer_address(), watched=True).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        node.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory, nodes):
    janus = {"janus_urls": json.dumps([node.url for node in nodes]), "janus_secret": SECRET}
    async with standing(tmp_path_factory.mktemp("site"), **janus) as site:
        yield site


async def filmed(teacher, seen_by):
    """Recorded from now on, with the teacher's consent and unmissable for all: since when."""
    await teacher.click("#control-film")
    await teacher.click("#film-yes")
    await expect(teacher.locator("#film-ask")).to_be_hidden()
    await teacher.click("#control-film")
    for page in seen_by:
        await expect(page.locator("#film-mark")).to_be_visible()
    return datetime.now(BEIJING)


async def test_when_the_node_in_use_is_killed_the_lesson_goes_on_at_the_other_and_so_does_its_recording(
    slow_cameras,  # noqa: F811
    site,
    clerks,  # noqa: F811
    nodes,
):
    address = await planned(clerks, teachers=(TEACHER,))
    await begun(clerks, address)
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE)):
            people[login] = await stack.enter_async_context(at(slow_cameras, site, clerks[login], login, viewport))
            await people[login].enter(site, address)
        listener = people[LISTENER]
        await listener.sees(TEACHER)
        await listener.hears()
        teacher = people[TEACHER].page
        recorded = await filmed(teacher, [teacher, listener.page])
        await until(lambda: passed(recorded), lambda seconds: seconds > ENOUGH, ENOUGH + 30)
        (used,) = [node for node in nodes if await node.handles()]
        known = await listener.page.evaluate("window.connections.length")
        used.kill()
        began = time.monotonic()
        await until(lambda: listener.page.evaluate(HEARD_ANEW, known), lambda energy: energy > 0, 30)
        assert time.monotonic() - began < 5
        await listener.sees(TEACHER)
        back = datetime.now(BEIJING)
        await until(lambda: passed(back), lambda seconds: seconds > ENOUGH, ENOUGH + 30)
        for page in (teacher, listener.page):
            await expect(page.locator("#film-mark")).to_be_visible()
        await teacher.click("#control-film")
        await teacher.get_by_role("dialog").get_by_role("button", name="停止录制").click()
        await expect(listener.page.locator("#film-mark")).to_be_hidden()
        lasted = await passed(recorded)

        await listener.page.goto(f"{site.address}/teaching/library")
        film = listener.page.locator(".lesson-title a", has_text="基层心电图判读")
        await until(lambda: reloaded(listener.page, film), bool, 120)
        await film.click()
        await expect(listener.page.locator(".film-gap")).to_contain_text("中断")
        player = listener.page.locator("#film")
        await player.evaluate("film => film.play()")
        assert await player.evaluate(MOVES)
        assert lasted - 5 < await player.evaluate("film => film.duration") < lasted + 5
