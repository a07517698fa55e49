"""After many have come and gone nothing of them is left."""

import asyncio
import gc
import os

import pytest

from signaling.ports import Stay
from tests.signaling.house import eventually, grant, host
from tests.signaling.test_hostile import resident


def held(site):
    """Everything that may be left behind, counted."""
    signaling = site.signaling
    wire, rooms = signaling._wire, signaling._rooms
    return {
        "tasks": len(asyncio.all_tasks()),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "lines": len(wire.lines) + len(signaling._door.lines),
        "engine sockets": len(wire.eio.sockets),
        "environments": len(wire.environ),
        "socket.io rooms": sum(len(namespace) for namespace in wire.manager.rooms.values()),
        "sessions": len(signaling._room._sessions),
        "feeds": len(signaling._feed._passes) + len(signaling._feed._by_topic),
        "rooms": len(rooms._live) + len(rooms._opening),
        "seats": sum(len(board) for board in signaling._means.store._seats.values()),
        "words": len(signaling._means.presence._words),
    }


async def come_and_go(site, n):
    """A visit as people make it: some leave, some reload, some lose the line; some follow the feed too."""
    page = await site.page(grant(f"p{n}", room=f"r{n % 20}"), join=n % 7 != 0)
    if n % 7 == 0:
        await page.close()
        await page.connect(["/live"], Cookie="person=wang")
    elif n % 3 == 0:
        assert (await page.ask("leave"))["ok"]
    elif n % 3 == 1:
        again = await site.page(page.grant)
        await again.ask("chat", {"key": "1", "text": "再见"})
        assert (await again.ask("leave"))["ok"]
        await again.close()
    else:
        await page.drop()  # and back, for whoever does not come back haunts the room for ten seconds
        await page.connect()
        assert (await page.join(again=True))["ok"]
        assert (await page.ask("leave"))["ok"]
    await page.close()


@pytest.mark.timeout(60)
async def test_two_hundred_visits_leave_nothing_behind(site, house):
    await site.page(host(room="quiet"))  # so that whatever is made once has been made
    before, memory = held(site), resident()
    for first in range(0, 200, 10):
        await asyncio.gather(*(come_and_go(site, n) for n in range(first, first + 10)))
    del site.pages[1:]
    await eventually(lambda: held(site) == before, patience=20)
    gc.collect()
    assert resident() - memory < 20
    assert site.signaling.counters.joins > 200
    assert site.signaling.counters.errors == 0
    left = {(body["who"], body["stay"]) for n in range(20) for body in house.log.told("left", f"r{n}")}
    joined = {(body["who"], body["stay"]) for n in range(20) for body in house.log.told("joined", f"r{n}")}
    assert left == joined
    assert await house.log.standing() == [Stay("quiet", "zhao", house.log.told("joined", "quiet")[0]["stay"])]


async def test_a_server_that_stops_leaves_no_task_and_no_connection(house):
    before = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
    async with house.node() as site:
        for n in range(10):
            await site.page(grant(f"p{n}"))
        await site.page(join=False)
    await eventually(lambda: (len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))) == before)
