"""A hall in one process, with aiortc peers: what one publishes, others see; nothing is decoded between."""

import asyncio
import time

import pytest

from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.hall import Hall
from signaling.media.forwarder.publication import Clocks
from signaling.media.ports import Joined, Lost, MediaRefusal, Offered, SourceCame, SourceLeft, Speaking
from signaling.tasks import Tasks
from tests.media.people import LOOPBACK, Publisher, Watcher, eventually, on_loopback


class House:
    """A gate, one hall and its people; carries offers to the watchers."""

    def __init__(self):
        self.tasks, self.told, self.people = Tasks(), [], []
        self.gate = Gate([LOOPBACK])
        self.hall = Hall("round", self.gate, self.tasks, Clocks(time.time, time.monotonic), self._tell)
        self.watchers = {}

    def _tell(self, event):
        self.told.append(event)
        if isinstance(event, Offered):
            self.tasks.start(self.watchers[event.who].offered(event), "answer")

    async def open(self):
        self.gate.open()

        async def turn():
            self.hall.round(time.monotonic())

        self.tasks.every(0.02, turn, "rounds")

    async def publisher(self, who, roles=("voice", "face"), shade=60):
        self.people.append(publisher := Publisher(self.hall, who, roles, shade))
        return await publisher.publish()

    async def watcher(self, who, views=None):
        self.people.append(watcher := Watcher(self.hall, who))
        self.watchers[who] = watcher
        return await watcher.watch(views)

    def events(self, kind):
        return [event for event in self.told if isinstance(event, kind)]

    async def close(self):
        await self.hall.close()
        for person in self.people:
            await person.close()
        await self.tasks.stop()
        self.gate.close()


@pytest.fixture
async def house(monkeypatch):
    on_loopback(monkeypatch)
    house = House()
    await house.open()
    yield house
    await house.close()


async def test_what_one_publishes_another_sees_and_hears(house):
    await house.publisher("zhao", shade=60)
    wang = await house.watcher("wang")
    await eventually(lambda: len(wang.seen.get("zhao:face", [])) > 5 and wang.heard.get("zhao:voice", 0) > 5)
    assert abs(wang.seen["zhao:face"][-1] - 60) < 4
    assert {event.source for event in house.events(SourceCame)} == {"zhao:voice", "zhao:face"}
    assert {(event.who, event.way) for event in house.events(Joined)} == {("zhao", "publish"), ("wang", "watch")}
