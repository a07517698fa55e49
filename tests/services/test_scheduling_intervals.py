"""Half-open stretches of time and the buckets they touch, held against a plain model: sets of minutes."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.scheduling.buckets import bucket_after, bucket_of, buckets, outward, start_of, stretches
from server.scheduling.intervals import Interval, clip, common, intersect, merge, subtract

ZERO = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)


def at(minute):
    return ZERO + timedelta(minutes=minute)


def span(start, end):
    return Interval(at(start), at(end))


def minutes(intervals):
    """The model: which whole minutes are in."""
    return {
        minute
        for start, end in intervals
        for minute in range(int((start - ZERO) / timedelta(minutes=1)), int((end - ZERO) / timedelta(minutes=1)))
    }


def is_tidy(intervals):
    return all(one.start < one.end for one in intervals) and all(
        earlier.end < later.start for earlier, later in itertools.pairwise(intervals)
    )


stretch = st.tuples(st.integers(0, 200), st.integers(-5, 60)).map(lambda it: span(it[0], it[0] + it[1]))
some = st.lists(stretch, max_size=8)


@given(some)
def test_merging_keeps_the_time_and_tidies_it(intervals):
    assert minutes(merge(intervals)) == minutes(intervals)
    assert is_tidy(merge(intervals))


@given(some, some)
def test_subtracting_leaves_what_the_other_has_not(whole, taken):
    left = subtract(whole, taken)

    assert minutes(left) == minutes(whole) - minutes(taken)
    assert is_tidy(left)


@given(some, some)
def test_intersecting_leaves_what_both_have(ours, theirs):
    both = intersect(ours, theirs)

    assert minutes(both) == minutes(ours) & minutes(theirs)
    assert both == intersect(theirs, ours)


@given(st.lists(some, min_size=1, max_size=4))
def test_common_time_is_in_every_side(sides):
    assert minutes(common(sides)) == set.intersection(*(minutes(side) for side in sides))


@given(some, stretch)
def test_what_is_cut_and_what_is_left_make_the_whole(whole, period):
    assert minutes(clip(whole, period)) | minutes(subtract(whole, [period])) == minutes(whole)


def test_nobody_has_no_common_time():
    assert common([]) == []


def test_half_open_stretches_that_touch_do_not_overlap():
    first, second = span(0, 30), span(30, 60)

    assert not first.overlaps(second)
    assert not set(buckets(first)) & set(buckets(second))


def test_half_an_hour_takes_six_buckets():
    assert len(buckets(span(0, 30))) == 6


def test_a_minute_into_a_bucket_takes_all_of_it():
    assert buckets(span(0, 31)) == range(bucket_of(at(0)), bucket_of(at(35)))
    assert outward(span(3, 31)) == span(0, 35)


def test_no_time_takes_no_bucket():
    assert list(buckets(span(7, 7))) == []


@given(stretch, stretch)
def test_what_overlaps_shares_a_bucket(one, other):
    if one.length > timedelta(0) and other.length > timedelta(0) and one.overlaps(other):
        assert set(buckets(one)) & set(buckets(other))


@given(st.datetimes(datetime(1890, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_lies_in_its_bucket(moment):
    bucket = bucket_of(moment)

    assert start_of(bucket) <= moment < start_of(bucket + 1)
    assert start_of(bucket_after(moment)) >= moment > start_of(bucket_after(moment) - 1)


@given(stretch.filter(lambda one: one.length > timedelta(0)))
def test_buckets_as_stretches_are_the_period_widened(period):
    assert stretches(buckets(period)) == [outward(period)]
