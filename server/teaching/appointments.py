"""The hour that teachers and a classroom keep for a session, in the one calendar that clinics use too."""

from collections.abc import Sequence

from server.accounts import queries as accounts
from server.core.unit import Unit
from server.scheduling import queries, running, service
from server.scheduling.bookable import BookingStatus, Resource, ResourceKind
from server.scheduling.service import Booking
from server.teaching.model import Teacher, TeachingSession

SUBJECT = "teaching"


async def booking_of(unit: Unit, session: TeachingSession) -> Booking | None:
    """The booking in force; None when nothing is booked."""
    found = await queries.bookings_of(unit, SUBJECT, [session.id])
    return next((one for one in found if one.status is not BookingStatus.RELEASED), None)


def _wanted(session: TeachingSession, teachers: Sequence[Teacher]) -> list[Resource]:
    room = [Resource(ResourceKind.ROOM, session.room_id)] if session.room_id else []
    return [Resource(ResourceKind.POST, one.post_id) for one in teachers] + room


async def take(unit: Unit, session: TeachingSession, teachers: Sequence[Teacher]) -> Booking:
    """Raises SlotTaken, InThePast."""
    return await service.book(
        unit,
        subject_kind=SUBJECT,
        subject_id=session.id,
        resources=_wanted(session, teachers),
        start=session.starts_at,
        end=session.ends_at,
        title=session.title,
        key=f"teaching:{session.id}",
    )


async def follow(unit: Unit, session: TeachingSession, teachers: Sequence[Teacher]) -> Booking | None:
    """Brings the booking to the session's time, teachers and room. Raises SlotTaken, InThePast."""
    booking = await booking_of(unit, session)
    if booking is None:
        return None
    booking.title = session.title
    return await service.move(
        unit,
        booking_id=booking.id,
        start=session.starts_at,
        end=session.ends_at,
        resources=_wanted(session, teachers),
    )


async def release(unit: Unit, session: TeachingSession, reason: str) -> None:
    booking = await booking_of(unit, session)
    if booking is not None and booking.begun_at is None:
        await service.release(unit, booking_id=booking.id, reason=reason)


async def begin(unit: Unit, session: TeachingSession) -> None:
    booking = await booking_of(unit, session)
    if booking is not None:
        await running.begin(unit, booking_id=booking.id)


async def finish(unit: Unit, session: TeachingSession) -> None:
    booking = await booking_of(unit, session)
    if booking is not None and booking.begun_at:
        await running.finish(unit, booking_id=booking.id)


async def names_of(unit: Unit, resources: Sequence[Resource]) -> list[str]:
    """How the taken resources of a SlotTaken are called."""
    posts = await accounts.posts(unit, [one.id for one in resources if one.kind is ResourceKind.POST])
    people = await accounts.people(unit, [one.person_id for one in posts.values()])
    rooms = {one.id: one.name for one in await queries.rooms_named(unit, [one.id for one in resources])}
    return [people[posts[one.id].person_id].name if one.id in posts else rooms.get(one.id, "") for one in resources]
