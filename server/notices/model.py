"""A line under the bell."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base, Id


class Notice(Base):
    """`says` is a msgid filled with `facts`, so that each reader reads it in their language;
    a moment among them is kept as {"moment": ISO 8601}."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_person", "person_id", "read_at", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    says: Mapped[str] = mapped_column(String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    href: Mapped[str] = mapped_column(String(200))
    read_at: Mapped[datetime | None]
