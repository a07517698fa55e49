"""By when a step is due: the table of clocks, working time, and what pauses do."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.scheduling.deadlines import (
    STANDARD,
    Deadline,
    Measure,
    Pause,
    Span,
    Urgency,
    due_at,
    planned_length,
)
from server.scheduling.working_calendar import CHINA, SHANGHAI


def beijing(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


MONDAY_NINE = beijing(23, 9)


def due(clock, urgency, started=MONDAY_NINE, **more):
    return due_at(started, clock, urgency, CHINA, **more)


def test_every_clock_has_an_entry_for_every_urgency():
    assert {(clock, urgency) for clock in STANDARD for urgency in STANDARD[clock]} == {
        (clock, urgency) for clock in Deadline for urgency in Urgency
    }


@pytest.mark.parametrize(
    ("clock", "urgency", "expected"),
    [
        (Deadline.PICK_UP, Urgency.IMMEDIATE, beijing(23, 9, 2)),
        (Deadline.PICK_UP, Urgency.URGENT, beijing(23, 9, 15)),
        (Deadline.PICK_UP, Urgency.ROUTINE, beijing(23, 15)),
        (Deadline.PICK_UP, Urgency.ELECTIVE, beijing(24, 9)),
        (Deadline.ANSWER, Urgency.URGENT, beijing(23, 9, 30)),
        (Deadline.ANSWER, Urgency.ROUTINE, beijing(24, 9)),
        (Deadline.ARRANGEMENT, Urgency.IMMEDIATE, MONDAY_NINE),
        (Deadline.ARRANGEMENT, Urgency.ROUTINE, beijing(25, 9)),
        (Deadline.CONSULTATION, Urgency.IMMEDIATE, beijing(23, 9, 10)),
        (Deadline.CONSULTATION, Urgency.URGENT, beijing(23, 21)),
        (Deadline.CONSULTATION, Urgency.ROUTINE, beijing(26, 9)),
        (Deadline.CONSULTATION_LIMIT, Urgency.URGENT, beijing(24, 9)),
        (Deadline.OPINION, Urgency.ROUTINE, beijing(23, 10)),
        (Deadline.OPINION_LIMIT, Urgency.ROUTINE, beijing(24, 9)),
        (Deadline.SYNTHESIS, Urgency.ELECTIVE, beijing(25, 9)),
        (Deadline.DECISION, Urgency.ELECTIVE, beijing(26, 9)),
        (Deadline.SUPPLEMENT, Urgency.URGENT, beijing(23, 11)),
    ],
)
def test_a_step_is_due_as_the_table_says(clock, urgency, expected):
    assert due(clock, urgency) == expected


def test_where_the_table_has_no_clock_nothing_is_due():
    assert due(Deadline.SUPPLEMENT, Urgency.IMMEDIATE) is None
    assert due(Deadline.SYNTHESIS, Urgency.ROUTINE) is None


def test_an_urgent_clock_runs_through_the_night_and_a_routine_pick_up_does_not():
    friday_evening = beijing(27, 20)

    assert due(Deadline.CONSULTATION, Urgency.URGENT, friday_evening) == beijing(28, 8)
    assert due(Deadline.PICK_UP, Urgency.ROUTINE, friday_evening) == beijing(30, 12)


def test_three_working_days_span_the_national_day_week_and_count_its_make_up_day():
    started = datetime(2026, 9, 30, 15, tzinfo=SHANGHAI)
    expected = datetime(2026, 10, 10, 15, tzinfo=SHANGHAI)  # Thursday 8, Friday 9, the make-up Saturday 10

    assert due(Deadline.CONSULTATION, Urgency.ROUTINE, started) == expected


def test_while_something_is_asked_for_the_clock_stands_still():
    asked, answered = beijing(23, 13), beijing(23, 23)

    assert due(Deadline.CONSULTATION, Urgency.URGENT, pauses=[Pause(asked, None)]) is None
    assert due(Deadline.CONSULTATION, Urgency.URGENT, pauses=[Pause(asked, answered)]) == beijing(24, 7)


def test_a_pause_at_night_costs_a_clock_of_working_hours_nothing():
    at_night = [Pause(beijing(23, 18), beijing(24, 7))]

    assert due(Deadline.PICK_UP, Urgency.ELECTIVE, pauses=at_night) == beijing(24, 9)


def test_a_pause_within_office_hours_is_added_in_working_time():
    over_lunch = [Pause(beijing(23, 11), beijing(23, 15))]  # two working hours

    assert due(Deadline.PICK_UP, Urgency.ROUTINE, pauses=over_lunch) == beijing(23, 17)


def test_a_pause_after_the_deadline_changes_nothing():
    assert due(Deadline.PICK_UP, Urgency.URGENT, pauses=[Pause(beijing(23, 12), None)]) == beijing(23, 9, 15)


def test_overlapping_and_unordered_pauses_count_once():
    pauses = [
        Pause(beijing(23, 11), beijing(23, 13)),
        Pause(beijing(23, 10), beijing(23, 12)),
    ]

    assert due(Deadline.ANSWER, Urgency.ROUTINE, pauses=pauses) == beijing(24, 12)


def test_a_consortium_may_have_its_own_table():
    strict = {**STANDARD, Deadline.PICK_UP: {each: Span(1, Measure.WORKING_DAYS) for each in Urgency}}

    assert due(Deadline.PICK_UP, Urgency.URGENT, table=strict) == beijing(24, 9)


def test_an_elective_session_is_ten_minutes_longer_for_each_further_expert():
    assert planned_length(Urgency.IMMEDIATE) == timedelta(minutes=15)
    assert planned_length(Urgency.URGENT, experts=3) == timedelta(minutes=20)
    assert planned_length(Urgency.ROUTINE) == timedelta(minutes=30)
    assert planned_length(Urgency.ELECTIVE, experts=3) == timedelta(minutes=50)


def test_the_day_has_seven_and_a_half_working_hours():
    assert CHINA.workday == timedelta(hours=7.5)
    assert CHINA.is_workday(date(2026, 11, 23))
