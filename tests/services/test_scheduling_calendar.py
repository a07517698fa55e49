"""The working calendar of China: days off, make-up days, office hours, zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scheduling.working_calendar import CHINA, SHANGHAI, Stretch, WorkingCalendar

HOUR = timedelta(hours=1)


def beijing(*parts):
    return datetime(*parts, tzinfo=SHANGHAI).astimezone(UTC)


def test_the_year_2026_is_worked_on_its_six_make_up_days_and_no_other_weekend_day():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]

    assert [day for day in days if day.weekday() >= 5 and CHINA.is_workday(day)] == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]


def test_the_weekdays_off_in_2026_are_those_of_the_state_council_notice():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    off = " ".join(f"{day:%m-%d}" for day in days if day.weekday() < 5 and not CHINA.is_workday(day))

    assert off == (
        "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 "
        "10-01 10-02 10-05 10-06 10-07"
    )


def test_a_make_up_day_follows_the_timetable_of_the_day_it_makes_up_for():
    saturday = date(2026, 10, 10)

    assert CHINA.is_make_up(saturday)
    assert CHINA.timetable_weekday(saturday) == 2  # Wednesday 7 October
    assert CHINA.timetable_weekday(date(2026, 10, 7)) is None


def test_a_weekend_that_touches_a_festival_belongs_to_it_and_another_does_not():
    assert CHINA.timetable_weekday(date(2026, 2, 21)) is None  # Saturday within the Spring Festival
    assert CHINA.timetable_weekday(date(2026, 2, 15)) is None  # Sunday before New Year's Eve
    assert CHINA.timetable_weekday(date(2026, 11, 21)) == 5


def test_a_make_up_day_of_december_for_the_next_january_is_known_in_either_year():
    assert CHINA.is_workday(date(2011, 12, 31))
    assert not CHINA.is_workday(date(2012, 1, 3))


def test_holidays_have_names_in_both_languages():
    assert CHINA.holiday(date(2026, 10, 1)) == "国庆节"
    assert CHINA.holiday(date(2026, 10, 1), "en_US") == "National Day"
    assert CHINA.holiday(date(2026, 10, 6)) == "休息日"
    assert CHINA.holiday(date(2026, 11, 23)) is None


def test_a_site_adds_what_the_next_notice_says():
    calendar = WorkingCalendar(days_off={date(2026, 11, 23): "院庆"}, workdays={date(2026, 11, 28): 0})

    assert calendar.holiday(date(2026, 11, 23)) == "院庆"
    assert not calendar.is_workday(date(2026, 11, 23))
    assert calendar.timetable_weekday(date(2026, 11, 28)) == 0


def test_before_the_republic_only_weekends_are_off():
    assert CHINA.is_workday(date(1890, 10, 1))
    assert not CHINA.is_workday(date(1890, 10, 5))


@pytest.mark.parametrize(
    ("start", "added", "due"),
    [
        ("11-23 09:00", 1 * HOUR, "11-23 10:00"),
        ("11-23 11:00", 2 * HOUR, "11-23 15:00"),  # over lunch
        ("11-23 11:00", 1 * HOUR, "11-23 12:00"),  # the end of a stretch, not the beginning of the next
        ("11-23 16:30", 4 * HOUR, "11-24 11:00"),
        ("11-23 20:00", 1 * HOUR, "11-24 09:00"),
        ("11-27 17:00", 1 * HOUR, "11-30 08:30"),  # over the weekend
        ("09-30 17:00", 1 * HOUR, "10-08 08:30"),  # over the National Day week
        ("10-09 17:00", 1 * HOUR, "10-10 08:30"),  # into a make-up Saturday
    ],
)
def test_working_time_passes_only_in_office_hours(start, added, due):
    def moment(text):
        return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)

    assert CHINA.add_working(moment(start), added) == moment(due)


def test_one_working_day_later_is_the_same_hour_of_the_next_working_day():
    monday_ten = beijing(2026, 11, 23, 10)

    assert CHINA.add_working(monday_ten, CHINA.workday) == beijing(2026, 11, 24, 10)
    assert CHINA.add_working(beijing(2026, 11, 21, 10), CHINA.workday) == beijing(2026, 11, 23, 17, 30)


def test_hospitals_in_xinjiang_keep_their_own_office_hours():
    urumqi = WorkingCalendar(office=(Stretch(10 * 60, 14 * 60), Stretch(15 * 60 + 30, 19 * 60 + 30)))

    assert urumqi.add_working(beijing(2026, 11, 23, 8), HOUR) == beijing(2026, 11, 23, 11)
    assert urumqi.workday == 8 * HOUR


def test_a_calendar_without_office_hours_says_so_instead_of_searching_for_ever():
    with pytest.raises(ValueError, match="without office hours"):
        WorkingCalendar(office=()).add_working(beijing(2026, 11, 23), HOUR)


def test_time_is_not_taken_away():
    with pytest.raises(ValueError, match="added"):
        CHINA.add_working(beijing(2026, 11, 23), -HOUR)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001
durations = st.integers(0, 60 * 80).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, durations)
def test_adding_working_time_and_measuring_it_agree(start, duration):
    assert CHINA.working_between(start, CHINA.add_working(start, duration)) == duration


@given(moments, durations, durations)
def test_working_time_added_in_two_steps_is_the_same(start, first, second):
    at_once = CHINA.add_working(start, first + second)

    assert CHINA.working_between(CHINA.add_working(CHINA.add_working(start, first), second), at_once) == timedelta(0)


# ---- zones ----


def test_eight_oclock_is_an_hour_earlier_in_the_summers_of_1986_to_1991():
    assert CHINA.at(date(1985, 7, 1), 8 * 60) == datetime(1985, 7, 1, 0, tzinfo=UTC)
    assert [CHINA.at(date(year, 7, 1), 8 * 60).hour for year in range(1986, 1992)] == [23] * 6
    assert CHINA.at(date(1992, 7, 1), 8 * 60) == datetime(1992, 7, 1, 0, tzinfo=UTC)


def test_before_1901_shanghai_kept_its_own_mean_time():
    assert CHINA.at(date(1900, 12, 31), 8 * 60) == datetime(1900, 12, 30, 23, 54, 17, tzinfo=UTC)
    assert CHINA.day_of(datetime(1900, 12, 30, 15, 54, 17, tzinfo=UTC)) == date(1900, 12, 31)


def test_midnight_at_the_end_of_a_day_is_the_beginning_of_the_next():
    assert CHINA.at(date(2024, 2, 28), 1440) == CHINA.at(date(2024, 2, 29), 0)


@given(
    st.dates(date(1880, 1, 1), date(2100, 1, 1)),
    st.integers(0, 1439),
    st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_a_local_time_of_day_comes_back_from_utc_except_when_summer_time_skipped_it(day, minute, zone):
    calendar = WorkingCalendar(zone=ZoneInfo(zone))
    there = calendar.at(day, minute).astimezone(calendar.zone)
    named = datetime(day.year, day.month, day.day, minute // 60, minute % 60)  # noqa: DTZ001

    skipped = abs(there.replace(tzinfo=None) - named)
    assert skipped == timedelta(0) or (skipped <= timedelta(hours=1) and _is_skipped(named, calendar.zone))


def _is_skipped(named, zone):
    early, late = (named.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return early < late
