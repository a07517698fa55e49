"""A chain of records: each carries the keyed digest of itself and of the one before."""

import hashlib
import hmac
from datetime import UTC, datetime

import orjson
from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base

FIRST = bytes(32)
"""What the first record follows."""


class AuditRecord(Base):
    __tablename__ = "audit_records"
    __table_args__ = (
        Index("ix_audit_records_person_at", "person_id", "at"),
        Index("ix_audit_records_patient_at", "patient_id", "at"),
        Index("ix_audit_records_object", "kind", "object_id"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person_id: Mapped[str] = mapped_column(String(32), default="")
    post_id: Mapped[str] = mapped_column(String(32), default="")
    role: Mapped[str] = mapped_column(String(32), default="")
    institution_id: Mapped[str] = mapped_column(String(32), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    request_id: Mapped[str] = mapped_column(String(32), default="")
    action: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[str] = mapped_column(String(32), default="")
    fields: Mapped[str] = mapped_column(String(500), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))

    def sealed_with(self, key: bytes, before: bytes) -> bytes:
        """The HMAC-SHA256 that `mac` must be, given the digest of the record before."""
        return hmac.digest(key, before + orjson.dumps(self._content()), hashlib.sha256)

    def _content(self) -> list[str | int]:
        return [
            self.seq,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.person_id,
            self.post_id,
            self.role,
            self.institution_id,
            self.address,
            self.request_id,
            self.action,
            self.kind,
            self.object_id,
            self.patient_id,
            self.fields,
            self.reason,
        ]


class AuditHead(Base):
    """The end of the chain; locking this one row puts concurrent writers in order."""

    __tablename__ = "audit_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
