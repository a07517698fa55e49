"""Several Janus nodes: halls spread over them, one dies and its people come back elsewhere, nothing is left behind."""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack, suppress

import aiohttp
import pytest

from server.meeting.recordings.films import look_through
from server.meeting.recordings.programme import gaps, whole
from signaling.media.janus import subscription
from signaling.media.janus.cluster import Cluster
from signaling.media.janus.descriptions import named, without_candidates
from signaling.media.janus.node import Node
from signaling.media.janus.rooms import ROOM
from signaling.media.ports import Lost, MediaRefusal, Reel, SourceCame, SourceLeft
from tests.media.films import KEY, pictures, until_it_lasts
from tests.media.forwarders import process_of
from tests.media.janus_node import CROWD, SECRET, JanusNode, Mute, outer_address
from tests.media.people import House, In, Publisher, Watcher, eventually

ANNEX = 0  # the one process of the forwarder beside the nodes


class Site(House):
    """Two nodes, and one process of ours."""

    def __init__(self, nodes):
        super().__init__(Cluster([node.url for node in nodes], SECRET, CROWD))
        self.nodes = nodes

    async def open(self):
        await super().open()
        await eventually(lambda: all(node.alive for node in self.forwarder.nodes))

    async def place(self, hall):
        """The node that carries the hall."""
        (url,) = await self.forwarder.figures(hall)
        return next(node for node in self.nodes if node.url == url)

    async def lecture(self, hall, shade=60):
        """One publishes, one watches and sees it."""
        await self.forwarder.open(hall)
        await self.publisher(hall, "zhao", shade=shade)
        watcher = await self.watcher(hall, "wang")
        await eventually(lambda: watcher.seen.get("zhao:face") and watcher.heard.get("zhao:voice"))
        return watcher


@pytest.fixture
async def site(nodes):
    site = Site(nodes)
    await site.open()
    yield site
    await site.close()


async def test_halls_are_spread_over_the_nodes(site):
    for hall in ("one", "two", "three", "four"):
        await site.forwarder.open(hall)
        await site.publisher(hall, "zhao")
    places = [await site.place(hall) for hall in ("one", "two", "three", "four")]
    assert {places.count(node) for node in site.nodes} == {2}


async def test_a_hall_whose_node_is_killed_goes_on_at_the_other(site):
    wang = await site.lecture("round")
    killed = await site.place("round")
    began = time.monotonic()
    killed.kill()
    lost = {Lost("round", "zhao", "publish"), Lost("round", "wang", "watch")}
    await eventually(lambda: lost <= set(site.events(Lost)), within=2)
    assert {event.source for event in site.events(SourceLeft)} == {"zhao:voice", "zhao:face"}
    back = await site.lecture("round", shade=120)
    assert time.monotonic() - began < 5
    assert back.seen["zhao:face"][0] > 100
    assert await site.place("round") is not killed
    await wang.close()

    # it is taken again when it is back
    killed.start()
    await eventually(lambda: all(node.alive for node in site.forwarder.nodes))
    await site.lecture("other")
    assert await site.place("other") is killed


async def test_a_recording_goes_on_at_the_other_node_and_its_gap_is_marked(site, tmp_path):
    await site.lecture("round", shade=60)
    await site.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 3)
    before = site.forwarder._halls["round"]
    (await site.place("round")).kill()
    killed = time.time()
    await site.lecture("round", shade=120)
    await until_it_lasts(tmp_path, 1)
    await before._settle()  # what was lost may come to an end late
    await until_it_lasts(tmp_path, 3)
    await site.forwarder.cease("round")
    films = look_through(tmp_path, KEY)
    assert [film.ended for film in films] == ["lost", "lost", "left", "left"]
    [(stop, start)] = gaps(films)
    assert killed - 1 < stop < killed + 0.5
    assert start - stop < 5
    before, after = (cut.film for cut in whole(films))
    assert [abs(int(pictures(film.path, KEY)[-1]) - shade) < 4 for film, shade in ((before, 60), (after, 120))]


