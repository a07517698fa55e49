"""Files of a case: what is kept of each, and how it moves from state to state."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.core.orm import Base, Id
from server.files.states import MOVES, Kind, Reason, Status

MEGABYTE = 1024 * 1024
LARGEST_IMAGES = 512 * MEGABYTE
LARGEST = 50 * MEGABYTE
"""Bytes of a DICOM file or a zip of them; of anything else."""
A_DAYS_WORTH = 4 * 1024 * MEGABYTE
"""Bytes that one person may send in a day."""


class IllegalMove(Exception):
    """A file cannot go from its state to the one wanted."""


class Attachment(Base):
    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_subject", "subject_kind", "subject_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[Id]
    uploaded_by: Mapped[Id] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[Id] = mapped_column(ForeignKey("people.id"))
    institution_id: Mapped[Id] = mapped_column(ForeignKey("institutions.id"))
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    source_id: Mapped[str | None] = mapped_column(String(32))
    """The file whose bytes it takes over before it is looked at."""
    kind: Mapped[Kind] = mapped_column(default=Kind.OTHER)
    media_type: Mapped[str] = mapped_column(String(64), default="application/octet-stream")
    status: Mapped[Status] = mapped_column(default=Status.UPLOADING)
    reason: Mapped[Reason | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """What stands on its pages, where its subject is searched."""
    acquired_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    derivatives: Mapped[list["Derivative"]] = relationship(lazy="selectin", order_by="Derivative.name")

    __mapper_args__ = {"version_id_col": version}

    def move(self, to: Status) -> None:
        """Raises IllegalMove."""
        if to not in MOVES[self.status]:
            raise IllegalMove(f"{self.status} to {to}")
        self.status = to


class Derivative(Base):
    """Something made of an attachment for the eye; it may be made again from the original."""

    __tablename__ = "attachment_derivatives"
    __table_args__ = (Index("uq_attachment_derivatives_name", "attachment_id", "name", unique=True),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    attachment_id: Mapped[Id] = mapped_column(ForeignKey("attachments.id"))
    name: Mapped[str] = mapped_column(String(32))
    media_type: Mapped[str] = mapped_column(String(64))
    encoding: Mapped[str] = mapped_column(String(8), default="")
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
