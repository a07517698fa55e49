"""What every store and bus promises, in memory and on a real Valkey alike."""

import asyncio
from dataclasses import replace

import pytest

from signaling.memory import Hub, MemoryBus, MemoryStore
from signaling.messages import Media
from signaling.ports import Broadcast, Seat
from signaling.redis_bus import RedisBus
from signaling.redis_store import RedisStore
from tests.signaling.house import KEY, eventually, grant, guest

TICKET = "t" * 43
OFF = Media(False, False, False)


def seat(who="wang", epoch=1, node="a", rev=0, **facts):
    person = facts.pop("grant", grant(who))
    return Seat(person, "page-000001", node, epoch, str(epoch), False, OFF, rev, **facts)


@pytest.fixture(params=["memory", "redis"])
def redis_or_none(request):
    """The URL of an emptied Valkey, or None for what lives in memory."""
    return request.getfixturevalue("redis_url") if request.param == "redis" else None


@pytest.fixture
async def store(redis_or_none):
    store = RedisStore(redis_or_none, KEY) if redis_or_none else MemoryStore()
    yield store
    await store.close()


@pytest.fixture
async def buses(redis_or_none):
    """Three nodes that hear one another, and what each has heard."""
    hub, url = Hub(), redis_or_none
    buses = {node: RedisBus(url, KEY, node) if url else MemoryBus(hub, node) for node in "abc"}
    heard = {node: [] for node in "abc"}
    for node, bus in buses.items():
        await bus.start(heard[node].append, lambda: None)
    yield buses, heard
    for bus in buses.values():
        await bus.stop()


# ---- tickets


async def test_a_ticket_is_redeemed_once(store):
    await store.keep(TICKET, grant(), 60)
    assert await store.redeem(TICKET) == grant()
    assert await store.redeem(TICKET) is None


async def test_of_many_who_redeem_one_ticket_one_gets_in(store):
    await store.keep(TICKET, grant(), 60)
    redeemed = await asyncio.gather(*(store.redeem(TICKET) for _ in range(20)))
    assert [g for g in redeemed if g] == [grant()]


async def test_an_unknown_ticket_is_nobodys(store):
    assert await store.redeem(TICKET) is None


async def test_a_ticket_expires(store):
    await store.keep(TICKET, grant(), 0.05)
    await asyncio.sleep(0.1)
    assert await store.redeem(TICKET) is None


async def test_revoking_a_person_forgets_their_tickets_and_nobody_elses(store):
    await store.keep("a" * 43, grant("wang"), 60)
    await store.keep("b" * 43, grant("li"), 60)
    await store.revoke(person="wang")
    assert await store.redeem("a" * 43) is None
    assert await store.redeem("b" * 43) == grant("li")


async def test_a_ticket_minted_after_the_revocation_counts(store):
    await store.revoke(person="wang")
    await store.keep(TICKET, grant("wang"), 60)
    assert await store.redeem(TICKET) == grant("wang")


async def test_revoking_a_participant_reaches_guests_who_are_no_person(store):
    await store.keep(TICKET, guest("aunt"), 60)
    await store.revoke(participant="aunt")
    assert await store.redeem(TICKET) is None


async def test_many_at_once_are_all_served(store):
    tickets = [f"{n:043}" for n in range(400)]
    await asyncio.gather(*(store.keep(ticket, grant(f"p{n}"), 60) for n, ticket in enumerate(tickets)))
    redeemed = await asyncio.gather(*(store.redeem(ticket) for ticket in tickets))
    assert [g.participant for g in redeemed] == [f"p{n}" for n in range(400)]
    if isinstance(store, RedisStore):
        assert store._alone._kept == 0


# ---- seats


async def test_a_claimed_seat_is_on_the_board_while_its_node_lives(store):
    await store.renew("a", [], 0.2)
    assert await store.claim(seat(), after=0)
    assert (await store.boards(["r1", "r2"])).seats == {"r1": [seat()], "r2": []}
    await asyncio.sleep(0.3)
    assert (await store.boards(["r1"])).seats == {"r1": []}


