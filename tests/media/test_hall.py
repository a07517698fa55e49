"""A hall in one process, with aiortc peers: what one publishes, others see; nothing is decoded between."""

import asyncio
import contextlib
import random
import time

import pytest
from pylibsrtp import Error

from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.hall import Hall
from signaling.media.forwarder.publication import Clocks
from signaling.media.ports import Lost, Offered
from signaling.tasks import Tasks
from tests.media.people import LOOPBACK, Publisher, Watcher, WeakLine, eventually, on_loopback


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

    async def publisher(self, who, roles=("voice", "face"), shade=60, codec="VP8"):
        self.people.append(publisher := Publisher(self.hall, who, roles, shade))
        return await publisher.publish(codec)

    async def watcher(self, who, views=None, loss=0.0):
        self.people.append(watcher := Watcher(self.hall, who))
        if loss:
            watcher.line = await WeakLine(self.gate.lanes[0].port, loss).open()
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


async def test_a_stage_changes_from_one_codec_to_another(house):
    await house.publisher("zhao", ("face",), shade=60, codec="H264")
    await house.publisher("qian", ("face",), shade=180)
    wang = await house.watcher("wang", {"stage": "zhao:face"})
    for source, shade in (("zhao:face", 60), ("qian:face", 180), ("zhao:face", 60)):
        await house.hall.arrange("wang", {"stage": source})
        await eventually(lambda shade=shade: wang.seen.get("stage") and abs(wang.seen["stage"][-1] - shade) < 5)
    assert len(wang.offers) == 1


async def test_a_bad_line_is_repaired_and_others_do_not_notice(house):
    await house.publisher("zhao")
    good, bad = await house.watcher("wang"), await house.watcher("li", loss=0.05)
    await eventually(lambda: bad.line.lost > 20 and len(bad.seen.get("zhao:face", [])) > 100, within=40)
    shown = {who: set(one.seen["zhao:face"]) for who, one in (("wang", good), ("li", bad))}
    assert all(abs(shade - 60) < 4 for shades in shown.values() for shade in shades)
    lost = [report.packetsLost for report in (await good.pc.getStats()).values() if report.type == "inbound-rtp"]
    assert lost == [0, 0]


async def test_a_forged_handshake_from_elsewhere_ends_nobodys_call(house):
    await house.publisher("zhao", ("voice",))
    wang = await house.watcher("wang")
    await eventually(lambda: wang.heard.get("zhao:voice"))
    lane = house.gate.lanes[0]
    hello = bytes([22, 254, 253]) + bytes(8) + (60).to_bytes(2, "big") + bytes([1]) + bytes(59)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(LOOPBACK, lane.port))
    before = lane.strangers
    for datagram in (hello, b"", bytes([128]) * 40, bytes([128, 200]) * 20, hello[:1], bytes(20), bytes([0, 1]) * 30):
        transport.sendto(datagram)
    await eventually(lambda: lane.strangers >= before + 6)
    transport.close()
    heard = wang.heard["zhao:voice"]
    await eventually(lambda: wang.heard["zhao:voice"] > heard + 50)
    assert house.events(Lost) == []


async def test_nothing_is_left_when_all_have_gone(house):
    for _ in range(2):
        await house.publisher("zhao")
        wang = await house.watcher("wang")
        await eventually(lambda wang=wang: wang.seen.get("zhao:face"))
        await house.hall.close()
    lane = house.gate.lanes[0]
    await eventually(lambda: not lane.known and not house.gate._guests)
    assert house.hall.figures() == {"published": {}, "watched": {}}


async def test_a_participant_who_sends_rubbish_harms_nobody(house):
    zhao = await house.publisher("zhao")
    await house.publisher("qian", shade=120)
    wang = await house.watcher("wang")
    await eventually(lambda: wang.seen.get("zhao:face") and wang.seen.get("qian:face"))
    transport, chance = zhao.pc.getSenders()[1].transport, random.Random(3)
    ssrc = zhao.pc.getSenders()[1]._ssrc.to_bytes(4, "big")
    for number in range(3000):
        kind = bytes(
            [chance.choice([0x80, 0x90, 0xA0, 0xBF, 0xB1]), chance.choice([96, 97, 98, 111, 200, 201, 205, 206])]
        )
        length = chance.randrange(0, 60)
        words = (length // 4).to_bytes(2, "big") if kind[1] >= 200 else chance.randbytes(2)
        rubbish = kind + words + chance.randbytes(4) + ssrc + b"\xbe\xde\0\1" + chance.randbytes(length)
        with contextlib.suppress(ValueError, Error):
            await transport._send_rtp(rubbish)
        if not number % 50:
            await asyncio.sleep(0)
    seen = len(wang.seen["qian:face"])
    await eventually(lambda: len(wang.seen["qian:face"]) > seen + 20)
    assert abs(wang.seen["qian:face"][-1] - 120) < 4
    assert house.events(Lost) == []
