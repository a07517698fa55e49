"""What a correction makes of attendance: ten thousand invented histories, each corrected, and none of them changed."""

import random

import pytest

from server.teaching.attendance import Reckoned, Rule, judge, length
from server.teaching.counted import Counted
from server.teaching.kinds import Finding
from server.teaching.model import Attendance, Correction
from tests.services.test_teaching_attendance import RUNNING, history, reckon

RULE = Rule(pass_mark=60)
WHOLE = length(RUNNING)


def attended(reckoned, score=100):
    verdict = judge(reckoned, WHOLE, score, RULE)
    return Attendance(
        session_id="s",
        person_id="wang",
        seconds=reckoned.seconds,
        required_seconds=WHOLE,
        checks_asked=reckoned.checks_asked,
        checks_answered=reckoned.checks_answered,
        score=score,
        met=verdict.met,
        short_of=list(verdict.short_of),
    )


def counted(row, finding=None, minutes=0):
    correction = Correction(session_id="s", person_id="wang", number=1, finding=finding, minutes=minutes)
    return Counted(attended=row, correction=correction if finding else None, min_percent=RULE.min_percent)


def facts_of(row):
    return row.seconds, row.required_seconds, row.checks_answered, row.score, row.met, tuple(row.short_of)


def test_ten_thousand_histories_corrected_count_as_found_and_stay_as_reckoned():
    chance = random.Random(20261126)
    for number in range(10_000):
        there, facts = history(chance)
        reckoned = reckon(facts, RUNNING)["wang"]
        row = attended(reckoned, chance.choice([None, 40, 60, 100]))
        before, minutes = facts_of(row), chance.randint(1, 60)

        assert counted(row).met is counted(row, Finding.RECKONED).met is row.met, number
        assert counted(row, Finding.MET).met, number
        assert not counted(row, Finding.NOT_MET).met, number

        more = counted(row, Finding.MINUTES, minutes)
        with_more = min(max(len(there) + minutes, len(there)) * 60, WHOLE)
        assert more.seconds == with_more, number
        enough, tested = with_more * 100 >= WHOLE * RULE.min_percent, row.score is not None and row.score >= 60
        assert more.met is (enough and tested), (number, "minutes mend nothing but minutes")
        assert more.met or not row.met, (number, "nobody loses by minutes")
        assert facts_of(row) == before, number


@pytest.mark.parametrize(("present", "minutes", "met"), [(20, 24, True), (20, 23, False), (0, 60, True)])
def test_minutes_are_added_up_to_what_the_session_ran(present, minutes, met):
    """80 % of 55 minutes are 44."""
    row = attended(Reckoned(present=()))
    row.seconds = present * 60
    more = counted(row, Finding.MINUTES, minutes)
    assert (more.met, more.seconds) == (met, min(present + minutes, 55) * 60)
    assert more.short_of == ([] if met else ["minutes"])


def test_minutes_do_not_mend_checks_that_were_not_answered():
    row = attended(Reckoned(present=(), checks_asked=3))
    assert counted(row, Finding.MINUTES, 55).short_of == ["checks"]
    assert counted(row, Finding.MET).met


def test_a_session_that_never_ran_is_not_met_by_minutes():
    row = attended(Reckoned())
    row.required_seconds = 0
    assert not counted(row, Finding.MINUTES, 10).met