async def test_one_seat_is_found_without_its_board_while_its_node_lives(store):
    await store.renew("a", [], 0.2)
    await store.claim(seat(), after=0)
    assert [await store.seat("r1", who) for who in ("wang", "li")] == [seat(), None]
    await asyncio.sleep(0.3)
    assert await store.seat("r1", "wang") is None


async def test_of_many_who_claim_one_seat_one_gets_it(store):
    await store.renew("a", [], 5)
    claims = await asyncio.gather(*(store.claim(seat(epoch=n), after=0) for n in range(1, 11)))
    assert claims.count(True) == 1


async def test_a_claim_that_knows_the_holder_replaces_them(store):
    await store.renew("a", [], 5)
    await store.renew("b", [], 5)
    await store.claim(seat(epoch=1), after=0)
    assert not await store.claim(seat(epoch=2, node="b"), after=0)
    assert await store.claim(seat(epoch=2, node="b"), after=1)
    assert (await store.boards(["r1"])).seats == {"r1": [seat(epoch=2, node="b")]}


async def test_the_seat_of_a_dead_node_is_free(store):
    await store.renew("a", [], 0.05)
    await store.renew("b", [], 5)
    await store.claim(seat(epoch=1), after=0)
    await asyncio.sleep(0.1)
    assert await store.claim(seat(epoch=2, node="b"), after=0)


async def test_an_update_counts_only_when_it_is_newer(store):
    await store.renew("a", [], 5)
    await store.claim(seat(epoch=2), after=0)
    await store.update(replace(seat(epoch=2), rev=2, hand=True))
    await store.update(replace(seat(epoch=2), rev=1))
    await store.update(seat(epoch=1, rev=9))
    assert (await store.boards(["r1"])).seats == {"r1": [replace(seat(epoch=2), rev=2, hand=True)]}


async def test_a_late_release_does_not_touch_a_newer_claim(store):
    await store.renew("a", [], 5)
    await store.claim(seat(epoch=1), after=0)
    await store.claim(seat(epoch=2), after=1)
    await store.release("r1", "wang", 1)
    assert (await store.boards(["r1"])).seats == {"r1": [seat(epoch=2)]}
    await store.release("r1", "wang", 2)
    assert (await store.boards(["r1"])).seats == {"r1": []}


async def test_a_renewal_writes_back_what_the_store_has_lost(store):
    await store.renew("a", [seat(), seat("li")], 5)
    assert sorted(s.who for s in (await store.boards(["r1"])).of("r1")) == ["li", "wang"]


# ---- limits


async def test_a_limit_holds_for_its_window(store):
    spent = [await store.spend("join:wang", 3, 0.2) for _ in range(5)]
    assert spent == [True, True, True, False, False]
    assert await store.spend("join:li", 3, 0.2)
    await asyncio.sleep(0.25)
    assert await store.spend("join:wang", 3, 0.2)


# ---- the bus


async def test_all_others_hear_what_is_said_to_all_in_order(buses):
    bus, heard = buses
    for n in range(50):
        bus["a"].publish(Broadcast("hint", "", {"n": n}))
    await eventually(lambda: len(heard["b"]) == len(heard["c"]) == 50)
    assert [m.body["n"] for m in heard["b"]] == [m.body["n"] for m in heard["c"]] == list(range(50))
    assert heard["a"] == []


async def test_only_those_addressed_hear_the_rest(buses):
    bus, heard = buses
    bus["a"].publish(Broadcast("seat", "r1", {}), to=["b"])
    bus["a"].publish(Broadcast("hint", "", {}))
    await eventually(lambda: heard["b"] and heard["c"])
    await eventually(lambda: len(heard["b"]) == 2)
    assert [m.kind for m in heard["b"]] == ["seat", "hint"]
    assert [m.kind for m in heard["c"]] == ["hint"]


async def test_a_bus_is_up_between_start_and_stop(buses):
    bus, _ = buses
    assert all(b.up for b in bus.values())
    await bus["a"].stop()
    assert not bus["a"].up
