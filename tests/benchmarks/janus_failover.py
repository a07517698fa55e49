"""A Janus node that carries a recorded lesson is killed: how soon it is noticed, and voice and picture are back
elsewhere, for those who listen and in the recording.

    python -m tests.benchmarks.janus_failover        KILLS=20

Two real nodes; a teacher who publishes and two listeners do what their pages do: when told that a connection is
lost they make it anew, and try again after a second where nothing carries media. After each kill the node is
started again. In the end the recording is looked through: how long its gaps are, and whether they are marked.
"""

import asyncio
import itertools
import os
import tempfile
import time
from pathlib import Path

import aioice.ice

from server.meeting.recordings.films import look_through
from server.meeting.recordings.programme import gaps
from signaling.media.janus.cluster import Cluster
from signaling.media.ports import Lost, MediaRefusal, Reel
from tests.benchmarks.figures import figure, median, percentile
from tests.media.films import KEY
from tests.media.janus_node import CROWD, SECRET, JanusNode, outer_address
from tests.media.people import House, eventually

KILLS = int(os.environ.get("KILLS", "20"))
HALL, TEACHER, LISTENERS = "lesson", "zhao", ("wang", "li")
AGAIN_AFTER = 1.0  # seconds, as the page waits
CASE = f"{KILLS} kills of the node in use, 1 publisher, {len(LISTENERS)} watchers"


class Lesson(House):
    """Connections that were lost are made anew. `noticed` is when the first loss was told."""

    def __init__(self, nodes, folder):
        super().__init__(Cluster([node.url for node in nodes], SECRET, CROWD))
        self.folder = folder
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


async def recorded(lesson):
    """When its voice and its picture are written down anew."""
    before = len(list(lesson.folder.iterdir()))
    await eventually(lambda: len(list(lesson.folder.iterdir())) >= before + 2, within=60)
    return time.monotonic()


async def one_kill(lesson):
    """Seconds until noticed, heard, seen, recorded."""
    node, past, lesson.noticed = await lesson.used(), list(lesson.people), 0.0
    waiting = asyncio.gather(back(lesson, "heard"), back(lesson, "seen"), recorded(lesson))
    await asyncio.sleep(0)
    node.kill()
    began = time.monotonic()
    heard, seen, written = await waiting
    node.start()
    await asyncio.gather(*(person.close() for person in past))
    lesson.people[:] = lesson.people[len(past) :]
    await eventually(lambda: all(one.alive for one in lesson.forwarder.nodes), within=60)
    return lesson.noticed - began, heard - began, seen - began, written - began


async def measure(folder):
    address = outer_address()
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
    nodes = [JanusNode(address).start() for _ in range(2)]
    lesson = Lesson(nodes, folder)
    try:
        await lesson.open()
        following = asyncio.ensure_future(lesson.follow())
        await lesson.forwarder.open(HALL)
        await lesson.make("publish", TEACHER)
        for who in LISTENERS:
            await lesson.make("watch", who)
        await eventually(lambda: all(one.heard and one.seen for one in lesson.watchers.values()), within=60)
        await lesson.forwarder.record(HALL, Reel(str(folder), KEY))
        await eventually(lambda: len(list(folder.iterdir())) >= 2, within=60)
        times = [await one_kill(lesson) for _ in range(KILLS)]
        await lesson.forwarder.cease(HALL)
        following.cancel()
    finally:
        await lesson.close()
        for node in nodes:
            node.stop()
    told(times)
    told_gaps(look_through(folder, KEY))


def told(times):
    names = ("noticed", "audio_back", "picture_back", "recording_back")
    for name, seconds in zip(names, zip(*times, strict=True), strict=True):
        spent = [one * 1000 for one in seconds]
        figure("janus_failover", CASE, f"{name}_p50_ms", median(spent), "ms")
        goal = {"goal": 5000} if name in ("audio_back", "recording_back") else {}
        figure("janus_failover", CASE, f"{name}_p95_ms", percentile(spent, 0.95), "ms", worst=max(spent), **goal)


def told_gaps(films):
    """How long no voice was recorded, and how many gaps a viewer is told of."""
    voice = [film for film in films if film.sounds]
    holes = [(after.start - before.stop) * 1000 for before, after in itertools.pairwise(voice)]
    figure("janus_failover", CASE, "not_recorded_p95_ms", percentile(holes, 0.95), "ms", worst=max(holes))
    figure("janus_failover", CASE, "gaps_marked", len(gaps(voice)), "gaps", goal=KILLS)


with tempfile.TemporaryDirectory() as where:
    asyncio.run(measure(Path(where)))
