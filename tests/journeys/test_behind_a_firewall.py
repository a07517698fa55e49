"""A lesson reaches a hospital whose firewall lets no UDP out: over TURN on TCP, for who teaches and who listens."""

import json
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.browser.conftest import fonts, launch, playwright  # noqa: F401 - fixtures among them
from tests.browser.room.visitors import until
from tests.journeys.site import standing
from tests.journeys.test_hall import LISTENER, PHONE, TEACHER, WIDE, at, clerks, planned  # noqa: F401

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WAYS = """async () => {
  const ways = [];
  for (const pc of window.connections.filter(pc => pc.connectionState === "connected")) {
    const stats = await pc.getStats();
    for (const report of stats.values())
      if (report.type === "candidate-pair" && report.nominated && report.state === "succeeded") {
        const { candidateType, relayProtocol } = stats.get(report.localCandidateId);
        ways.push(`${candidateType} ${relayProtocol ?? ""}`);
      }
  }
  return ways;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory, coturn):
    turn = {"turn_urls": json.dumps([coturn.url.replace("udp", "tcp")]), "turn_secret": coturn.secret}
    async with standing(tmp_path_factory.mktemp("site"), **turn) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def walled_in(playwright, fonts):  # noqa: F811
    flags = ("--use-fake-device-for-media-stream=fps=8", "--webrtc-ip-handling-policy=disable_non_proxied_udp")
    browser = await launch(playwright, fonts, *flags)
    yield browser
    await browser.close()


async def test_a_lesson_goes_through_where_only_tcp_does(walled_in, site, clerks):  # noqa: F811
    address = await planned(clerks, teachers=(TEACHER,))
    async with AsyncExitStack() as stack:
        people = []
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE)):
            people.append(await stack.enter_async_context(at(walled_in, site, clerks[login], login, viewport)))
            await people[-1].enter(site, address)
        teacher, listener = people
        await listener.sees(TEACHER)
        await listener.hears()
        for one in (teacher, listener):
            ways = await until(lambda one=one: one.page.evaluate(WAYS), bool, 20)
            assert set(ways) == {"relay tcp"}, ways
