"""The hour both sides keep for a consultation, in the calendar of both."""

from datetime import datetime

from server.consultation.model import Consultation
from server.core.unit import Unit
from server.scheduling import queries, running, service
from server.scheduling.bookable import BookingStatus, Resource, ResourceKind
from server.scheduling.service import Booking

SUBJECT = "consultation"


async def booking_of(unit: Unit, case: Consultation) -> Booking | None:
    """The booking in force; None when nothing is booked."""
    found = await queries.bookings_of(unit, SUBJECT, [case.id])
    return next((one for one in found if one.status is not BookingStatus.RELEASED), None)


async def take(unit: Unit, case: Consultation, *, starts: datetime, ends: datetime, key: str) -> Booking:
    """Raises SlotTaken, InThePast."""
    posts = [id for id in (case.specialist_post_id, case.applicant_post_id) if id]
    return await service.book(
        unit,
        subject_kind=SUBJECT,
        subject_id=case.id,
        resources=[Resource(ResourceKind.POST, id) for id in posts],
        start=starts,
        end=ends,
        title=case.number or "",
        key=key,
    )


async def release(unit: Unit, case: Consultation, reason: str) -> None:
    booking = await booking_of(unit, case)
    if booking is None:
        return
    if booking.begun_at:
        await running.finish(unit, booking_id=booking.id)
    else:
        await service.release(unit, booking_id=booking.id, reason=reason)


async def begin(unit: Unit, case: Consultation) -> None:
    booking = await booking_of(unit, case)
    if booking is not None:
        await running.begin(unit, booking_id=booking.id)


async def finish(unit: Unit, case: Consultation) -> None:
    booking = await booking_of(unit, case)
    if booking is not None and booking.begun_at:
        await running.finish(unit, booking_id=booking.id)
