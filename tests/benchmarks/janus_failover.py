"""A Janus node that carries a lesson is killed: how soon it is noticed, and voice and picture are back elsewhere.

    python -m tests.benchmarks.janus_failover        KILLS=20

Two real nodes; a teacher who publishes and two listeners do what their pages do: when told that a connection is
lost they make it anew, and try again after a second where nothing carries media. After each kill the node is
started again.
"""

import asyncio
import os
import time

import aioice.ice

from signaling.media.janus.cluster import Cluster
from signaling.media.ports import Lost, MediaRefusal
from tests.benchmarks.figures import figure, median, percentile
from tests.media.janus_node import SECRET, JanusNode, outer_address
from tests.media.people import House, eventually

KILLS = int(os.environ.get("KILLS", "20"))
HALL, TEACHER, LISTENERS = "lesson", "zhao", ("wang", "li")
AGAIN_AFTER = 1.0  # seconds, as the page waits


class Lesson(House):
    """Connections that were lost are made anew. `noticed` is when the first loss was told."""

    def __init__(self, nodes):
        super().__init__(Cluster([node.url for node in nodes], SECRET))
        self.nodes, self.noticed, self._anew, self._read = nodes, 0.0, set(), 0

    async def follow(self):
        while True:
            for event in self.told[self._read :]:
                if isinstance(event, Lost):
                    self.noticed = self.noticed or time.monotonic()
                    self._anew.add(asyncio.ensure_future(self.make(event.way, event.who)))
            self._read = len(self.told)
            await asyncio.sleep(0.005)

    async def make(self, way, who):
        while True:
            try:
                return await (self.publisher(HALL, who) if way == "publish" else self.watcher(HALL, who))
            except MediaRefusal:
                await asyncio.sleep(AGAIN_AFTER)

    async def used(self):
        (url,) = await self.forwarder.figures(HALL)
        return next(node for node in self.nodes if node.url == url)


async def back(lesson, kind):
    """When the last of the listeners has it from their new connection."""
    old = {who: lesson.watchers[HALL, who] for who in LISTENERS}

    def all_have_it():
        new = [lesson.watchers[HALL, who] for who in LISTENERS]
        return all(one is not old[one.who] and any(getattr(one, kind).values()) for one in new)

    await eventually(all_have_it, within=60)
    return time.monotonic()


async def one_kill(lesson):
    """Seconds until noticed, heard, seen."""
    node, past, lesson.noticed = await lesson.used(), list(lesson.people), 0.0
    waiting = asyncio.gather(back(lesson, "heard"), back(lesson, "seen"))
    await asyncio.sleep(0)
    node.kill()
    began = time.monotonic()
    heard, seen = await waiting
    node.start()
    await asyncio.gather(*(person.close() for person in past))
    lesson.people[:] = lesson.people[len(past) :]
    await eventually(lambda: all(one.alive for one in lesson.forwarder.nodes), within=60)
    return lesson.noticed - began, heard - began, seen - began


async def measure():
    address = outer_address()
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
    nodes = [JanusNode(address).start() for _ in range(2)]
    lesson = Lesson(nodes)
    try:
        await lesson.open()
        following = asyncio.ensure_future(lesson.follow())
        await lesson.forwarder.open(HALL)
        await lesson.make("publish", TEACHER)
        for who in LISTENERS:
            await lesson.make("watch", who)
        await eventually(lambda: all(one.heard and one.seen for one in lesson.watchers.values()), within=60)
        times = [await one_kill(lesson) for _ in range(KILLS)]
        following.cancel()
    finally:
        await lesson.close()
        for node in nodes:
            node.stop()
    told(times)


def told(times):
    case = f"{KILLS} kills of the node in use, 1 publisher, {len(LISTENERS)} watchers"
    for name, seconds in zip(("noticed", "audio_back", "picture_back"), zip(*times, strict=True), strict=True):
        spent = [one * 1000 for one in seconds]
        figure("janus_failover", case, f"{name}_p50_ms", median(spent), "ms")
        goal = {"goal": 5000} if name == "audio_back" else {}
        figure("janus_failover", case, f"{name}_p95_ms", percentile(spent, 0.95), "ms", worst=max(spent), **goal)


asyncio.run(measure())
