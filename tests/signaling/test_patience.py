"""What takes its ten seconds: who is gone is gone by then, and who comes back before was never away.

All of it happens at the same time, in houses of their own, so that the tests take ten seconds and not sixty.
"""

import asyncio
import json
import os
import signal
import time
from contextlib import asynccontextmanager

import pytest

from signaling.memory import MemoryStore
from tests import stores as servers
from tests.signaling.house import QUIET, House, eventually, grant, host, wire

LIMIT = 10.0  # seconds until a dead participant must have left every roster


@asynccontextmanager
async def two_nodes(url):
    house = House()
    async with house.node(house.redis(url)) as one, house.node(house.redis(url)) as two:
        zhao, wang = await one.page(host(room=house.room)), await two.page(grant(room=house.room))
        await zhao.until(lambda: zhao.peers["wang"]["state"] == "here")
        yield house, one, two, zhao, wang


async def gone(zhao, since):
    """Seconds from `since` until the host no longer sees Wang."""
    await zhao.until(lambda: "wang" not in zhao.peers, patience=LIMIT + 5)
    return time.monotonic() - since


async def whoever_crashes_is_shown_as_reconnecting_and_then_gone(url):
    house = House()
    async with house.node() as site:
        zhao, wang = await site.page(host()), await site.page(grant())
        await zhao.until(lambda: "wang" in zhao.peers)
        since = time.monotonic()
        await wang.drop()
        await zhao.until(lambda: zhao.peers["wang"]["state"] == "reconnecting", patience=5)
        assert 5 < await gone(zhao, since) < LIMIT
        await eventually(lambda: [body["reason"] for body in house.log.told("left")] == ["lost"])
        await zhao.ask("leave")
        await eventually(lambda: not site.signaling._rooms._live and not house.store._seats)


async def whoever_falls_silent_is_shown_as_reconnecting_and_then_gone(url):
    house = House()
    async with house.node() as site:
        zhao = await site.page(host())
        async with wire(site) as silent:
            join = {"ticket": await site.signaling.mint(grant()), "page": "page-silent", "last": 0, "media": QUIET}
            await silent.send_str("42/room,0" + json.dumps(["join", join]))
            since = time.monotonic()  # and never a pong
            await zhao.until(lambda: zhao.peers["wang"]["state"] == "reconnecting", patience=LIMIT)
            assert await gone(zhao, since) < LIMIT


async def after_a_restart_some_are_back_as_if_nothing_had_been_and_the_others_are_lost(url):
    house = House()
    async with house.node() as before:
        zhao, wang, li = [await before.page(who) for who in (host(), grant(), grant("li"))]
        await wang.ask("chat", {"key": "1", "text": "before"})
        await before.kill()
    house.store = MemoryStore()
    async with house.node() as after:
        since = time.monotonic()
        for page in (zhao, wang):
            page.site = after
            after.pages.append(page)
            await page.connect()
            page.answer = await page.join(last=4)
            assert (page.answer["events"], page.answer["snapshot"]) == ([], False)
        await zhao.until(lambda: zhao.peers["wang"]["page"] == wang.id)
        await eventually(lambda: house.log.told("left"), patience=LIMIT + 10)
        assert [(b["who"], b["reason"]) for b in house.log.told("left")] == [("li", "lost")]
        assert 9 < time.monotonic() - since < LIMIT + 6
        assert house.log.kinds().count("joined") == 3
        assert li.socket.connected is False


async def those_on_a_node_that_died_are_gone(url):
    async with two_nodes(url) as (house, _, two, zhao, _):
        since = time.monotonic()
        await two.kill()
        assert await gone(zhao, since) < LIMIT
        await eventually(lambda: [b["reason"] for b in house.log.told("left", house.room)] == ["lost"])


async def those_on_a_node_that_died_come_back_on_another_and_were_never_away(url):
    async with two_nodes(url) as (house, one, two, zhao, wang):
        await two.kill()
        wang.site = one
        await wang.until(lambda: not wang.socket.connected)
        await wang.connect()
        wang.answer = await wang.join(again=True, last=2)
        assert wang.answer["state"] == "in"
        assert wang.peers["zhao"]["page"] == zhao.id
        await asyncio.sleep(LIMIT)
        assert zhao.peers["wang"]["state"] == "here"
        assert house.log.kinds(house.room) == ["joined", "joined"]


async def a_right_taken_away_while_nodes_are_deaf_is_found_out(mortal):
    async with two_nodes(mortal.url) as (house, one, _, _, wang):
        mortal.stop()
        house.rights.revoked.add("wang")
        await one.signaling.revoke(person="wang")
        await wang.until(lambda: wang.heard("closed") == [{"reason": "revoked"}], patience=LIMIT)


async def a_redis_that_freezes_loses_nothing(frozen):
    async with two_nodes(frozen.url) as (house, _, _, zhao, wang):
        process = frozen.server._process.pid
        os.kill(process, signal.SIGSTOP)
        try:
            for n in range(5):
                assert (await zhao.ask("chat", {"key": f"f{n}", "text": "frozen"}))["ok"]
                await asyncio.sleep(1)
            await wang.until(lambda: [e["seq"] for e in wang.log] == list(range(1, 8)), patience=3)
        finally:
            os.kill(process, signal.SIGCONT)
        thawed = time.monotonic()
        heard = len(wang.log)
        for n in range(40):
            assert (await zhao.ask("chat", {"key": f"t{n}", "text": "thawed"}))["ok"]
            await asyncio.sleep(0.1)
            if wang.log[-1]["body"].get("text") == "thawed":
                break
        await wang.until(lambda: len(wang.log) > heard)
        assert time.monotonic() - thawed < 4
        assert [e["seq"] for e in wang.log] == list(range(1, len(wang.log) + 1))
        assert zhao.peers["wang"]["state"] == "here"
        assert "left" not in house.log.kinds(house.room)


async def a_page_that_answers_its_pings_stays(url):
    house = House()
    async with house.node() as site:
        zhao, wang = await site.page(host()), await site.page(grant())
        await zhao.until(lambda: "wang" in zhao.peers)
        zhao.told.clear()
        await asyncio.sleep(LIMIT)
        assert zhao.told == []
        assert (await wang.ask("ice"))["ok"]


@pytest.fixture
def frozen(tmp_path):
    """A Valkey for stopping the clock of."""
    server = servers.Valkey(tmp_path / "frozen")
    server.start()
    yield server
    server.stop()


@pytest.mark.timeout(60)
async def test_ten_seconds_decide_who_is_gone_and_who_was_never_away(redis_url, mortal_valkey, frozen):
    async with asyncio.TaskGroup() as together:
        for happens in (
            whoever_crashes_is_shown_as_reconnecting_and_then_gone(redis_url),
            whoever_falls_silent_is_shown_as_reconnecting_and_then_gone(redis_url),
            after_a_restart_some_are_back_as_if_nothing_had_been_and_the_others_are_lost(redis_url),
            those_on_a_node_that_died_are_gone(redis_url),
            those_on_a_node_that_died_come_back_on_another_and_were_never_away(redis_url),
            a_right_taken_away_while_nodes_are_deaf_is_found_out(mortal_valkey),
            a_redis_that_freezes_loses_nothing(frozen),
            a_page_that_answers_its_pings_stays(redis_url),
        ):
            together.create_task(happens)
