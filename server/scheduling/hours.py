"""When a post can be booked: its weekly hours, the exceptions to them; and an institution's rooms."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import delete, or_, update

from server.core.errors import Invalid, Stale
from server.core.unit import Unit
from server.scheduling import queries
from server.scheduling.availability import ExceptionKind
from server.scheduling.bookable import ResourceKind
from server.scheduling.intervals import Interval
from server.scheduling.model import (
    AvailabilityException,
    Booking,
    PostSchedule,
    Room,
    WeeklyHours,
)

LONGEST_EXCEPTION = timedelta(days=366)


class WeeklyStretch(NamedTuple):
    """`weekday` 0 is Monday; minutes of the local day, half-open, 1440 is midnight at its end."""

    weekday: int
    start: int
    end: int


async def set_weekly_hours(
    unit: Unit, *, post_id: str, hours: Sequence[WeeklyStretch], valid_from: date, version: int | None = None
) -> None:
    """From `valid_from` on these hours hold and no others; none at all means never, exceptions aside.

    `version` is that of the schedule the reader saw. Raises Invalid (field "hours"), Stale.
    """
    _check(hours)
    schedule = await _schedule(unit, post_id, version)
    await _end_hours(unit, post_id, valid_from)
    unit.session.add_all(
        WeeklyHours(
            id=unit.new_id(),
            post_id=post_id,
            weekday=stretch.weekday,
            start_minute=stretch.start,
            end_minute=stretch.end,
            valid_from=valid_from,
        )
        for stretch in hours
    )
    schedule.hours_set_at = unit.now
    await unit.session.flush()
    _tell(unit, post_id, "scheduling.hours_set")


async def add_exception(
    unit: Unit, *, post_id: str, start: datetime, end: datetime, kind: ExceptionKind, note: str = ""
) -> list[Booking]:
    """Away from, or available beyond, the weekly hours during [start, end).

    Answers with the bookings that stand in the way of being away: they stay, somebody has to move them.
    Raises Invalid (field "end").
    """
    period = Interval(start, end)
    if not timedelta(0) < period.length <= LONGEST_EXCEPTION:
        raise Invalid({"end": "结束时间须晚于开始时间，且不超过一年"})
    added = AvailabilityException(id=unit.new_id(), post_id=post_id, starts_at=start, ends_at=end, kind=kind, note=note)
    unit.session.add(added)
    await unit.session.flush()
    _tell(unit, post_id, "scheduling.exception_added")
    return await bookings_in_the_way(unit, post_id=post_id, period=period) if kind is ExceptionKind.AWAY else []


async def remove_exception(unit: Unit, *, exception: AvailabilityException) -> None:
    await unit.session.delete(exception)
    await unit.session.flush()
    _tell(unit, exception.post_id, "scheduling.exception_removed")


async def bookings_in_the_way(unit: Unit, *, post_id: str, period: Interval) -> list[Booking]:
    """What the holder of this post is booked for within `period`, in whichever post."""
    person = (await queries.occupants(unit, [queries.post_resource(post_id)])).popitem()[1]
    return await queries.agenda(unit, occupant=person, period=period)


async def add_room(unit: Unit, *, institution_id: str, name: str, kind: ResourceKind = ResourceKind.ROOM) -> Room:
    """A consultation room or a piece of equipment that bookings can take from now on."""
    room = Room(id=unit.new_id(), institution_id=institution_id, kind=kind, name=name)
    unit.session.add(room)
    await unit.session.flush()
    unit.record("scheduling.room_added", kind="room", id=room.id)
    return room


async def withdraw_room(unit: Unit, *, room: Room) -> None:
    """It is offered no more; what is booked in it stays."""
    room.withdrawn = True
    await unit.session.flush()
    unit.record("scheduling.room_withdrawn", kind="room", id=room.id)


def _check(hours: Sequence[WeeklyStretch]) -> None:
    for stretch in hours:
        if not (0 <= stretch.weekday <= 6 and 0 <= stretch.start < stretch.end <= 1440):
            raise Invalid({"hours": "结束时间须晚于开始时间"})
    for earlier, later in pairwise(sorted(hours)):
        if earlier.weekday == later.weekday and later.start < earlier.end:
            raise Invalid({"hours": "同一天的时段不能重叠"})


async def _schedule(unit: Unit, post_id: str, version: int | None) -> PostSchedule:
    schedule = await queries.schedule_of(unit, post_id)
    if version is not None and version != (schedule.version if schedule else 0):
        raise Stale
    if schedule is None:
        schedule = PostSchedule(post_id=post_id, hours_set_at=unit.now)
        unit.session.add(schedule)
    return schedule


async def _end_hours(unit: Unit, post_id: str, day: date) -> None:
    """Those not yet begun on `day` never were; those that hold then end with the day before."""
    own = WeeklyHours.post_id == post_id
    await unit.session.execute(delete(WeeklyHours).where(own, WeeklyHours.valid_from >= day))
    still = or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to > day)
    await unit.session.execute(update(WeeklyHours).where(own, still).values(valid_to=day))


def _tell(unit: Unit, post_id: str, act: str) -> None:
    unit.record(act, kind="post", id=post_id)
    unit.announce(f"post:{post_id}", "schedule.changed")
