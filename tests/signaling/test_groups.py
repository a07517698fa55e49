"""A hall that talks in groups: who is where, who hears and reads whom, and that everybody comes back."""

from datetime import UTC, datetime, timedelta

import pytest

from signaling.effects import Emit, Parted, Record
from signaling.group_messages import Broadcast, Gather, Group, Split
from signaling.hall import Hall
from signaling.messages import Chat, Media, Stage
from signaling.refusals import GroupsGone, GroupsOpen, NobodyThere, NotAllowed, NotHost
from tests.signaling.house import eventually, grant, host
from tests.signaling.test_hall import LIVE, hall, learner, presenter, seen, sit, teacher, write
from tests.signaling.test_hall_media import ThroughTheRoom, open_hall, people, sees  # noqa: F401 - the fixture
from tests.signaling.test_lesson_sockets import stands
from tests.signaling.test_room import OFF, entry

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)  # of every entry of these tests
TWO = Split("k1", 2, 600, {"wang": 2})


def split(h, how=TWO):
    return write(h, h.said("zhao", h.seating.seats["zhao"].epoch, how))


def says(h, who, message):
    return write(h, h.said(who, h.seating.seats[who].epoch, message))


def events(effects):
    """(who is told, what) of each line of the log."""
    return [(set(one.to), one.payload["body"]) for one in effects if isinstance(one, Emit) and one.event == "event"]


def where(h):
    return {who: h.lesson.groups.of(who) for who in sorted(h.seating.seats)}


# ---- who is where


def test_the_chosen_go_where_they_were_chosen_for_and_the_others_evenly():
    h, _ = hall(teacher(), presenter(), learner(), *(learner(f"l{n}") for n in range(5)))
    split(h)
    placed = where(h)
    assert (placed["zhao"], placed["wang"]) == (0, 2)
    assert sorted(placed.values()) == [0, 1, 1, 1, 1, 2, 2, 2]
    assert placed["qian"] in (1, 2), "who teaches and does not host goes along"


def test_those_of_a_group_see_and_hear_each_other_and_nobody_else():
    h, _ = hall(teacher(), presenter(), learner(), learner("li"))
    effects = split(h, Split("k1", 2, 0, {"wang": 2, "li": 2, "qian": 1}))
    wang, zhao = h.seating.seats["wang"], h.seating.seats["zhao"]
    assert [peer["id"] for peer in h.roster(wang)["peers"]] == ["li"]
    assert [peer["id"] for peer in h.roster(zhao)["peers"]] == []
    assert (seen(h, wang)["at"], seen(h, wang)["stage"], seen(h, wang)["group"]) == ("a~2", True, 2)
    assert (seen(h, zhao)["at"], seen(h, zhao)["group"]) == ("a", 0)
    assert [one for one in effects if isinstance(one, Parted)] == [
        Parted("qian", "r1"), Parted("wang", "r1"), Parted("li", "r1")
    ]  # fmt: skip
    assert [h.media(who) for who in ("zhao", "qian", "wang", "li")] == ["r1", "r1~1", "r1~2", "r1~2"]


def test_all_of_a_group_may_speak_in_it_and_not_afterwards():
    h, _ = hall(teacher(), presenter(), learner())
    split(h)
    says(h, "wang", LIVE)
    says(h, "qian", Media(False, True, False))
    h.publishes(h.seating.seats["wang"], ["voice", "face", "screen"])
    effects = says(h, "zhao", Gather())
    assert Parted("wang", "r1~2") in effects
    assert (h.seating.seats["wang"].media, h.seating.seats["qian"].media) == (OFF, Media(False, True, False))
    with pytest.raises(NotAllowed):
        h.publishes(h.seating.seats["wang"], ["voice"])


def test_a_host_visits_moves_somebody_and_brings_nobody_of_a_group_on_the_stage():
    h, _ = hall(teacher(), learner(), learner("li"))
    split(h, Split("k1", 2, 0, {"wang": 1, "li": 2}))
    with pytest.raises(NobodyThere):
        says(h, "zhao", Stage("wang", True))
    says(h, "zhao", Group("zhao", 1))
    assert [peer["id"] for peer in h.roster(h.seating.seats["wang"])["peers"]] == ["zhao"]
    says(h, "zhao", Group("li", 1))
    says(h, "zhao", Group("zhao", 0))
    assert where(h) == {"li": 1, "wang": 1, "zhao": 0}
    with pytest.raises(GroupsGone):
        says(h, "zhao", Group("li", 3))


def test_only_hosts_make_and_end_groups_and_one_split_at_a_time():
    h, _ = hall(teacher(), presenter(), learner())
    with pytest.raises(GroupsGone):
        says(h, "zhao", Group("wang", 1))
    assert says(h, "zhao", Gather()) == []
    split(h)
    for message in (TWO, Group("wang", 1), Broadcast("b", "还有五分钟"), Gather()):
        with pytest.raises(NotHost):
            says(h, "qian", message)
    with pytest.raises(GroupsOpen):
        split(h, Split("k2", 3, 0, {}))


# ---- the time


