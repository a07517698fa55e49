"""Halls over several processes: passed on between them, and back after one is killed."""

import asyncio
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.media.forwarder.placing import place
from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Joined, Lost, MediaRefusal, SourceCame, SourceLeft
from tests.media.people import LOOPBACK, House, Publisher, eventually, on_loopback


class Processes(House):
    async def processes(self, hall):
        return await self.forwarder.figures(hall)


@pytest.fixture
async def house(monkeypatch):
    on_loopback(monkeypatch)
    house = Processes(Spread(Ground([LOOPBACK], processes=2, crowd=1)))
    await house.open()
    yield house
    await house.close()


async def test_one_hall_over_two_processes(house):
    await house.forwarder.open("round")
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
    await house.forwarder.unpublish("round", "zhao")
    await eventually(lambda: all(not watcher.views for watcher in watchers))
    assert {event.source for event in house.events(SourceLeft)} == {"zhao:voice", "zhao:face"}
    await zhao.close()

    # who is left keeps its process, and an empty one is left
    for who in ("wang", "li", "sun"):
        await house.forwarder.unwatch("round", who)
    assert await house.processes("round") == {}


async def test_a_hall_comes_back_after_its_process_was_killed(house):
    await house.forwarder.open("round")
    await house.forwarder.open("other")
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
        await house.forwarder.arrange("round", "zhao", None)

    await house.publisher("round", "zhao", shade=120)
    back = await house.watcher("round", "wang")
    await eventually(lambda: any(abs(shade - 120) < 4 for shade in back.seen.get("zhao:face", [])))
    await eventually(lambda: len(house.forwarder._children) == 2)
    assert killed not in [figures["pid"] for figures in (await house.processes("round")).values()]
    await wang.close()


async def test_halls_are_apart_and_closing_one_ends_it_alone(house):
    for hall, shade in (("one", 60), ("two", 180)):
        await house.forwarder.open(hall)
        await house.publisher(hall, "zhao", ("face",), shade)
    one, two = await house.watcher("one", "wang"), await house.watcher("two", "wang")
    await eventually(lambda: one.seen.get("zhao:face") and two.seen.get("zhao:face"))
    await house.forwarder.close("one")
    await house.forwarder.close("one")
    seen = len(two.seen["zhao:face"])
    await eventually(lambda: len(two.seen["zhao:face"]) > seen + 10)
    assert all(abs(shade - 180) < 4 for shade in two.seen["zhao:face"])
    with pytest.raises(MediaRefusal, match=r"media\.no_hall"):
        await house.forwarder.watch("one", "wang")
    assert {event.hall for event in house.events(Joined)} == {"one", "two"}


async def test_refusals_of_a_process_reach_the_caller(house):
    await house.forwarder.open("round")
    with pytest.raises(MediaRefusal) as refused:
        await house.forwarder.publish("round", "zhao", "nonsense", {})
    assert refused.value.code == "media.unreadable"
    assert await house.processes("round") == {}
    with pytest.raises(MediaRefusal) as refused:
        await house.forwarder.answer("round", "nobody", 1, "")
    assert refused.value.code == "media.not_watching"
    await house.forwarder.unwatch("round", "nobody")


async def asked_before_it_is_heard(house, publisher, asking):
    """Their connection ends, and the house hears of that when it has already asked for the next one."""
    child = house.forwarder._children[house.forwarder._halls["round"].people["publish", publisher.who]]
    hear, unread = child._heard, []
    child._heard = unread.append
    await publisher.close()
    await eventually(lambda: any(message.get("event") == "Lost" for message in unread))
    asked = asyncio.ensure_future(asking)
    await asyncio.sleep(0)  # the question is on its way
    child._heard = hear
    for message in unread:
        hear(message)
    return await asked


async def offered(house, who):
    """The words with which they would publish."""
    said = asyncio.get_running_loop().create_future()

    class Page:
        async def publish(self, *words):
            said.set_result(words)
            await asyncio.Event().wait()

    house.people.append(publisher := Publisher(Page(), who, shade=200))
    publishing = asyncio.ensure_future(publisher.publish())
    words = await said
    publishing.cancel()
    return words


@pytest.mark.parametrize("others", [(), ("qian",)])
async def test_who_comes_anew_is_served_though_the_end_of_their_old_connection_is_heard_late(house, others):
    await house.forwarder.open("round")
    zhao, *_ = [await house.publisher("round", who) for who in ("zhao", *others)]
    await eventually(lambda: Joined("round", "zhao", "publish") in house.told)
    words = await offered(house, "zhao")
    await asked_before_it_is_heard(house, zhao, house.forwarder.publish("round", *words))
    await eventually(lambda: Lost("round", "zhao", "publish") in house.told)
    (figures,) = (await house.processes("round")).values()
    assert set(figures["published"]) == {"zhao", *others}

    # and whoever is taken off the stage is off it
    await house.forwarder.unpublish("round", "zhao")
    assert [set(one["published"]) for one in (await house.processes("round")).values()] == [{*others}] * len(others)


async def test_who_is_refused_as_their_old_connection_ends_takes_nobodys_place(house):
    await house.forwarder.open("round")
    zhao = await house.publisher("round", "zhao")
    await eventually(lambda: Joined("round", "zhao", "publish") in house.told)
    with pytest.raises(MediaRefusal, match=r"media\.unreadable"):
        await asked_before_it_is_heard(house, zhao, house.forwarder.publish("round", "zhao", "nonsense", {}))
    assert await house.processes("round") == {}


async def test_every_process_ends_cleanly_with_its_house(house, capfd):
    await house.forwarder.open("round")
    await house.publisher("round", "zhao")
    pids = [child.process.pid for child in house.forwarder._children.values()]
    asking = [asyncio.ensure_future(house.forwarder.figures("round")) for _ in range(20)]
    await asyncio.sleep(0)
    await house.forwarder.stop()
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
