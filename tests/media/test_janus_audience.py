"""A large audience over Janus nodes: what is published at one is passed on to the next, where the others watch."""

import asyncio
import time
from contextlib import suppress

import pytest
from pydantic import ValidationError

from server.settings import Settings
from signaling.media.janus import edge
from signaling.media.janus.cluster import Cluster
from signaling.media.ports import Joined, Lost, MediaRefusal, SourceCame, SourceLeft
from tests.media.janus_node import SECRET, JanusNode, Mute
from tests.media.people import House, In, Watcher, eventually

CROWD = 2
BESIDE = "127.0.0.2"


class Lecture(House):
    """One hall over two nodes, of which one carries two watchers."""

    def __init__(self, nodes, urls=None):
        super().__init__(Cluster(urls or [node.url for node in nodes], SECRET, crowd=CROWD))
        self.nodes = nodes

    async def open(self):
        await super().open()
        await eventually(lambda: all(node.alive for node in self.forwarder.nodes))
        await self.forwarder.open("round")

    @property
    def hall(self):
        return self.forwarder._halls["round"]

    async def people_at(self):
        """Who watches at which node: that of the hall first."""
        figures = await self.forwarder.figures("round")
        by_url = {node.url: node for node in self.nodes}
        found = sorted(figures.items(), key=lambda item: not item[1]["published"])
        return [(by_url[url], set(there["watched"])) for url, there in found]

    async def seated(self, *people):
        return [await self.watcher("round", who) for who in people]


@pytest.fixture
async def lecture(nodes):
    lecture = Lecture(nodes)
    await lecture.open()
    yield lecture
    await lecture.close()


def sees(watcher, shade, view="zhao:face"):
    return any(abs(seen - shade) < 4 for seen in watcher.seen.get(view, [])[-1:])


async def test_whoever_is_beyond_the_crowd_of_a_node_sees_and_hears_at_the_next(lecture):
    await lecture.publisher("round", "zhao", shade=60)
    watchers = await lecture.seated("wang", "li", "sun", "zhou")
    for watcher in watchers:
        await eventually(lambda w=watcher: len(w.seen.get("zhao:face", [])) > 10 and w.heard.get("zhao:voice", 0) > 10)
        assert sees(watcher, 60)
    (_, near), (_, far) = await lecture.people_at()
    assert (near, far) == ({"wang", "li"}, {"sun", "zhou"})
    assert {event.source for event in lecture.events(SourceCame)} == {"zhao:voice", "zhao:face"}


async def test_a_stage_changes_for_those_far_away_too(lecture):
    for who, shade in (("zhao", 60), ("qian", 180)):
        await lecture.publisher("round", who, shade=shade)
    await eventually(lambda: len(lecture.events(SourceCame)) == 4)
    watchers = [await lecture.watcher("round", who, {"stage": "zhao:face"}) for who in ("wang", "li", "sun")]
    for source, shade in (("zhao:face", 60), ("qian:face", 180), ("zhao:face", 60), ("qian:face", 180)):
        for watcher in watchers:
            await watcher.hall.arrange(watcher.who, {"stage": source})
        for watcher in watchers:
            await eventually(lambda w=watcher, shade=shade: sees(w, shade, "stage"), within=3)
    assert [len(watcher.offers) for watcher in watchers] == [1, 1, 1]


async def test_a_publisher_reloads_and_leaves_and_another_comes(lecture):
    zhao = await lecture.publisher("round", "zhao", shade=60)
    watchers = await lecture.seated("wang", "li", "sun")
    for watcher in watchers:
        await eventually(lambda w=watcher: sees(w, 60))
    await lecture.publisher("round", "zhao", shade=200)
    for watcher in watchers:
        await eventually(lambda w=watcher: sees(w, 200))
    assert [len(watcher.offers) for watcher in watchers] == [1, 1, 1]
    await zhao.close()
    await lecture.forwarder.unpublish("round", "zhao")
    await eventually(lambda: all(not watcher.views for watcher in watchers))
    assert {event.source for event in lecture.events(SourceLeft)} == {"zhao:voice", "zhao:face"}
    await lecture.publisher("round", "qian", shade=120)
    for watcher in watchers:
        await eventually(lambda w=watcher: w.seen.get("qian:face") and w.heard.get("qian:voice", 0) > 10)
    for (node, _), number in zip(await lecture.people_at(), (0, 2), strict=True):
        await node.until(node.passed_on, number)


