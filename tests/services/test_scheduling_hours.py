"""Weekly hours, exceptions and rooms, and the free times that follow from them, on both stores."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from server.core.errors import Invalid, NotFound, Stale
from server.scheduling import hours, queries, service
from server.scheduling.availability import ExceptionKind
from server.scheduling.free import compare, free_times, week_of
from server.scheduling.hours import WeeklyStretch
from server.scheduling.intervals import Interval
from server.scheduling.working_calendar import SHANGHAI
from tests.services.scheduling_people import furnish

TODAY = date(2026, 11, 23)
MORNING, AFTERNOON = (8 * 60, 12 * 60), (14 * 60, 17 * 60 + 30)


def clock_at(hour, minute=0, day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def span(start, end, day=23):
    return (clock_at(start, day=day), clock_at(end, day=day))


THIS_WEEK = Interval(clock_at(0), clock_at(0, day=30))


@pytest.fixture
async def place(unit):
    return await furnish(unit)


async def free(unit, resource, period=THIS_WEEK):
    return [tuple(each) for each in (await free_times(unit, resources=[resource], period=period))[resource].free]


async def book(unit, *resources, start, length=timedelta(minutes=30)):
    return await service.book(
        unit,
        subject_kind="consultation",
        subject_id="a" * 32,
        resources=resources,
        start=start,
        end=start + length,
        title="远程会诊",
        key="1",
    )


async def test_whoever_never_set_hours_is_assumed_to_keep_office_hours(unit, place):
    times = (await free_times(unit, resources=[place.expert], period=THIS_WEEK))[place.expert]

    assert times.assumed
    assert len(times.free) == 10


async def test_the_hours_one_sets_hold_from_that_day_and_the_past_stays_known(unit, place):
    post = place.expert.id
    await hours.set_weekly_hours(unit, post_id=post, hours=[WeeklyStretch(1, *AFTERNOON)], valid_from=TODAY)
    assert await free(unit, place.expert) == [(clock_at(14, day=24), clock_at(17, 30, day=24))]

    later = [WeeklyStretch(3, *MORNING)]
    await hours.set_weekly_hours(unit, post_id=post, hours=later, valid_from=date(2026, 11, 26))

    assert await free(unit, place.expert) == [(clock_at(14, day=24), clock_at(17, 30, day=24)), span(8, 12, day=26)]


async def test_hours_set_again_for_the_same_day_replace_the_first(unit, place):
    post = place.expert.id
    for weekday in (0, 1, 2):
        stretches = [WeeklyStretch(weekday, *MORNING)]
        await hours.set_weekly_hours(unit, post_id=post, hours=stretches, valid_from=TODAY)

    assert await free(unit, place.expert) == [span(8, 12, day=25)]


async def test_no_hours_at_all_means_never_and_not_office_hours(unit, place):
    await hours.set_weekly_hours(unit, post_id=place.expert.id, hours=[], valid_from=TODAY)

    times = (await free_times(unit, resources=[place.expert], period=THIS_WEEK))[place.expert]

    assert (times.free, times.assumed) == ([], False)


@pytest.mark.parametrize(
    "stretches",
    [
        [WeeklyStretch(0, 600, 600)],
        [WeeklyStretch(0, 600, 540)],
        [WeeklyStretch(7, 600, 660)],
        [WeeklyStretch(0, 600, 1441)],
        [WeeklyStretch(0, 600, 700), WeeklyStretch(0, 690, 720)],
    ],
)
async def test_hours_that_cannot_be_are_refused(unit, place, stretches):
    with pytest.raises(Invalid):
        await hours.set_weekly_hours(unit, post_id=place.expert.id, hours=stretches, valid_from=TODAY)


async def test_hours_changed_in_another_window_meanwhile_are_not_overwritten(unit, place):
    post = place.expert.id
    await hours.set_weekly_hours(unit, post_id=post, hours=[], valid_from=TODAY, version=0)

    with pytest.raises(Stale):
        await hours.set_weekly_hours(unit, post_id=post, hours=[], valid_from=TODAY, version=0)


async def test_being_away_takes_time_and_tells_what_is_booked_then(unit, place):
    booking = await book(unit, place.expert, start=clock_at(14, day=24))

    in_the_way = await hours.add_exception(
        unit, post_id=place.expert.id, start=clock_at(13, day=24), end=clock_at(18, day=24), kind=ExceptionKind.AWAY
    )

    assert [each.id for each in in_the_way] == [booking.id]
    assert await free(unit, place.expert, Interval(*span(0, 23, day=24))) == [span(8, 12, day=24)]


async def test_an_exception_taken_back_changes_nothing_any_more(unit, place):
    before = await free(unit, place.expert)
    await hours.add_exception(
        unit, post_id=place.expert.id, start=clock_at(19), end=clock_at(21), kind=ExceptionKind.EXTRA
    )
    assert span(19, 21) in await free(unit, place.expert)

    (exception,) = await queries.exception_rows(unit, [place.expert.id], THIS_WEEK)
    await hours.remove_exception(unit, exception=exception)

    assert await free(unit, place.expert) == before


async def test_an_exception_has_to_end_after_it_begins(unit, place):
    with pytest.raises(Invalid):
        await hours.add_exception(
            unit, post_id=place.expert.id, start=clock_at(10), end=clock_at(10), kind=ExceptionKind.AWAY
        )


async def test_only_the_person_themselves_takes_an_exception_back(unit, place, acting):
    await hours.add_exception(
        unit, post_id=place.expert.id, start=clock_at(10), end=clock_at(11), kind=ExceptionKind.AWAY
    )
    (exception,) = await queries.exception_rows(unit, [place.expert.id], THIS_WEEK)
    unit.matrix.grants["schedule.own"] = {"specialist": frozenset({"own"})}

    unit.signed_in = acting("specialist", person_id=place.expert_person)
    assert await queries.exception_for(unit, "schedule.own", exception.id) is exception
    unit.signed_in = acting("specialist", person_id=place.doctor_person, institution_id=place.hospital)
    with pytest.raises(NotFound):
        await queries.exception_for(unit, "schedule.own", exception.id)


async def test_a_room_is_free_whenever_it_is_not_booked(unit, place):
    booked = await book(unit, place.room, start=clock_at(10))
    day = Interval(clock_at(9), clock_at(12))

    assert await free(unit, place.room, day) == [(clock_at(9), booked.starts_at), (booked.ends_at, clock_at(12))]


async def test_a_withdrawn_room_is_offered_no_more(unit, place):
    (room,) = await queries.rooms(unit, [place.hospital])
    await hours.withdraw_room(unit, room=room)

    assert await queries.rooms(unit, [place.hospital]) == []


# ---- both sides ----


async def test_both_sides_lie_side_by_side_with_the_first_common_times(unit, place):
    await hours.set_weekly_hours(unit, post_id=place.expert.id, hours=[WeeklyStretch(0, *AFTERNOON)], valid_from=TODAY)
    await book(unit, place.doctor, start=clock_at(14))
    day = Interval(clock_at(0), clock_at(0, day=24))

    seen = await compare(
        unit,
        sides=[("李建国", place.expert), ("青山镇卫生院", place.doctor)],
        period=day,
        length=timedelta(minutes=30),
        first=2,
    )

    assert [(offer.start, offer.end) for offer in seen.offers] == [
        (clock_at(14, 30), clock_at(15)),
        (clock_at(15), clock_at(15, 30)),
    ]
    (strip,) = seen.days
    assert [(row.label, row.assumed) for row in strip.rows] == [("李建国", False), ("青山镇卫生院", True)]
    assert [choice.value for choice in strip.choices[:2]] == [offer.start.isoformat() for offer in seen.offers]


async def test_every_day_of_the_strip_has_its_own_times_to_choose(unit, place):
    seen = await compare(
        unit, sides=[("甲", place.expert)], period=THIS_WEEK, length=timedelta(hours=1), first=1, per_day=2
    )

    assert [len(day.choices) for day in seen.days] == [2, 2, 2, 2, 2, 0, 0]
    assert len(seen.offers) == 1


async def test_what_has_passed_today_is_not_offered(unit, place):
    day = Interval(clock_at(0), clock_at(0, day=24))
    seen = await compare(unit, sides=[("甲", place.expert)], period=day, length=timedelta(minutes=30), first=1)

    assert seen.offers[0].start == unit.now == clock_at(9)


async def test_a_booking_about_to_be_moved_does_not_stand_in_its_own_way(unit, place):
    booking = await book(unit, place.expert, start=clock_at(10))
    day = Interval(clock_at(9), clock_at(12))

    times = await free_times(unit, resources=[place.expert], period=day, leaving_out=booking.id)

    assert [tuple(each) for each in times[place.expert].free] == [span(9, 12)]


async def test_the_week_runs_from_monday_to_monday_in_local_time():
    assert week_of(clock_at(23, 59, day=29)) == THIS_WEEK
    assert week_of(clock_at(0, 0, day=30)).start == clock_at(0, day=30)


async def test_every_offered_time_is_granted(unit, place):
    seen = await compare(
        unit,
        sides=[("甲", place.expert), ("乙", place.doctor), ("会诊室", place.room)],
        period=THIS_WEEK,
        length=timedelta(minutes=40),
        first=40,
    )
    for number, offer in enumerate(seen.offers):
        await service.book(
            unit,
            subject_kind="consultation",
            subject_id=f"{number:032x}",
            resources=[place.expert, place.doctor, place.room],
            start=offer.start,
            end=offer.end,
            title="远程会诊",
            key="1",
        )

    assert len(seen.offers) > 20


async def test_free_times_of_many_take_as_many_statements_as_of_one(database):
    async with database.unit() as unit:
        places = [await furnish(unit, number) for number in range(5)]
    statements = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *facts: statements.append(facts[2]))

    counts = []
    for some in (places[:1], places):
        async with database.unit(writes=False) as unit:
            statements.clear()
            resources = [resource for place in some for resource in (place.expert, place.doctor, place.room)]
            await free_times(unit, resources=resources, period=THIS_WEEK)
            counts.append(len([each for each in statements if each.startswith("SELECT")]))

    assert counts == [7, 7]
