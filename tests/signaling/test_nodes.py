"""One room over two servers with a real Valkey between them, and what happens when that goes away."""

import asyncio
import hmac
import time

import orjson
from redis.asyncio import Redis

from tests.signaling.house import KEY, eventually, grant, guest, host

OFFER = {"type": "offer", "sdp": "v=0\r\n"}


def refusal(answer):
    assert answer["ok"] is False
    return answer["error"]["code"]


async def pair(one, two):
    zhao, wang = await one.page(host()), await two.page(grant())
    await zhao.until(lambda: zhao.peers["wang"]["state"] == "here")
    return zhao, wang


# ---- one room


async def test_people_on_two_servers_are_in_one_room(nodes, house):
    zhao, wang = await pair(*nodes)
    assert wang.peers["zhao"]["page"] == zhao.id
    assert (await wang.ask("signal", {"to": "zhao", "page": zhao.id, "description": OFFER}))["ok"]
    await zhao.until(lambda: zhao.heard("signal"))
    assert zhao.heard("signal") == [{"from": "wang", "page": wang.id, "description": OFFER}]
    await wang.ask("media", {"mic": True, "cam": True, "screen": False})
    await zhao.until(lambda: zhao.peers["wang"]["mic"])
    assert [seat.who for seat in await nodes[0].signaling.occupants("r1")] == ["zhao", "wang"]


async def test_everybody_sees_the_same_lines_in_the_same_order(nodes):
    pages = await pair(*nodes)

    async def talk(page):
        for n in range(25):
            assert (await page.ask("chat", {"key": f"k{n}", "text": f"{page.id} {n}"}))["ok"]

    await asyncio.gather(*(talk(page) for page in pages))
    for page in pages:
        await page.until(lambda p=page: p.log[-1]["seq"] == 52)
        assert [e["seq"] for e in page.log] == list(range(1, 53))


async def test_a_host_commands_on_every_server(nodes, house):
    one, two = nodes
    zhao, wang = await pair(one, two)
    aunt = await two.page(guest())
    await zhao.until(lambda: zhao.waiting == ["aunt"])
    await zhao.ask("admit", {"who": "aunt"})
    await aunt.until(lambda: aunt.heard("welcome"))
    await zhao.ask("mute", {"who": "wang"})
    await wang.until(lambda: wang.heard("muted") == [{"by": "zhao"}])
    await zhao.ask("remove", {"who": "wang"})
    await wang.until(lambda: wang.heard("closed") == [{"reason": "removed"}])
    await zhao.ask("end")
    await aunt.until(lambda: aunt.heard("closed") == [{"reason": "ended"}])
    await eventually(lambda: len(house.log.told("left")) == 3)


async def test_a_right_taken_away_ends_on_every_server_within_two_seconds(nodes):
    one, two = nodes
    zhao, wang = await pair(one, two)
    asked = time.monotonic()
    await one.signaling.revoke(person="wang")
    await wang.until(lambda: wang.heard("closed") == [{"reason": "revoked"}], patience=2)
    await zhao.until(lambda: "wang" not in zhao.peers, patience=2)
    assert time.monotonic() - asked < 2
    await wang.connect()
    assert refusal(await wang.join(again=True)) == "room.ticket_refused"


async def test_the_house_ends_a_session_on_every_server(nodes):
    one, two = nodes
    zhao, wang = await pair(one, two)
    await two.signaling.close_room("r1", "expired")
    for page in (zhao, wang):
        await page.until(lambda p=page: p.heard("closed") == [{"reason": "ended"}])


async def test_hints_reach_the_pages_of_every_server(nodes):
    one, two = nodes
    wang = await two.page(join=False)
    await wang.close()
    await wang.connect(["/live"], Cookie="person=wang")
    one.signaling.hint("post:1", "request.placed", {"id": "c1"})
    await wang.until(lambda: wang.heard("changed"))
    assert wang.heard("changed") == [{"topic": "post:1", "kind": "request.placed", "id": "c1"}]


# ---- moving between servers


async def test_a_page_that_comes_back_to_the_other_server_was_never_away(nodes, house):
    one, two = nodes
    zhao, wang = await pair(one, two)
    for site in (one, two, one):
        wang.site = site
        await wang.drop()
        await wang.connect()
        wang.answer = await wang.join(again=True, last=2)
        assert wang.answer["events"] == []
    await zhao.until(lambda: zhao.peers["wang"]["state"] == "here")
    assert zhao.peers["wang"]["page"] == wang.id
    assert house.log.kinds() == ["joined", "joined"]
    await zhao.ask("signal", {"to": "wang", "page": wang.id, "description": OFFER})
    await wang.until(lambda: wang.heard("signal"))


async def test_a_reload_on_the_other_server_turns_the_old_page_out(nodes, house):
    one, two = nodes
    zhao, wang = await pair(one, two)
    reloaded = await one.page(grant())
    await wang.until(lambda: wang.heard("closed") == [{"reason": "moved"}])
    await zhao.until(lambda: zhao.peers["wang"]["page"] == reloaded.id)
    assert house.log.kinds() == ["joined", "joined"]


async def test_another_device_on_the_other_server_asks_first(nodes):
    one, two = nodes
    _, wang = await pair(one, two)
    phone = await one.page(grant(device="phone"))
    assert refusal(phone.answer) == "room.elsewhere"
    assert (await phone.join(move=True))["ok"]
    await wang.until(lambda: wang.heard("closed") == [{"reason": "moved"}])


