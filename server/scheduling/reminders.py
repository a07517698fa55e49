"""Reminders of what is booked, each handed out once: the store, not a timer, knows which went out."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from server.core.i18n import today
from server.core.unit import Unit
from server.scheduling import queries
from server.scheduling.invitations import REMIND_BEFORE
from server.scheduling.model import Booking, SentReminder


class Nearness(StrEnum):
    """How people call the time that is left."""

    TOMORROW = "tomorrow"
    TODAY = "today"
    SOON = "soon"


class Reminder(NamedTuple):
    booking: Booking
    before: timedelta

    def nearness(self, now: datetime) -> Nearness:
        """A reminder of the day before that comes to be sent after midnight only speaks of today."""
        if self.before < timedelta(days=1):
            return Nearness.SOON
        return Nearness.TOMORROW if today(self.booking.starts_at) > today(now) else Nearness.TODAY


async def take_due_reminders(unit: Unit, subject_kind: str) -> list[Reminder]:
    """The reminders of a kind of subject to send now (a day, a quarter of an hour before), each handed out once.

    Once on any number of nodes and after any restart; a moved booking reminds anew; none for a time that was fixed
    after its reminder would have been due.
    """
    due: list[Reminder] = []
    for before, after in zip(REMIND_BEFORE, (*REMIND_BEFORE[1:], timedelta(0)), strict=True):
        for booking in await queries.to_remind(unit, subject_kind, before=before, after=after):
            if await _marked(unit, booking, before):
                due.append(Reminder(booking, before))
    return due


async def _marked(unit: Unit, booking: Booking, before: timedelta) -> bool:
    mark = {
        "booking_id": booking.id,
        "sequence": booking.sequence,
        "minutes_before": before // timedelta(minutes=1),
    }
    try:
        async with unit.session.begin_nested():
            await unit.session.execute(insert(SentReminder), mark)
    except IntegrityError:
        return False
    return True
