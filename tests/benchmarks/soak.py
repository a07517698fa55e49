"""The comings and goings of eight hours of lessons, in minutes: what is left of memory, descriptors, tasks, handles.

    python -m tests.benchmarks.soak        HOURS=8 PEOPLE=60

An hour is a lesson: it opens, a teacher publishes, PEOPLE listeners come, see a picture and go, a few at a time; every
sixth publishes too. When all but the teacher have left it is measured: the forwarder's processes, then a Janus node;
tasks are those of the server's side, which is this process. The first two hours warm up.
"""

import asyncio
import os
import statistics
import time

import aioice.ice

from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.janus.cluster import Cluster
from signaling.media.ports import MediaRefusal
from tests.benchmarks.figures import descriptors, figure, resident_mb
from tests.media.janus_node import CROWD, SECRET, JanusNode, outer_address
from tests.media.people import House, eventually

HOURS = int(os.environ.get("HOURS", "8"))
PEOPLE = int(os.environ.get("PEOPLE", "60"))
AT_ONCE = 6
BROUGHT_UP = 6  # every so manieth listener
WARM_UP = 2  # hours
HALL, TEACHER = "lesson", "teacher"


async def lesson(house, held):
    """(MB, descriptors, tasks, handles) at its end. `held()` are the pids that carry media, and the handles."""
    await house.forwarder.open(HALL)
    await house.publisher(HALL, TEACHER)
    places = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(listener(house, places, f"p{number}", number) for number in range(PEOPLE)))
    await asyncio.gather(*house._answers, return_exceptions=True)  # of some that had gone when they were offered more
    await asyncio.sleep(3)  # what ends a little later has ended
    pids, handles = await held()
    found = sum(map(resident_mb, pids)), sum(map(descriptors, pids)), len(asyncio.all_tasks()), handles
    await gone(house, TEACHER)
    await house.forwarder.close(HALL)
    house.told.clear()
    house._answers.clear()
    return found


async def listener(house, places, who, number):
    async with places:
        watcher = await patiently(house.watcher, HALL, who)
        await eventually(lambda: watcher.seen.get(f"{TEACHER}:face"), within=60)
        if number % BROUGHT_UP == 0:
            await patiently(house.publisher, HALL, who)
            await asyncio.sleep(1)
            await house.forwarder.unpublish(HALL, who)
        await house.forwarder.unwatch(HALL, who)
        await gone(house, who)


async def patiently(verb, *words):
    while True:
        try:
            return await verb(*words)
        except MediaRefusal:
            await asyncio.sleep(0.5)


async def gone(house, who):
    """Their own ends are closed and forgotten, so that what is left is the server's."""
    theirs = [one for one in house.people if one.who == who]
    house.people = [one for one in house.people if one.who != who]
    house.watchers.pop((HALL, who), None)
    for one in theirs:
        await one.close()


async def embedded():
    house = House(Spread(Ground([outer_address()])))

    async def held():
        found = await house.forwarder.figures(HALL)
        return [one["pid"] for one in found.values()], 0

    await house.open()
    try:
        return [await lesson(house, held) for _ in range(HOURS)]
    finally:
        await house.close()


async def janus():
    node = JanusNode(outer_address(), watched=True).start()
    await node.answers()
    house = House(Cluster([node.url], SECRET, CROWD))

    async def held():
        return [node.pid], await node.handles()

    await house.open()
    await eventually(lambda: all(one.alive for one in house.forwarder.nodes), within=60)
    try:
        return [await lesson(house, held) for _ in range(HOURS)]
    finally:
        await house.close()
        node.stop()


def report(engine, told, seconds):
    case = f"{HOURS}h-simulated, {PEOPLE} people an hour, {engine}"
    warm = told[WARM_UP:]
    memory, *counts = zip(*warm, strict=True)
    slope = statistics.linear_regression(range(len(memory)), memory).slope
    figure("soak", case, "rss_mb_per_h", slope, "MB", goal=1, first=round(memory[0], 1), last=round(memory[-1], 1))
    for metric, values in zip(("descriptors", "tasks", "handles"), counts, strict=True):
        figure("soak", case, metric, values[-1] - values[0], "more at the end", goal=0, held=values[-1])
    figure("soak", case, "took_s", seconds, "s")


async def measure():
    address = outer_address()
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
    for engine in (embedded, janus):
        began = time.monotonic()
        told = await engine()
        report(engine.__name__, told, time.monotonic() - began)


asyncio.run(measure())