async def test_an_annex_that_is_killed_costs_the_recording_a_gap_and_the_hall_nothing(site, tmp_path):
    wang = await site.lecture("round")
    await site.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 2)
    os.kill(process_of(site, ANNEX), signal.SIGKILL)
    seen = len(wang.seen["zhao:face"])
    await eventually(lambda: len(list(tmp_path.iterdir())) >= 4, within=20)
    await until_it_lasts(tmp_path, 2)
    await site.forwarder.cease("round")
    assert [film.ended for film in look_through(tmp_path, KEY)][:2] == ["lost", "lost"]
    assert len(wang.seen["zhao:face"]) > seen + 30
    assert len(wang.offers) == 1, "who watches noticed nothing"


async def test_a_line_to_the_node_that_ends_is_a_gap_and_comes_again(site, tmp_path):
    wang = await site.lecture("round")
    await site.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 2)
    (fetched,) = site.forwarder.annex._fetching["round"]._fetched.values()
    await (await site.place("round")).hang_up(fetched.subscription._handle.number)
    await eventually(lambda: len(list(tmp_path.iterdir())) == 4)
    await until_it_lasts(tmp_path, 2)
    await site.forwarder.cease("round")
    films = look_through(tmp_path, KEY)
    assert [film.ended for film in films] == ["lost", "lost", "left", "left"]
    [(stop, start)] = gaps(films)
    assert 0.5 < start - stop < 5
    assert len(wang.offers) == 1, "who watches noticed nothing"


async def test_what_is_given_up_as_the_hall_settles_is_no_trouble(site, tmp_path):
    await site.lecture("round")
    await site.publisher("round", "qian", ("face",), shade=180)
    await site.forwarder.record("round", Reel(str(tmp_path), KEY))
    await until_it_lasts(tmp_path, 1, films=3)
    fetching = site.forwarder.annex._fetching["round"]
    fetching.hall.fed = dict  # nobody publishes any more
    settling = asyncio.ensure_future(fetching.settle())
    await asyncio.sleep(0)  # it has begun
    for who in ("zhao", "qian"):
        fetching.lost(who)
    await settling
    assert not fetching._fetched


async def test_a_node_whose_media_cannot_be_reached_is_complained_of_once(site, tmp_path, monkeypatch, caplog):
    await site.lecture("round")
    monkeypatch.setattr(subscription, "named", lambda sdp, views: without_candidates(named(sdp, views)))
    await site.forwarder.record("round", Reel(str(tmp_path), KEY))
    fetched = site.forwarder.annex._fetching["round"]._fetched
    (first,) = fetched.values()
    await eventually(lambda: "nothing of zhao" in caplog.text, within=25)
    await eventually(lambda: fetched and first not in fetched.values())
    (second,) = fetched.values()
    site.forwarder.annex._fetching["round"].lost("zhao")
    await eventually(lambda: fetched and second not in fetched.values())
    assert caplog.text.count("nothing of zhao") == 1


async def test_each_process_of_ours_records_who_publishes_through_it(site, nodes, tmp_path):
    other = Site(nodes)
    await other.open()
    try:
        await site.lecture("round")
        await other.forwarder.open("round")
        await other.publisher("round", "qian", ("face",), shade=180)
        for process in (site, other):
            await process.forwarder.record("round", Reel(str(tmp_path), KEY))
        await until_it_lasts(tmp_path, 2, films=3)
        seen = sorted(film.source for film in look_through(tmp_path, KEY))
        assert seen == ["qian:face", "zhao:face", "zhao:voice"]
    finally:
        await other.close()


async def test_a_node_that_hangs_is_as_good_as_dead(site):
    await site.lecture("round")
    hung = await site.place("round")
    hung.hang()
    await eventually(lambda: Lost("round", "wang", "watch") in site.events(Lost), within=2)
    await site.lecture("round", shade=120)
    assert await site.place("round") is not hung