async def test_who_comes_late_to_the_next_node_sees_a_picture_at_once(lecture):
    await lecture.publisher("round", "zhao", shade=60)
    for watcher in await lecture.seated("wang", "li", "sun"):
        await eventually(lambda w=watcher: sees(w, 60))
    (late,) = await lecture.seated("zhou")
    await eventually(lambda: Joined("round", "zhou", "watch") in lecture.events(Joined))
    await eventually(lambda: sees(late, 60), within=5)


@pytest.mark.parametrize("end", [JanusNode.kill, JanusNode.hang], ids=["killed", "hung"])
async def test_when_the_next_node_is_gone_only_its_watchers_come_back(lecture, end):
    await lecture.publisher("round", "zhao", shade=60)
    watchers = await lecture.seated("wang", "li", "sun")
    for watcher in watchers:
        await eventually(lambda w=watcher: sees(w, 60))
    _, (gone, _) = await lecture.people_at()
    began = time.monotonic()
    end(gone)
    await eventually(lambda: lecture.events(Lost), within=2)
    (back,) = await lecture.seated("sun")
    await eventually(lambda: sees(back, 60))
    assert time.monotonic() - began < 5
    assert lecture.events(Lost) == [Lost("round", "sun", "watch")]
    assert lecture.events(SourceLeft) == []
    ((_, near),) = await lecture.people_at()
    assert near == {"wang", "li", "sun"}  # there is no other node: it is fuller rather than shut
    seen = len(watchers[0].seen["zhao:face"])
    await eventually(lambda: len(watchers[0].seen["zhao:face"]) > seen + 10)
    assert [len(watcher.offers) for watcher in watchers] == [1, 1, 1]


async def test_when_the_halls_own_node_is_killed_all_come_back_at_the_other(lecture):
    await lecture.publisher("round", "zhao", shade=60)
    await lecture.seated("wang", "li", "sun")
    (killed, _), (other, _) = await lecture.people_at()
    began = time.monotonic()
    killed.kill()
    lost = {Lost("round", "zhao", "publish"), *(Lost("round", who, "watch") for who in ("wang", "li", "sun"))}
    await eventually(lambda: lost <= set(lecture.events(Lost)), within=2)
    await lecture.publisher("round", "zhao", shade=120)
    for watcher in await lecture.seated("wang", "li", "sun"):
        await eventually(lambda w=watcher: sees(w, 120))
    assert time.monotonic() - began < 5
    assert [node for node, _ in await lecture.people_at()] == [other]
    assert await other.passed_on() == 0


async def test_large_halls_that_come_and_go_leave_nothing_behind(lecture):
    for number in range(4):
        await lecture.forwarder.open("round")
        await lecture.publisher("round", "zhao")
        watchers = await lecture.seated("wang", "li", "sun")
        await eventually(lambda watchers=watchers: sees(watchers[2], 60))
        assert sum([await node.passed_on() for node in lecture.nodes]) == 2
        if number % 2:
            await lecture.forwarder.unwatch("round", "sun")  # nobody is left at the second node
            for node in lecture.nodes:
                await node.until(node.passed_on, 0)
        await lecture.forwarder.close("round")
        for person in lecture.people:
            await person.close()
        lecture.people.clear()
    for node in lecture.nodes:
        await node.until(node.handles, 0)
        await node.until(node.rooms, {})


async def test_a_killed_process_of_ours_leaves_nothing_passed_on(lecture, nodes):
    await lecture.publisher("round", "zhao")
    await lecture.seated("wang", "li", "sun")
    _, (far, _) = await lecture.people_at()
    await far.until(far.passed_on, 2)
    await lecture.forwarder._http.close()  # as the end of a process closes its sockets
    await eventually(lambda: not any(node.alive for node in lecture.forwarder.nodes))
    after = Lecture(nodes)
    await after.open()
    await far.until(far.passed_on, 0)
    await after.close()


async def test_each_process_of_ours_passes_on_for_its_own_watchers(lecture, nodes):
    other = Lecture(nodes)
    await other.open()
    try:
        await lecture.publisher("round", "zhao", shade=60)
        await lecture.seated("wang", "li", "sun")
        for watcher in await other.seated("zhou", "wu", "zheng"):
            await eventually(lambda w=watcher: sees(w, 60))
        assert [people for _, people in await other.people_at()] == [{"zhou", "wu"}, {"zheng"}]
        (_, (far, _)) = await lecture.people_at()
        await far.until(far.passed_on, 4)
        await other.forwarder.close("round")
        await far.until(far.passed_on, 2)
    finally:
        await other.close()


