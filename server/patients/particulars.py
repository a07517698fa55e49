"""What the desk typed about a patient, and the person it makes once every field does. Pure."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import Invalid
from server.patients import identity
from server.patients.identity import Guardian, Identity, StandingFacts
from server.patients.papers import OLDEST_YEAR, WITHOUT_PAPERS, IdKind, Paper, Sex, Unfit, read_paper

Read = TypeVar("Read")


class Kin(StrEnum):
    """How somebody who answers for a patient stands to them."""

    MOTHER = "mother"
    FATHER = "father"
    SPOUSE = "spouse"
    CHILD = "child"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    OTHER_RELATIVE = "other_relative"
    ORGANISATION = "organisation"


KIN_WORDS = {
    Kin.MOTHER: "母亲",
    Kin.FATHER: "父亲",
    Kin.SPOUSE: "配偶",
    Kin.CHILD: "子女",
    Kin.GRANDPARENT: "祖父母或外祖父母",
    Kin.SIBLING: "兄弟姐妹",
    Kin.OTHER_RELATIVE: "其他近亲属",
    Kin.ORGANISATION: "村（居）委会、民政或福利机构",
}
SEX_WORDS = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "性别未知"}
ID_KIND_WORDS = {
    IdKind.RESIDENT: "居民身份证（含港澳台居民居住证）",
    IdKind.PASSPORT: "护照",
    IdKind.HK_MACAU_PERMIT: "港澳居民来往内地通行证",
    IdKind.TAIWAN_PERMIT: "台湾居民来往大陆通行证",
    IdKind.FOREIGN_RESIDENCE: "外国人永久居留身份证",
    IdKind.BIRTH_CERTIFICATE: "出生医学证明",
    IdKind.OTHER: "其他证件",
    IdKind.NEWBORN: "新生儿（暂无证件）",
    IdKind.UNKNOWN: "身份不明",
}
_NEWBORN_OF = {Sex.MALE: "之子", Sex.FEMALE: "之女", Sex.UNKNOWN: "之婴"}  # not words: names in the record


class Particulars(BaseModel):
    """The fields of the desk's form, as typed."""

    model_config = ConfigDict(frozen=True)

    name: str = Field("", max_length=200)
    id_kind: IdKind = IdKind.RESIDENT
    id_no: str = Field("", max_length=60)
    sex: Sex | None = None
    birth_date: date | None = None
    phone: str = Field("", max_length=40)
    address: str = Field("", max_length=200)
    record_no: str = Field("", max_length=40)
    mother_name: str = Field("", max_length=200)
    guardian_name: str = Field("", max_length=200)
    guardian_relation: Kin | None = None
    guardian_phone: str = Field("", max_length=40)
    allergies: str = Field("", max_length=1000)
    past_history: str = Field("", max_length=2000)


@dataclass(frozen=True, kw_only=True)
class Registrant:
    """Somebody whose every field does: who they are, what is known of their health."""

    identity: Identity
    sex: Sex
    birth_date: date | None
    facts: StandingFacts


def read_registrant(typed: Particulars, *, now: datetime) -> Registrant:
    """Raises Invalid with a sentence for each field that does not do."""
    reading = _Reading(identity.day_in_clinic(now))
    paper = reading.read("id_no", lambda: read_paper(typed.id_kind, typed.id_no, today=reading.today))
    sex = reading.read("sex", lambda: _sex(typed, paper))
    born = reading.read("birth_date", lambda: _birth_date(typed, paper, reading.today))
    mother = reading.read("mother_name", lambda: _mother(typed))
    name = reading.read("name", lambda: _name(typed, mother, sex, now))
    phone = reading.read("phone", lambda: identity.read_phone(typed.phone))
    guardian = _guardian(reading, typed, born, mother or "", phone or "")
    if reading.errors:
        raise Invalid(reading.errors)
    assert paper is not None  # a field that was not read has left an error
    assert sex is not None
    assert name is not None
    return Registrant(
        identity=Identity(
            name=name,
            id_kind=paper.kind,
            id_no=paper.number,
            phone=phone or "",
            address=" ".join(typed.address.split()),
            record_no=" ".join(typed.record_no.split()),
            mother_name=mother or "",
            guardian=guardian,
        ),
        sex=sex,
        birth_date=born,
        facts=StandingFacts(allergies=typed.allergies.strip(), past_history=typed.past_history.strip()),
    )