def test_the_servers_clock_calls_everybody_back_once():
    h, _ = hall(teacher(), learner())
    split(h)
    assert h.struck(BEGAN + timedelta(seconds=599)) == []
    called = h.struck(BEGAN + timedelta(seconds=600))
    assert called == [Record("gathered", None, "gathered:1", {"round": 1, "why": "time"})]
    assert h.struck(BEGAN + timedelta(seconds=601)) == [], "it is being written"
    write(h, called)
    assert where(h) == {"wang": 0, "zhao": 0}
    assert h.lesson.recap(h.seating.seats["wang"])["groups"] is None


def test_another_life_of_the_server_finds_everybody_in_their_group():
    h, _ = hall(teacher(), learner())
    written = h.said("zhao", 1, TWO)
    log = []
    for number, one in enumerate(written, 1):
        log.append(entry(number, one.kind, one.by, **one.body))
    later = Hall("r1", "b")
    later.recorded(log, whole=True)
    back, _ = sit(later, learner(), media=LIVE)
    assert (seen(later, back)["group"], back.media) == (2, LIVE), "with the sound they had"


# ---- what is written


def test_a_line_is_for_the_group_it_was_written_in_and_a_broadcast_for_all():
    h, _ = hall(teacher(), learner(), learner("li"), learner("sun"))
    split(h, Split("k1", 2, 0, {"wang": 1, "li": 1, "sun": 2}))
    told = says(h, "wang", Chat("c1", "我先说"))
    assert [who for who, _ in events(told)] == [{"wang", "li"}]
    assert [who for who, _ in events(says(h, "zhao", Chat("c2", "谁在？")))] == [{"zhao"}]
    everybody = events(says(h, "zhao", Broadcast("b1", "还有五分钟")))
    assert set().union(*(who for who, _ in everybody)) == {"zhao", "wang", "li", "sun"}
    assert everybody[0][1] == {"text": "还有五分钟", "name": "Zhao", "all": True}


def test_each_line_names_the_one_that_was_told_there_before():
    h, _ = hall(teacher(), learner(), learner("li"))
    split(h, Split("k1", 2, 0, {"wang": 1, "li": 2}))
    first = next(one for one in says(h, "wang", Chat("c1", "甲")) if one.event == "event").payload
    second = [one.payload for one in says(h, "zhao", Broadcast("b1", "乙")) if one.event == "event"]
    assert first["after"] == 0
    assert sorted(one["after"] for one in second) == [0, 0, first["seq"]]


def test_what_was_written_in_a_group_is_read_later_by_those_who_were_there_alone():
    h, _ = hall(teacher(), learner(), learner("li"))
    split(h, Split("k1", 2, 0, {"wang": 1, "li": 2}))
    line = h.said("wang", 1, Chat("c1", "甲"))[0]
    written = entry(h.history.seq + 1, line.kind, line.by, **line.body)
    h.recorded([written], whole=False)
    says(h, "zhao", Group("zhao", 1))
    says(h, "zhao", Gather())
    assert [h.tells(written, who) for who in ("wang", "li", "zhao", "late")] == [True, False, True, False]


# ---- over sockets


def wire_learner(who="wang"):
    return grant(who, hall=True, may=frozenset({"chat"}))


async def test_a_group_is_entered_reloaded_into_and_left_when_its_time_is_over(site):
    zhao, wang = await site.page(host(hall=True)), await site.page(wire_learner())
    answer = await zhao.ask("split", {"key": "k1", "count": 2, "seconds": 10, "chosen": {}})
    assert answer["ok"] is True
    await wang.until(lambda: wang.heard("peers")[-1]["hall"]["group"] == 1)
    assert [one["id"] for one in stands(zhao)["groups"]["people"]] == ["wang"]
    assert "people" not in stands(wang)["groups"]
    again = await site.page(wire_learner())
    assert (again.answer["hall"]["group"], again.answer["lesson"]["groups"]["count"]) == (1, 2)
    site.signaling._means.clock.now = lambda: datetime.now(UTC) + timedelta(seconds=11)
    await again.until(lambda: again.heard("peers")[-1]["hall"]["group"] == 0)
    await again.until(lambda: stands(again)["groups"] is None)


async def test_pictures_of_a_group_stay_in_it_and_those_of_the_hall_come_back(house, people):  # noqa: F811
    async with open_hall(house) as site:
        zhao, wang, li = [await site.page(one) for one in (host(hall=True), wire_learner(), wire_learner("li"))]
        outside = await people.watcher(zhao)
        await people.publisher(zhao).publish()
        split = {"key": "k1", "count": 2, "seconds": 0, "chosen": {"wang": 1, "li": 1}}
        assert (await zhao.ask("split", split))["ok"] is True
        inside = await people.watcher(li)
        await people.publisher(wang).publish()
        await eventually(sees(inside, "wang:face"), 15)
        assert "zhao:face" not in inside.seen
        await zhao.ask("gather")
        await li.until(lambda: li.heard("peers")[-1]["hall"]["group"] == 0)
        with pytest.raises(PermissionError, match=r"room\.not_allowed"):
            await ThroughTheRoom(wang).publish("wang", "v=0\r\n", {"0": "voice"})
        back = await people.watcher(await site.page(wire_learner("li")))
        await eventually(sees(back, "zhao:face"), 15)
        assert "wang:face" not in outside.seen
