"""The tree of institutions, the consortia they form, and what they have agreed to do for each other."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base, Id
from server.directory.kinds import AgreementState, ConsortiumKind, Kind, Level, Ownership, Service


class Institution(Base):
    __tablename__ = "institutions"

    id: Mapped[Id] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(40))
    level: Mapped[Level] = mapped_column()
    kind: Mapped[Kind] = mapped_column()
    ownership: Mapped[Ownership] = mapped_column(default=Ownership.PUBLIC)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    zone: Mapped[str] = mapped_column(String(60), default="")
    timezone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    is_remote_area: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(String(40), default="")
    suspended: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Consortium(Base):
    __tablename__ = "consortia"

    id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[ConsortiumKind] = mapped_column()
    lead_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __mapper_args__ = {"version_id_col": version}


class Membership(Base):
    __tablename__ = "consortium_members"

    consortium_id: Mapped[str] = mapped_column(ForeignKey("consortia.id"), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"), primary_key=True, index=True)


class Department(Base):
    __tablename__ = "departments"
    __table_args__ = (UniqueConstraint("institution_id", "name"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    code: Mapped[str] = mapped_column(String(16), default="")
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(40), default="")


class Agreement(Base):
    """Inviting and invited party, the services, from when until when (half-open), who answers for what, the fee."""

    __tablename__ = "agreements"
    __table_args__ = (Index("ix_agreements_parties", "inviting_id", "invited_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    consortium_id: Mapped[str | None] = mapped_column(ForeignKey("consortia.id"))
    inviting_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    invited_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    services: Mapped[list[str]] = mapped_column(JSON)
    starts: Mapped[date]
    ends: Mapped[date]
    liability: Mapped[str] = mapped_column(Text, default="")
    fee_cents: Mapped[int] = mapped_column(default=0)
    state: Mapped[AgreementState] = mapped_column(default=AgreementState.IN_FORCE)
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    """Why it was suspended or terminated."""
    renews_id: Mapped[str | None] = mapped_column(ForeignKey("agreements.id"))
    """The agreement it goes on from."""
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def parties(self) -> frozenset[str]:
        return frozenset({self.inviting_id, self.invited_id})

    def ended(self, on: date) -> bool:
        return self.ends <= on

    def overlaps(self, services: Collection[str], starts: date, ends: date) -> bool:
        """Whether it covers one of these services on one of these days."""
        return not set(services).isdisjoint(self.services) and self.starts < ends and starts < self.ends

    def in_force(self, service: Service, on: date) -> bool:
        covered = service.value in self.services and self.starts <= on < self.ends
        return covered and self.state == AgreementState.IN_FORCE
