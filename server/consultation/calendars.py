"""The hour of a consultation in people's own calendars: an invitation by mail, changed or taken back later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.accounts import queries as accounts
from server.consultation.model import Consultation
from server.core.unit import Unit
from server.notices import service as notices
from server.scheduling.invitations import Appointment, Method, uid_of
from server.scheduling.mailing import invitation

if TYPE_CHECKING:
    from server.scheduling.model import Booking


async def send(
    unit: Unit, case: Consultation, booking: Booking, says: str, *, method: Method = Method.REQUEST, reason: str = ""
) -> None:
    """Tells both sides, with a calendar file whose sequence says which word is the last."""
    people = await accounts.people(unit, [id for id in (case.applicant_person_id, case.specialist_person_id) if id])
    href = f"/consultations/{case.id}"
    appointment = Appointment(
        uid=uid_of(booking.id),
        sequence=booking.sequence,
        start=booking.starts_at,
        end=booking.ends_at,
        title=f"联诊 {case.number}",  # not words
        url=f"{notices.speech.base_url}{href}",
    )
    await notices.tell(
        unit,
        person_ids=people,
        says=says,
        facts={"number": case.number or "", "starts": booking.starts_at, "reason": reason},
        href=href,
        attachments=[invitation(appointment, people.values(), method=method, stamp=unit.now)],
    )
