"""A meeting, its log, and the links by which guests come in."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base, Id
from server.meeting.kinds import LinkKind, MeetingKind

OPENS_BEFORE = timedelta(minutes=30)
STAYS_OPEN = timedelta(hours=24)
GUEST_LINK_STAYS = timedelta(minutes=15)
"""How long after the planned end a guest's link still opens."""


class Meeting(Base):
    __tablename__ = "meetings"
    __table_args__ = (Index("ix_meetings_subject", "subject_kind", "subject_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[MeetingKind]
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str] = mapped_column(String(32), default="")
    last_seq: Mapped[int] = mapped_column(default=0)

    def open_at(self, now: datetime) -> bool:
        """Open from half an hour before the planned start, and as long after as an overrunning talk may need."""
        return self.closed_at is None and self.starts_at - OPENS_BEFORE <= now < self.ends_at + STAYS_OPEN


class MeetingEntry(Base):
    """A line of a meeting's log. What was said and by whom is sealed; `stay` ties a `left` to its `joined`."""

    __tablename__ = "meeting_entries"
    __table_args__ = (
        UniqueConstraint("meeting_id", "key"),
        Index("ix_meeting_entries_stays", "kind", "stay"),
    )

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(24))
    by: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(160))
    stay: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class RoomLink(Base):
    """A link into one room: for a guest (who waits to be admitted), or for the same person's phone. One device each."""

    __tablename__ = "room_links"

    id: Mapped[Id] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), index=True)
    kind: Mapped[LinkKind]
    made_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    relation: Mapped[str] = mapped_column(String(40), default="")
    device: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.ends_at