async def test_two_pages_racing_for_one_seat_leave_one_of_them(nodes):
    one, two = nodes
    zhao = await one.page(host())
    for _ in range(3):
        pages = await asyncio.gather(*(site.page(grant()) for site in (one, two, one, two)))
        await eventually(lambda pages=pages: sum(page.socket.connected for page in pages) == 1)
        [left] = [page for page in pages if page.socket.connected]
        await zhao.until(lambda left=left: zhao.peers["wang"]["page"] == left.id)


# ---- without Redis


async def test_redis_goes_and_comes_back_and_nothing_is_lost(house, mortal_valkey):
    ports = house.redis(mortal_valkey.url)
    async with house.node(ports) as one, house.node(ports) as two:
        zhao, wang = await pair(one, two)
        live = await two.page(join=False)
        await live.close()
        await live.connect(["/live"], Cookie="person=wang")
        mortal_valkey.stop()
        await eventually(lambda: not one.signaling._means.bus.up and not two.signaling._means.bus.up)

        gone = time.monotonic()
        assert (await zhao.ask("chat", {"key": "1", "text": "without"}))["ok"]
        assert (await wang.ask("chat", {"key": "1", "text": "it"}))["ok"]
        for page in (zhao, wang):
            await page.until(lambda p=page: [e["seq"] for e in p.log] == [1, 2, 3, 4], patience=4)
        assert time.monotonic() - gone < 4
        li = await one.page(grant("li"))
        assert li.answer["state"] == "in"
        await zhao.until(lambda: "li" in zhao.peers)
        assert zhao.peers["wang"]["state"] == "here"

        mortal_valkey.start()
        back = time.monotonic()
        await wang.until(lambda: wang.peers["li"]["state"] == "here", patience=4)
        assert (await li.ask("signal", {"to": "wang", "page": wang.id, "description": OFFER}))["ok"]
        await wang.until(lambda: wang.heard("signal"), patience=4)
        assert time.monotonic() - back < 4
        await live.until(lambda: live.heard("resync") == [{}])
        assert house.log.kinds() == ["joined", "joined", "chat", "chat", "joined"]


async def test_a_redis_that_forgets_everything_ends_no_call(nodes, redis_url, house):
    one, two = nodes
    zhao, wang = await pair(one, two)
    async with Redis.from_url(redis_url) as redis:
        await redis.flushall()
    rounds = asyncio.get_running_loop().time() + 3.5
    while asyncio.get_running_loop().time() < rounds:
        assert "wang" in zhao.peers
        await asyncio.sleep(0.1)
    assert zhao.peers["wang"]["state"] == wang.peers["zhao"]["state"] == "here"
    assert "left" not in house.log.kinds()
    async with Redis.from_url(redis_url) as redis:
        assert await redis.hlen("lz:seats:r1") == 2


async def test_a_node_starts_without_redis_and_works_alone_until_it_comes(house, mortal_valkey):
    async with house.node(house.redis(mortal_valkey.url)) as one:
        assert one.signaling._means.bus.up
    mortal_valkey.stop()
    async with house.node(house.redis(mortal_valkey.url)) as one:
        zhao, wang = await one.page(host()), await one.page(grant())
        await zhao.until(lambda: "wang" in zhao.peers)
        assert (await wang.ask("chat", {"key": "1", "text": "x"}))["ok"]
        mortal_valkey.start()
        await eventually(lambda: one.signaling._means.bus.up)


# ---- forgeries


async def test_what_others_publish_has_no_effect(nodes, redis_url, house):
    one, two = nodes
    zhao, wang = await pair(one, two)
    name = one.signaling._means.node
    captured = []
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as tap:
        await tap.subscribe(f"lz:node:{two.signaling._means.node}:bus")
        await zhao.ask("mute", {"who": "wang"})
        await wang.until(lambda: wang.heard("muted"))
        while len(captured) < 1:
            message = await tap.get_message(ignore_subscribe_messages=True, timeout=1)
            captured += [message["data"]] if message and b"muted" in message["data"] else []
        revoke = {"kind": "revoke", "room": "", "body": {"person": "wang", "participant": ""}}
        plain = orjson.dumps({"sender": name, "number": 10**9, "at": time.time(), **revoke})
        forged = [
            b"junk",
            b"cos\nsystem\n(S'true'\ntR.",
            b"\0" * 32 + plain,
            hmac.digest(b"another key altogether", b"lz:bus\0" + plain, "sha256") + plain,
            hmac.digest(KEY, b"lz:another channel\0" + plain, "sha256") + plain,
            *captured,
        ]
        channels = ["lz:bus", *(f"lz:node:{site.signaling._means.node}:bus" for site in nodes)]
        for message in forged:
            for channel in channels:
                await redis.publish(channel, message)
        await redis.hset("lz:seats:r1", "ghost", b"9 0 " + name.encode() + b" " + b"\0" * 32 + b"{}")
        await redis.hset("lz:seats:r1", "junk", b"\xff")
    await eventually(lambda: sum(site.signaling._means.bus._counters.forged for site in nodes) >= len(forged) * 4)
    await asyncio.sleep(1.6)  # a round of both nodes: they have seen the board
    assert wang.heard("muted") == [{"by": "zhao"}]
    assert wang.heard("closed") == []
    assert list(zhao.peers) == ["wang"]