async def test_without_any_node_all_are_told_to_try_again(site):
    await site.lecture("round")
    for node in site.nodes:
        node.kill()
    await eventually(lambda: Lost("round", "wang", "watch") in site.events(Lost), within=2)
    with pytest.raises(MediaRefusal, match=r"media\.unavailable"):
        await site.forwarder.watch("round", "wang")
    another = Cluster([node.url for node in site.nodes], SECRET, CROWD)
    with pytest.raises(MediaRefusal, match=r"media\.unavailable"):
        await another.start()
    await another.stop()


async def test_who_is_served_by_another_process_of_ours_is_in_the_same_hall(site, nodes):
    other = Site(nodes)
    await other.open()
    try:
        await site.lecture("round")
        await other.forwarder.open("round")
        li = await other.watcher("round", "li")
        await eventually(lambda: li.seen.get("zhao:face"))
        await other.publisher("round", "qian", shade=180)
        await eventually(lambda: "qian:face" in {event.source for event in site.events(SourceCame)})
        await other.forwarder.close("round")
        await eventually(lambda: "qian:face" in {event.source for event in site.events(SourceLeft)})
        assert "zhao:face" not in {event.source for event in site.events(SourceLeft)}
    finally:
        await other.close()


async def test_two_processes_of_ours_that_open_a_hall_at_one_moment_find_each_other(site, nodes):
    """By what it carries, each would have put it at another node."""
    other = Site(nodes)
    await other.open()
    try:
        await site.lecture("busy")
        for process in (site, other):
            await process.forwarder.open("round")
        async with asyncio.timeout(5):
            places = [{}, {}]
            while not places[0] or places[0] != places[1]:
                await asyncio.gather(comes_back(site), comes_back(other))
                places = [(await process.forwarder.figures("round")).keys() for process in (site, other)]
        assert sorted(["round" in await node.rooms() for node in nodes]) == [False, True]
    finally:
        await other.close()


async def comes_back(site):
    """As pages do that are told to."""
    with suppress(MediaRefusal):
        await site.forwarder.watch("round", "wang")


async def test_a_killed_process_of_ours_leaves_no_room_behind(site, nodes):
    await site.lecture("round")
    place = await site.place("round")
    await site.forwarder._http.close()  # as the end of a process closes its sockets
    await eventually(lambda: not any(node.alive for node in site.forwarder.nodes))
    after = Site(nodes)
    await after.open()
    [node] = [node for node in after.forwarder.nodes if node.address == place.url]
    for _ in range(200):
        if not await node.has("round"):
            break
        await asyncio.sleep(0.01)
    assert not await node.has("round")
    await after.close()


async def test_a_room_that_ends_while_others_are_tidied_keeps_none_of_them(site, nodes):
    """Rooms are left at a node; the first of them ends just after it was listed."""
    async with site.forwarder.nodes[0].desk() as desk:
        for name in ("one", "two", "three"):
            await desk.ask("create", {**ROOM, "room": name})

        class Tidier(Node):
            async def ask(self, verb, **words):
                told = await super().ask(verb, **words)
                if words.get("body") == {"request": "list"}:
                    await desk.ask("destroy", {"room": told.facts["list"][0]["room"]})
                return told

        came = asyncio.Event()
        tidier = Tidier(nodes[0].url, SECRET, lambda node: came.set(), lambda node: None)
        async with aiohttp.ClientSession() as http:
            keeping = asyncio.ensure_future(tidier.keep(http))
            await came.wait()
            await tidier.tidy()
            await tidier.stop()
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    assert await nodes[0].rooms() == {}


async def test_who_leaves_the_stage_as_they_come_on_it_does_not_publish(nodes):
    mute = await Mute(nodes[0]).start()
    site = Site([mute])
    await site.open()
    await site.forwarder.open("round")
    await site.forwarder.watch("round", "wang")
    site.people.append(zhao := Publisher(In(site.forwarder, "round"), "zhao"))
    mute.hears.clear()
    coming = asyncio.ensure_future(zhao.publish())
    await eventually(lambda: mute.held)
    await site.forwarder.unpublish("round", "zhao")
    mute.hears.set()
    with pytest.raises(MediaRefusal, match=r"media\.unavailable"):
        await coming
    await nodes[0].until(nodes[0].handles, 1)  # that which listens in the hall
    await site.close()
    await mute.stop()


