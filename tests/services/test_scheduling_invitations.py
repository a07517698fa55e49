"""Invitations as calendar programs read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar

from server.scheduling.invitations import Appointment, Guest, Method, agenda_ics, invitation_ics, uid_of

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CENTRE = Guest(name="市一院会诊中心", email="centre@hospital.example")
DOCTOR = Guest(name='王; "小" 医生', email="wang@township.example")
EXPERT = Guest(name="李主任", email="li@hospital.example")


def appointment(**more):
    known = {
        "uid": uid_of("0a" * 16),
        "sequence": 0,
        "start": datetime(2026, 11, 24, 6, 0, tzinfo=UTC),
        "end": datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
        "title": "远程会诊 HZ330100202611230001, 心内科; 30 分钟",
        "url": "https://lianzhen.example/consultations/1",
    }
    return Appointment(**known | more)


def invitation(method=Method.REQUEST, **more):
    raw = invitation_ics(appointment(**more), method=method, organizer=CENTRE, guests=[DOCTOR, EXPERT], stamp=NOW)
    return raw, Calendar.from_ical(raw)


def event_of(calendar):
    (event,) = calendar.walk("VEVENT")
    return event


def test_an_invitation_asks_for_its_time_in_beijing_time_with_that_zones_rules():
    raw, calendar = invitation()

    assert calendar["method"] == "REQUEST"
    assert b"DTSTART;TZID=Asia/Shanghai:20261124T140000\r\n" in raw
    assert b"DTEND;TZID=Asia/Shanghai:20261124T143000\r\n" in raw
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]
    assert event_of(calendar).start == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def test_an_invitation_names_its_organizer_and_guests():
    event = event_of(invitation()[1])

    assert event["organizer"] == "mailto:centre@hospital.example"
    assert [(str(guest), guest.params["RSVP"]) for guest in event["attendee"]] == [
        ("mailto:wang@township.example", "FALSE"),
        ("mailto:li@hospital.example", "FALSE"),
    ]
    assert event["attendee"][1].params["CN"] == "李主任"


def test_an_invitation_reminds_a_day_and_a_quarter_of_an_hour_before():
    alarms = event_of(invitation()[1]).walk("VALARM")

    assert [alarm["trigger"].dt for alarm in alarms] == [timedelta(days=-1), timedelta(minutes=-15)]
    assert {alarm["action"] for alarm in alarms} == {"DISPLAY"}


def test_commas_semicolons_and_long_chinese_titles_survive():
    title = "远程会诊，请提前十分钟进入；" * 12 + "a, b; c\\d\ne"
    raw, calendar = invitation(title=title)

    assert event_of(calendar)["summary"] == title
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_a_moved_time_is_the_same_event_with_a_higher_sequence():
    first, moved = event_of(invitation()[1]), event_of(invitation(sequence=1)[1])

    assert first["uid"] == moved["uid"] == "0a" * 16 + "@lianzhen"
    assert (first["sequence"], moved["sequence"]) == (0, 1)


def test_a_cancellation_says_so_and_reminds_of_nothing():
    _, calendar = invitation(Method.CANCEL, sequence=2)

    assert calendar["method"] == "CANCEL"
    assert event_of(calendar)["status"] == "CANCELLED"
    assert event_of(calendar).walk("VALARM") == []


def test_a_guest_abroad_gets_the_zone_with_its_summer_time():
    raw = invitation_ics(
        appointment(start=datetime(2026, 7, 1, 6, tzinfo=UTC), end=datetime(2026, 7, 1, 7, tzinfo=UTC)),
        method=Method.REQUEST,
        organizer=CENTRE,
        guests=[DOCTOR],
        stamp=NOW,
        zone=ZoneInfo("Europe/Berlin"),
    )

    assert b"DTSTART;TZID=Europe/Berlin:20260701T080000\r\n" in raw
    assert b"BEGIN:DAYLIGHT" in raw


def test_an_agenda_holds_every_booking_and_an_empty_one_is_a_calendar_too():
    two = agenda_ics([appointment(), appointment(uid="b@lianzhen")], stamp=NOW)

    assert len(Calendar.from_ical(two).walk("VEVENT")) == 2
    assert Calendar.from_ical(agenda_ics([], stamp=NOW))["method"] == "PUBLISH"
