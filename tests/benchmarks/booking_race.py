"""Racers for the same slots on two nodes, one of which is killed and started again in the middle.

    python -m tests.benchmarks.booking_race        SLOTS=100 RACERS=200 by default

Each slot is half an hour of one expert; half of its racers sit on each node and all ask at once, for times that
overlap without being equal. Afterwards the store is asked, not the racers: how many bookings overlap another one, and
how many slots nobody got. `bookings_per_s` is the rate of bookings that nobody contends for, by both nodes at once.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from server.core.clock import SetClock
from server.scheduling import queries, service
from server.scheduling.bookable import Resource, ResourceKind
from server.scheduling.intervals import Interval
from server.scheduling.service import SlotTaken
from tests import stores as servers
from tests.conftest import finish, furnish, import_models, open_database
from tests.services.scheduling_people import furnish as furnish_people

SLOTS = int(os.environ.get("SLOTS", "100"))
RACERS = int(os.environ.get("RACERS", "200"))
UNCONTENDED = 200
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SLOT = timedelta(minutes=30)


# ---- a node: a process of its own, told on its standard input what to race for ----


async def node(url, name, expert, doctor):
    import_models()
    database = open_database(url, SetClock(NOW))
    people = [Resource(ResourceKind.POST, expert), Resource(ResourceKind.POST, doctor)]
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        command, slot, racers = line.split()
        act = race if command == "race" else book_alone
        print(await act(database, people, name, int(slot), int(racers)), flush=True)
    await database.close()


async def race(database, people, name, slot, racers):
    """How many of this node's racers won."""
    start = NOW + timedelta(days=1) + slot * SLOT

    async def ask(number):
        begins = start + (number % 3) * timedelta(minutes=5)
        return await won(database, people[:: 1 if number % 2 else -1], f"{name}-{slot}-{number}", begins, 20)

    return sum(await asyncio.gather(*map(ask, range(racers))))


async def book_alone(database, people, name, first, count):
    """How many bookings of this node's own times came through."""
    start = NOW + timedelta(days=1000) + first * SLOT

    async def ask(number):
        return await won(database, people, f"{name}-alone-{number}", start + number * SLOT, 30)

    return sum(await asyncio.gather(*map(ask, range(count))))


async def won(database, people, subject, start, minutes):
    try:
        async with database.unit() as unit:
            await service.book(
                unit,
                subject_kind="race",
                subject_id=subject,
                resources=people,
                start=start,
                end=start + timedelta(minutes=minutes),
                title="",
                key="1",
            )
    except SlotTaken:
        return False
    return True


class Node:
    """One of the two processes that share the store."""

    def __init__(self, url, name, place):
        self.command = ["-m", "tests.benchmarks.booking_race", "node", url, name, place.expert.id, place.doctor.id]

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *self.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        await self.process.stdout.readline()

    async def ask(self, command, slot, racers):
        self.process.stdin.write(f"{command} {slot} {racers}\n".encode())
        return int(await self.process.stdout.readline() or b"0")

    async def kill(self):
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def end(self):
        self.process.stdin.close()
        await self.process.wait()


# ---- the measurement ----


async def measure(case, url):
    await furnish(url)
    database = open_database(url, SetClock(NOW))
    async with database.unit() as unit:
        place = await furnish_people(unit)
    nodes = [Node(url, name, place) for name in ("a", "b")]
    await asyncio.gather(*(each.start() for each in nodes))

    began = time.perf_counter()
    for slot in range(SLOTS):
        asked = [asyncio.create_task(each.ask("race", slot, RACERS // 2)) for each in nodes]
        if slot % 10 == 5:
            await asyncio.sleep(0.02 * (slot // 10 % 5))  # a kill at another point of the race each time
            await nodes[1].kill()
            await nodes[1].start()
            await asyncio.wait(asked)
            asked = [asyncio.create_task(each.ask("race", slot, RACERS // 2)) for each in nodes]
        await asyncio.gather(*asked)
    raced = time.perf_counter() - began

    began = time.perf_counter()
    alone = [each.ask("alone", n * UNCONTENDED, UNCONTENDED) for n, each in enumerate(nodes)]
    made = sum(await asyncio.gather(*alone))
    rate = made / (time.perf_counter() - began)
    await asyncio.gather(*(each.end() for each in nodes))

    overlaps, empty = await judge(database, place)
    await database.close()
    report(case, "double_bookings", overlaps, "bookings")
    report(case, "slots_without_winner", empty, "slots")
    report(case, "attempts_per_s", SLOTS * RACERS / raced, "1/s")
    report(case, "bookings_per_s", rate, "1/s")


async def judge(database, place):
    """What the store holds: bookings that overlap the one before, and slots that nobody got."""
    first = NOW + timedelta(days=1)
    async with database.unit() as unit:
        period = Interval(first, first + SLOTS * SLOT)
        bookings = await queries.agenda(unit, occupant=place.expert_person, period=period)
    overlaps = sum(later.starts_at < earlier.ends_at for earlier, later in pairwise(bookings))
    slots = {(booking.starts_at - first) // SLOT for booking in bookings}
    return overlaps, SLOTS - len(slots)


def report(case, metric, value, unit):
    figure = {
        "bench": "booking_race",
        "case": case,
        "metric": metric,
        "value": round(value, 1),
        "unit": unit,
        "runs": 1,
    }
    print(json.dumps(figure | {"slots": SLOTS, "racers": RACERS}), flush=True)


def main():
    folder = Path(tempfile.mkdtemp(prefix="lianzhen-race-"))
    try:
        with servers.begun() as run:
            asyncio.run(measure("sqlite", f"sqlite+aiosqlite:///{folder / 'race.sqlite'}"))
            url = finish(servers.create_database(run.postgresql(), "race"))
            asyncio.run(measure("postgresql", url))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["node"]:
        asyncio.run(node(*sys.argv[2:]))
    else:
        main()
