"""Bookings: taking a time for several at once, moving it, giving it back. One winner however many race.

The store decides, not a look before the insert: every five minutes of everybody a booking takes is a row whose primary
key is (whom, which five minutes). Hours and exceptions are advice to whoever chooses; they refuse nothing here.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from server.core.errors import Invalid, Refusal
from server.core.unit import Unit
from server.scheduling import claims, queries
from server.scheduling.bookable import BookingStatus, Resource
from server.scheduling.intervals import Interval
from server.scheduling.model import (
    LONGEST,
    OVERRUN_AHEAD,
    AlreadyBegun,
    AlreadyReleased,
    Booking,
    TakenResource,
)

__all__ = [
    "AlreadyBegun",
    "AlreadyReleased",
    "Booking",
    "InThePast",
    "KeyReused",
    "SlotTaken",
    "book",
    "confirm",
    "move",
    "release",
]

LATEST_START = timedelta(minutes=5)


class SlotTaken(Refusal):
    """`resources`: those of the asked for that are taken then."""

    code = "scheduling.slot_taken"
    says = "这个时段刚被占用，请另选时间"


class InThePast(Refusal):
    code = "scheduling.in_the_past"
    status = 422
    says = "这个时间已经过去，请另选时间"


class KeyReused(Refusal):
    code = "scheduling.key_reused"
    says = "同一次提交的内容前后不一致，请刷新后重试"


# ---- taking a time ----


async def book(
    unit: Unit,
    *,
    subject_kind: str,
    subject_id: str,
    resources: Sequence[Resource],
    start: datetime,
    end: datetime,
    title: str,
    key: str,
    hold_until: datetime | None = None,
    allow_past: bool = False,
) -> Booking:
    """Takes [start, end) of every resource, or of none. Asked again with the same key, answers with the same booking.

    With `hold_until` it is only held, and free again after that moment unless confirmed.
    Raises SlotTaken, InThePast, Invalid (no time, or longer than a day), NotFound (unknown resource), KeyReused.
    """
    wanted = _period(start, end)
    if earlier := await queries.booking_by_key(unit, subject_kind, subject_id, key):
        return _same(earlier, wanted, resources)
    _check_ahead(unit, wanted, allow_past)
    occupants = await queries.occupants(unit, resources)
    await _make_way(unit, wanted, occupants.values())
    booking = Booking(
        id=unit.new_id(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        request_key=key,
        title=title,
        starts_at=wanted.start,
        ends_at=wanted.end,
        status=BookingStatus.HELD if hold_until else BookingStatus.CONFIRMED,
        held_until=hold_until,
        planned_at=unit.now,
        taken=_taken(occupants, wanted),
    )
    if not await claims.insert_taking(unit, booking, occupants.values()):
        if earlier := await queries.booking_by_key(unit, subject_kind, subject_id, key):
            return _same(earlier, wanted, resources)
        raise await _slot_taken(unit, wanted, occupants)
    claims.tell(unit, booking, "scheduling.booked")
    return booking


async def confirm(unit: Unit, *, booking_id: str) -> Booking:
    """Makes a held time a fixed one. Raises NotFound, AlreadyReleased (also when the hold has run out)."""
    booking = await queries.booking(unit, booking_id)
    if booking.status is BookingStatus.HELD and booking.held_until and booking.held_until <= unit.now:
        raise AlreadyReleased
    booking.confirm()
    await unit.session.flush()
    claims.tell(unit, booking, "scheduling.confirmed")
    return booking


async def move(
    unit: Unit,
    *,
    booking_id: str,
    start: datetime,
    end: datetime,
    resources: Sequence[Resource] | None = None,
    allow_past: bool = False,
) -> Booking:
    """Another time, or other resources; the old time is given back in the same step, or nothing changes.

    Raises SlotTaken, AlreadyReleased, AlreadyBegun, InThePast, Invalid, NotFound.
    """
    booking = await queries.booking(unit, booking_id)
    booking.check_movable()
    wanted, chosen = _period(start, end), list(resources or booking.resources)
    if wanted == booking.period and set(chosen) == set(booking.resources):
        return booking
    _check_ahead(unit, wanted, allow_past)
    occupants = await queries.occupants(unit, chosen)
    await _make_way(unit, wanted, occupants.values())
    if not await claims.exchange(unit, booking, wanted, occupants.values()):
        raise await _slot_taken(unit, wanted, occupants, leaving_out=booking.id)
    booking.taken = _taken(occupants, wanted, booking.taken)
    booking.move_to(wanted, unit.now)
    await unit.session.flush()
    claims.tell(unit, booking, "scheduling.moved")
    return booking


async def release(unit: Unit, *, booking_id: str, reason: str = "") -> Booking:
    """Gives the time back; again is no harm. Raises NotFound, AlreadyBegun."""
    booking = await queries.booking(unit, booking_id)
    if booking.status is not BookingStatus.RELEASED:
        await _let_go(unit, booking, reason)
        claims.tell(unit, booking, "scheduling.released", reason)
    return booking


# ---- parts ----


def _period(start: datetime, end: datetime) -> Interval:
    if not timedelta(0) < Interval(start, end).length <= LONGEST:
        raise Invalid({"end": "结束时间须晚于开始时间，且不超过 24 小时"})
    return Interval(start, end)


def _check_ahead(unit: Unit, wanted: Interval, allow_past: bool) -> None:
    if not allow_past and wanted.start < unit.now - LATEST_START:
        raise InThePast


def _same(earlier: Booking, wanted: Interval, resources: Iterable[Resource]) -> Booking:
    unmoved = earlier.sequence == 0
    if unmoved and (earlier.period != wanted or set(earlier.resources) != set(resources)):
        raise KeyReused
    return earlier


def _taken(
    occupants: dict[Resource, str], period: Interval, before: Iterable[TakenResource] = ()
) -> list[TakenResource]:
    """The rows of a booking's resources, those it had before kept."""
    known = {Resource(row.kind, row.resource_id): row for row in before}
    rows = []
    for position, (resource, occupant) in enumerate(occupants.items()):
        row = known.get(resource) or TakenResource(kind=resource.kind, resource_id=resource.id)
        row.position, row.occupant, row.starts_at, row.ends_at = position, occupant, period.start, period.end
        rows.append(row)
    return rows


