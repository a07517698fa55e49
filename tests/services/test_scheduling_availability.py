"""When somebody can be booked, and which times suit several."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scheduling.availability import (
    Exceptional,
    ExceptionKind,
    Hours,
    Offer,
    fits,
    hours_on,
    offers,
    office_week,
    open_times,
    whole_buckets,
)
from server.scheduling.intervals import Interval, common, subtract
from server.scheduling.strip import Choice, Paint, Side, Tick, day_strip
from server.scheduling.working_calendar import CHINA, SHANGHAI

HALF_HOUR = timedelta(minutes=30)
MONDAY = date(2026, 11, 23)


def clock(hour, minute=0, day=23, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def span(start, end, **when):
    return Interval(clock(start, **when), clock(end, **when))


TUESDAY_AFTERNOONS = [Hours(1, 14 * 60, 17 * 60)]


def test_weekly_hours_fall_on_their_weekday():
    assert hours_on(date(2026, 11, 24), TUESDAY_AFTERNOONS, CHINA) == [span(14, 17, day=24)]
    assert hours_on(MONDAY, TUESDAY_AFTERNOONS, CHINA) == []


def test_nobody_is_offered_on_a_public_holiday():
    assert hours_on(date(2026, 10, 6), TUESDAY_AFTERNOONS, CHINA) == []


def test_on_a_make_up_day_the_hours_of_the_day_it_makes_up_for_hold():
    assert hours_on(date(2026, 9, 20), TUESDAY_AFTERNOONS, CHINA) == [span(14, 17, day=20, month=9)]


def test_hours_hold_from_a_day_up_to_but_not_including_another():
    november = [Hours(1, 14 * 60, 17 * 60, date(2026, 11, 3), date(2026, 11, 24))]

    assert [bool(hours_on(date(2026, 11, day), november, CHINA)) for day in (3, 10, 17, 24)] == [
        True,
        True,
        True,
        False,
    ]
    assert hours_on(date(2026, 10, 27), november, CHINA) == []


def test_hours_may_end_at_midnight():
    assert hours_on(MONDAY, [Hours(0, 20 * 60, 1440)], CHINA) == [Interval(clock(20), clock(0, day=24))]


def test_exceptions_add_time_and_take_it_away_and_away_wins():
    week = Interval(clock(0, day=23), clock(0, day=30))
    exceptions = [
        Exceptional(span(8, 12, day=28), ExceptionKind.EXTRA),
        Exceptional(span(16, 18, day=24), ExceptionKind.AWAY),
        Exceptional(span(11, 13, day=28), ExceptionKind.AWAY),
    ]

    assert open_times(week, TUESDAY_AFTERNOONS, exceptions, CHINA) == [span(14, 16, day=24), span(8, 11, day=28)]


def test_extra_time_can_be_given_on_a_holiday():
    holiday = span(0, 23, day=6, month=10)
    extra = [Exceptional(span(9, 10, day=6, month=10), ExceptionKind.EXTRA)]

    assert open_times(holiday, TUESDAY_AFTERNOONS, extra, CHINA) == [span(9, 10, day=6, month=10)]


def test_whoever_set_nothing_is_assumed_to_keep_office_hours():
    monday_and_tuesday = Interval(clock(0), clock(13, day=24))

    assert open_times(monday_and_tuesday, office_week(CHINA), [], CHINA) == [
        span(8, 12),
        Interval(clock(14), clock(17, 30)),
        span(8, 12, day=24),
    ]


def test_the_first_times_that_suit_both_come_in_order_and_do_not_overlap():
    expert, doctor = [span(9, 11), span(14, 17)], [span(10, 15)]

    assert offers([expert, doctor], HALF_HOUR, first=3) == [
        Offer(clock(10), clock(10, 30)),
        Offer(clock(10, 30), clock(11)),
        Offer(clock(14), clock(14, 30)),
    ]


def test_offers_begin_on_a_quarter_of_an_hour_from_now_on():
    free = [[span(9, 11)]]

    first = offers(free, HALF_HOUR, first=1, not_before=clock(9, 52))

    assert first == [Offer(clock(10), clock(10, 30))]


def test_a_gap_shorter_than_the_session_is_not_offered():
    assert offers([[Interval(clock(9), clock(9, 29))]], HALF_HOUR, first=5) == []


def test_a_session_of_no_length_is_a_mistake():
    with pytest.raises(ValueError, match="takes time"):
        offers([[span(9, 10)]], timedelta(0), first=1)


def test_a_wish_fits_only_where_all_are_free_for_all_of_it():
    sides = [[span(9, 11)], [span(10, 12)]]

    assert fits(sides, span(10, 11))
    assert not fits(sides, Interval(clock(10, 45), clock(11, 15)))


def test_free_time_is_narrowed_to_what_the_store_would_grant():
    assert whole_buckets([Interval(clock(9, 2), clock(9, 58))]) == [Interval(clock(9, 5), clock(9, 55))]


minute = st.integers(0, 1000)
stretches = st.lists(
    st.tuples(minute, st.integers(1, 120)).map(
        lambda it: Interval(clock(0) + timedelta(minutes=it[0]), clock(0) + timedelta(minutes=sum(it)))
    ),
    max_size=6,
)


@given(st.lists(stretches, min_size=1, max_size=3), st.integers(5, 90), st.integers(0, 10))
def test_every_offer_suits_every_side_and_none_overlap(sides, length, first):
    found = offers(sides, timedelta(minutes=length), first=first)

    assert len(found) <= first
    assert all(fits(sides, Interval(offer.start, offer.end)) for offer in found)
    assert all(earlier.end <= later.start for earlier, later in itertools.pairwise(found))


@given(stretches, stretches)
def test_nothing_is_free_while_it_is_booked(opened, booked):
    assert common([subtract(opened, booked), booked]) == []


# ---- the strip ----


def test_the_strip_shows_both_sides_and_where_the_offers_lie():
    expert = Side("心内科 李主任", free=[span(14, 17)], busy=[span(9, 10)])
    doctor = Side("青山镇卫生院", free=[span(8, 12), span(14, 16)], assumed=True)

    strip = day_strip(MONDAY, [expert, doctor], [Offer(clock(14), clock(14, 30))], CHINA)

    assert [(row.label, row.assumed) for row in strip.rows] == [("心内科 李主任", False), ("青山镇卫生院", True)]
    assert [(piece.x, piece.width, piece.paint) for piece in strip.rows[0].segments] == [
        (100, 100, Paint.BUSY),
        (600, 300, Paint.FREE),
    ]
    assert strip.choices == (Choice("2026-11-23T06:00:00+00:00", clock(14), clock(14, 30), x=600, width=50),)
    hours = ((0, 8), (200, 10), (400, 12), (600, 14), (800, 16))
    assert strip.ticks == tuple(Tick(x, f"{hour:02}:00") for x, hour in hours)


def test_the_strip_grows_to_show_an_evening_and_an_early_morning():
    strip = day_strip(MONDAY, [Side("甲", free=[Interval(clock(6, 30), clock(21))])], [], CHINA)

    assert strip.ticks[0].label == "06:00"
    assert strip.rows[0].segments[0].x + strip.rows[0].segments[0].width == 1000


def test_the_strip_shows_only_the_offers_of_its_day():
    tomorrow = Offer(clock(9, day=24), clock(10, day=24))

    assert day_strip(MONDAY, [], [tomorrow], CHINA).choices == ()
    assert len(day_strip(date(2026, 11, 24), [], [tomorrow], CHINA).choices) == 1


def test_the_strip_names_holidays_and_make_up_days():
    assert day_strip(date(2026, 10, 1), [], [], CHINA, "en_US").holiday == "National Day"
    assert day_strip(date(2026, 10, 10), [], [], CHINA).make_up
