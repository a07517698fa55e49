"""A hall over real sockets and the real forwarder: published, watched, brought on the stage, lost and made anew."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import pytest

from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Offered
from tests.media.people import LOOPBACK, Publisher, Watcher, on_loopback
from tests.signaling.house import eventually, grant, host

VIEW = {"mic": True, "cam": True, "screen": False}


def learner(who="wang"):
    return grant(who, hall=True, may=frozenset({"chat"}))


class ThroughTheRoom:
    """The forwarder's verbs as a page says them; a refusal is raised by its code."""

    def __init__(self, page):
        self.page = page

    async def publish(self, who, sdp, roles):
        return (await self._ask("publish", {"sdp": sdp, "roles": roles}))["sdp"]

    async def watch(self, who, views):
        return await self._ask("watch", {"views": views})

    async def answer(self, who, number, sdp):
        await self._ask("answer", {"number": number, "sdp": sdp})

    async def _ask(self, event, payload):
        answer = await self.page.ask(event, payload)
        while not answer["ok"] and answer["error"]["code"] == "media.unavailable":  # it is starting
            answer = await self.page.ask(event, payload)
        if not answer["ok"]:
            raise PermissionError(answer["error"]["code"])
        return answer


class People:
    """Pages of a hall with their connections; every `offered` is answered."""

    def __init__(self):
        self.made, self._answering = [], []

    def publisher(self, page, **more):
        self.made.append(publisher := Publisher(ThroughTheRoom(page), page.grant.participant, **more))
        return publisher

    async def watcher(self, page):
        self.made.append(watcher := Watcher(ThroughTheRoom(page), page.grant.participant))
        self._answering.append(asyncio.ensure_future(self._answer(page, watcher)))
        return await watcher.watch()

    async def _answer(self, page, watcher):
        done = 0
        while True:
            for offer in page.heard("offered")[done:]:
                done += 1
                await watcher.offered(Offered("", page.grant.participant, **offer))
            page.news.clear()
            await page.news.wait()

    async def close(self):
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in self.made))


@pytest.fixture
async def people(monkeypatch):
    on_loopback(monkeypatch)
    people = People()
    yield people
    await people.close()


@asynccontextmanager
async def open_hall(house):
    async with house.node(forwarder=lambda: Spread(Ground([LOOPBACK], processes=1))) as site:
        yield site


def sees(watcher, view):
    return lambda: len(watcher.seen.get(view, [])) > 3


async def test_nothing_runs_before_somebody_publishes_and_a_listener_sees_and_hears(house, people):
    async with open_hall(house) as site:
        zhao, wang = await site.page(host(hall=True)), await site.page(learner())
        assert site.signaling._means.halls.running is False
        watcher = await people.watcher(wang)
        await people.publisher(zhao, shade=90).publish()
        await eventually(sees(watcher, "zhao:face"), 15)
        await eventually(lambda: watcher.heard.get("zhao:voice", 0) > 3)
        assert {one["source"] for one in wang.heard("sources")[-1]["sources"]} == {"zhao:face", "zhao:voice"}
        await wang.until(lambda: wang.heard("speaking"))
        assert (await wang.ask("limit", {"view": "zhao:face", "layer": 0}))["ok"] is True
        assert (await wang.ask("limit", {"view": "nobody", "layer": 0}))["error"]["code"] == "media.not_watching"


async def test_a_listener_who_is_brought_up_publishes_and_is_silent_again_afterwards(house, people):
    async with open_hall(house) as site:
        zhao, wang = await site.page(host(hall=True)), await site.page(learner())
        watcher = await people.watcher(zhao)
        with pytest.raises(PermissionError, match=r"room\.not_allowed"):
            await people.publisher(wang).publish()
        await wang.ask("hand", {"up": True})
        await zhao.until(lambda: [one["id"] for one in zhao.heard("peers")[-1]["hall"]["hands"]] == ["wang"])
        assert (await zhao.ask("stage", {"who": "wang", "on": True}))["ok"] is True
        await wang.until(lambda: wang.heard("peers")[-1]["hall"]["stage"])
        await people.publisher(wang).publish()
        assert (await wang.ask("media", VIEW))["ok"] is True
        await eventually(sees(watcher, "wang:face"), 15)
        await zhao.ask("stage", {"who": "wang", "on": False})
        await zhao.until(lambda: zhao.heard("sources")[-1]["sources"] == [])
        assert [entry["kind"] for entry in zhao.log] == ["staged", "unstaged"]


async def test_whoever_leaves_takes_their_pictures_along(house, people):
    async with open_hall(house) as site:
        zhao, wang = await site.page(host(hall=True)), await site.page(learner())
        await people.watcher(wang)
        await people.publisher(zhao).publish()
        await wang.until(lambda: wang.heard("sources")[-1]["sources"])
        await zhao.ask("leave")
        await wang.until(lambda: wang.heard("sources")[-1]["sources"] == [])


async def test_the_same_page_on_a_fresh_line_keeps_its_pictures(house, people):
    async with open_hall(house) as site:
        zhao, wang = await site.page(host(hall=True)), await site.page(learner())
        watcher = await people.watcher(wang)
        await people.publisher(zhao).publish()
        await eventually(sees(watcher, "zhao:face"), 15)
        await zhao.drop()
        await zhao.connect()
        again = await zhao.join(again=True)
        assert again["hall"]["at"] == zhao.answer["hall"]["at"]
        seen = len(watcher.seen["zhao:face"])
        await eventually(lambda: len(watcher.seen["zhao:face"]) > seen + 5)


async def test_when_the_forwarder_is_killed_each_page_is_told_to_make_its_connection_anew(house, people):
    async with open_hall(house) as site:
        zhao, wang = await site.page(host(hall=True)), await site.page(learner())
        await people.watcher(wang)
        await people.publisher(zhao).publish()
        await wang.until(lambda: wang.heard("sources"))
        figures = await site.signaling._means.halls._forwarder.figures("r1")
        os.kill(next(iter(figures.values()))["pid"], signal.SIGKILL)
        await zhao.until(lambda: zhao.heard("lost") == [{"way": "publish"}])
        await wang.until(lambda: wang.heard("lost") == [{"way": "watch"}])


async def test_where_nothing_carries_media_the_hall_says_so_and_goes_on(site):
    zhao = await site.page(host(hall=True))
    assert (await zhao.ask("watch", {"views": None}))["error"]["code"] == "media.unavailable"
    assert (await zhao.ask("chat", {"key": "k", "text": "a"}))["ok"] is True


async def test_a_room_knows_nothing_of_stages(site):
    wang = await site.page(host())
    for event, payload in (("stage", {"who": "a", "on": True}), ("watch", {}), ("audience", {})):
        assert (await wang.ask(event, payload))["error"]["code"] == "message.unknown"


async def test_the_audience_is_read_by_the_page_and_its_coming_is_not_told(site):
    zhao = await site.page(host(hall=True))
    listeners = [await site.page(learner(f"l{number}")) for number in range(3)]
    await zhao.until(lambda: zhao.heard("peers")[-1]["hall"]["audience"] == 3)
    told = await zhao.ask("audience", {"after": "l0"})
    assert ([one["id"] for one in told["people"]], told["next"], told["count"]) == (["l1", "l2"], "", 3)
    await listeners[0].ask("chat", {"key": "k", "text": "听得清"})
    await zhao.until(lambda: zhao.heard("event"))
    assert [(one["kind"], one["after"]) for one in zhao.heard("event")] == [("chat", 0)]
