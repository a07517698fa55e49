"""What people and programs that mean harm can do to a room: nothing that others notice."""

import asyncio
import json
import os
import random
import time

import aiohttp
import pytest
from aiohttp import WSMsgType

from signaling.messages import CHAT_LIMIT, FRAME_LIMIT
from tests.signaling.house import QUIET, eventually, grant, guest, host, wire

ENGINE = "/socket.io/?EIO=4&transport=websocket"


def refusal(answer):
    assert answer["ok"] is False
    return answer["error"]["code"]


def resident():
    """Megabytes of this process in memory."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def closed(socket):
    """Read until the other side is gone."""
    while True:
        message = await socket.receive()
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
            return


# ---- the door


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "", "http://127.0.0.1", "file://"])
async def test_only_pages_of_this_site_come_in(site, origin):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with wire(site, origin=origin or " "):
            pass
    assert refused.value.status == 403


async def test_a_program_that_names_no_origin_is_no_page_of_ours(site):
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(site.url + ENGINE)
    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["", "localhost", "hz-pc.local:8443"])
async def test_a_page_comes_in_by_whatever_name_of_the_site_it_asks(house, host):
    async with house.node(origins=["https://lianzhen.test"]) as site, aiohttp.ClientSession() as session:
        asked = {"Host": host} if host else {}
        own = {"Origin": f"http://{host}" if host else site.url, **asked}
        async with session.ws_connect(site.url + ENGINE, headers=own):
            pass
        for foreign in (own["Origin"] + ".evil.test", own["Origin"].replace("http:", "https:")):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(site.url + ENGINE, headers={**own, "Origin": foreign})


async def test_a_page_of_another_address_that_the_site_calls_its_own_comes_in(house):
    async with house.node(origins=["https://lianzhen.test"]) as site, wire(site, origin="https://lianzhen.test"):
        pass


async def test_there_is_no_polling_to_steal_a_session_through(site):
    wang = await site.page(grant())
    own = {"Origin": site.url}
    polling = f"{site.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        assert (await session.get(polling, headers=own)).status == 400
        assert (await session.get(f"{polling}&sid={wang.socket.eio.sid}", headers=own)).status == 400
        stolen = f"{site.url}{ENGINE}&sid={wang.socket.eio.sid}"
        assert (await session.get(stolen, headers=own)).status == 400
        assert (await session.post(polling, headers=own, data="4")).status == 405


async def test_an_address_holds_twenty_silent_connections_and_the_next_wait_until_they_are_cut(house):
    async with house.node(deadline=1) as site, aiohttp.ClientSession() as session:
        own = {"Origin": site.url}
        silent = [await session.ws_connect(site.url + ENGINE, headers=own) for _ in range(20)]
        late = asyncio.create_task(site.page(grant()))
        await asyncio.sleep(0.2)
        assert not late.done()
        assert not any(socket.closed for socket in silent)
        assert (await late).answer["ok"]
        await asyncio.gather(*(closed(socket) for socket in silent))
        assert site.signaling.counters.cut == 20


async def test_sixty_of_one_address_who_join_all_come_in(house):
    async with house.node() as site:
        pages = await asyncio.gather(*(site.page(grant(f"p{n}", room=f"r{n // 4}")) for n in range(60)))
        assert all(page.answer["ok"] for page in pages)


async def test_who_connects_and_never_joins_is_cut_and_who_joined_is_not(house):
    async with house.node(deadline=0.5) as site:
        wang = await site.page(grant())
        aunt = await site.page(guest())
        loiterer = await site.page(join=False)
        await loiterer.until(lambda: ("disconnect",) in loiterer.told)
        assert (await wang.ask("ice"))["ok"]
        assert aunt.socket.connected


async def test_who_left_the_room_must_join_again_or_go(house):
    async with house.node(deadline=0.5) as site:
        wang = await site.page(grant())
        await wang.ask("leave")
        await wang.until(lambda: ("disconnect",) in wang.told)


async def test_who_leaves_the_room_but_follows_hints_stays(house):
    async with house.node(deadline=0.5) as site:
        wang = await site.page(join=False)
        await wang.close()
        await wang.connect(["/room", "/live"], Cookie="person=wang")
        wang.grant = grant()
        await wang.join()
        await wang.ask("leave")
        await asyncio.sleep(1)
        site.signaling.hint("post:1", "x", {})
        await wang.until(lambda: wang.heard("changed"))


# ---- frames


def acknowledged(message):
    """What an acknowledgement frame, 43/room,7[…], says."""
    return json.loads(message.data[message.data.index("[") :])[0]


@pytest.mark.parametrize("name", ["connect", "disconnect"])
async def test_a_forged_connection_or_farewell_is_only_an_unknown_message(site, house, name):
    zhao, wang = await site.page(host()), await site.page(grant())
    await zhao.until(lambda: "wang" in zhao.peers)
    for payload in ({}, {"sid": "x"}, "transport close"):
        assert refusal(await wang.ask(name, payload)) == "message.unknown"
    assert (await wang.ask("ice"))["ok"]
    assert zhao.peers["wang"]["state"] == "here"
    assert house.log.kinds() == ["joined", "joined"]


@pytest.mark.parametrize(
    "frame", ["4" + "2/room," + json.dumps(["chat", {"key": "1", "text": "x" * FRAME_LIMIT}]), b"2"]
)
async def test_a_frame_too_large_or_binary_ends_the_connection(site, frame):
    wang = await site.page(grant())
    async with wire(site) as socket:
        await (socket.send_bytes if isinstance(frame, bytes) else socket.send_str)(frame)
        await closed(socket)
    assert (await wang.ask("ice"))["ok"]


async def test_a_line_of_eight_kibibytes_is_the_longest(site):
    wang = await site.page(grant())
    assert (await wang.ask("chat", {"key": "1", "text": "血" * (CHAT_LIMIT // 3)}))["ok"]
    too_long = await wang.ask("chat", {"key": "2", "text": "血" * (CHAT_LIMIT // 3 + 1)})
    assert too_long["error"] == {"code": "message.malformed", "field": "text"}


MEANINGLESS = [
    '"chat"', '"chat",1,2', '"chat",{"key":{},"text":[]}', '"chat",{"key":"a","text":" "}',
    '"chat",{"key":"a b","text":"x"}', '"chat",{"_placeholder":true,"num":99}', '"chat",' + "[" * 500 + "]" * 500,
    '"chat",' + '{"a":' * 500 + "1" + "}" * 500, '"join",[]', '"join",null', '"join"',
    '"join",{"ticket":"' + "x" * 43 + '","page":"abcdefgh","last":1e300}', '"signal",{"to":"zhao"}',
    '"signal",{"to":"zhao","page":"page-000001","description":{"type":"offer","sdp":7}}',
    '"signal",{"to":"zhao","page":"page-000001","description":{"type":"rollback","sdp":"v=0\\n"}}',
    '"signal",{"to":"zhao","page":"page-000001","candidate":{"candidate":"\\u0000"}}',
    '"signal",{"to":{"a":1},"page":1}', '"media",{"mic":1,"cam":0,"screen":null}', '"hand",{"up":"yes"}',
    '"net",{"rtt":-1,"loss":9,"kbps":1e300}', '"admit",{"who":"../../etc"}', '"deny",{"who":"' + "x" * 65 + '"}',
    '"remove",{"who":["zhao"]}', '"mute",{}', '"since",{"last":-1}', '"since",{"last":99999999999999999999}',
    '"since",{"last":true}', '"since",{"last":1.5}', '"connect",{}', '"disconnect",{}', '"__init__",{}',
    '"trigger_event",{}', '"",{}', '"😀",{}', '"leave",7', '"end",[1]',
]  # fmt: skip
UNREADABLE = [
    "", "4", "4[]", "42", "42/room,", "42/room,null", "42/room,{}", "42/room,[]", "42/room,[1]",
    '42/room,["\\ud800"]', '42/room,["media",{"mic":NaN}]', "42/room,[1e999", "42/room," + "[" * 5000,
    '45/room,1-["chat",{"_placeholder":true,"num":0}]', '451-/room,["chat"]', "46/room,1-[]", "44/room,{}", "49",
    "47/room,[]", "42/room," + "9" * 200 + '["chat"]', "2probe", "5", "6", "0{}", "b4AAAA", "😀", "4²", "42/room,²[]",
]  # fmt: skip


async def test_ten_thousand_malformed_messages_change_nothing_and_stop_nothing(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await zhao.until(lambda: "wang" in zhao.peers)
    before = [(e.seq, e.kind) for e in house.log.of("r1")], zhao.peers
    dice, refused, slowest = random.Random(7), 0, 0.0
    for _ in range(100):
        async with wire(site) as socket:
            for n in range(100):
                await socket.send_str(f"42/room,{n}[{dice.choice(MEANINGLESS)}]")
            for _ in range(99):
                answer = acknowledged(await socket.receive())
                assert answer["ok"] is False
                refused += 1
            await socket.send_str(dice.choice(UNREADABLE))
            asked = time.monotonic()
            assert (await wang.ask("net", {"rtt": 50, "loss": 0, "kbps": 900}))["ok"]
            slowest = max(slowest, time.monotonic() - asked)
    assert refused == 9900
    assert ([(e.seq, e.kind) for e in house.log.of("r1")], zhao.peers) == before
    assert site.signaling.counters.errors == 0
    assert slowest < 0.5
    await eventually(lambda: site.signaling.counters.sockets == 2)


@pytest.mark.parametrize("frame", UNREADABLE)
async def test_what_cannot_be_read_ends_its_own_connection_only(site, frame):
    wang = await site.page(grant())
    async with wire(site) as socket:
        await socket.send_str(frame)
        await asyncio.wait_for(closed(socket), 2)
    assert (await wang.ask("ice"))["ok"]
    assert site.signaling.counters.malformed == 1


# ---- floods


async def test_a_flood_is_warned_then_cut_and_kept_out_and_nobody_else_notices(site):
    zhao = await site.page(host())
    ticket = await site.signaling.mint(grant())
    join = {"ticket": ticket, "page": "page-of-flood", "last": 0, "media": QUIET}
    answers = []
    async with wire(site) as socket:
        await socket.send_str("42/room,0" + json.dumps(["join", join]))
        await zhao.until(lambda: "wang" in zhao.peers)

        async def flood():
            for n in range(1, 10_001):
                await socket.send_str(f'42/room,{n}["hand",{{"up":{"true" if n % 2 else "false"}}}]')

        async def read():
            async for message in socket:
                if message.data.startswith("43/room,"):
                    answers.append(acknowledged(message))

        reading, flooding = asyncio.create_task(read()), asyncio.create_task(flood())
        waits = []
        while not reading.done():
            asked = time.monotonic()
            assert (await zhao.ask("ice"))["ok"]
            waits.append(time.monotonic() - asked)
            await asyncio.sleep(0.03)
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
    assert sorted(waits)[int(len(waits) * 0.95)] < 1  # this very process is also the one that floods
    refused = [answer for answer in answers if not answer["ok"]]
    assert refused
    assert {answer["error"]["code"] for answer in refused} == {"message.too_fast"}
    assert sum(answer["ok"] for answer in answers) < 200
    again = await site.page(grant())
    assert refusal(again.answer) == "message.too_fast"


async def test_a_burst_that_people_make_is_not_a_flood(site):
    wang = await site.page(grant())
    answers = await asyncio.gather(*(wang.ask("hand", {"up": n % 2 == 0}) for n in range(90)))
    assert all(answer["ok"] for answer in answers)


# ---- slow readers


async def frames(socket):
    """The Socket.IO events that arrive, decoded."""
    async for message in socket:
        if message.data == "2":
            await socket.send_str("3")
        elif message.data.startswith("42/"):
            yield json.loads(message.data[message.data.index("[") :])


async def test_a_page_that_does_not_read_costs_little_and_hears_that_it_missed_something(site, house):
    wang = await site.page(join=False)
    await wang.close()
    await wang.connect(["/live"], Cookie="person=wang")
    async with wire(site, room=False, Cookie="person=wang") as slow:
        await slow.send_str("40/live,")
        await slow.receive()
        slow._response.connection.transport.pause_reading()
        before, blob = resident(), "x" * 8000
        for n in range(8000):  # 64 MB for whoever does not take them
            site.signaling.hint("post:1", "grown", {"n": n, "blob": blob})
            if n % 100 == 0:
                await wang.until(lambda n=n: wang.heard("changed")[-1]["n"] >= n - 1)
                wang.told[:-1] = []
        assert resident() - before < 32
        slow._response.connection.transport.resume_reading()
        heard = [name async for name, _ in frames_until(slow, "resync")]
        assert len(heard) < 8000
    assert wang.heard("resync") == []


async def test_a_slow_page_of_a_room_misses_nothing_in_the_end(site, house):
    async with wire(site) as slow:
        join = {"ticket": await site.signaling.mint(grant()), "page": "page-of-slow", "last": 0, "media": QUIET}
        await slow.send_str("42/room,0" + json.dumps(["join", join]))
        await slow.receive()
        slow._response.connection.transport.pause_reading()
        for n in range(400):
            await house.log.write("r1", "chat", "zhao", {"text": "x" * 8000, "name": "Zhao"}, f"chat:{n}")
        site.signaling.stir("r1")
        await eventually(lambda: site.signaling.counters.resyncs)
        slow._response.connection.transport.resume_reading()
        seen = [1]
        while seen[-1] < 401:
            await slow.send_str(f'42/room,1["since",{{"last":{seen[-1]}}}]')
            seen += await followed(slow, seen[-1])
            await asyncio.sleep(0.02)
        assert seen == list(range(1, 402))


async def followed(socket, last):
    """What a page takes from the wire until its `since` is answered or it hears that it must ask again."""
    seen = []
    async for message in socket:
        if message.data == "2":
            await socket.send_str("3")
        elif message.data.startswith("43/room,1"):
            events = acknowledged(message).get("events", [])  # none when asked too fast
            return seen + [e["seq"] for e in events if e["seq"] > (seen or [last])[-1]]
        elif message.data.startswith('42/room,["resync"'):
            return seen
        elif message.data.startswith('42/room,["event"'):
            seq = json.loads(message.data[len("42/room,") :])[1]["seq"]
            seen += [seq] if seq == (seen or [last])[-1] + 1 else []
    raise ConnectionError


async def frames_until(socket, event):
    async for name, payload in frames(socket):
        yield name, payload
        if name == event:
            return
