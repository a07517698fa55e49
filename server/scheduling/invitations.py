"""Calendar invitations (RFC 5545, RFC 5546) that Outlook and phones accept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText

from server.scheduling.working_calendar import SHANGHAI

PRODUCT = "-//Lianzhen//Teleconsultation//ZH"
REMIND_BEFORE = (timedelta(days=1), timedelta(minutes=15))


class Method(StrEnum):
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True, kw_only=True)
class Guest:
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """What a calendar is told. Carries no patient: an invitation passes through foreign mail servers."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    title: str
    description: str = ""
    place: str = ""
    url: str = ""


def uid_of(booking_id: str) -> str:
    """The identity of a booking in calendars, the same for every invitation to it."""
    return f"{booking_id}@lianzhen"


def invitation_ics(
    appointment: Appointment,
    *,
    method: Method,
    organizer: Guest,
    guests: Sequence[Guest],
    stamp: datetime,
    zone: ZoneInfo = SHANGHAI,
) -> bytes:
    """A calendar file with one event. Attach it as text/calendar; method=REQUEST (or CANCEL).

    A changed time goes out as REQUEST with a higher `sequence`, a cancellation as CANCEL with a higher one still.
    """
    event = _event(appointment, stamp, zone)
    event["organizer"] = _address(organizer)
    for guest in guests:
        event.add("attendee", _invited(guest), encode=False)
    if method is Method.CANCEL:
        event.add("status", "CANCELLED")
    else:
        event.add("status", "CONFIRMED")
        _remind(event, appointment.title)
    return _calendar([(appointment, event)], method, zone)


def agenda_ics(appointments: Iterable[Appointment], *, stamp: datetime, zone: ZoneInfo = SHANGHAI) -> bytes:
    """Somebody's own bookings as a calendar file to keep or subscribe to."""
    return _calendar([(each, _event(each, stamp, zone)) for each in appointments], Method.PUBLISH, zone)


def _event(appointment: Appointment, stamp: datetime, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", stamp)
    event.add("dtstart", appointment.start.astimezone(zone))
    event.add("dtend", appointment.end.astimezone(zone))
    event.add("summary", appointment.title)
    for name, value in (
        ("description", appointment.description),
        ("location", appointment.place),
        ("url", appointment.url),
    ):
        if value:
            event.add(name, value)
    event.add("transp", "OPAQUE")
    return event


def _address(guest: Guest) -> vCalAddress:
    address = vCalAddress(f"mailto:{guest.email}")
    address.params["cn"] = vText(guest.name)
    return address


def _invited(guest: Guest) -> vCalAddress:
    address = _address(guest)
    # No reply by mail is asked for: who comes was settled before a time was booked.
    address.params.update({"role": "REQ-PARTICIPANT", "partstat": "NEEDS-ACTION", "rsvp": "FALSE"})
    return address


def _remind(event: Event, title: str) -> None:
    for before in REMIND_BEFORE:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", -before)
        event.add_component(alarm)


def _calendar(events: Sequence[tuple[Appointment, Event]], method: Method, zone: ZoneInfo) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    if events:
        calendar.add_component(_rules(zone, [appointment for appointment, _ in events]))
    for _, event in events:
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _rules(zone: ZoneInfo, appointments: Sequence[Appointment]) -> Timezone:
    """The zone's rules for the years of the events only: Outlook stumbles over ones that ended decades ago."""
    years = (min(each.start for each in appointments).year, max(each.end for each in appointments).year + 1)
    return _rules_of(zone.key, *years)


@cache
def _rules_of(zone: str, first: int, last: int) -> Timezone:
    """Finding them takes 70 ms; they are shared between calendars, which do not change them."""
    return Timezone.from_tzid(zone, first_date=date(first, 1, 1), last_date=date(last, 1, 1))
