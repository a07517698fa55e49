"""A lesson on two Janus nodes, in real Chromium: the one in use is killed, and the listener sees and hears again."""

import json
import time
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.site import Site, build_front_end
from tests.journeys.test_hall import LISTENER, PHONE, TEACHER, WIDE, at, clerks, planned, slow_cameras  # noqa: F401
from tests.media.janus_node import SECRET, JanusNode, outer_address

HEARD_ANEW = """async (known) => {
  let energy = 0;
  for (const pc of window.connections.slice(known))
    for (const report of (await pc.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
  return energy;
}"""
pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def nodes():
    nodes = [JanusNode(outer_address(), watched=True).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        node.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory, nodes):
    build_front_end()
    data = tmp_path_factory.mktemp("site") / "data"
    site = Site(data, janus_urls=json.dumps([node.url for node in nodes]), janus_secret=SECRET)
    site.start()
    try:
        await site.ready()
        yield site
    finally:
        site.kill()


async def test_when_the_node_in_use_is_killed_the_lesson_goes_on_at_the_other(
    slow_cameras,  # noqa: F811
    site,
    clerks,  # noqa: F811
    nodes,
):
    address = await planned(clerks, teachers=(TEACHER,))
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE)):
            people[login] = await stack.enter_async_context(at(slow_cameras, site, clerks[login], login, viewport))
            await people[login].enter(site, address)
        listener = people[LISTENER]
        await listener.sees(TEACHER)
        await listener.hears()
        (used,) = [node for node in nodes if await node.handles()]
        known = await listener.page.evaluate("window.connections.length")
        used.kill()
        began = time.monotonic()
        await until(lambda: listener.page.evaluate(HEARD_ANEW, known), lambda energy: energy > 0, 30)
        assert time.monotonic() - began < 5
        await listener.sees(TEACHER)
