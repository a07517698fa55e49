"""Halls over several processes: passed on between them, and back after one is killed."""

import asyncio
import os
import signal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.placing import place
from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Joined, Lost, MediaRefusal, Offered, SourceCame, SourceLeft
from tests.media.people import LOOPBACK, Publisher, Watcher, eventually, on_loopback

VERBS = ("publish", "unpublish", "watch", "arrange", "answer", "limit", "unwatch")


class In:
    """The verbs of one hall, as the tests' people call them."""

    def __init__(self, spread, hall):
        for verb in VERBS:
            setattr(self, verb, partial(getattr(spread, verb), hall))


class House:
    def __init__(self, ground):
        self.spread, self.told, self.people, self.watchers = Spread(ground), [], [], {}

    async def open(self):
        await self.spread.start()
        self._listening = asyncio.ensure_future(self._listen())
        self._answers = []

    async def _listen(self):
        async for event in self.spread.events():
            self.told.append(event)
            if isinstance(event, Offered):
                watcher = self.watchers[event.hall, event.who]
                self._answers.append(asyncio.ensure_future(watcher.offered(event)))

    async def publisher(self, hall, who, roles=("voice", "face"), shade=60):
        self.people.append(publisher := Publisher(In(self.spread, hall), who, roles, shade))
        return await publisher.publish()

    async def watcher(self, hall, who, views=None):
        self.people.append(watcher := Watcher(In(self.spread, hall), who))
        self.watchers[hall, who] = watcher
        return await watcher.watch(views)

    async def processes(self, hall):
        return await self.spread.figures(hall)

    def events(self, kind):
        return [event for event in self.told if isinstance(event, kind)]

    async def close(self):
        for person in self.people:
            await person.close()
        await self.spread.stop()
        self._listening.cancel()
        await asyncio.gather(self._listening, *self._answers, return_exceptions=True)


@pytest.fixture
async def house(monkeypatch):
    on_loopback(monkeypatch)
    house = House(Ground([LOOPBACK], processes=2, crowd=1))
    await house.open()
    yield house
    await house.close()


async def test_one_hall_over_two_processes(house):
    await house.spread.open("round")
    zhao = await house.publisher("round", "zhao", shade=60)
    watchers = [await house.watcher("round", who) for who in ("wang", "li", "sun")]
    for watcher in watchers:
        await eventually(lambda w=watcher: len(w.seen.get("zhao:face", [])) > 10 and w.heard.get("zhao:voice", 0) > 10)
        assert abs(watcher.seen["zhao:face"][-1] - 60) < 4
    assert len(await house.processes("round")) == 2
    assert len(house.events(SourceCame)) == 2

    # a reload is followed in the other process too
    await house.publisher("round", "zhao", shade=200)
    for watcher in watchers:
        await eventually(lambda w=watcher: abs(w.seen["zhao:face"][-1] - 200) < 4)
    await house.spread.unpublish("round", "zhao")
    await eventually(lambda: all(not watcher.views for watcher in watchers))
    assert {event.source for event in house.events(SourceLeft)} == {"zhao:voice", "zhao:face"}
    await zhao.close()

    # who is left keeps its process, and an empty one is left
    for who in ("wang", "li", "sun"):
        await house.spread.unwatch("round", who)
    assert await house.processes("round") == {}


async def test_a_hall_comes_back_after_its_process_was_killed(house):
    await house.spread.open("round")
    await house.spread.open("other")
    await house.publisher("round", "zhao", shade=60)
    wang = await house.watcher("round", "wang")
    await eventually(lambda: wang.seen.get("zhao:face"))
    (killed,) = [figures["pid"] for figures in (await house.processes("round")).values() if figures["published"]]
    await house.publisher("other", "qian", shade=90)
    away = await house.watcher("other", "zhou")
    await eventually(lambda: away.seen.get("qian:face"))

    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: Lost("round", "zhao", "publish") in house.told)
    with pytest.raises(MediaRefusal, match=r"media\.not_watching|media\.unavailable"):
        await house.spread.arrange("round", "zhao", None)

    await house.publisher("round", "zhao", shade=120)
    back = await house.watcher("round", "wang")
    await eventually(lambda: any(abs(shade - 120) < 4 for shade in back.seen.get("zhao:face", [])))
    await eventually(lambda: len(house.spread._children) == 2)
    assert killed not in [figures["pid"] for figures in (await house.processes("round")).values()]
    await wang.close()


async def test_halls_are_apart_and_closing_one_ends_it_alone(house):
    for hall, shade in (("one", 60), ("two", 180)):
        await house.spread.open(hall)
        await house.publisher(hall, "zhao", ("face",), shade)
    one, two = await house.watcher("one", "wang"), await house.watcher("two", "wang")
    await eventually(lambda: one.seen.get("zhao:face") and two.seen.get("zhao:face"))
    await house.spread.close("one")
    await house.spread.close("one")
    seen = len(two.seen["zhao:face"])
    await eventually(lambda: len(two.seen["zhao:face"]) > seen + 10)
    assert all(abs(shade - 180) < 4 for shade in two.seen["zhao:face"])
    with pytest.raises(MediaRefusal, match=r"media\.no_hall"):
        await house.spread.watch("one", "wang")
    assert {event.hall for event in house.events(Joined)} == {"one", "two"}


async def test_refusals_of_a_process_reach_the_caller(house):
    await house.spread.open("round")
    with pytest.raises(MediaRefusal) as refused:
        await house.spread.publish("round", "zhao", "nonsense", {})
    assert refused.value.code == "media.unreadable"
    assert await house.processes("round") == {}
    with pytest.raises(MediaRefusal) as refused:
        await house.spread.answer("round", "nobody", 1, "")
    assert refused.value.code == "media.not_watching"
    await house.spread.unwatch("round", "nobody")


async def test_every_process_ends_cleanly_with_its_house(house, capfd):
    await house.spread.open("round")
    await house.publisher("round", "zhao")
    pids = [child.process.pid for child in house.spread._children.values()]
    asking = [asyncio.ensure_future(house.spread.figures("round")) for _ in range(20)]
    await asyncio.sleep(0)
    await house.spread.stop()
    await asyncio.gather(*asking, return_exceptions=True)
    assert "Traceback" not in capfd.readouterr().err
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@given(st.dictionaries(st.integers(0, 7), st.integers(0, 500), min_size=1), st.sets(st.integers(0, 9)))
def test_a_hall_stays_together_until_it_is_crowded(loads, present):
    chosen = place(loads, present, crowd=40)
    serving = {process: loads[process] for process in present & loads.keys()}
    least = min(loads.values())
    if serving and min(serving.values()) - least < 40:
        assert chosen in serving
        assert loads[chosen] == min(serving.values())
    else:
        assert loads[chosen] == least