async def test_halls_that_come_and_go_leave_nothing_behind(site):
    await site.lecture("first")
    await site.forwarder.close("first")
    await eventually(lambda: site.forwarder.nodes[0].load == site.forwarder.nodes[1].load == 0)
    before = [node.held for node in site.nodes]
    for number in range(12):
        await site.lecture(f"round-{number}")
        await site.forwarder.close(f"round-{number}")
        for person in site.people:
            await person.close()
        site.people.clear()
    assert [await node.handles() for node in site.nodes] == [0, 0]
    for node, then in zip(site.nodes, before, strict=True):
        await eventually(lambda node=node, then=then: all(node.held[kind] <= then[kind] + 2 for kind in then), 20)


async def test_processes_of_ours_that_close_a_hall_at_one_moment_leave_no_room(site, nodes):
    async with AsyncExitStack() as stack:
        others = [Site(nodes) for _ in range(3)]
        for other in others:
            await other.open()
            stack.push_async_callback(other.close)
        for number in range(6):
            halls = [process.forwarder for process in (site, *others)]
            for hall in halls:
                await hall.open(f"round-{number}")
                await hall.watch(f"round-{number}", "wang")
            await asyncio.gather(*(hall.close(f"round-{number}") for hall in halls))
        for node in nodes:
            await node.until(node.rooms, {})


async def test_a_hall_that_is_closed_as_it_opens_stays_closed(site):
    for steps in range(1, 6):
        await site.forwarder.open("round")
        coming = asyncio.ensure_future(site.forwarder.watch("round", "wang"))
        for _ in range(steps):
            await asyncio.sleep(0)  # it has begun
        await site.forwarder.close("round")
        with pytest.raises(MediaRefusal, match=r"media\.(no_hall|unavailable)"):
            await coming
    await eventually(lambda: sum(node.load for node in site.forwarder.nodes) == 0)
    assert [await node.handles() for node in site.nodes] == [0, 0]


async def test_nobody_but_us_gets_a_word_out_of_a_node(nodes):
    node = nodes[0]
    await node.answers()
    async with aiohttp.ClientSession() as http, http.ws_connect(node.url, protocols=["janus-protocol"]) as socket:
        for secret in ({}, {"apisecret": "guessed"}):
            for verb in ("create", "attach", "message", "keepalive", "destroy"):
                await socket.send_json({"janus": verb, "transaction": "x", "session_id": 1, "handle_id": 1} | secret)
                assert (await socket.receive_json())["error"]["code"] == 403


async def test_as_shipped_there_is_one_way_in_and_it_is_private():
    node = JanusNode(outer_address()).start()
    try:
        await node.answers()
        assert node.listens() == {("127.0.0.1", node.port)}
    finally:
        node.stop()


async def test_a_watcher_who_arranges_while_their_page_has_not_answered_sees_the_last_arrangement(site):
    await site.forwarder.open("round")
    for who, shade in (("zhao", 60), ("qian", 180)):
        await site.publisher("round", who, ("face",), shade)
    await eventually(lambda: len(site.events(SourceCame)) == 2)
    slow = Watcher(In(site.forwarder, "round"), "wang")
    site.people.append(slow)
    site.watchers["round", "wang"] = waiting = Waiting(slow)
    await slow.watch({"one": "zhao:face"})
    await eventually(lambda: waiting.offers)
    await slow.hall.arrange("wang", {"one": "zhao:face", "two": "qian:face"})
    await slow.hall.arrange("wang", {"one": "qian:face"})
    await waiting.let_go()
    await eventually(lambda: slow.seen.get("one") and abs(slow.seen["one"][-1] - 180) < 4)
    assert set(slow.views.values()) == {"one"}


class Waiting:
    """A page that is slow with its first answer."""

    def __init__(self, watcher):
        self.watcher, self.offers, self.slow = watcher, [], True

    async def offered(self, event):
        if self.slow:
            self.offers.append(event)
        else:
            await self.watcher.offered(event)

    async def let_go(self):
        self.slow = False
        for event in self.offers:
            await self.watcher.offered(event)