async def _make_way(unit: Unit, wanted: Interval, occupants: Collection[str]) -> None:
    """Ends holds that have run out, and lets sessions that run over keep their people."""
    for expired in await queries.expired_holds(unit):
        await _expire(unit, expired)
    if wanted.start < unit.now + OVERRUN_AHEAD:
        for booking in await queries.overrunning(unit, set(occupants)):
            await claims.keep(unit, booking)


async def _expire(unit: Unit, booking_id: str) -> None:
    """By statement, not by object: others may be ending the same hold right now, and that is no quarrel."""
    still_held = (Booking.id == booking_id) & (Booking.status == BookingStatus.HELD)
    ended = (
        update(Booking)
        .where(still_held)
        .values(
            status=BookingStatus.RELEASED,
            released_at=unit.now,
            release_reason="expired",
            sequence=Booking.sequence + 1,
            version=Booking.version + 1,
        )
        .returning(Booking.id)
    )
    if await unit.session.scalar(ended):
        await claims.give_back(unit, booking_id)


async def _slot_taken(
    unit: Unit, wanted: Interval, occupants: dict[Resource, str], leaving_out: str | None = None
) -> SlotTaken:
    busy = await queries.taken(unit, occupants.values(), wanted, leaving_out=leaving_out)
    return SlotTaken(resources=[resource for resource, occupant in occupants.items() if occupant in busy])


async def _let_go(unit: Unit, booking: Booking, reason: str) -> None:
    booking.release(reason, unit.now)
    await claims.give_back(unit, booking.id)
    await unit.session.flush()
