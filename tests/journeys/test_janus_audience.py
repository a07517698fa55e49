"""A lesson whose listener is beyond what its Janus node takes, in real Chromium: they see and hear at a further node,
and again at once when that one is killed; the teacher notices nothing."""

import json
import time
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.site import standing
from tests.journeys.test_hall import LISTENER, PHONE, TEACHER, WIDE, at, clerks, planned, slow_cameras  # noqa: F401
from tests.journeys.test_janus import HEARD_ANEW, nodes  # noqa: F401
from tests.journeys.test_recording import begun
from tests.media.janus_node import SECRET

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory, nodes):  # noqa: F811
    """One watches at each node."""
    janus = {"janus_urls": json.dumps([node.url for node in nodes]), "janus_secret": SECRET, "janus_crowd": "1"}
    async with standing(tmp_path_factory.mktemp("site"), **janus) as site:
        yield site


async def test_a_listener_at_a_further_node_sees_and_hears_and_does_so_again_when_it_is_killed(
    slow_cameras,  # noqa: F811
    site,
    clerks,  # noqa: F811
    nodes,  # noqa: F811
):
    address = await planned(clerks, teachers=(TEACHER,))
    await begun(clerks, address)
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE)):
            people[login] = await stack.enter_async_context(at(slow_cameras, site, clerks[login], login, viewport))
            await people[login].enter(site, address)
        teacher, listener = people[TEACHER].page, people[LISTENER]
        await listener.sees(TEACHER)
        await listener.hears()
        (further,) = [node for node in nodes if await node.passed_on()]
        connections = await teacher.evaluate("window.connections.length")
        known = await listener.page.evaluate("window.connections.length")
        further.kill()
        began = time.monotonic()
        await until(lambda: listener.page.evaluate(HEARD_ANEW, known), lambda energy: energy > 0, 30)
        assert time.monotonic() - began < 5
        await listener.sees(TEACHER)
        assert await teacher.evaluate("window.connections.length") == connections
