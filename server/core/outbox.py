"""What leaves the house: a row of the transaction that decided it, sent after commit, retried until it went."""

import base64
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base, Id


@dataclass(frozen=True, kw_only=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Message:
    to: str
    subject: str
    body: str
    attachments: tuple[Attachment, ...] = ()


class OutboxMessage(Base):
    __tablename__ = "outbox_messages"
    __table_args__ = (Index("ix_outbox_messages_waiting", "sent_at", "due_at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None] = mapped_column(String(200))


def packed(to: str, subject: str, body: str, attachments: Iterable[Attachment]) -> bytes:
    files = [{**asdict(file), "content": base64.b64encode(file.content).decode()} for file in attachments]
    return orjson.dumps({"to": to, "subject": subject, "body": body, "attachments": files})


def unpacked(plain: bytes) -> Message:
    parts = orjson.loads(plain)
    files = tuple(
        Attachment(name=file["name"], media_type=file["media_type"], content=base64.b64decode(file["content"]))
        for file in parts.pop("attachments")
    )
    return Message(attachments=files, **parts)
