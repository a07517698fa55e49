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
from signaling.media.ports import Joined, Lost, MediaRefusal, Offered, SourceCame, SourceLeft, Speaking
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


async def test_what_one_publishes_another_sees_and_hears(house):
    await house.publisher("zhao", shade=60)
    wang = await house.watcher("wang")
    await eventually(lambda: len(wang.seen.get("zhao:face", [])) > 5 and wang.heard.get("zhao:voice", 0) > 5)
    assert abs(wang.seen["zhao:face"][-1] - 60) < 4
    assert {event.source for event in house.events(SourceCame)} == {"zhao:voice", "zhao:face"}
    assert {(event.who, event.way) for event in house.events(Joined)} == {("zhao", "publish"), ("wang", "watch")}


async def test_who_comes_late_sees_a_picture_at_once(house):
    await house.publisher("zhao")
    wang = await house.watcher("wang")
    await eventually(lambda: len(wang.seen.get("zhao:face", [])) > 20)
    late = await house.watcher("li")
    await eventually(lambda: late.seen.get("zhao:face"))
    assert abs(late.seen["zhao:face"][0] - 60) < 4


async def test_a_view_changes_its_publisher_without_renegotiation_and_without_a_gap(house):
    await house.publisher("zhao", shade=60)
    await house.publisher("qian", shade=180)
    wang = await house.watcher("wang", {"stage": "zhao:face"})
    await eventually(lambda: len(wang.seen.get("stage", [])) > 5)
    await house.hall.arrange("wang", {"stage": "qian:face"})
    await eventually(lambda: abs(wang.seen["stage"][-1] - 180) < 4)
    await house.hall.arrange("wang", {"stage": "zhao:face"})
    await eventually(lambda: abs(wang.seen["stage"][-1] - 60) < 4)
    assert len(wang.offers) == 1
    shades = [0 if abs(shade - 60) < 4 else 1 if abs(shade - 180) < 4 else None for shade in wang.seen["stage"]]
    turns = [shade for number, shade in enumerate(shades) if not number or shade != shades[number - 1]]
    assert turns == [0, 1, 0]  # no broken picture in between


async def test_a_stage_changes_from_one_codec_to_another(house):
    await house.publisher("zhao", ("face",), shade=60, codec="H264")
    await house.publisher("qian", ("face",), shade=180)
    wang = await house.watcher("wang", {"stage": "zhao:face"})
    for source, shade in (("zhao:face", 60), ("qian:face", 180), ("zhao:face", 60)):
        await house.hall.arrange("wang", {"stage": source})
        await eventually(lambda shade=shade: wang.seen.get("stage") and abs(wang.seen["stage"][-1] - shade) < 5)
    assert len(wang.offers) == 1


async def test_a_publisher_who_reloads_takes_the_place_of_the_old_page(house):
    zhao = await house.publisher("zhao", shade=60)
    wang = await house.watcher("wang")
    await eventually(lambda: wang.seen.get("zhao:face"))
    await house.publisher("zhao", shade=200)
    await eventually(lambda: abs(wang.seen["zhao:face"][-1] - 200) < 4)
    assert len(wang.offers) == 1
    assert len(house.events(SourceCame)) == 2
    assert house.events(SourceLeft) == []
    await zhao.close()


async def test_m_lines_are_used_again(house):
    wang = await house.watcher("wang")
    for _ in range(3):
        await house.publisher("zhao")
        await eventually(lambda: "zhao:face" in wang.views.values())
        wang.seen.clear()
        await eventually(lambda: wang.seen.get("zhao:face"))
        await house.hall.unpublish("zhao")
        await eventually(lambda: not wang.views)
    assert wang.offers[-1].sdp.count("m=") == 2


async def test_what_changes_during_a_negotiation_is_offered_after_it(house):
    wang = await house.watcher("wang")
    await asyncio.gather(*(house.publisher(who, ("voice",)) for who in ("zhao", "qian", "sun", "li")))
    await eventually(lambda: len(wang.views) == 4)
    await eventually(lambda: all(wang.heard.get(f"{who}:voice") for who in ("zhao", "qian", "sun", "li")))
    assert [offer.number for offer in wang.offers] == list(range(1, len(wang.offers) + 1))


async def test_who_speaks_is_told(house):
    await house.publisher("zhao", ("voice",))
    await eventually(lambda: any("zhao:voice" in event.levels for event in house.events(Speaking)))


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


async def test_a_page_that_closes_is_lost_and_its_sources_leave(house):
    zhao = await house.publisher("zhao")
    wang = await house.watcher("wang")
    await eventually(lambda: wang.seen.get("zhao:face"))
    await zhao.close()
    await eventually(lambda: house.events(Lost) == [Lost("round", "zhao", "publish")])
    assert {event.source for event in house.events(SourceLeft)} == {"zhao:voice", "zhao:face"}
    await wang.close()
    await eventually(lambda: Lost("round", "wang", "watch") in house.events(Lost))


@pytest.mark.parametrize(
    "sdp", ["", "v=0\r\n", "m=audio 9 X 0\r\n", "m=" * 4000, "v=0\r\nm=video 9 A/B 96\r\na=mid:0\r\n"]
)
async def test_a_description_that_no_browser_makes_is_refused(house, sdp):
    with pytest.raises(MediaRefusal, match=r"media\.unreadable"):
        await house.hall.publish("zhao", sdp, {})
    await house.watcher("wang")
    with pytest.raises(MediaRefusal, match=r"media\.unreadable"):
        await house.hall.answer("wang", 1, sdp)


async def test_asking_for_what_is_not_there_is_refused_aloud(house):
    with pytest.raises(MediaRefusal, match=r"media\.not_watching"):
        await house.hall.arrange("nobody", None)
    await house.watcher("wang")
    with pytest.raises(MediaRefusal, match=r"media\.no_view"):
        await house.hall.limit("wang", "stage", 0)


async def test_an_old_answer_changes_nothing(house):
    await house.publisher("zhao", ("voice",))
    wang = await house.watcher("wang")
    await eventually(lambda: wang.heard.get("zhao:voice"))
    await house.hall.answer("wang", 0, wang.pc.localDescription.sdp)
    await house.hall.answer("wang", 1, wang.pc.localDescription.sdp)
    heard = wang.heard["zhao:voice"]
    await eventually(lambda: wang.heard["zhao:voice"] > heard)


async def test_nothing_is_left_when_all_have_gone(house):
    for _ in range(2):
        await house.publisher("zhao")
        wang = await house.watcher("wang")
        await eventually(lambda wang=wang: wang.seen.get("zhao:face"))
        await house.hall.close()
    lane = house.gate.lanes[0]
    await eventually(lambda: not lane.known and not house.gate._guests)
    assert house.hall.figures() == {"published": {}, "watched": {}}


@pytest.mark.parametrize("name", ["", "a b", "x\r\na=candidate:1", "台", "x" * 101])
async def test_names_that_would_change_a_description_are_refused(house, name):
    zhao = Publisher(house.hall, "zhao", ("face",))
    house.people.append(zhao)
    zhao.pc.addTransceiver("video", "sendonly")
    await zhao.pc.setLocalDescription()
    with pytest.raises(MediaRefusal, match=r"media\.malformed"):
        await house.hall.publish("zhao", zhao.pc.localDescription.sdp, {"0": name})
    with pytest.raises(MediaRefusal, match=r"media\.malformed"):
        await house.hall.watch("wang", {name: "zhao:face"})
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
