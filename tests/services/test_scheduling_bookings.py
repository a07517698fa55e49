"""Bookings on both stores: one winner, nothing lost, nothing taken twice."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from server.core.errors import Invalid, NotFound
from server.scheduling import queries, reminders, running, service
from server.scheduling.bookable import BookingStatus, Resource, ResourceKind
from server.scheduling.free import free_times
from server.scheduling.intervals import Interval, merge
from server.scheduling.model import AlreadyBegun, AlreadyReleased, NotBegun
from server.scheduling.service import InThePast, KeyReused, SlotTaken
from server.scheduling.working_calendar import SHANGHAI
from tests.conftest import open_database
from tests.services.scheduling_people import furnish

MINUTE = timedelta(minutes=1)
HALF_HOUR = 30 * MINUTE


def clock_at(hour, minute=0, day=23):
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


TWO = clock_at(14)


@pytest.fixture
async def place(unit):
    return await furnish(unit)


async def book(unit, *resources, start=TWO, length=HALF_HOUR, subject="a" * 32, key="1", **more):
    return await service.book(
        unit,
        subject_kind="consultation",
        subject_id=subject,
        resources=resources,
        start=start,
        end=start + length,
        title="远程会诊",
        key=key,
        **more,
    )


async def busy(unit, resource):
    day = Interval(clock_at(0), clock_at(0, day=24))
    return [tuple(each) for each in (await free_times(unit, resources=[resource], period=day))[resource].busy]


async def test_a_booking_takes_the_time_of_everybody_in_it(unit, place):
    booking = await book(unit, place.expert, place.doctor, place.room)

    assert booking.status is BookingStatus.CONFIRMED
    assert booking.resources == [place.expert, place.doctor, place.room]
    for resource in booking.resources:
        assert await busy(unit, resource) == [(TWO, TWO + HALF_HOUR)]
    assert [each.id for each in await queries.agenda(unit, occupant=place.doctor_person, period=booking.period)] == [
        booking.id
    ]


@pytest.mark.parametrize("shift", [timedelta(0), 10 * MINUTE, -29 * MINUTE, 29 * MINUTE])
async def test_whoever_overlaps_it_by_a_minute_is_refused_and_told_who_is_taken(unit, place, shift):
    await book(unit, place.expert, place.room)

    with pytest.raises(SlotTaken) as refusal:
        await book(unit, place.expert, place.doctor, start=TWO + shift, subject="b" * 32)

    assert refusal.value.facts == {"resources": [place.expert]}
    assert refusal.value.status == 409
    assert await busy(unit, place.doctor) == []


async def test_the_next_booking_begins_where_the_last_one_ends(unit, place):
    await book(unit, place.expert)
    await book(unit, place.expert, start=TWO + HALF_HOUR, subject="b" * 32)
    await book(unit, place.expert, start=TWO - HALF_HOUR, subject="c" * 32)

    assert await busy(unit, place.expert) == [(TWO - HALF_HOUR, TWO + 2 * HALF_HOUR)]


async def test_nobody_is_in_two_places_in_two_posts(unit, place):
    await book(unit, place.expert)

    with pytest.raises(SlotTaken):
        await book(unit, place.expert_elsewhere, subject="b" * 32)


async def test_asked_again_with_the_same_key_it_answers_with_the_same_booking(unit, place):
    first = await book(unit, place.expert)
    again = [await book(unit, place.expert) for _ in range(4)]

    assert {each.id for each in again} == {first.id}
    assert len(await queries.bookings_of(unit, "consultation", ["a" * 32])) == 1


async def test_the_same_key_for_something_else_is_refused(unit, place):
    await book(unit, place.expert)

    with pytest.raises(KeyReused):
        await book(unit, place.expert, start=TWO + timedelta(hours=1))


async def test_what_has_passed_cannot_be_booked_unless_it_is_told_afterwards(unit, place):
    yesterday = TWO - timedelta(days=1)

    with pytest.raises(InThePast):
        await book(unit, place.expert, start=yesterday)
    assert (await book(unit, place.expert, start=yesterday, allow_past=True)).starts_at == yesterday


async def test_a_session_may_begin_at_once(unit, place):
    assert (await book(unit, place.expert, start=unit.now)).starts_at == unit.now


@pytest.mark.parametrize("length", [timedelta(0), -HALF_HOUR, timedelta(hours=24, minutes=1)])
async def test_a_booking_takes_some_time_and_at_most_a_day(unit, place, length):
    with pytest.raises(Invalid):
        await book(unit, place.expert, length=length)


async def test_an_unknown_post_or_room_is_not_found(unit, place):
    for kind in ResourceKind:
        with pytest.raises(NotFound):
            await book(unit, place.expert, Resource(kind, "f" * 32))


# ---- moving and giving back ----


async def test_a_moved_booking_frees_its_old_time_and_takes_the_new(unit, place):
    booking = await book(unit, place.expert, place.doctor)
    moved = await service.move(
        unit,
        booking_id=booking.id,
        start=TWO + 15 * MINUTE,
        end=TWO + 45 * MINUTE,
        resources=[place.expert, place.room],
    )

    assert (moved.id, moved.sequence) == (booking.id, 1)
    assert await busy(unit, place.expert) == [(TWO + 15 * MINUTE, TWO + 45 * MINUTE)]
    assert await busy(unit, place.room) == [(TWO + 15 * MINUTE, TWO + 45 * MINUTE)]
    assert await busy(unit, place.doctor) == []


async def test_a_move_onto_a_taken_time_changes_nothing(unit, place):
    mine = await book(unit, place.expert)
    await book(unit, place.expert, start=TWO + timedelta(hours=1), subject="b" * 32)

    with pytest.raises(SlotTaken):
        await service.move(unit, booking_id=mine.id, start=TWO + timedelta(hours=1), end=TWO + timedelta(hours=2))

    assert (mine.sequence, mine.starts_at) == (0, TWO)
    assert (TWO, TWO + HALF_HOUR) in await busy(unit, place.expert)


async def test_a_move_to_where_it_is_changes_nothing(unit, place):
    booking = await book(unit, place.expert)
    await service.move(unit, booking_id=booking.id, start=booking.starts_at, end=booking.ends_at)

    assert booking.sequence == 0


async def test_a_released_time_is_free_for_the_next(unit, place):
    booking = await book(unit, place.expert)
    await service.release(unit, booking_id=booking.id, reason="患者已转院")
    again = await service.release(unit, booking_id=booking.id)

    assert (again.status, again.release_reason, again.sequence) == (BookingStatus.RELEASED, "患者已转院", 1)
    await book(unit, place.expert, subject="b" * 32)
    with pytest.raises(AlreadyReleased):
        await service.move(unit, booking_id=booking.id, start=TWO, end=TWO + MINUTE)


async def test_a_held_time_is_free_again_when_nobody_confirms_it(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        held = await book(unit, place.expert, hold_until=unit.now + 10 * MINUTE)
    clock.turn(9 * MINUTE)
    async with database.unit() as unit:
        with pytest.raises(SlotTaken):
            await book(unit, place.expert, subject="b" * 32)
    clock.turn(MINUTE)
    async with database.unit() as unit:
        await book(unit, place.expert, subject="b" * 32)
    async with database.unit() as unit:
        assert (await queries.booking(unit, held.id)).status is BookingStatus.RELEASED
        with pytest.raises(AlreadyReleased):
            await service.confirm(unit, booking_id=held.id)


async def test_a_confirmed_hold_stays(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        held = await book(unit, place.expert, hold_until=unit.now + 10 * MINUTE)
        await service.confirm(unit, booking_id=held.id)
    clock.turn(timedelta(hours=1))
    async with database.unit() as unit:
        with pytest.raises(SlotTaken):
            await book(unit, place.expert, subject="b" * 32)


# ---- while it runs ----


async def test_a_session_that_runs_over_keeps_its_people_minute_by_minute(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        booking = await book(unit, place.expert, place.doctor)
    clock.at = TWO
    async with database.unit() as unit:
        await running.begin(unit, booking_id=booking.id)
    for minutes in range(25, 120, 7):
        clock.at = TWO + minutes * MINUTE
        async with database.unit() as unit:
            for taken in (place.expert, place.expert_elsewhere, place.doctor):
                with pytest.raises(SlotTaken):
                    await book(unit, taken, start=clock.at, subject="b" * 32)
            period = Interval(clock.at, clock.at + timedelta(days=1))
            free = (await free_times(unit, resources=[place.doctor], period=period))[place.doctor].free
            assert all(stretch.start >= clock.at + 10 * MINUTE for stretch in free)


async def test_a_finished_session_lets_its_people_go_at_once(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        booking = await book(unit, place.expert)
    clock.at = TWO
    async with database.unit() as unit:
        await running.begin(unit, booking_id=booking.id)
    clock.at = TWO + 10 * MINUTE
    async with database.unit() as unit:
        await running.finish(unit, booking_id=booking.id)
        assert await busy(unit, place.expert) == [(TWO, TWO + 10 * MINUTE)]
        await book(unit, place.expert, start=clock.at, subject="b" * 32)


async def test_an_overrun_into_the_next_booking_is_told_and_takes_nothing_from_it(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        first = await book(unit, place.expert)
        following = await book(unit, place.expert, start=TWO + 40 * MINUTE, subject="b" * 32)
    clock.at = TWO
    async with database.unit() as unit:
        assert await running.begin(unit, booking_id=first.id) == []
    clock.at = TWO + 28 * MINUTE
    async with database.unit() as unit:
        assert await running.keep_overruns(unit) == []
    clock.at = TWO + 35 * MINUTE
    async with database.unit() as unit:
        (clash,) = await running.keep_overruns(unit)
        assert (clash.running.id, clash.next_id, clash.occupant) == (first.id, following.id, place.expert_person)


async def test_a_session_that_nobody_ended_does_not_keep_its_people_for_ever(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        booking = await book(unit, place.expert)
    clock.at = TWO
    async with database.unit() as unit:
        await running.begin(unit, booking_id=booking.id)
    clock.at = TWO + timedelta(hours=5)
    async with database.unit() as unit:
        assert await running.keep_overruns(unit) == []
        await book(unit, place.expert, start=clock.at, subject="b" * 32)


async def test_what_has_begun_cannot_be_moved_or_released_and_what_has_not_cannot_be_finished(unit, place):
    booking = await book(unit, place.expert)
    with pytest.raises(NotBegun):
        await running.finish(unit, booking_id=booking.id)
    await running.begin(unit, booking_id=booking.id)

    with pytest.raises(AlreadyBegun):
        await service.release(unit, booking_id=booking.id)
    with pytest.raises(AlreadyBegun):
        await service.move(unit, booking_id=booking.id, start=TWO, end=TWO + MINUTE)


async def test_a_session_that_goes_on_after_a_break_takes_its_people_again(unit, place):
    booking = await book(unit, place.expert, start=unit.now)
    await running.begin(unit, booking_id=booking.id)
    await running.finish(unit, booking_id=booking.id)
    assert await busy(unit, place.expert) == []

    await running.begin(unit, booking_id=booking.id)

    assert await busy(unit, place.expert) == [(unit.now, unit.now + HALF_HOUR)]


# ---- races ----


async def test_of_many_that_race_for_one_slot_on_two_nodes_exactly_one_wins(database, database_url, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
    other_node = open_database(database_url, clock)
    racers = 20

    async def race(slot, racer):
        start = TWO + slot * HALF_HOUR
        # Neighbouring starts: they overlap without being equal, and take their people in different order.
        start += (racer % 3) * 10 * MINUTE
        people = (place.expert, place.doctor) if racer % 2 else (place.doctor, place.expert)
        try:
            async with (database, other_node)[racer % 2].unit() as unit:
                await book(unit, *people, start=start, length=10 * MINUTE, subject=f"{slot:016x}{racer:016x}")
        except SlotTaken:
            return None
        return start

    outcomes = await asyncio.gather(*(race(slot, racer) for slot in range(3) for racer in range(racers)))
    await other_node.close()

    won = [start for start in outcomes if start]
    assert sorted(won) == [TWO + n * 10 * MINUTE for n in range(9)]


async def test_of_many_equal_requests_at_once_one_has_an_effect_and_all_get_its_answer(database, database_url, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
    other_node = open_database(database_url, clock)

    async def ask(number):
        async with (database, other_node)[number % 2].unit() as unit:
            return (await book(unit, place.expert, place.doctor)).id

    answers = await asyncio.gather(*(ask(number) for number in range(10)))
    await other_node.close()

    assert len(set(answers)) == 1


async def test_two_that_want_to_change_places_never_both_lose_their_own(database, database_url, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        first = await book(unit, place.expert)
        second = await book(unit, place.expert, start=TWO + HALF_HOUR, subject="b" * 32)
    other_node = open_database(database_url, clock)

    async def swap(node, booking, start):
        try:
            async with node.unit() as unit:
                await service.move(unit, booking_id=booking.id, start=start, end=start + HALF_HOUR)
        except SlotTaken:
            return "refused"
        return "moved"

    outcomes = await asyncio.gather(swap(database, first, second.starts_at), swap(other_node, second, first.starts_at))
    await other_node.close()

    assert outcomes == ["refused", "refused"]
    async with database.unit() as unit:
        assert await busy(unit, place.expert) == [(TWO, TWO + 2 * HALF_HOUR)]


# ---- reminders ----


async def remind(database):
    async with database.unit() as unit:
        due = await reminders.take_due_reminders(unit, "consultation")
        return [(each.booking.id, each.before) for each in due]


async def test_each_reminder_is_handed_out_once_a_day_and_a_quarter_of_an_hour_before(database, clock):
    start = clock_at(14, day=25)
    async with database.unit() as unit:
        place = await furnish(unit)
        booking = await book(unit, place.expert, start=start)
    day, quarter = (booking.id, timedelta(days=1)), (booking.id, 15 * MINUTE)
    handed_out = []
    for minutes in (*range(-1443, -1437), *range(-1400, -20, 60), *range(-20, 5)):
        clock.at = start + minutes * MINUTE
        handed_out += [(each, clock.at) for each in await remind(database) + await remind(database)]

    assert handed_out == [(day, start - timedelta(days=1)), (quarter, start - 15 * MINUTE)]


async def test_a_reminder_missed_while_nothing_ran_is_given_late_but_only_the_nearest(database, clock):
    start = clock_at(14, day=25)
    async with database.unit() as unit:
        place = await furnish(unit)
        booking = await book(unit, place.expert, start=start)
    clock.at = start - 7 * MINUTE

    assert await remind(database) == [(booking.id, 15 * MINUTE)]


async def test_a_moved_booking_reminds_anew_and_a_released_one_not_at_all(database, clock):
    start = clock_at(14, day=25)
    async with database.unit() as unit:
        place = await furnish(unit)
        moved = await book(unit, place.expert, start=start)
        gone = await book(unit, place.expert, start=start + HALF_HOUR, subject="b" * 32)
    clock.at = start - timedelta(days=1)
    assert await remind(database) == [(moved.id, timedelta(days=1))]
    async with database.unit() as unit:
        await service.move(
            unit, booking_id=moved.id, start=start + timedelta(days=2), end=start + timedelta(days=2, hours=1)
        )
        await service.release(unit, booking_id=gone.id)
    clock.turn(timedelta(days=2))

    assert await remind(database) == [(moved.id, timedelta(days=1))]


async def test_what_was_booked_an_hour_ahead_gets_no_reminder_for_the_day_before(database, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        await book(unit, place.expert, start=unit.now + timedelta(hours=1))

    assert await remind(database) == []


async def test_on_two_nodes_a_reminder_is_handed_out_once(database, database_url, clock):
    async with database.unit() as unit:
        place = await furnish(unit)
        booking = await book(unit, place.expert)
    other_node = open_database(database_url, clock)
    clock.at = TWO - 15 * MINUTE

    handed_out = await asyncio.gather(*(remind(node) for node in (database, other_node) * 3))
    await other_node.close()

    assert [each for one in handed_out for each in one] == [(booking.id, 15 * MINUTE)]


# ---- against a plain list ----


class Diary:
    """What the store should hold, kept as a plain list: who is taken from when until when."""

    def __init__(self):
        self.kept = {}

    def refuses(self, people, start, end, but=None):
        return any(
            number != but and set(people) & set(others) and start < until and since < end
            for number, (others, since, until) in self.kept.items()
        )


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_sequence_of_wishes_the_store_holds_what_a_plain_list_would(unit, place, seed):
    chance, diary = random.Random(seed), Diary()
    everybody = (place.expert, place.doctor, place.room)
    bookings = {}
    for number in range(60):
        people = chance.sample(everybody, chance.randint(1, 3))
        start = TWO + chance.randrange(0, 180, 5) * MINUTE
        end = start + chance.choice((5, 20, 30, 45)) * MINUTE
        wish = chance.choice(("book", "book", "move", "release"))
        chosen = chance.choice(list(bookings) or [None])
        try:
            if wish == "book":
                made = await book(unit, *people, start=start, length=end - start, subject=f"{number:032x}")
                assert not diary.refuses(people, start, end)
                bookings[number], diary.kept[number] = made, (people, start, end)
            elif wish == "move" and chosen is not None:
                await service.move(unit, booking_id=bookings[chosen].id, start=start, end=end, resources=people)
                assert not diary.refuses(people, start, end, but=chosen)
                diary.kept[chosen] = (people, start, end)
            elif wish == "release" and chosen is not None:
                await service.release(unit, booking_id=bookings.pop(chosen).id)
                del diary.kept[chosen]
        except SlotTaken:
            assert diary.refuses(people, start, end, but=chosen if wish == "move" else None)
    for one in everybody:
        kept = [Interval(since, until) for people, since, until in diary.kept.values() if one in people]
        assert await busy(unit, one) == [tuple(each) for each in merge(kept)]
