"""Names, phones, ages, and how much of an identity is shown to whom. Pure."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import orjson

from server.patients.papers import IdKind, Unfit
from server.patients.surnames import surname_of

CLINIC_ZONE = ZoneInfo("Asia/Shanghai")
LONGEST_NAME = 60
GUARDED_BELOW_YEARS = 14
"""PIPL art. 31: below this age a guardian decides."""

MIDDLE_DOT = "·"
_DOTS = re.compile(r"\s*[·•‧∙⋅・･．•]\s*")
_NAME_SIGNS = frozenset(" ·-'’.,")
_HAN = "〇㐀-䶿一-鿿豈-﫿\U00020000-\U0003fffd"  # not words
# by range, not by category: the extensions grow faster than the Unicode tables of Python
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_HAN_FULL_STOP = re.compile(f"(?<=[{_HAN}])\\s*\\.\\s*(?=[{_HAN}])")
_HAN_SPACE = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")


@dataclass(frozen=True, kw_only=True)
class Guardian:
    name: str
    relation: str
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What tells who a patient is. Kept sealed, never in a log."""

    name: str
    id_kind: IdKind
    id_no: str = ""
    phone: str = ""
    address: str = ""
    record_no: str = ""
    mother_name: str = ""
    guardian: Guardian | None = None

    def to_bytes(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def from_bytes(cls, plain: bytes) -> "Identity":
        fields = orjson.loads(plain)
        guardian = fields.pop("guardian")
        kind = IdKind(fields.pop("id_kind"))
        return cls(id_kind=kind, guardian=Guardian(**guardian) if guardian else None, **fields)


@dataclass(frozen=True, kw_only=True)
class StandingFacts:
    """Clinical facts that outlast a visit and go along with every request. Kept sealed."""

    allergies: str = ""
    past_history: str = ""

    def to_bytes(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def from_bytes(cls, plain: bytes) -> "StandingFacts":
        return cls(**orjson.loads(plain))


# Names


def read_name(typed: str, *, made_up: bool = False) -> str:
    """A name as it is kept: one kind of middle dot, single spaces, none between Han characters.

    `made_up`: a name given by the desk (newborn, unknown), which may have digits. Raises Unfit: name_missing,
    name_too_long, name_private_character, name_character.
    """
    name = _DOTS.sub(MIDDLE_DOT, " ".join(_plain_width(typed).split()))
    name = _HAN_SPACE.sub("", _HAN_FULL_STOP.sub(MIDDLE_DOT, name)).strip(f" {MIDDLE_DOT}-,")
    if not name:
        raise Unfit("name_missing", "请填写姓名")
    if len(name) > LONGEST_NAME:
        raise Unfit("name_too_long", "姓名太长（最多 60 字）")
    for character in name:
        _check_name_character(character, made_up)
    if not any(unicodedata.category(character)[0] == "L" or is_han(character) for character in name):
        raise Unfit("name_missing", "请填写姓名")
    return name


def _check_name_character(character: str, made_up: bool) -> None:
    category = unicodedata.category(character)
    if category == "Co":
        raise Unfit("name_private_character", "姓名里有本机自造的字，别处看不到；请用标准字库的字，或用拼音代替")
    fits = character in _NAME_SIGNS or category[0] in "LM" or is_han(character)
    if not fits and not (made_up and category == "Nd"):
        raise Unfit("name_character", "姓名里有不能用的符号")


def _plain_width(text: str) -> str:
    """Full-width Latin as plain; Han variants stay as typed (NFKC would change how a name is written)."""
    return "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" or c == "\u3000" else c for c in text)


def is_han(character: str) -> bool:
    return _HAN_CHARACTER.match(character) is not None


def name_for_unknown(at: datetime) -> str:
    """What an unconscious stranger is called until somebody knows: unlike any other of the day."""
    return f"无名氏{at.astimezone(CLINIC_ZONE):%m%d%H%M}"  # not words: a name in the record


# Phones


def read_phone(typed: str) -> str:
    """A phone as it is kept: digits, "+" before a country code, "-" before an extension; empty stays empty.

    Raises Unfit: phone_form.
    """
    phone = re.sub(r"[\s()（）.]+", "", unicodedata.normalize("NFKC", typed))
    phone = re.sub(r"^(\+|00)86", "", phone)
    if not phone or re.fullmatch(r"1[3-9]\d{9}", phone, re.ASCII):
        return phone
    if landline := re.fullmatch(r"(0\d{2,3})?-?(\d{7,8})([-转]\d{1,6})?", phone, re.ASCII):  # not words
        area, number, extension = landline.groups(default="")
        return f"{area}{number}{extension.replace('转', '-')}"  # not words
    if re.fullmatch(r"\+\d[\d-]{6,18}", phone, re.ASCII):
        return phone.replace("-", "")
    raise Unfit("phone_form", "电话号码不对：手机 11 位，座机带区号，境外号码以 + 开头")


# Ages


@dataclass(frozen=True)
class Age:
    years: int
    months: int
    days: int

    @property
    def text(self) -> tuple[str, dict[str, int]]:
        """A Chinese sentence (msgid) and its numbers: days in the first month, months under three years."""
        if self.years >= 3:
            return "%(years)s岁", {"years": self.years}
        if self.years:
            return "%(years)s岁%(months)s月", {"years": self.years, "months": self.months}
        if self.months:
            return "%(months)s月%(days)s天", {"months": self.months, "days": self.days}
        return "%(days)s天", {"days": self.days}


def day_in_clinic(at: datetime) -> date:
    """The calendar day in Asia/Shanghai. Birth dates are compared with it, never with an instant."""
    return at.astimezone(CLINIC_ZONE).date()


def age_on(day: date, born: date) -> Age:
    """Completed years, months and days. Who was born on a 31st or 29 February completes on the next day there is."""
    months = (day.year - born.year) * 12 + day.month - born.month
    if day.day < born.day:
        months -= 1
    return Age(months // 12, months % 12, _days_after(day, born))


def _days_after(day: date, born: date) -> int:
    if day.day >= born.day:
        return day.day - born.day
    last_month = date.fromordinal(day.replace(day=1).toordinal() - 1)
    return day.day + last_month.day - born.day if born.day <= last_month.day else day.day - 1


def needs_guardian(born: date | None, day: date) -> bool:
    return born is not None and age_on(day, born).years < GUARDED_BELOW_YEARS


# Masks


def masked_name(name: str) -> str:
    """Surname and stars: 王**, 欧阳*, A***. A name of one character shows nothing."""
    if len(name) == 1:
        return "*"
    if is_han(name[0]) and MIDDLE_DOT not in name:
        kept = min(len(surname_of(name)), len(name) - 1)
        return name[:kept] + "*" * (len(name) - kept)
    return name[0] + "***"


def masked_number(number: str) -> str:
    """First and last four of a long number, one and two of a short one."""
    head, tail = (4, 4) if len(number) >= 15 else (1, 2)
    if len(number) <= head + tail:
        return "*" * len(number)
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def masked_phone(phone: str) -> str:
    head = 3 if re.fullmatch(r"1\d{10}", phone) else 0
    return phone[:head] + "*" * max(len(phone) - head - 4, 0) + phone[-4:] if phone else ""
