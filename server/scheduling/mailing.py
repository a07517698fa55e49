"""An invitation as it is mailed: the calendar file of an appointment, from the address the site's mails come from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from server.core.outbox import Attachment
from server.notices import service as notices
from server.scheduling.invitations import Appointment, Guest, Method, invitation_ics

if TYPE_CHECKING:
    from server.accounts.model import Person


def invitation(appointment: Appointment, people: Iterable[Person], *, method: Method, stamp: datetime) -> Attachment:
    """Whoever has no address is no guest."""
    house = Guest(name="联诊", email=notices.speech.sender)  # not words
    guests = [Guest(name=one.name, email=one.email) for one in people if one.email]
    calendar = invitation_ics(appointment, method=method, organizer=house, guests=guests, stamp=stamp)
    media_type = f"text/calendar; method={method.value}; charset=utf-8"
    return Attachment(name="invite.ics", media_type=media_type, content=calendar)