def typed_again(registrant: Registrant) -> dict[str, Any]:
    """What a form shows of somebody on file, by field."""
    known = registrant.identity
    shown: dict[str, Any] = {**asdict(known), **asdict(registrant.facts)}
    guardian = shown.pop("guardian") or {}
    shown |= {f"guardian_{part}": guardian.get(part, "") for part in ("name", "relation", "phone")}
    born = registrant.birth_date
    return shown | {"sex": registrant.sex.value, "birth_date": born.isoformat() if born else ""}


class _Reading:
    """Goes on past a field that does not do, so that all of them are told at once."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.errors: dict[str, str] = {}

    def read(self, field: str, reader: Callable[[], Read]) -> Read | None:
        try:
            return reader()
        except Unfit as unfit:
            self.errors[field] = unfit.says
            return None


def _sex(typed: Particulars, paper: Paper | None) -> Sex:
    sex = (paper.sex if paper else None) or typed.sex
    if sex is None and paper and paper.kind is IdKind.UNKNOWN:
        return Sex.UNKNOWN
    if sex is None and paper is not None:
        raise Unfit("sex_missing", "请选择性别")
    return sex or Sex.UNKNOWN


def _birth_date(typed: Particulars, paper: Paper | None, today: date) -> date | None:
    born = (paper.birth_date if paper else None) or typed.birth_date
    if born is None and paper and paper.kind is not IdKind.UNKNOWN:
        raise Unfit("birth_date_missing", "请填写出生日期")
    if born and (born > today or born.year < OLDEST_YEAR):
        raise Unfit("birth_date_impossible", "出生日期不可能，请核对")
    return born


def _mother(typed: Particulars) -> str:
    if typed.id_kind is IdKind.NEWBORN and not typed.mother_name.strip():
        raise Unfit("mother_missing", "新生儿请填写母亲姓名")
    return identity.read_name(typed.mother_name) if typed.mother_name.strip() else ""


def _name(typed: Particulars, mother: str | None, sex: Sex | None, now: datetime) -> str:
    made_up = typed.id_kind in WITHOUT_PAPERS
    if typed.name.strip() or not made_up:
        return identity.read_name(typed.name, made_up=made_up)
    if typed.id_kind is IdKind.UNKNOWN:
        return identity.name_for_unknown(now)
    return f"{mother or ''}{_NEWBORN_OF[sex or Sex.UNKNOWN]}"


def _guardian(reading: _Reading, typed: Particulars, born: date | None, mother: str, phone: str) -> Guardian | None:
    own_phone = reading.read("guardian_phone", lambda: identity.read_phone(typed.guardian_phone)) or ""
    given = bool(typed.guardian_name.strip() or typed.guardian_relation)
    if not given and typed.id_kind is IdKind.NEWBORN and mother:
        return Guardian(name=mother, relation=Kin.MOTHER, phone=own_phone or phone)
    if not given and not identity.needs_guardian(born, reading.today):
        return None
    name = reading.read("guardian_name", lambda: _guardian_name(typed))
    if typed.guardian_relation is None:
        reading.errors["guardian_relation"] = "请选择与患者的关系"
    return Guardian(name=name or "", relation=typed.guardian_relation or Kin.OTHER_RELATIVE, phone=own_phone)


def _guardian_name(typed: Particulars) -> str:
    if not typed.guardian_name.strip():
        raise Unfit("guardian_missing", "患者未满 14 岁，请填写监护人姓名")
    return identity.read_name(typed.guardian_name)
