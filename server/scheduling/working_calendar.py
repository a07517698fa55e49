"""China's working calendar: public holidays, make-up days (调休), office hours; and arithmetic in working time.

Days come from the `holidays` package, which follows the yearly notice of the General Office of the State Council.
What it does not know yet (the notice appears each November) a site adds as `days_off` and `workdays`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from holidays.countries.china import China

from server.scheduling.intervals import Interval, clip

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = 5
_DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Stretch(NamedTuple):
    """Minutes since local midnight, half-open; 1440 is the end of the day."""

    start: int
    end: int


MORNING, AFTERNOON = Stretch(8 * 60, 12 * 60), Stretch(14 * 60, 17 * 60 + 30)


class ChineseYear(NamedTuple):
    days_off: Mapping[date, str]
    """Public holiday → its name."""
    make_up: Mapping[date, int]
    """A weekend day that is worked → the weekday (0 Monday) whose timetable it follows."""


@lru_cache(maxsize=64)
def chinese_year(year: int, language: str = "zh_CN") -> ChineseYear:
    # A make-up day of December can belong to a holiday of the next January, so the neighbours are loaded too.
    china = China(years=(year - 1, year, year + 1), language="zh_CN")  # type: ignore[no-untyped-call]
    named = China(years=year, language=language)  # type: ignore[no-untyped-call]
    instead_of = {
        date.fromisoformat(worked.group()): off.weekday()
        for off, name in china.items()
        if (worked := _DATE.search(name))
    }
    return ChineseYear(
        days_off={off: _without_date(name) for off, name in named.items() if off.year == year},
        make_up={day: instead_of.get(day, 0) for day in china.weekend_workdays if day.year == year},
    )


def _without_date(name: str) -> str:
    """ "休息日（由 2026-10-10 调休）" is said as "休息日": readers look for the rule in the notice, not here."""
    return re.split(r"\s*[（(]", name)[0]


@dataclass(frozen=True)
class WorkingCalendar:
    """Which time counts as worked. Immutable; `days_off` and `workdays` outrank the package's knowledge.

    `days_off` maps a day to its name, `workdays` a day to the weekday (0 Monday) whose timetable it follows.
    """

    zone: ZoneInfo = SHANGHAI
    office: tuple[Stretch, ...] = (MORNING, AFTERNOON)
    days_off: Mapping[date, str] = field(default_factory=dict)
    workdays: Mapping[date, int] = field(default_factory=dict)

    @property
    def workday(self) -> timedelta:
        """The working time of one full day."""
        return timedelta(minutes=sum(end - start for start, end in self.office))

    def holiday(self, day: date, language: str = "zh_CN") -> str | None:
        """The public holiday's name, None on other days. Weekends in its middle or beside it have none."""
        if day in self.workdays:
            return None
        return self.days_off.get(day) or chinese_year(day.year, language).days_off.get(day)

    def is_make_up(self, day: date) -> bool:
        """Whether this weekend day is worked."""
        return day.weekday() >= SATURDAY and self._worked_as(day) is not None

    def is_workday(self, day: date) -> bool:
        if self._worked_as(day) is not None:
            return True
        return day.weekday() < SATURDAY and self.holiday(day) is None

    def timetable_weekday(self, day: date) -> int | None:
        """The weekday (0 Monday) whose timetable holds on `day`; None within a public holiday.

        A make-up day follows the day it makes up for; a weekend that touches a public holiday belongs to it.
        """
        worked_as = self._worked_as(day)
        if worked_as is not None:
            return worked_as
        return None if self._is_festive(day) else day.weekday()

    def _worked_as(self, day: date) -> int | None:
        if day in self.workdays:
            return self.workdays[day]
        return None if day in self.days_off else chinese_year(day.year).make_up.get(day)

    def _is_festive(self, day: date) -> bool:
        if self.holiday(day):
            return True
        return not self.is_workday(day) and any(self._leads_to_holiday(day, step) for step in (-_DAY, _DAY))

    def _leads_to_holiday(self, day: date, step: timedelta) -> bool:
        while not self.is_workday(day):
            if self.holiday(day):
                return True
            day += step
        return False

    def at(self, day: date, minute: int) -> datetime:
        """The instant (UTC) of a local time of day; 1440 is the next midnight.

        A time that summer time skipped is read with the offset before the change, one that came twice as the first.
        """
        day, minute = day + timedelta(days=minute // 1440), minute % 1440
        return datetime.combine(day, time(minute // 60, minute % 60), self.zone).astimezone(UTC)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def office_times(self, day: date) -> list[Interval]:
        """The office hours of `day` (UTC), none on a day off."""
        if not self.is_workday(day):
            return []
        return [Interval(self.at(day, start), self.at(day, end)) for start, end in self.office]

    def add_working(self, start: datetime, duration: timedelta) -> datetime:
        """The instant (UTC) at which `duration` of office time has passed since `start`.

        One working day is one full day of office time: Monday 10:00 plus one is Tuesday 10:00, Saturday plus one is
        Monday's closing. Nothing added is `start` itself. Raises ValueError for a negative duration.
        """
        if duration < timedelta(0):
            raise ValueError("working time is added, not taken away")
        start = start.astimezone(UTC)
        if not duration:
            return start
        for stretch in self._office_from(start):
            if duration <= stretch.length:
                return stretch.start + duration
            duration -= stretch.length
        raise AssertionError("office hours never end")

    def _office_from(self, start: datetime) -> Iterator[Interval]:
        if not any(end > begin for begin, end in self.office):
            raise ValueError("a calendar without office hours")
        day = self.day_of(start)
        while True:
            for stretch in self.office_times(day):
                if stretch.end > start:
                    yield Interval(max(stretch.start, start), stretch.end)
            day += _DAY

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """The office time in [start, end); zero when end is not after start."""
        period = Interval(start.astimezone(UTC), end.astimezone(UTC))
        total, day = timedelta(0), self.day_of(start)
        while day <= self.day_of(end):
            total += sum((part.length for part in clip(self.office_times(day), period)), timedelta(0))
            day += _DAY
        return total


CHINA = WorkingCalendar()
"""Beijing time, 8:00–12:00 and 14:00–17:30."""
