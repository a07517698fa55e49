"""One person's week as the page shows it: free and booked time, bookings, exceptions, holidays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.accounts import queries as accounts
from server.core.unit import Unit
from server.scheduling import queries
from server.scheduling.availability import ExceptionKind, days_of
from server.scheduling.bookable import BookingStatus
from server.scheduling.free import free_times
from server.scheduling.intervals import Interval
from server.scheduling.model import AvailabilityException, Booking
from server.scheduling.strip import DayStrip, Side, day_strip
from server.scheduling.working_calendar import CHINA, WorkingCalendar

SUBJECT_PAGES = {"consultation": "/consultations/", "teaching": "/teaching/sessions/"}


@dataclass(frozen=True)
class BookedLine:
    start: datetime
    end: datetime
    title: str
    """Empty when the reader may only know that the time is taken."""
    href: str
    held: bool
    running: bool


@dataclass(frozen=True)
class ExceptionLine:
    id: str
    start: datetime
    end: datetime
    away: bool
    note: str
    in_the_way: int
    """Bookings that stand although the person is away."""


@dataclass(frozen=True)
class WeekDay:
    day: datetime
    """Local midnight."""
    today: bool
    strip: DayStrip
    booked: list[BookedLine]
    exceptions: list[ExceptionLine]


@dataclass(frozen=True)
class Week:
    days: list[WeekDay]
    assumed: bool
    """The person never set weekly hours: office hours are assumed."""

    @property
    def bookings(self) -> int:
        return sum(len(day.booked) for day in self.days)


async def week_of_post(
    unit: Unit,
    *,
    post_id: str,
    period: Interval,
    private: bool,
    calendar: WorkingCalendar = CHINA,
    language: str = "zh_CN",
) -> Week:
    """The days of `period`; `private` shows others that time is taken, not by what. Raises NotFound."""
    resource = queries.post_resource(post_id)
    person = (await accounts.post(unit, post_id)).person_id
    times = (await free_times(unit, resources=[resource], period=period, calendar=calendar))[resource]
    bookings = await queries.agenda(unit, occupant=person, period=period)
    exceptions = await queries.exception_rows(unit, [post_id], period)
    today = calendar.day_of(unit.now)
    days = []
    for day in days_of(Interval(period.start, period.end - timedelta(microseconds=1)), calendar):
        whole = Interval(calendar.at(day, 0), calendar.at(day, 1440))
        side = Side("", times.free, times.busy, times.assumed)
        days.append(
            WeekDay(
                day=whole.start.astimezone(calendar.zone),
                today=day == today,
                strip=day_strip(day, [side], [], calendar, language),
                booked=[_booked(each, private, calendar) for each in bookings if each.period.overlaps(whole)],
                exceptions=[
                    _exception(each, bookings, private, calendar) for each in exceptions if _touches(each, whole)
                ],
            )
        )
    return Week(days, times.assumed)


def _booked(booking: Booking, private: bool, calendar: WorkingCalendar) -> BookedLine:
    page = SUBJECT_PAGES.get(booking.subject_kind, "")
    return BookedLine(
        start=booking.starts_at.astimezone(calendar.zone),
        end=booking.ends_at.astimezone(calendar.zone),
        title="" if private else booking.title,
        href="" if private or not page else page + booking.subject_id,
        held=booking.status is BookingStatus.HELD,
        running=booking.is_running,
    )


def _exception(
    exception: AvailabilityException, bookings: Sequence[Booking], private: bool, calendar: WorkingCalendar
) -> ExceptionLine:
    away = exception.kind is ExceptionKind.AWAY
    period = exception.exceptional.period
    return ExceptionLine(
        id="" if private else exception.id,
        start=period.start.astimezone(calendar.zone),
        end=period.end.astimezone(calendar.zone),
        away=away,
        note="" if private else exception.note,
        in_the_way=sum(each.period.overlaps(period) for each in bookings) if away else 0,
    )


def _touches(exception: AvailabilityException, whole: Interval) -> bool:
    return exception.exceptional.period.overlaps(whole)
