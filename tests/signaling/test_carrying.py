"""A consultation that outgrows its mesh: rules, sockets, the real forwarder."""

import asyncio

import pytest

from signaling.effects import Emit, Roster
from signaling.media.ports import MediaRefusal
from signaling.messages import Admit, Leave, Signal
from signaling.refusals import MeshFull, NotAllowed, RoomFull
from tests.signaling.house import eventually, grant, guest, host
from tests.signaling.test_hall_media import People, open_hall, people, sees  # noqa: F401 - the fixture
from tests.signaling.test_room import entry, four_in, room, sit

FOUR = ("wang", "li", "chen", "zhou")


def carried(r):
    return r.recorded([entry(r.history.seq + 1, "carried")], whole=False)


def test_the_fifth_needs_the_server_and_the_thirteenth_finds_no_place():
    r = room()
    aunt = four_in(r)
    for too_many in (lambda: sit(r, grant("wu")), lambda: r.said("wang", 1, Admit(aunt.who))):
        with pytest.raises(MeshFull):
            too_many()
    carried(r)
    for number in range(8):
        sit(r, grant(f"w{number}"))
    with pytest.raises(RoomFull) as full:
        sit(r, grant("w8"))
    assert full.type is RoomFull


def test_everybody_is_told_in_the_log_and_the_roster_shows_it_to_whoever_comes_later():
    r = room()
    wang, _ = sit(r, host("wang"))
    assert "carried" not in r.roster(wang)
    told = carried(r)
    assert [(one.to, one.payload["kind"]) for one in told if isinstance(one, Emit)] == [(("wang",), "carried")]
    assert Roster() in told
    later, _ = sit(r, grant("li"))
    assert r.roster(later)["carried"] == {"at": "a"}


def test_it_stays_so_when_they_are_few_again():
    r = room()
    four_in(r)
    carried(r)
    r.said("zhou", 1, Leave())
    assert r.carries is True


def test_what_one_may_publish_is_what_one_may_say_and_share():
    r = room()
    wang, _ = sit(r, grant("wang", may=frozenset({"speak"})))
    r.publishes(wang, ["voice", "face"])
    with pytest.raises(NotAllowed):
        r.publishes(wang, ["voice", "screen"])


def test_that_somebody_is_heard_by_the_server_is_told_to_that_page():
    r = room()
    sit(r, host("wang")), sit(r, grant("li"))
    (told,) = r.said("li", 1, Signal("wang", "page-000001", heard=True))
    assert told == Emit(("wang",), "signal", {"from": "li", "page": "page-000001", "heard": True})


class Broken:
    """A forwarder that does not come up."""

    async def start(self):
        raise MediaRefusal("media.unavailable", "no port is free")

    async def stop(self):
        pass


class Idle(Broken):
    async def start(self):
        pass


async def four(site):
    return [await site.page(host(who) if who == "wang" else grant(who)) for who in FOUR]


@pytest.mark.parametrize("options", [{}, {"forwarder": Broken}, {"forwarder": Idle, "mesh_only": True}])
async def test_where_nothing_carries_media_the_fifth_is_told_so_and_the_mesh_goes_on(house, options):
    async with house.node(**options) as site:
        wang, li, *_ = await four(site)
        wu = await site.page(grant("wu"))
        assert wu.answer["error"]["code"] == "room.full"
        assert "carried" not in house.log.kinds()
        step = {"to": "li", "page": li.id, "candidate": None}
        assert (await wang.ask("signal", step))["ok"] is True
        assert (await wang.ask("watch", {"views": None}))["error"]["code"] == "message.unknown"


async def test_one_who_waits_is_let_in_as_the_fifth_and_all_are_told(house):
    async with open_hall(house) as site:
        wang, li, *_ = await four(site)
        aunt = await site.page(guest("aunt"))
        assert (await wang.ask("admit", {"who": "aunt"}))["ok"] is True
        await aunt.until(lambda: aunt.heard("welcome"))
        assert aunt.heard("welcome")[-1]["carried"] == {"at": site.signaling._means.node}
        await li.until(lambda: "carried" in li.heard("peers")[-1])
        assert house.log.kinds().count("carried") == 1
        assert house.log.kinds().index("carried") < house.log.kinds().index("admitted")


async def test_two_who_come_at_once_are_both_in(house):
    async with open_hall(house) as site:
        await four(site)
        both = await asyncio.gather(site.page(grant("wu")), site.page(grant("zheng")))
        assert [one.answer["ok"] for one in both] == [True, True]
        assert house.log.kinds().count("carried") == 1


async def test_the_fifth_is_seen_and_heard_through_the_server(house, people):  # noqa: F811
    async with open_hall(house) as site:
        wang, *_ = await four(site)
        wu = await site.page(grant("wu"))
        watcher = await people.watcher(wang)
        await people.publisher(wu, shade=90).publish()
        await eventually(sees(watcher, "wu:face"), 15)
        await eventually(lambda: watcher.heard.get("wu:voice", 0) > 3)
        await wu.ask("leave")
        await wang.until(lambda: wang.heard("sources")[-1]["sources"] == [])


async def test_a_server_that_comes_back_carries_the_room_still(house):
    async with open_hall(house) as site:
        pages = await four(site)
        await site.page(grant("wu"))
        grants = [page.grant for page in pages]
    async with open_hall(house) as site:
        back = await site.page(grants[0])
        assert back.answer["carried"] == {"at": site.signaling._means.node}
