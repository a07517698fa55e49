"""What administrators type about people, as frozen values."""

import re
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from server.accounts.roles import CredentialKind, Role, Standing
from server.core.forms import Day, WrongField, checked_phone

LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,59}")
MAIL = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")
NAME = re.compile(r"[^\d<>{}\[\]\"\\;=@\x00-\x1f]{1,60}")
BETWEEN_SPECIALTIES = re.compile(r"[,，、;；\s]+")  # not words


def checked_login(login: str) -> str:
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise WrongField("账号由小写字母开头，可含数字、点、横线，至少 3 个字符")
    return login


class PersonDetails(BaseModel):
    """The fields of a person's page."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1, max_length=60)
    email: str = Field("", max_length=120)
    phone: str = Field("", max_length=30)
    title: str = Field("", max_length=40)
    specialties: str = Field("", max_length=200)
    credential: CredentialKind = CredentialKind.NONE
    certificate: str = Field("", max_length=40)
    credential_ends: Day | None = None
    independent_since: Day | None = None

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        value = " ".join(value.split())
        if not NAME.fullmatch(value):
            raise WrongField("姓名里有不能用的符号")
        return value

    @field_validator("email")
    @classmethod
    def _mailed(cls, value: str) -> str:
        value = value.strip()
        if value and not MAIL.fullmatch(value):
            raise WrongField("邮箱地址不对")
        return value

    @field_validator("phone")
    @classmethod
    def _called(cls, value: str) -> str:
        return checked_phone(value)

    def details(self) -> dict[str, Any]:
        """As server.accounts.staff takes them."""
        fields = self.model_dump(include=set(PersonDetails.model_fields) - {"specialties"})
        return {**fields, "specialties": specialties_in(self.specialties)}


def specialties_in(text: str) -> tuple[str, ...]:
    return tuple(part for part in BETWEEN_SPECIALTIES.split(text.strip()) if part)


class AmendedPerson(PersonDetails):
    version: int


class NewPost(BaseModel):
    """`place` is an institution's id, or an institution's and a department's with a colon between."""

    model_config = ConfigDict(frozen=True)

    place: str = Field(min_length=32, max_length=65)
    role: Role
    starts: Day | None = None
    ends: Day | None = None

    @property
    def institution_id(self) -> str:
        return self.place.partition(":")[0]

    @property
    def department_id(self) -> str | None:
        return self.place.partition(":")[2] or None

    @field_validator("ends")
    @classmethod
    def _in_order(cls, ends: date | None, read: ValidationInfo) -> date | None:
        starts = read.data.get("starts")
        if ends and starts and ends <= starts:
            raise WrongField("结束日期要晚于开始日期")
        return ends


class NewPerson(PersonDetails, NewPost):
    """Somebody to invite, with a first post."""

    login: str = Field("", max_length=60)

    @field_validator("login")
    @classmethod
    def _login(cls, value: str) -> str:
        return checked_login(value) if value.strip() else ""


class Ending(BaseModel):
    ends: Day


class Why(BaseModel):
    reason: str = Field(min_length=1, max_length=200)


class PeopleQuery(BaseModel):
    q: str = Field("", max_length=60)
    role: Role | None = None
    place: str = Field("", max_length=32)
    standing: Standing | None = None
    expiring: bool = False
    before: str = Field("", max_length=32)