async def test_a_node_that_the_others_do_not_reach_by_its_address_takes_no_part(nodes):
    tunnels = [await tunnel(node) for node in nodes]
    lecture = Lecture(nodes, [f"ws://{BESIDE}:{one.sockets[0].getsockname()[1]}" for one in tunnels])
    await lecture.open()
    try:
        await lecture.publisher("round", "zhao", shade=60)
        for watcher in await lecture.seated("wang", "li", "sun", "zhou"):
            await eventually(lambda w=watcher: sees(w, 60))
        assert len(await lecture.forwarder.figures("round")) == 1
        assert sorted([len(await node.rooms()) for node in nodes]) == [0, 1]
    finally:
        await lecture.close()
        for one in tunnels:
            one.close()


async def tunnel(node):
    """A way to a node by an address that it does not know."""

    async def pass_on(reader, writer):
        there, to = await asyncio.open_connection("127.0.0.1", node.port)
        await asyncio.gather(pipe(reader, to), pipe(there, writer))

    async def pipe(reader, writer):
        while words := await reader.read(65536):
            writer.write(words)
        writer.close()

    await node.answers()
    return await asyncio.start_server(pass_on, BESIDE)


async def test_a_source_that_comes_takes_the_slot_of_none_that_is_there(lecture, monkeypatch):
    monkeypatch.setattr(edge, "SLOTS", 3)
    await lecture.publisher("round", "zhao", shade=60)
    await lecture.seated("wang", "li")
    sun = await lecture.watcher("round", "sun", {"stage": "zhao:face"})
    await eventually(lambda: sees(sun, 60, "stage"))
    _, far = lecture.hall.audience.places
    for _ in range(3):
        guest = await lecture.publisher("round", "qian", ("face",), shade=180)
        await eventually(lambda: len(far.sources) == 3)
        assert {source.mid for source in far.sources.values()} == {"0", "1", "2"}
        await lecture.forwarder.unpublish("round", "qian")
        await eventually(lambda: len(far.sources) == 2 == len(far._living))
        await guest.close()
    seen = len(sun.seen["stage"])
    await eventually(lambda: len(sun.seen["stage"]) > seen + 10)
    assert sees(sun, 60, "stage")


async def test_a_source_in_the_slot_of_one_that_left_is_seen_by_whoever_watched_that(lecture, monkeypatch):
    """To Janus it is still the same one, whose numbers jump: back, as often as not, and then nothing is sent."""
    monkeypatch.setattr(edge, "SLOTS", 3)
    await lecture.publisher("round", "zhao")
    await lecture.seated("wang", "li")
    for comings, shade in enumerate((120, 180, 240)):
        guest = await lecture.publisher("round", "qian", ("face",), shade=shade)
        await eventually(lambda comings=comings: lecture.events(Lost) == [Lost("round", "sun", "watch")] * comings)
        sun = await lecture.watcher("round", "sun", {"stage": "qian:face", "small": "zhao:face"})
        await eventually(lambda sun=sun, shade=shade: sees(sun, shade, "stage"))
        await lecture.forwarder.unpublish("round", "qian")
        await eventually(lambda sun=sun: set(sun.views.values()) == {"small"})
        await guest.close()


# ---- a node that does not answer


@pytest.fixture
async def mute(nodes):
    mute = await Mute(nodes[1]).start()
    yield mute
    await mute.stop()


@pytest.fixture
async def mute_lecture(nodes, mute):
    """The next node is the one that can fall mute."""
    lecture = Lecture(nodes, [nodes[0].url, mute.url])
    await lecture.open()
    yield lecture
    mute.hears.set()
    await lecture.close()


async def test_who_comes_when_the_next_node_does_not_answer_is_at_home_at_once(mute_lecture, mute, nodes):
    await mute_lecture.publisher("round", "zhao", shade=60)
    await mute_lecture.seated("wang", "li")
    mute.hears.clear()
    async with asyncio.timeout(3):
        for watcher in await mute_lecture.seated("sun", "zhou"):
            await eventually(lambda w=watcher: sees(w, 60))
    assert list(await mute_lecture.forwarder.figures("round")) == [nodes[0].url]
    mute.hears.set()
    await eventually(lambda: mute.told.count("attach") == mute.told.count("detach") > 1)
    await nodes[1].until(nodes[1].handles, 0)
    assert await nodes[1].rooms() == {}


