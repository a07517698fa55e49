"""Signed documents, the counters of their numbers, the site's authority and the doctors' signing keys."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from server.core.i18n import BEIJING
from server.core.orm import Base, Id
from server.documents.kinds import RevocationReason

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
UNREVOKED = text("revoked_at IS NULL")


class DocumentKind(StrEnum):
    REPORT = "report"
    CERTIFICATE = "certificate"


PREFIXES = {DocumentKind.REPORT: "HZ", DocumentKind.CERTIFICATE: "PX"}
"""What a document's number begins with (domain.md 3.3: 会诊, 培训)."""


class SiteAuthority(Base):
    """The certification authority of this site. Its key lies under the site's key; the newest signs."""

    __tablename__ = "site_authorities"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    founded_at: Mapped[datetime]


class SigningKey(Base):
    """A doctor's certificate and key. A revoked one stays: what it signed before stays valid."""

    __tablename__ = "signing_keys"
    __table_args__ = (
        Index(
            "uq_signing_keys_of_person",
            "person_id",
            unique=True,
            sqlite_where=UNREVOKED,
            postgresql_where=UNREVOKED,
        ),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    authority_id: Mapped[str] = mapped_column(ForeignKey("site_authorities.id"))
    name: Mapped[str] = mapped_column(String(60))
    serial: Mapped[str] = mapped_column(String(40), unique=True)
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    cost: Mapped[str] = mapped_column(String(40))
    enrolled_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def about(self) -> str:
        """What the sealed key is bound to: this row and no other."""
        return f"signing_keys.sealed_key:{self.id}"

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.ends_at


class DocumentSeries(Base):
    """The last number given in one series: kind, institution and day."""

    __tablename__ = "document_series"

    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class Document(Base):
    """A signed document as the register knows it; its bytes lie in the archive."""

    __tablename__ = "documents"
    __table_args__ = (Index("ix_documents_subject", "subject_kind", "subject_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(80), unique=True)
    verification_code: Mapped[str] = mapped_column(String(16), unique=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """The idempotency key it was issued under."""

    kind: Mapped[DocumentKind] = mapped_column(default=DocumentKind.REPORT)
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[Id]
    title: Mapped[str] = mapped_column(String(80))
    applying_institution: Mapped[str] = mapped_column(String(120))
    issuing_institution: Mapped[str] = mapped_column(String(120))
    patient_masked: Mapped[str] = mapped_column(String(16))
    """The family name and a star: all of the patient that verification shows."""
    particulars: Mapped[dict[str, str] | None] = mapped_column(JSON)
    """What else verification shows of a paper that is no report: a word (a msgid) → what stands there."""

    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    archive_ref: Mapped[str] = mapped_column(String(200))

    signing_key_id: Mapped[str] = mapped_column(ForeignKey("signing_keys.id"))
    signer_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    signer_post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    signer_name: Mapped[str] = mapped_column(String(60))
    signer_title: Mapped[str] = mapped_column(String(40), default="")
    signed_at: Mapped[datetime]

    edition: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), unique=True)
    superseded_by_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    revoked_for: Mapped[RevocationReason | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def superseded(self) -> bool:
        return self.superseded_by_id is not None

    @property
    def code_to_read(self) -> str:
        return grouped(self.verification_code)


class DocumentCopy(Base):
    """One side's copy: both institutions keep the original (远程医疗服务管理规范 2018)."""

    __tablename__ = "document_copies"

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"), primary_key=True)
    filed_at: Mapped[datetime]


def series_of(kind: DocumentKind, institution_code: str, at: datetime) -> str:
    """HZ + institution code + yyyymmdd, the day in Beijing."""
    return f"{PREFIXES[kind]}{institution_code}{at.astimezone(BEIJING):%Y%m%d}"


def number_in(series: str, place: int) -> str:
    """Four digits at least; the ten-thousandth of a day gets a fifth."""
    return f"{series}{place:04d}"


def code_from(token: bytes) -> str:
    """60 random bits as 12 letters that are read over the telephone without a mistake (Crockford's base 32)."""
    bits = int.from_bytes(token[:8], "big") >> 4
    return "".join(CROCKFORD[bits >> 5 * place & 31] for place in reversed(range(CODE_LENGTH)))


def grouped(code: str) -> str:
    """7K3M9QX2HTAB as 7K3M-9QX2-HTAB: how a code is printed and read out."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def code_as_typed(typed: str) -> str:
    """A code as somebody types it: small letters, blanks, dashes, O for 0, I or L for 1."""
    letters = typed.upper().translate(str.maketrans("OIL", "011", " -　\t"))
    return letters if len(letters) == CODE_LENGTH and set(letters) <= set(CROCKFORD) else ""


def masked(name: str) -> str:
    """王德福 as 王*, 欧阳明 as 欧阳*: the length of the name is not told either."""
    family = name[:2] if name[:2] in COMPOUND and len(name) > 2 else name[:1]
    return f"{family}*"


COMPOUND = {
    *("欧阳", "上官", "司马", "诸葛", "夏侯", "东方", "皇甫"),  # not words
    *("尉迟", "公孙", "慕容", "令狐", "司徒", "长孙", "宇文"),  # not words
}
