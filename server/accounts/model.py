"""A person, the posts they hold (person × institution × department × role), and where they are signed in."""

from datetime import date, datetime, timedelta

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.accounts.roles import CredentialKind, Role, Standing
from server.core.i18n import LOCALES
from server.core.orm import Base, Id

IDLE = timedelta(minutes=15)
ON_THE_LINE = timedelta(minutes=1)
"""How long a proof's answer may be on its way: meanwhile the cookie of before still comes."""
ABSOLUTE = timedelta(hours=12)


class Person(Base):
    __tablename__ = "people"

    id: Mapped[Id] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(120), default="")
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    locale: Mapped[str] = mapped_column(String(8), default="")
    """What they chose to read; nothing until they choose."""
    standing: Mapped[Standing] = mapped_column(default=Standing.INVITED)

    title: Mapped[str] = mapped_column(String(40), default="")
    specialties: Mapped[list[str]] = mapped_column(JSON, default=list)
    credential: Mapped[CredentialKind] = mapped_column(default=CredentialKind.NONE)
    certificate_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    credential_ends: Mapped[date | None]
    credential_told: Mapped[date | None]
    """Of which end its holder was told."""
    independent_since: Mapped[date | None]

    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_changed_at: Mapped[datetime | None]
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def reads(self) -> str:
        """The language of what is sent to them."""
        return self.locale or LOCALES[0]

    def years_independent(self, on: date) -> int:
        """Whole years of independent practice on a day; 0 when never begun."""
        since = self.independent_since
        if since is None:
            return 0
        return on.year - since.year - ((on.month, on.day) < (since.month, since.day))

    def credential_valid(self, on: date) -> bool:
        return self.credential_ends is None or on < self.credential_ends


class Post(Base):
    __tablename__ = "posts"
    __table_args__ = (Index("ix_posts_role", "institution_id", "role"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    department_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"))
    role: Mapped[Role]
    starts: Mapped[date]
    ends: Mapped[date | None]
    created_at: Mapped[datetime]

    def held(self, on: date) -> bool:
        return self.starts <= on and (self.ends is None or on < self.ends)


class Passkey(Base):
    __tablename__ = "passkeys"

    id: Mapped[Id] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    __tablename__ = "recovery_codes"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    used_at: Mapped[datetime | None]


class SignIn(Base):
    """One signed-in browser. Its cookie is a token of which only the digest is kept."""

    __tablename__ = "sign_ins"

    id: Mapped[Id] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    reauthenticated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary)

    def alive(self, now: datetime) -> bool:
        return self.ended_at is None and now - self.created_at < ABSOLUTE

    def idle(self, now: datetime) -> bool:
        return now - self.seen_at >= IDLE

    def just_proved(self, now: datetime) -> bool:
        return self.reauthenticated_at is not None and now - self.reauthenticated_at < ON_THE_LINE


class Invitation(Base):
    """A link by which an invited person sets a first password, or one who lost it sets a new one."""

    __tablename__ = "account_invitations"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def usable(self, now: datetime) -> bool:
        return self.used_at is None and now < self.ends_at
