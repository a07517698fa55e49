"""What administrators type about institutions, departments, consortia and agreements, as frozen values."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from server.core.forms import Day, WrongField, checked_phone
from server.directory.agreements import Terms
from server.directory.kinds import AgreementState, ConsortiumKind, Kind, Level, Ownership, Service

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


def one_line(value: str) -> str:
    value = " ".join(value.split())
    if not value:
        raise WrongField("请填写")
    return value


class Telephone(BaseModel):
    """What an institution's own administrator changes."""

    phone: str = Field("", max_length=40)

    @field_validator("phone")
    @classmethod
    def _called(cls, value: str) -> str:
        return checked_phone(value)


class InstitutionDetails(Telephone):
    model_config = ConfigDict(frozen=True)

    code: str = Field(min_length=1, max_length=32)
    name: str = Field(min_length=1, max_length=120)
    short_name: str = Field("", max_length=40)
    level: Level
    kind: Kind
    ownership: Ownership = Ownership.PUBLIC
    parent_id: str | None = Field(None, max_length=32)
    zone: str = Field("", max_length=60)
    is_remote_area: bool = False

    @field_validator("code")
    @classmethod
    def _coded(cls, value: str) -> str:
        if not CODE.fullmatch(value.strip()):
            raise WrongField("机构编码只用字母、数字和横线")
        return value.strip()

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        return one_line(value)

    def details(self) -> dict[str, Any]:
        """As server.directory.service takes them."""
        given = self.model_dump(include=set(InstitutionDetails.model_fields))
        return {**given, "short_name": self.short_name.strip() or self.name[:40]}


class NewInstitution(InstitutionDetails):
    consortium: str = Field(min_length=1, max_length=32)


class AmendedInstitution(InstitutionDetails):
    version: int


class AmendedTelephone(Telephone):
    version: int


class DepartmentDetails(Telephone):
    name: str = Field(min_length=1, max_length=60)
    code: str = Field("", max_length=16)

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        return one_line(value)


class ConsortiumDetails(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    kind: ConsortiumKind
    lead_id: str = Field(min_length=1, max_length=32)

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        return one_line(value)


class AmendedConsortium(ConsortiumDetails):
    version: int


class NewConsortium(ConsortiumDetails):
    members: list[str] = Field(min_length=1)

    @field_validator("members")
    @classmethod
    def _led(cls, members: list[str], read: ValidationInfo) -> list[str]:
        if read.data.get("lead_id") and read.data["lead_id"] not in members:
            raise WrongField("牵头医院要是成员")
        return members


class NewMember(BaseModel):
    institution: str = Field(min_length=1, max_length=32)


class AgreementTerms(BaseModel):
    model_config = ConfigDict(frozen=True)

    number: str = Field(min_length=1, max_length=40)
    inviting_id: str = Field(min_length=1, max_length=32)
    invited_id: str = Field(min_length=1, max_length=32)
    services: list[Service] = Field(min_length=1)
    starts: Day
    ends: Day
    liability: str = Field(min_length=1, max_length=4000)
    fee: Decimal = Field(Decimal(0), ge=0, le=1_000_000, decimal_places=2)

    @field_validator("number")
    @classmethod
    def _numbered(cls, value: str) -> str:
        return one_line(value)

    @field_validator("invited_id")
    @classmethod
    def _another(cls, value: str, read: ValidationInfo) -> str:
        if value == read.data.get("inviting_id"):
            raise WrongField("受邀方不能和邀请方是同一家")
        return value

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date, read: ValidationInfo) -> date:
        if (starts := read.data.get("starts")) and ends <= starts:
            raise WrongField("结束日期要晚于开始日期")
        return ends

    def terms(self) -> Terms:
        given = self.model_dump(include=set(AgreementTerms.model_fields) - {"fee", "services"})
        return Terms(**given, services=frozenset(self.services), fee_cents=int(self.fee * 100))


class NewAgreement(AgreementTerms):
    renews: str = Field("", max_length=32)


class AmendedAgreement(AgreementTerms):
    version: int


class Why(BaseModel):
    reason: str = Field(min_length=2, max_length=300)
    known: bool = False
    """Whoever stops something has read what still runs."""


class InstitutionQuery(BaseModel):
    q: str = Field("", max_length=60)
    level: Level | None = None
    kind: Kind | None = None
    consortium: str = Field("", max_length=32)
    remote: bool = False
    suspended: bool = False
    everywhere: bool = False


class AgreementQuery(BaseModel):
    q: str = Field("", max_length=60)
    state: AgreementState | None = None
    service: Service | None = None
    expiring: bool = False
