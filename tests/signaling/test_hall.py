"""The rules of a hall: who is on its stage, who is told what, and that the audience is counted, not broadcast."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.effects import Emit, Record, Silence
from signaling.hall import PAGE, STAGE, Hall
from signaling.messages import Chat, Hand, Media, Mute, Remove, Signal, Stage
from signaling.refusals import NobodyThere, NotAllowed, NotHost, StageFull, UnknownMessage
from tests.signaling.house import grant
from tests.signaling.test_room import OFF, entry, kinds, sit

LIVE = Media(True, True, False)


def teacher(who="zhao", **facts):
    return grant(who, hall=True, host=True, **facts)


def presenter(who="qian"):
    return grant(who, hall=True)


def learner(who="wang"):
    return grant(who, hall=True, may=frozenset({"chat"}))


def hall(*people):
    made = Hall("r1", "a")
    return made, [sit(made, person)[0] for person in people]


def write(hall, effects, seq=None):
    """The asked entries of these effects as the log would number them, obeyed."""
    obeyed = []
    for record in effects:
        if isinstance(record, Record):
            made = entry(hall.history.seq + 1, record.kind, record.by, **record.body)
            obeyed += hall.recorded([made], whole=False)
    return obeyed


def seen(hall, viewer):
    return hall.roster(viewer)["hall"]


def test_the_audience_is_counted_and_those_on_the_stage_are_named():
    h, (zhao, _, wang, li) = hall(teacher(), presenter(), learner(), learner("li"))
    assert [peer["id"] for peer in h.roster(wang)["peers"]] == ["qian", "zhao"]
    nothing = {"on": False, "asked": False, "agreed": False}
    assert seen(h, li) == {
        "at": "a", "stage": False, "group": 0, "audience": 2, "raised": 0, "hands": [], "recording": nothing,
        "captions": {"on": False, "paused": False},
    }  # fmt: skip
    assert seen(h, zhao)["stage"] is True


def test_a_whole_audience_is_told_one_roster_and_whoever_sees_another_gets_their_own():
    h, (zhao, qian, wang, li) = hall(teacher(), presenter(), learner(), learner("li"))
    crowd = [sit(h, learner(f"p{number}"))[0] for number in range(500)]
    everybody = (zhao, qian, wang, li, *crowd)
    write(h, [Record("agreed", "li", "agreed:li:0", {"of": "recording", "on": True, "name": "Li"})])
    told = [(seats, roster) for seats, roster in h.rosters(everybody)]
    assert [[seat.who for seat in seats] for seats, _ in told[:2]] == [["zhao"], ["qian"]]
    assert [len(seats) for seats, _ in told] == [1, 1, 501, 1]
    assert all(roster == h.roster(seat) for seats, roster in told for seat in seats)


def test_a_crowd_that_comes_pushes_nothing_out_of_what_a_newcomer_is_told():
    h, _ = hall(teacher())
    h.recorded([entry(1, "chat", "zhao", text="Good morning", name="Zhao")], whole=True)
    h.recorded([entry(2 + n, "joined", f"p{n}", who=f"p{n}", stay="1", name="P") for n in range(999)], whole=True)
    assert [one.body["text"] for one in h.newest.after(0)] == ["Good morning"]
    assert not h.newest.lacks(0)


def test_hands_are_shown_to_hosts_in_the_order_they_went_up_and_counted_for_all():
    h, (zhao, wang, li) = hall(teacher(), learner(), learner("li"))
    h.said("wang", wang.epoch, Hand(True))
    h.said("li", li.epoch, Hand(True))
    h.said("wang", wang.epoch, Hand(False))
    h.said("wang", wang.epoch, Hand(True))
    assert [one["id"] for one in seen(h, zhao)["hands"]] == ["li", "wang"]
    assert (seen(h, li)["raised"], seen(h, li)["hands"]) == (2, [])


def test_a_host_brings_somebody_on_the_stage_and_takes_them_off():
    h, (zhao, wang) = hall(teacher(), learner())
    h.said("wang", wang.epoch, Hand(True))
    with pytest.raises(NotAllowed):
        h.said("wang", wang.epoch, LIVE)
    with pytest.raises(NotAllowed):
        h.publishes(wang, ["face"])
    effects = h.said("zhao", zhao.epoch, Stage("wang", True))
    assert [(one.kind, one.body) for one in effects] == [("staged", {"who": "wang", "name": "Wang"})]
    write(h, effects)
    wang = h.seating.seats["wang"]
    assert (seen(h, wang)["stage"], wang.hand) == (True, False)
    h.said("wang", wang.epoch, LIVE)
    h.publishes(wang, ["voice", "face", "screen"])
    assert h.said("zhao", zhao.epoch, Stage("wang", True)) == []
    off = write(h, h.said("zhao", zhao.epoch, Stage("wang", False)))
    assert Silence("wang") in off
    assert (h.seating.seats["wang"].media, seen(h, wang)["stage"]) == (OFF, False)
    with pytest.raises(NotAllowed):
        h.publishes(wang, ["face"])


def test_only_hosts_fill_the_stage_and_only_so_far():
    h, (zhao, _, _wang, *_) = hall(teacher(), presenter(), learner(), *(learner(f"l{n}") for n in range(STAGE)))
    for who, epoch, refusal in (("qian", 1, NotHost), ("wang", 1, NotHost)):
        with pytest.raises(refusal):
            h.said(who, epoch, Stage("wang", True))
    for who in ("nobody", "qian", "zhao"):
        with pytest.raises(NobodyThere):
            h.said("zhao", zhao.epoch, Stage(who, False))
    for number in range(STAGE - 2):
        write(h, h.said("zhao", zhao.epoch, Stage(f"l{number}", True)))
    with pytest.raises(StageFull):
        h.said("zhao", zhao.epoch, Stage("wang", True))


def test_who_was_on_the_stage_is_there_again_after_the_server_died_and_not_after_leaving():
    log = [entry(1, "joined", "wang", who="wang", stay="1"), entry(2, "staged", "zhao", who="wang")]
    h = Hall("r1", "b")
    h.recorded(log, whole=True)
    back = h.place(learner(), "page-000001", LIVE, move=False, epoch=5)
    assert (back.media, back.stay) == (LIVE, "1")
    h.recorded([entry(3, "left", "wang", who="wang", stay="1", reason="left")], whole=True)
    assert h.place(learner(), "page-000001", LIVE, move=False, epoch=5).media == OFF


def test_who_is_removed_is_off_the_stage_too():
    h, (zhao, _wang) = hall(teacher(), learner())
    write(h, h.said("zhao", zhao.epoch, Stage("wang", True)))
    effects = write(h, h.said("zhao", zhao.epoch, Remove("wang")))
    assert "Kick" in kinds(effects)
    assert h.history.staged == set()


def test_a_host_asks_for_quiet_and_nobody_speaks_to_anothers_browser():
    h, (zhao, qian) = hall(teacher(), presenter())
    assert h.said("zhao", zhao.epoch, Mute("qian")) == [Emit(("qian",), "muted", {"by": "zhao"})]
    with pytest.raises(NotHost):
        h.said("qian", qian.epoch, Mute("zhao"))
    with pytest.raises(UnknownMessage):
        h.said("qian", qian.epoch, Signal("zhao", "page-000001", description={}))


def test_coming_and_going_is_not_told_and_leaves_no_hole():
    h, (_zhao, *_) = hall(teacher())
    told = []
    for seq, (kind, body) in enumerate(
        [
            ("joined", {"who": "zhao", "stay": "1"}),
            ("chat", {"text": "a"}),
            ("joined", {"who": "w", "stay": "2"}),
            ("left", {"who": "w", "stay": "2"}),
            ("chat", {"text": "b"}),
        ],
        1,
    ):
        told += [e.payload for e in h.recorded([entry(seq, kind, None, **body)], whole=False) if isinstance(e, Emit)]
    assert [(one["kind"], one["after"], one["seq"]) for one in told] == [("chat", 0, 2), ("chat", 2, 5)]
    assert h.seating.told == {"zhao": 5}


def test_everybody_may_write():
    h, (wang,) = hall(learner())
    assert [record.kind for record in h.said("wang", wang.epoch, Chat("k", "问"))] == ["chat"]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 400), max_size=160))
def test_the_pages_of_the_audience_are_all_of_it_once(numbers):
    h, _ = hall(teacher(), *(learner(f"l{number}") for number in sorted(numbers)))
    found, after = [], ""
    while True:
        page = h.audience(after)
        assert len(page["people"]) <= PAGE
        found += [one["id"] for one in page["people"]]
        if not (after := page["next"]):
            break
    assert found == sorted(f"l{number}" for number in numbers)
    assert page["count"] == len(numbers)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200))
def test_what_is_broadcast_does_not_grow_with_the_audience(listeners):
    h, (zhao, *_) = hall(teacher(), *(learner(f"l{number}") for number in range(listeners)))
    assert h.roster(zhao)["peers"] == []
    assert len(repr(h.roster(zhao))) < 260
