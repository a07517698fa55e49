"""Weekly hours, exceptions, rooms, bookings; and the buckets in which the store itself refuses a double booking."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.core.errors import Refusal
from server.core.orm import Base, Id
from server.scheduling.availability import Exceptional, ExceptionKind
from server.scheduling.bookable import BookingStatus, Resource, ResourceKind
from server.scheduling.intervals import Interval

LONGEST = timedelta(hours=24)
OVERRUN_AHEAD = timedelta(minutes=10)
"""How far past the present a running consultation keeps its people."""
OVERRUN_LIMIT = timedelta(hours=4)
"""A session that nobody ended counts as over this long after its planned end."""


class AlreadyReleased(Refusal):
    code = "scheduling.already_released"
    says = "这个预约已经取消"


class AlreadyBegun(Refusal):
    code = "scheduling.already_begun"
    says = "会诊已经开始，不能再改时间"


class NotBegun(Refusal):
    code = "scheduling.not_begun"
    says = "会诊还没有开始"


def _by_value(kind: type[StrEnum]) -> Enum:
    """Kept as its value in a plain column: a new member needs no migration of a type."""
    return Enum(kind, native_enum=False, length=16, values_callable=lambda members: [each.value for each in members])


class PostSchedule(Base):
    """That a post has said when it can be booked; without one, office hours are assumed."""

    __tablename__ = "post_schedules"

    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    hours_set_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class WeeklyHours(Base):
    """A post can be booked every week on `weekday` (0 Monday) from minute to minute of the local day, half-open.

    They hold from `valid_from` up to, but not including, `valid_to`. Changed hours end the old rows, so that what was
    offered on a past day stays known.
    """

    __tablename__ = "weekly_hours"
    __table_args__ = (Index("ix_weekly_hours_post", "post_id", "valid_from"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    weekday: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class AvailabilityException(Base):
    __tablename__ = "availability_exceptions"
    __table_args__ = (Index("ix_availability_exceptions_post", "post_id", "ends_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[ExceptionKind] = mapped_column(_by_value(ExceptionKind))
    note: Mapped[str] = mapped_column(String(120), default="")

    @property
    def exceptional(self) -> Exceptional:
        return Exceptional(Interval(self.starts_at, self.ends_at), self.kind)


class Room(Base):
    """A consultation room, or a piece of equipment, of an institution that can be booked."""

    __tablename__ = "bookable_rooms"
    __table_args__ = (UniqueConstraint("institution_id", "name"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    kind: Mapped[ResourceKind] = mapped_column(_by_value(ResourceKind), default=ResourceKind.ROOM)
    name: Mapped[str] = mapped_column(String(60))
    withdrawn: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def resource(self) -> Resource:
        return Resource(self.kind, self.id)


class Booking(Base):
    """A time taken for a subject (a consultation, a session). Half-open: [starts_at, ends_at)."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_id", "request_key"),
        Index("ix_bookings_upcoming", "status", "starts_at"),
        Index("ix_bookings_held", "status", "held_until"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[str] = mapped_column(String(32))
    request_key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(120))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[BookingStatus] = mapped_column(_by_value(BookingStatus))
    held_until: Mapped[datetime | None]
    planned_at: Mapped[datetime]
    """When the time it has now was fixed."""
    begun_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str] = mapped_column(String(200), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    """Grows with each change of time and with the cancellation (SEQUENCE of RFC 5545)."""
    version: Mapped[int] = mapped_column(default=1)
    taken: Mapped[list["TakenResource"]] = relationship(
        lazy="selectin", order_by="TakenResource.position", cascade="all, delete-orphan"
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def period(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    @property
    def resources(self) -> list[Resource]:
        return [Resource(taken.kind, taken.resource_id) for taken in self.taken]

    @property
    def is_running(self) -> bool:
        return self.status is not BookingStatus.RELEASED and self.begun_at is not None and self.finished_at is None

    def confirm(self) -> None:
        self._need_live()
        self.status, self.held_until = BookingStatus.CONFIRMED, None

    def check_movable(self) -> None:
        """Raises AlreadyReleased, AlreadyBegun."""
        self._need_live()
        if self.begun_at is not None:
            raise AlreadyBegun

    def move_to(self, period: Interval, now: datetime) -> None:
        self.check_movable()
        self.starts_at, self.ends_at, self.planned_at = period.start, period.end, now
        self.sequence += 1
        for taken in self.taken:
            taken.starts_at, taken.ends_at = period.start, period.end

    def release(self, reason: str, now: datetime) -> None:
        self.check_movable()
        self.status, self.released_at, self.release_reason = BookingStatus.RELEASED, now, reason
        self.sequence += 1

    def begin(self, now: datetime) -> None:
        self._need_live()
        self.status, self.held_until = BookingStatus.CONFIRMED, None
        self.begun_at, self.finished_at = self.begun_at or now, None

    def finish(self, now: datetime) -> None:
        self._need_live()
        if self.begun_at is None:
            raise NotBegun
        self.finished_at = now

    def blocks_until(self, now: datetime) -> datetime:
        """Up to when its people are taken: a running one keeps them past its planned end."""
        if not self.is_running or now >= self.ends_at + OVERRUN_LIMIT:
            return self.ends_at
        return max(self.ends_at, now + OVERRUN_AHEAD)

    def _need_live(self) -> None:
        if self.status is BookingStatus.RELEASED:
            raise AlreadyReleased


class TakenResource(Base):
    """One resource of a booking. `occupant` is whom it takes up: the person of a post, else the resource itself."""

    __tablename__ = "booking_resources"
    __table_args__ = (Index("ix_booking_resources_agenda", "occupant", "ends_at"),)

    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    kind: Mapped[ResourceKind] = mapped_column(_by_value(ResourceKind), primary_key=True)
    resource_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int]
    occupant: Mapped[str] = mapped_column(String(32))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """Those of the booking, kept here so that an agenda is one index range however old the store is."""


class BookedBucket(Base):
    """Five minutes of somebody's time. The primary key makes a double booking impossible, whatever the code does."""

    __tablename__ = "booked_buckets"

    occupant: Mapped[str] = mapped_column(String(32), primary_key=True)
    bucket: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), index=True)


class SentReminder(Base):
    """A reminder that went out, once for each time a booking has had."""

    __tablename__ = "booking_reminders"

    booking_id: Mapped[str] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    minutes_before: Mapped[int] = mapped_column(primary_key=True)