@pytest.mark.parametrize("words", [0, 1])
async def test_a_next_node_that_falls_mute_is_gone_and_whoever_comes_waits_no_longer(mute_lecture, mute, words):
    """At once, or after some of the words by which a new source is passed on to it."""
    await mute_lecture.publisher("round", "zhao", ("face",), shade=60)
    _, _, sun = await mute_lecture.seated("wang", "li", "sun")
    await eventually(lambda: sees(sun, 60))
    began = time.monotonic()
    mute.falls_mute_after(words)
    await mute_lecture.publisher("round", "qian", ("face",), shade=180)
    with suppress(MediaRefusal):
        await comes(mute_lecture, "zhou")
    await eventually(lambda: Lost("round", "sun", "watch") in mute_lecture.events(Lost))
    assert time.monotonic() - began < 2.5
    for watcher in await mute_lecture.seated("sun", "zhou"):
        await eventually(lambda w=watcher: sees(w, 60) and sees(w, 180, "qian:face"))
    assert time.monotonic() - began < 5


async def test_those_at_home_do_not_wait_for_a_node_that_does_not_answer(mute_lecture, mute):
    await mute_lecture.publisher("round", "zhao", ("face",), shade=60)
    views = {"stage": "qian:face", "small": "zhao:face"}
    wang, _, sun = [await mute_lecture.watcher("round", who, views) for who in ("wang", "li", "sun")]
    await eventually(lambda: sees(sun, 60, "small"))
    mute.hears.clear()
    await mute_lecture.publisher("round", "qian", ("face",), shade=180)
    await eventually(lambda: sees(wang, 180, "stage"), within=3)
    mute.hears.set()
    await eventually(lambda: sees(sun, 180, "stage"))


# ---- who comes and goes before they sit


def comes(lecture, who):
    lecture.watchers["round", who] = watcher = Watcher(In(lecture.forwarder, "round"), who)
    lecture.people.append(watcher)
    return asyncio.ensure_future(watcher.watch())


async def on_its_way_to_the_next(lecture, mute, who):
    """Somebody for whom a further node is being opened: it has not answered yet."""
    mute.hears.clear()
    coming = comes(lecture, who)
    await eventually(lambda: mute.held)
    return coming


async def nobody_is_far(lecture):
    far = lecture.nodes[1]
    await far.until(far.handles, 0)
    await far.until(far.rooms, {})
    assert [people for _, people in await lecture.people_at()] == [{"wang", "li"}]


async def test_who_leaves_before_they_sit_is_gone(mute_lecture, mute):
    await mute_lecture.publisher("round", "zhao")
    await mute_lecture.seated("wang", "li")
    coming = await on_its_way_to_the_next(mute_lecture, mute, "sun")
    await mute_lecture.forwarder.unwatch("round", "sun")
    mute.hears.set()
    with pytest.raises(MediaRefusal, match=r"media\.unavailable"):
        await coming
    await nobody_is_far(mute_lecture)


async def test_who_is_not_waited_for_leaves_no_seat(mute_lecture, mute):
    """The further node falls mute while it is opened, or while sources are passed on to it."""
    await mute_lecture.publisher("round", "zhao")
    await mute_lecture.seated("wang", "li")
    for words in range(1, 7):  # of those that it takes to seat somebody there
        mute.falls_mute_after(words)
        coming = comes(mute_lecture, "sun")
        await eventually(lambda: mute.held)
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming
        assert "sun" not in mute_lecture.hall.audience._seats
        mute.hears.set()
        await nobody_is_far(mute_lecture)


async def test_of_two_pages_of_one_person_the_later_watches(mute_lecture, mute):
    await mute_lecture.publisher("round", "zhao", shade=60)
    await mute_lecture.seated("wang", "li")
    earlier = await on_its_way_to_the_next(mute_lecture, mute, "sun")
    later = comes(mute_lecture, "sun")
    await asyncio.sleep(0)  # it has begun
    mute.hears.set()
    with pytest.raises(MediaRefusal, match=r"media\.unavailable"):
        await earlier
    watcher = await later
    await eventually(lambda: sees(watcher, 60))
    await mute_lecture.forwarder.unwatch("round", "sun")
    await nobody_is_far(mute_lecture)


def test_a_crowd_of_nobody_is_no_setting():
    with pytest.raises(ValidationError, match="janus_crowd"):
        Settings(_env_file=None, janus_crowd=0)
