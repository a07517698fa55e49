"""Every POST may be sent again: the same key by the same person gets the answer that was given first."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base
from server.core.unit import Unit

LARGEST_KEPT = 64 * 1024


class GivenAnswer(Base):
    __tablename__ = "given_answers"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]
    status: Mapped[int] = mapped_column(default=0)
    location: Mapped[str] = mapped_column(String(500), default="")
    media_type: Mapped[str] = mapped_column(String(80), default="")
    sealed_body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


async def given_before(unit: Unit, owner: str, key: str) -> GivenAnswer | None:
    return await unit.session.get(GivenAnswer, (owner, key))


async def claim(unit: Unit, owner: str, key: str) -> GivenAnswer | None:
    """The row to complete with the answer; None when another request with this key is just being answered."""
    row = GivenAnswer(owner=owner, key=key, at=unit.now)
    try:
        async with unit.session.begin_nested():
            unit.session.add(row)
    except IntegrityError:
        return None
    return row
