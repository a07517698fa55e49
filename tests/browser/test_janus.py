"""Janus with real Chromium: the pages of a hall are the same, and so is what they see, at its own node or at another
to which it is passed on."""

import asyncio

import pytest_asyncio

from server.meeting.recordings.films import look_through
from signaling.media.janus.cluster import Cluster
from signaling.media.ports import Lost, Offered, Reel
from tests.browser.conftest import profile
from tests.browser.test_forwarder import PAGE, Visitor, chromium
from tests.media.films import KEY, until_it_lasts, widths
from tests.media.janus_node import SECRET, JanusNode, outer_address
from tests.media.people import In, eventually

LAYERS = [{"rid": "l", "scaleResolutionDownBy": 4}, {"rid": "h"}]  # as the hall's page sends them
NEAR, FAR = "at the hall's own node", "at a further node"
USHERS = ("usher", "porter")  # who have taken all places at the hall's own node; they look at nothing
__all__ = ["chromium"]  # its browser is ours too


class House:
    """One hall on two nodes, and where its visitors watch."""

    def __init__(self, browser, where):
        self.browser, self.where = browser, where
        self.nodes = [JanusNode(outer_address()).start() for _ in range(2)]
        self.cluster = Cluster([node.url for node in self.nodes], SECRET, crowd=len(USHERS))
        self.hall = In(self.cluster, "round")
        self.told, self.visitors, self._profiles, self._answers = [], {}, [], []

    async def open(self):
        await self.cluster.start()
        await self.cluster.open("round")
        self._listening = asyncio.ensure_future(self._listen())
        await eventually(lambda: all(node.alive for node in self.cluster.nodes))
        for usher in USHERS if self.where == FAR else ():
            await self.hall.watch(usher, None)
        return self

    async def watching(self, who):
        """Where they watch."""
        places = (await self.cluster.figures("round")).values()
        (place,) = [place for place in places if who in place["watched"]]
        return NEAR if place["published"] else FAR

    async def _listen(self):
        async for event in self.cluster.events():
            self.told.append(event)
            if isinstance(event, Offered) and event.who in self.visitors:
                self._answers.append(asyncio.ensure_future(self.visitors[event.who].offered(event)))

    async def visitor(self, who):
        context = profile(self.browser, permissions=["camera", "microphone"])
        made = await context.__aenter__()
        self._profiles.append(context)
        await made.route(
            PAGE, lambda route: route.fulfill(body="<!doctype html><title>hall</title>", content_type="text/html")
        )
        self.visitors[who] = Visitor(self, who, await made.new_page())
        return await self.visitors[who].enter()

    async def close(self):
        for context in self._profiles:
            await context.__aexit__(None, None, None)
        await self.cluster.stop()
        self._listening.cancel()
        await asyncio.gather(self._listening, *self._answers, return_exceptions=True)
        for node in self.nodes:
            node.stop()


@pytest_asyncio.fixture(loop_scope="session", params=[NEAR, FAR])
async def house(chromium, request):
    house = await House(chromium, request.param).open()
    yield house
    await house.close()


async def test_late_joiners_see_a_picture_at_once_and_old_pictures_go_on(house):
    zhao, wang = await house.visitor("zhao"), await house.visitor("wang")
    await house.hall.watch("wang", None)
    await zhao.publish()
    await wang.until("zhao:face", lambda seen: seen.get("framesDecoded", 0) > 30)
    late = await house.visitor("li")
    await house.hall.watch("li", None)
    found = await late.until("zhao:face", lambda seen: seen.get("framesDecoded", 0) > 24)
    assert found["first"] < 1000
    assert {await house.watching(who) for who in ("wang", "li")} == {house.where}
    before = await wang.seen("zhao:face")
    await wang.until("zhao:face", lambda seen: seen["framesDecoded"] > before["framesDecoded"] + 10)
    voice = await wang.until("zhao:voice", lambda seen: seen.get("totalSamplesReceived", 0) > 48000)
    assert voice["packetsLost"] == 0
    assert [event for event in house.told if isinstance(event, Lost)] == []


async def test_a_stage_changes_its_publisher_and_the_next_picture_is_whole(house):
    zhao, qian, wang = [await house.visitor(who) for who in ("zhao", "qian", "wang")]
    await zhao.publish()
    await qian.publish()
    await house.hall.watch("wang", {"stage": "zhao:face"})
    found = await wang.until("stage", lambda seen: seen.get("framesDecoded", 0) > 20)
    for source in ("qian:face", "zhao:face", "qian:face"):
        await house.hall.arrange("wang", {"stage": source})
        keys, frames = found["keyFramesDecoded"], found["framesDecoded"]
        found = await wang.until(
            "stage",
            lambda seen, keys=keys, frames=frames: (
                seen["keyFramesDecoded"] > keys and seen["framesDecoded"] > frames + 15
            ),
        )
    assert len(wang.offers) == 1
    assert await house.watching("wang") == house.where


async def test_a_view_gets_the_layer_it_asks_for(house):
    zhao, wang = await house.visitor("zhao"), await house.visitor("wang")
    await zhao.publish(LAYERS, 1280)
    await house.hall.watch("wang", None)
    await wang.until("zhao:face", lambda seen: seen.get("frameWidth") == 1280)
    await house.hall.limit("wang", "zhao:face", 0)
    await wang.until("zhao:face", lambda seen: seen.get("frameWidth") == 320)
    await house.hall.limit("wang", "zhao:face", None)
    found = await wang.until("zhao:face", lambda seen: seen.get("frameWidth") == 1280)
    await wang.until("zhao:face", lambda seen: seen["framesDecoded"] > found["framesDecoded"] + 20)
    assert await house.watching("wang") == house.where


async def test_of_several_layers_the_largest_is_recorded(house, tmp_path):
    await (await house.visitor("zhao")).publish(LAYERS, 1280)
    await house.cluster.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 6)
    await house.cluster.cease("round")
    (face,) = [film for film in look_through(tmp_path, KEY) if not film.sounds]
    wide = widths(face.path, KEY)
    assert wide.count(1280) > len(wide) / 2
    assert wide[-1] == 1280
