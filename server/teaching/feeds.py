"""Somebody's calendar for the program on their phone: a secret address, consultations and teaching in one."""

import hashlib
from datetime import timedelta

from server.accounts import queries as accounts
from server.accounts.roles import Standing
from server.core.errors import NotFound
from server.core.unit import Unit
from server.scheduling import queries as scheduling
from server.scheduling.bookable import BookingStatus
from server.scheduling.intervals import Interval
from server.scheduling.invitations import Appointment, agenda_ics, uid_of
from server.teaching import letters, queries
from server.teaching.model import CalendarFeed

BACK, AHEAD = timedelta(days=30), timedelta(days=180)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(f"calendar {token}".encode()).digest()


async def renew(unit: Unit, *, token: str) -> None:
    """From now on the actor's calendar is read under `token`; an older address is dead."""
    feed = await queries.feed(unit, unit.actor.person_id)
    if feed is None:
        feed = CalendarFeed(person_id=unit.actor.person_id)
        unit.session.add(feed)
    feed.digest, feed.made_at = digest_of(token), unit.now
    await unit.session.flush()
    unit.record("calendar.feed_renewed", kind="person", id=unit.actor.person_id)


async def read(unit: Unit, token: str) -> bytes:
    """The calendar file. Raises NotFound: no such address, or its person is in use no more."""
    feed = await queries.feed_by_digest(unit, digest_of(token))
    if feed is None:
        raise NotFound
    person = await accounts.person(unit, feed.person_id)
    if person.standing is not Standing.ACTIVE:
        raise NotFound
    return agenda_ics(await _appointments(unit, person.id), stamp=unit.now)


async def _appointments(unit: Unit, person_id: str) -> list[Appointment]:
    period = Interval(unit.now - BACK, unit.now + AHEAD)
    booked = await scheduling.agenda(unit, occupant=person_id, period=period)
    held = [
        Appointment(uid=uid_of(one.id), sequence=one.sequence, start=one.starts_at, end=one.ends_at, title=one.title)
        for one in booked
        if one.status is BookingStatus.CONFIRMED
    ]
    kept = await queries.kept_times(unit, person_id, period.start, period.end)
    return held + [letters.appointment_of(one) for one in kept]
