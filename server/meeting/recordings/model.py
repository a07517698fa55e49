"""A recording, the files that were made of it, and who has watched how far."""

from datetime import datetime, timedelta

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.core.errors import Refusal
from server.core.orm import Base, Id
from server.meeting.recordings.kinds import MOVES, Ladder, RecordingState

KEPT = timedelta(days=3 * 365 + 1)
"""Video of a process is kept three years at least (domain 3.6)."""


class RecordingMoved(Refusal):
    code = "recording.moved"
    says = "这段录像的状态已经变化，请刷新页面"


class Recording(Base):
    """`number` is the entry of the meeting's log that began it; `origin` the instant at which its files begin."""

    __tablename__ = "recordings"
    __table_args__ = (UniqueConstraint("meeting_id", "number"), Index("ix_recordings_state", "state"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"))
    number: Mapped[int]
    state: Mapped[RecordingState] = mapped_column(default=RecordingState.RUNNING)
    key_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the recorder's films are sealed with; gone with them."""
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(String(32), default="")
    percent: Mapped[int] = mapped_column(default=0)
    """How far the making is."""
    origin: Mapped[datetime | None]
    seconds: Mapped[int] = mapped_column(default=0)
    ladder: Mapped[Ladder] = mapped_column(default=Ladder.WAITING)
    ladder_percent: Mapped[int] = mapped_column(default=0)
    gaps: Mapped[list[list[float]]] = mapped_column(JSON, default=list)
    """[[from, to]] in seconds: what was not recorded."""
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """What was said in it, for finding; None until somebody has noted it."""
    keep_until: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    files: Mapped[list["RecordedFile"]] = relationship(lazy="selectin", order_by="RecordedFile.position")
    rungs: Mapped[list["Rung"]] = relationship(lazy="selectin", order_by="Rung.position")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    def move(self, to: RecordingState) -> None:
        """Raises RecordingMoved."""
        if to not in MOVES[self.state]:
            raise RecordingMoved
        self.state = to


class RecordedFile(Base):
    """What a browser plays: all of it, or one source with everybody's voice. A blob of the vault by its id."""

    __tablename__ = "recorded_files"
    __table_args__ = (UniqueConstraint("recording_id", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    recording_id: Mapped[Id] = mapped_column(ForeignKey("recordings.id"))
    position: Mapped[int]
    source: Mapped[str] = mapped_column(String(96))
    """"" for the whole, else `participant:role`."""
    pictures: Mapped[bool]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)


class Rung(Base):
    """What a weak line carries of all of it, one file of segments (HLS). A blob of the vault by its id."""

    __tablename__ = "recording_rungs"
    __table_args__ = (UniqueConstraint("recording_id", "name"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    recording_id: Mapped[Id] = mapped_column(ForeignKey("recordings.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(8))
    playlist: Mapped[str] = mapped_column(Text, deferred=True)
    codecs: Mapped[str] = mapped_column(String(64))
    bandwidth: Mapped[int]
    """Bits a second of its largest segment."""
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)


class Viewing(Base):
    """How far somebody has come, and how often they began."""

    __tablename__ = "recording_viewings"

    recording_id: Mapped[Id] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    times: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime]


class Showing(Base):
    """Until when whoever signed in so plays a recording on the proof they gave (decision 0023)."""

    __tablename__ = "recording_showings"

    sign_in_id: Mapped[Id] = mapped_column(ForeignKey("sign_ins.id"), primary_key=True)
    recording_id: Mapped[Id] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    until: Mapped[datetime]
