"""Minutes from raw facts: ten thousand invented histories, and what was credited is what the facts give."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.scheduling.intervals import Interval
from server.teaching.attendance import (
    ANSWERED,
    AWAY,
    BACK,
    CHECK,
    JOINED,
    LEFT,
    Fact,
    Reckoned,
    Rule,
    bar,
    checks_needed,
    judge,
    length,
    reckon,
    running_times,
)
from server.teaching.states import Move

BEGUN = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
MINUTES = 60


def at(minute):
    return BEGUN + timedelta(minutes=minute)


RUNNING = [Interval(at(0), at(25)), Interval(at(30), at(MINUTES))]
"""An hour with a pause of five minutes."""
COUNTED = {*range(25), *range(30, MINUTES)}


def joined(minute, stay, who="wang"):
    return Fact(at=at(minute), kind=JOINED, who=who, ref=stay)


def left(minute, stay, who="wang"):
    return Fact(at=at(minute), kind=LEFT, who=who, ref=stay)


def seconds(*facts, who="wang", running=RUNNING):
    return reckon(facts, running)[who].seconds


# ---- what people expect


def test_a_whole_hour_is_the_hour_without_its_pause():
    assert seconds(joined(-10, "a"), left(70, "a")) == 55 * 60


def test_a_reconnection_that_overlaps_the_old_seat_counts_once():
    assert seconds(joined(0, "a"), joined(10, "b"), left(12, "a"), left(20, "b")) == 20 * 60


def test_two_people_whose_stays_have_one_name_are_two():
    facts = [joined(0, "1"), joined(0, "1", "li"), left(10, "1", "li"), left(20, "1")]
    assert (seconds(*facts), seconds(*facts, who="li")) == (20 * 60, 10 * 60)


def test_two_devices_are_one_person():
    assert seconds(joined(0, "desk"), joined(0, "phone"), left(20, "desk"), left(10, "phone")) == 20 * 60


def test_a_seat_that_nobody_gave_back_ends_with_the_session():
    assert seconds(joined(50, "a")) == 10 * 60


def test_time_away_is_taken_off_its_own_stay_only():
    away = [Fact(at=at(5), kind=AWAY, who="wang", ref="desk"), Fact(at=at(9), kind=BACK, who="wang", ref="desk")]
    assert seconds(joined(0, "desk"), left(20, "desk"), *away) == 16 * 60
    assert seconds(joined(0, "desk"), left(20, "desk"), *away, joined(0, "phone"), left(7, "phone")) == 18 * 60


def test_only_checks_of_the_running_time_count_and_only_answers_in_time():
    def check(minute, ref):
        return Fact(at=at(minute), kind=CHECK, ref=ref, until=at(minute + 3))

    def answered(minute, ref):
        return Fact(at=at(minute), kind=ANSWERED, who="wang", ref=ref)

    facts = [joined(0, "a"), check(10, "1"), check(27, "paused"), check(40, "2"), check(50, "3")]
    facts += [answered(11, "1"), answered(12, "1"), answered(28, "paused"), answered(43, "2"), answered(50, "3")]
    assert reckon(facts, RUNNING)["wang"].checks_asked == 3
    assert reckon(facts, RUNNING)["wang"].checks_answered == 2


@pytest.mark.parametrize(("asked", "needed"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (6, 4)])
def test_two_of_three_of_however_many(asked, needed):
    assert checks_needed(asked, 2) == needed


@pytest.mark.parametrize(
    ("present", "answered", "score", "short"),
    [
        (44, 2, 60, ()),
        (43, 2, 60, ("minutes",)),
        (55, 1, 60, ("checks",)),
        (55, 3, 59, ("quiz",)),
        (55, 3, None, ("quiz",)),
        (0, 0, None, ("minutes", "checks", "quiz")),
    ],
)
def test_the_default_rule(present, answered, score, short):
    """80 % of 55 minutes are 44."""
    reckoned = Reckoned(present=(Interval(at(0), at(present)),), checks_asked=3, checks_answered=answered)
    verdict = judge(reckoned, length(RUNNING), score, Rule(pass_mark=60))
    assert (verdict.met, verdict.short_of) == (not short, short)


def test_the_running_time_is_told_by_the_moves():
    moves = [(at(0), Move.BEGIN), (at(25), Move.PAUSE), (at(30), Move.RESUME), (at(60), Move.END)]
    assert running_times(reversed(moves), at(99)) == RUNNING
    assert running_times(moves[:3], at(60)) == RUNNING
    assert running_times([], at(60)) == []


def test_who_never_came_is_nobody():
    assert reckon([], RUNNING) == {}
    assert reckon([joined(0, "a")], [])["wang"].seconds == 0


# ---- ten thousand histories


def history(chance):
    """What happened to one person, minute by minute, and the log that a room with crashes and reconnects wrote of it.

    Answers (the minutes they were there, the facts). A crash of the server ends no seat: the ghost's `left` comes when
    it is back, and the person's new seat may begin before that. A browser that dies is found out two minutes later.
    """
    there, facts = set(), []
    minute, stay = chance.randint(-15, 20), 0
    while minute < MINUTES and stay < 6:
        stay += 1
        ends = minute + chance.randint(0, 40)
        name = f"stay-{stay}"
        facts.append(joined(minute, name))
        fate = chance.random()
        if fate < 0.15:
            ends = MINUTES + 5  # nobody ever wrote the end: it is that of the session
        elif fate < 0.35:
            ends += 2
            facts += [left(ends, name)] * chance.choice([1, 2])  # told by two nodes
        else:
            facts.append(left(ends, name))
        gone = set()
        if chance.random() < 0.3 and ends > minute + 3:
            begin = chance.randint(minute, ends - 2)
            end = chance.randint(begin, ends)
            facts.append(Fact(at=at(begin), kind=AWAY, who="wang", ref=name))
            if chance.random() < 0.8:
                facts.append(Fact(at=at(end), kind=BACK, who="wang", ref=name))
            else:
                end = ends
            gone = set(range(begin, end))
        there |= set(range(minute, ends)) - gone
        overlap = chance.random() < 0.3
        minute = (ends - chance.randint(0, 5)) if overlap else ends + chance.randint(0, 15)
    return there & COUNTED, facts


def test_ten_thousand_histories_give_the_minutes_that_people_were_there():
    chance = random.Random(20261125)
    for number in range(10_000):
        there, facts = history(chance)
        found = reckon(facts, RUNNING)["wang"]
        assert found.seconds == len(there) * 60, (number, facts)

        shuffled = chance.sample(facts, len(facts))
        assert reckon(shuffled, RUNNING) == {"wang": found}, (number, "the order of the log changes nothing")
        assert reckon(facts + facts, RUNNING) == {"wang": found}, (number, "a fact told twice is one fact")
        assert sum(end - start for start, end in bar(found, BEGUN)) == found.seconds


minutes = st.integers(-10, 70)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(minutes, minutes, st.sampled_from("abc"), st.sampled_from(["wang", "li"])), max_size=12))
def test_nobody_gains_by_being_twice_in_the_room(stays):
    """Every stay is a pair of minutes of somebody, in any order, `left` before `joined` too."""
    facts = []
    for number, (start, end, seat, who) in enumerate(stays):
        facts += [joined(start, f"{seat}{number}", who), left(end, f"{seat}{number}", who)]
    for who, found in reckon(facts, RUNNING).items():
        there = {m for start, end, _, whose in stays if whose == who for m in range(start, end)} & COUNTED
        assert found.seconds == len(there) * 60
