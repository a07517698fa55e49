"""One forwarder fetches from another: of two that wait to be checked, the one that fetches calls; no page makes it."""

import asyncio

import pytest
from aioice import stun

from server.meeting.recordings.films import look_through
from signaling.media.forwarder.calling import Call
from signaling.media.forwarder.peer import Other
from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Lost, Reel
from tests.media.films import KEY, until_it_lasts
from tests.media.people import LOOPBACK, House, eventually, on_loopback


class Fetching:
    """Carries the offers of one forwarder to the other, as a watcher would answer them."""

    def __init__(self, carries, fetches, who):
        self.carries, self.fetches, self.who = carries, fetches, who

    async def offered(self, event):
        roles = {mid: view.removeprefix(f"{self.who}:") for mid, view in event.views.items()}
        answer = await self.fetches.forwarder.fetch("round", self.who, event.sdp, roles)
        await self.carries.forwarder.answer("round", event.who, event.number, answer)


@pytest.fixture
async def houses(monkeypatch):
    on_loopback(monkeypatch)
    houses = [House(Spread(Ground([LOOPBACK], processes=1))) for _ in range(2)]
    for house in houses:
        await house.open()
        await house.forwarder.open("round")
    yield houses
    for house in houses:
        await house.close()


async def test_what_one_forwarder_carries_is_seen_and_heard_at_another(houses):
    carries, fetches = houses
    await carries.publisher("round", "zhao", shade=60)
    carries.watchers["round", "annex"] = Fetching(carries, fetches, "zhao")
    await carries.forwarder.watch("round", "annex")
    wang = await fetches.watcher("round", "wang")
    await eventually(lambda: len(wang.seen.get("zhao:face", [])) > 10 and wang.heard.get("zhao:voice", 0) > 10)
    assert abs(wang.seen["zhao:face"][-1] - 60) < 4


async def test_where_the_line_between_them_ends_a_recording_is_cut_off(houses, tmp_path):
    carries, fetches = houses
    await carries.publisher("round", "zhao", shade=60)
    carries.watchers["round", "annex"] = Fetching(carries, fetches, "zhao")
    await fetches.forwarder.record("round", Reel(str(tmp_path), KEY))
    await carries.forwarder.watch("round", "annex")
    await until_it_lasts(tmp_path, 1)
    await carries.forwarder.unwatch("round", "annex")
    await eventually(lambda: {one.ended for one in look_through(tmp_path, KEY)} == {"lost"})
    assert Lost("round", "zhao", "publish") in fetches.told


class Ear(asyncio.DatagramProtocol):
    def __init__(self):
        self.heard = []

    def datagram_received(self, data, address):
        self.heard.append((data, address))


@pytest.fixture
async def ear():
    transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=(LOOPBACK, 0))
    ear.transport, ear.address = transport, transport.get_extra_info("sockname")
    yield ear
    transport.close()


async def test_nothing_is_sent_to_an_address_that_a_page_names(houses, ear):
    house, _ = houses
    zhao = await house.publisher("round", "zhao")
    known = zhao.pc.localDescription.sdp
    offer = known.replace("a=ice-ufrag:", f"a=candidate:1 1 udp 1 {LOOPBACK} {ear.address[1]} typ host\r\na=ice-ufrag:")
    await house.forwarder.publish("round", "qian", offer.replace("v=0\r\n", "v=0\r\na=ice-lite\r\n"), {"0": "voice"})
    wang = await house.watcher("round", "wang")
    await eventually(lambda: wang.heard.get("zhao:voice", 0) > 50)  # a second on
    assert ear.heard == []


class Peer:
    username, path = "ours", None

    def __init__(self):
        self.checks = []

    def checked(self, path, nominated):
        self.path = path
        self.checks.append((path.address, nominated))


def answers(request, password):
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, stun.parse_message(request).transaction_id)
    answer.add_message_integrity(password)
    return bytes(answer)


async def test_only_who_knows_the_password_answers_a_call(gate, ear):
    peer = Peer()
    call = Call(gate, peer, Other("theirs", [], True, "secret", [("::1", 9), ear.address]))
    call.round(0.0)
    call.round(0.05)
    await eventually(lambda: ear.heard)
    ((request, ours),) = ear.heard
    check = stun.parse_message(request)
    assert check.check_message_integrity(b"secret")
    assert (check.attributes["USERNAME"], "USE-CANDIDATE" in check.attributes) == ("theirs:ours", True)
    ear.transport.sendto(answers(request, b"guessed"), ours)
    ear.transport.sendto(request[:8] + b"another time" + request[20:], ours)
    call.round(0.15)
    await eventually(lambda: len(ear.heard) == 2)
    assert ear.heard[1][0] == request, "asked again as it was"
    assert peer.checks == []
    ear.transport.sendto(answers(request, b"secret"), ours)
    await eventually(lambda: peer.checks)
    assert peer.checks == [(ear.address, True)]
    call.end()
    assert gate._calls == {}
