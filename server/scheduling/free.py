"""Free times of several side by side, and the times that suit them all."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.core.unit import Unit
from server.scheduling import queries
from server.scheduling.availability import Hours, Offer, days_of, offers, office_week, open_times, whole_buckets
from server.scheduling.bookable import Resource, ResourceKind
from server.scheduling.intervals import Interval, clip, merge, subtract
from server.scheduling.model import (
    Booking,
)
from server.scheduling.strip import DayStrip, Side, day_strip
from server.scheduling.working_calendar import CHINA, WorkingCalendar


@dataclass(frozen=True)
class Times:
    """Of one resource within a period (UTC)."""

    free: list[Interval]
    busy: list[Interval]
    assumed: bool
    """The post never set its hours: office hours are assumed."""


@dataclass(frozen=True)
class Comparison:
    days: list[DayStrip]
    offers: list[Offer]


async def free_times(
    unit: Unit,
    *,
    resources: Sequence[Resource],
    period: Interval,
    calendar: WorkingCalendar = CHINA,
    leaving_out: str | None = None,
) -> dict[Resource, Times]:
    """When each of `resources` is free and when booked within `period`, in seven statements however many they are.

    `leaving_out` is a booking whose time counts as free: the one about to be moved. Raises NotFound.
    """
    occupants = await queries.occupants(unit, resources)
    posts = [each.id for each in resources if each.kind is ResourceKind.POST]
    weekly = await queries.weekly(unit, posts, calendar.day_of(period.start))
    exceptions = await queries.exceptions(unit, posts, period)
    busy = await _busy(unit, set(occupants.values()), period, leaving_out)
    found = {}
    for resource, occupant in occupants.items():
        hours = _hours(resource, weekly, calendar)
        opened = [period] if hours is None else open_times(period, hours, exceptions.get(resource.id, ()), calendar)
        free = whole_buckets(subtract(opened, busy.get(occupant, [])))
        assumed = resource.kind is ResourceKind.POST and resource.id not in weekly
        found[resource] = Times(free, clip(busy.get(occupant, []), period), assumed)
    return found


async def compare(
    unit: Unit,
    *,
    sides: Sequence[tuple[str, Resource]],
    period: Interval,
    length: timedelta,
    first: int = 12,
    per_day: int = 16,
    calendar: WorkingCalendar = CHINA,
    leaving_out: str | None = None,
    language: str = "zh_CN",
) -> Comparison:
    """The days of `period` with each side's free and booked time and up to `per_day` common times of `length` each.

    `sides` pairs the words shown with the resource; `offers` are the first of those common times, from now on. None
    goes over midnight. Draw it by the macro of templates/scheduling/strip.html. Raises NotFound.
    """
    times = await free_times(
        unit, resources=[each for _, each in sides], period=period, calendar=calendar, leaving_out=leaving_out
    )
    drawn = [Side(label, times[each].free, times[each].busy, times[each].assumed) for label, each in sides]
    days, offered = [], []
    for day in days_of(_up_to(period), calendar):
        whole = Interval(calendar.at(day, 0), calendar.at(day, 1440))
        found = offers(
            [clip(side.free, whole) for side in drawn], length, first=max(first, per_day), not_before=unit.now
        )
        days.append(day_strip(day, drawn, found[:per_day], calendar, language))
        offered += found
    return Comparison(days, offered[:first])


def week_of(moment: datetime, calendar: WorkingCalendar = CHINA) -> Interval:
    """The local week, Monday to Sunday, that `moment` lies in."""
    day = calendar.day_of(moment)
    monday = day - timedelta(days=day.weekday())
    return Interval(calendar.at(monday, 0), calendar.at(monday + timedelta(days=7), 0))


def _up_to(period: Interval) -> Interval:
    """A period that ends at midnight does not touch the day that begins then."""
    return Interval(period.start, period.end - timedelta(microseconds=1))


def _hours(resource: Resource, weekly: dict[str, list[Hours]], calendar: WorkingCalendar) -> Collection[Hours] | None:
    """None for a room: it is open whenever it is not booked."""
    if resource.kind is not ResourceKind.POST:
        return None
    return weekly.get(resource.id, office_week(calendar))


async def _busy(
    unit: Unit, occupants: Collection[str], period: Interval, leaving_out: str | None
) -> dict[str, list[Interval]]:
    busy = await queries.taken(unit, occupants, period, leaving_out=leaving_out)
    for booking in await queries.overrunning(unit, occupants):
        for occupant in _people(booking):
            busy[occupant] = merge([*busy.get(occupant, []), Interval(unit.now, booking.blocks_until(unit.now))])
    return busy


def _people(booking: Booking) -> Iterable[str]:
    return {taken.occupant for taken in booking.taken}
