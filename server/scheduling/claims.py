"""Taking five-minute buckets of somebody's time in the store, where one of any number of racers wins."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import delete, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from server.core.unit import Unit
from server.scheduling import queries
from server.scheduling.bookable import ResourceKind
from server.scheduling.buckets import bucket_after, buckets, outward
from server.scheduling.intervals import Interval
from server.scheduling.model import (
    BookedBucket,
    Booking,
)

DEADLOCK = "40P01"


class Clash(NamedTuple):
    """A running booking needs time that the next one has."""

    running: Booking
    next_id: str
    occupant: str


async def insert_taking(unit: Unit, booking: Booking, occupants: Collection[str]) -> bool:
    try:
        async with unit.session.begin_nested():
            unit.session.add(booking)
            await unit.session.flush()
            await _claim(unit, booking.id, occupants, buckets(booking.period))
    except DBAPIError as refused:
        return _lost(refused)
    return True


async def exchange(unit: Unit, booking: Booking, wanted: Interval, occupants: Collection[str]) -> bool:
    try:
        async with unit.session.begin_nested():
            await give_back(unit, booking.id)
            await _claim(unit, booking.id, occupants, buckets(wanted))
    except DBAPIError as refused:
        return _lost(refused)
    return True


async def _claim(unit: Unit, booking_id: str, occupants: Iterable[str], numbers: Iterable[int]) -> None:
    """In one order everywhere, so that two that want the same wait for each other instead of both waiting."""
    rows = [
        {"occupant": occupant, "bucket": number, "booking_id": booking_id}
        for occupant in sorted(set(occupants))
        for number in numbers
    ]
    await unit.session.execute(insert(BookedBucket), rows)


def _lost(refused: DBAPIError) -> bool:
    """False: somebody else has it, or was faster. Raises what is no such thing."""
    if isinstance(refused, IntegrityError) or getattr(refused.orig, "sqlstate", "") == DEADLOCK:
        return False
    raise refused


async def give_back(unit: Unit, booking_id: str, *, from_now_on: bool = False) -> None:
    mine = delete(BookedBucket).where(BookedBucket.booking_id == booking_id)
    if from_now_on:
        mine = mine.where(BookedBucket.bucket >= bucket_after(unit.now))
    await unit.session.execute(mine)


async def keep(unit: Unit, booking: Booking) -> list[Clash]:
    """Takes what is free of the time the running `booking` still needs; answers with what others have of it."""
    needed = Interval(unit.now, booking.blocks_until(unit.now))
    if needed.start >= needed.end:
        return []
    numbers = buckets(outward(needed))
    occupants = {taken.occupant for taken in booking.taken}
    held = {(row.occupant, row.bucket): row.booking_id for row in await queries.owners(unit, occupants, numbers)}
    missing = [(occupant, number) for occupant in sorted(occupants) for number in numbers]
    await _claim_free(unit, booking, [place for place in missing if place not in held])
    others = {(occupant, owner) for (occupant, _), owner in held.items() if owner != booking.id}
    return [Clash(booking, owner, occupant) for occupant, owner in sorted(others)]


async def _claim_free(unit: Unit, booking: Booking, places: Sequence[tuple[str, int]]) -> None:
    rows = [{"occupant": occupant, "bucket": number, "booking_id": booking.id} for occupant, number in places]
    if not rows:
        return
    try:
        async with unit.session.begin_nested():
            await unit.session.execute(insert(BookedBucket), rows)
    except DBAPIError as refused:
        _lost(refused)  # another has just kept the same, or booked it: the next minute tells


def tell(unit: Unit, booking: Booking, act: str, reason: str | None = None) -> None:
    unit.record(act, kind="booking", id=booking.id, reason=reason or None)
    for taken in booking.taken:
        if taken.kind is ResourceKind.POST:
            unit.announce(f"post:{taken.resource_id}", "schedule.changed", booking=booking.id)
