"""Finding hours, exceptions, rooms and bookings; who is taken up by what."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from sqlalchemy import or_, select

from server.accounts import queries as accounts
from server.core.errors import NotFound
from server.core.unit import Unit
from server.directory import queries as directory
from server.scheduling import policy
from server.scheduling.availability import Exceptional, Hours
from server.scheduling.bookable import BookingStatus, Resource, ResourceKind
from server.scheduling.buckets import buckets, stretches
from server.scheduling.intervals import Interval
from server.scheduling.model import (
    LONGEST,
    OVERRUN_AHEAD,
    OVERRUN_LIMIT,
    AvailabilityException,
    BookedBucket,
    Booking,
    PostSchedule,
    Room,
    SentReminder,
    TakenResource,
    WeeklyHours,
)

LIVE = (BookingStatus.HELD, BookingStatus.CONFIRMED)


# ---- bookings ----


async def booking(unit: Unit, id: str) -> Booking:
    """Raises NotFound. What may be done with it is decided by whoever owns its subject."""
    found = await unit.session.get(Booking, id)
    if found is None:
        raise NotFound
    return found


async def booking_by_key(unit: Unit, subject_kind: str, subject_id: str, key: str) -> Booking | None:
    query = select(Booking).where(
        Booking.subject_kind == subject_kind, Booking.subject_id == subject_id, Booking.request_key == key
    )
    return await unit.session.scalar(query)


async def bookings_of(unit: Unit, subject_kind: str, subject_ids: Iterable[str]) -> list[Booking]:
    """Every booking ever made for these subjects, earliest first."""
    query = select(Booking).where(Booking.subject_kind == subject_kind, Booking.subject_id.in_(set(subject_ids)))
    return list(await unit.session.scalars(query.order_by(Booking.starts_at, Booking.id)))


async def agenda(unit: Unit, *, occupant: str, period: Interval) -> list[Booking]:
    """What stands in somebody's or a room's diary within `period`, earliest first. Whole bookings, held ones too."""
    within = select(TakenResource.booking_id).where(
        TakenResource.occupant == occupant,
        TakenResource.ends_at > period.start,
        TakenResource.ends_at < period.end + LONGEST,
        TakenResource.starts_at < period.end,
    )
    query = select(Booking).where(Booking.id.in_(within), Booking.status.in_(LIVE))
    return list(await unit.session.scalars(query.order_by(Booking.starts_at, Booking.id)))


async def expired_holds(unit: Unit) -> list[str]:
    query = select(Booking.id).where(Booking.status == BookingStatus.HELD, Booking.held_until <= unit.now)
    return list(await unit.session.scalars(query))


async def overrunning(unit: Unit, occupants: Collection[str] | None = None) -> list[Booking]:
    """Bookings that have begun, are not finished, and end within OVERRUN_AHEAD or already have."""
    query = select(Booking).where(
        Booking.status == BookingStatus.CONFIRMED,
        # No booking is longer than LONGEST, so this is a narrow range of the index however old the store is.
        Booking.starts_at > unit.now - LONGEST - OVERRUN_LIMIT,
        Booking.starts_at <= unit.now + OVERRUN_AHEAD,
        Booking.begun_at.is_not(None),
        Booking.finished_at.is_(None),
        Booking.ends_at > unit.now - OVERRUN_LIMIT,
        Booking.ends_at < unit.now + OVERRUN_AHEAD,
    )
    if occupants is not None:
        held = select(TakenResource.booking_id).where(TakenResource.occupant.in_(occupants))
        query = query.where(Booking.id.in_(held.where(TakenResource.ends_at > unit.now - OVERRUN_LIMIT)))
    return list(await unit.session.scalars(query.order_by(Booking.id)))


async def to_remind(unit: Unit, subject_kind: str, *, before: timedelta, after: timedelta) -> list[Booking]:
    """Bookings starting more than `after` and at most `before` from now that were not yet reminded of so early."""
    sent = select(SentReminder.booking_id).where(
        SentReminder.booking_id == Booking.id,
        SentReminder.sequence == Booking.sequence,
        SentReminder.minutes_before == before // timedelta(minutes=1),
    )
    query = select(Booking).where(
        Booking.status == BookingStatus.CONFIRMED,
        Booking.subject_kind == subject_kind,
        Booking.starts_at > unit.now + after,
        Booking.starts_at <= unit.now + before,
        Booking.begun_at.is_(None),
        ~sent.exists(),
    )
    found = await unit.session.scalars(query.order_by(Booking.starts_at, Booking.id))
    return [each for each in found if each.planned_at <= each.starts_at - before]


# ---- whom a resource takes up ----


async def occupants(unit: Unit, resources: Iterable[Resource]) -> dict[Resource, str]:
    """Whom or what each resource takes up: a post its person, a room itself. Raises NotFound for an unknown one."""
    wanted = list(dict.fromkeys(resources))
    posts = await accounts.posts(unit, [each.id for each in wanted if each.kind is ResourceKind.POST])
    rooms = await _rooms_by_id(unit, [each.id for each in wanted if each.kind is not ResourceKind.POST])
    found = {
        each: posts[each.id].person_id if each.kind is ResourceKind.POST else each.id
        for each in wanted
        if each.id in posts or each.id in rooms
    }
    if len(found) < len(wanted):
        raise NotFound
    return found


async def _rooms_by_id(unit: Unit, ids: Collection[str]) -> Mapping[str, Room]:
    if not ids:
        return {}
    return {room.id: room for room in await unit.session.scalars(select(Room).where(Room.id.in_(ids)))}


async def taken(
    unit: Unit, occupants: Collection[str], period: Interval, *, leaving_out: str | None = None
) -> dict[str, list[Interval]]:
    """The booked stretches of each within `period`, without those of the booking `leaving_out`."""
    range_ = buckets(period)
    query = select(BookedBucket.occupant, BookedBucket.bucket).where(
        BookedBucket.occupant.in_(set(occupants)),
        BookedBucket.bucket >= range_.start,
        BookedBucket.bucket < range_.stop,
    )
    if leaving_out:
        query = query.where(BookedBucket.booking_id != leaving_out)
    found: dict[str, list[int]] = defaultdict(list)
    for occupant, bucket in await unit.session.execute(query):
        found[occupant].append(bucket)
    return {occupant: stretches(numbers) for occupant, numbers in found.items()}


async def owners(unit: Unit, occupants: Collection[str], range_: range) -> list[BookedBucket]:
    """Who holds which of these buckets."""
    query = select(BookedBucket).where(
        BookedBucket.occupant.in_(set(occupants)),
        BookedBucket.bucket >= range_.start,
        BookedBucket.bucket < range_.stop,
    )
    return list(await unit.session.scalars(query))


# ---- hours, exceptions, rooms ----


async def schedule_of(unit: Unit, post_id: str) -> PostSchedule | None:
    return await unit.session.get(PostSchedule, post_id)


async def weekly(unit: Unit, post_ids: Iterable[str], since: date) -> dict[str, list[Hours]]:
    """The hours of each post that hold on `since` or later; a post that never set any is missing."""
    wanted = set(post_ids)
    set_by = await unit.session.scalars(select(PostSchedule.post_id).where(PostSchedule.post_id.in_(wanted)))
    found: dict[str, list[Hours]] = {post_id: [] for post_id in set_by}
    query = select(
        WeeklyHours.post_id,
        WeeklyHours.weekday,
        WeeklyHours.start_minute,
        WeeklyHours.end_minute,
        WeeklyHours.valid_from,
        WeeklyHours.valid_to,
    ).where(WeeklyHours.post_id.in_(wanted), or_(WeeklyHours.valid_to.is_(None), WeeklyHours.valid_to > since))
    in_order = query.order_by(WeeklyHours.weekday, WeeklyHours.start_minute)
    for post_id, weekday, start, end, valid_from, valid_to in await unit.session.execute(in_order):
        found.setdefault(post_id, []).append(Hours(weekday, start, end, valid_from, valid_to))
    return found


async def exceptions(unit: Unit, post_ids: Iterable[str], period: Interval) -> dict[str, list[Exceptional]]:
    found: dict[str, list[Exceptional]] = defaultdict(list)
    for row in await exception_rows(unit, post_ids, period):
        found[row.post_id].append(row.exceptional)
    return found


async def exception_rows(unit: Unit, post_ids: Iterable[str], period: Interval) -> list[AvailabilityException]:
    query = select(AvailabilityException).where(
        AvailabilityException.post_id.in_(set(post_ids)),
        AvailabilityException.ends_at > period.start,
        AvailabilityException.starts_at < period.end,
    )
    return list(await unit.session.scalars(query.order_by(AvailabilityException.starts_at)))


async def exception_for(unit: Unit, action: str, id: str) -> AvailabilityException:
    """Raises NotFound when it is not there, or not the actor's to do `action` with."""
    found = await unit.session.get(AvailabilityException, id)
    if found is None:
        raise NotFound
    await require_post(unit, action, found.post_id)
    return found


async def require_post(unit: Unit, action: str, post_id: str) -> None:
    """Raises NotFound unless the actor may do `action` with the times of this post."""
    post = await accounts.post(unit, post_id)
    shared = unit.actor.consortium_ids & await directory.consortium_ids_of(unit, post.institution_id)
    unit.require(action, policy.relations(unit.actor, post, shared))


async def rooms_named(unit: Unit, ids: Collection[str]) -> list[Room]:
    """These rooms, withdrawn ones too."""
    return list((await _rooms_by_id(unit, ids)).values())


async def rooms(unit: Unit, institution_ids: Iterable[str]) -> list[Room]:
    """The rooms and equipment in use, by institution and name."""
    query = select(Room).where(Room.institution_id.in_(set(institution_ids)), Room.withdrawn.is_(False))
    return list(await unit.session.scalars(query.order_by(Room.institution_id, Room.name)))


def post_resource(post_id: str) -> Resource:
    return Resource(ResourceKind.POST, post_id)
