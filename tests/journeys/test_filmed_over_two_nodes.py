"""A consultation over two nodes is recorded on Janus, each node recording whom it serves; real Chromium, Valkey.

The Janus in use is killed, then the node by which the specialist came in. Both go on, and so does the recording, which
says where it has gaps.
"""

import asyncio
import json
import secrets
import time
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.cluster import standing
from tests.journeys.colleagues import Words, colleague
from tests.journeys.test_filmed_case import begins, goes_in, is_recorded, see_each_other_again, watches
from tests.journeys.test_hall import slow_cameras  # noqa: F401 - fixture
from tests.media.janus_node import JanusNode, outer_address

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SOURCES = 4  # two people, each with a voice and a face
ENOUGH = 4_000
"""Bytes in each film before something is killed: a second of a voice."""
SOON = 2.0
"""Seconds between a kill and the gap that it leaves."""
READY = "select origin, gaps from recordings where state = 'ready'"


@pytest.fixture
def nodes():
    """Two of Janus, with a secret as a site has it."""
    secret = secrets.token_hex(32)
    nodes = [JanusNode(outer_address(), secret, watched=True).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        node.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def cluster(run, empty_postgres_url, redis_url, nodes, tmp_path):
    janus = {"janus_urls": json.dumps([node.url for node in nodes]), "janus_secret": nodes[0].secret}
    async with standing(tmp_path, empty_postgres_url, redis_url, **janus) as cluster:
        yield cluster


async def goes_on(cluster, *people):
    """They see each other, and of each source there is a film that is being written."""

    async def long_enough():
        return sum(film.stat().st_size > ENOUGH for film in cluster.data.glob("recordings/*/*.open"))

    await is_recorded(*people)
    await until(long_enough, lambda films: films == SOURCES, 40)


async def is_made(cluster):
    """When the recording begins, and where its gaps do."""
    [(origin, gaps)] = await until(lambda: cluster.rows(READY), bool, 120)
    return origin.timestamp(), [origin.timestamp() + start for start, _ in json.loads(gaps)]


async def test_a_recording_goes_on_though_a_janus_and_a_node_are_killed(slow_cameras, cluster, nodes):  # noqa: F811
    async with AsyncExitStack() as stack:
        comings = [
            stack.enter_async_context(colleague(slow_cameras, way, name, Words("zh"), login))
            for way, name, login in ((cluster.by_one, "王芳", "wangfang"), (cluster.by_two, "赵敏", "zhaomin"))
        ]
        doctor, expert = await asyncio.gather(*comings)
        for one in (doctor, expert):
            await goes_in(one)
        await begins(doctor, expert)
        await expert.says("请复查 18 导联心电图")
        await goes_on(cluster, doctor, expert)

        (used,) = [node for node in nodes if await node.handles()]
        used.kill()
        killed = [time.time()]
        await see_each_other_again(doctor, expert)
        await goes_on(cluster, doctor, expert)

        cluster.away = True
        cluster.two.kill()
        killed.append(time.time())
        await see_each_other_again(doctor, expert)
        await goes_on(cluster, doctor, expert)

        cluster.worker.start()
        await expert.page.click("#film-mark")
        await expert.press("撤回同意并停止录制")
        for one in (doctor, expert):
            await expect(one.page.locator("#film-mark")).to_be_hidden()
        stopped = time.time()
        began, gaps = await is_made(cluster)
        assert all(any(abs(gap - moment) < SOON for gap in gaps) for moment in killed), (killed, gaps)
        for lasts in await asyncio.gather(*(watches(one, len(gaps)) for one in (doctor, expert))):
            assert abs(lasts - (stopped - began)) < SOON
