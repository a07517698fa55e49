"""Identity papers: what a number says by itself (sex, birth date), and whether it can be a real one. Pure.

Resident numbers: GB 11643-1999 (18 digits, ISO 7064 MOD 11-2); numbers of 15 digits are those issued before 1999.
Permanent residence cards of foreigners: 3 letters and 12 digits, since 2023 18 digits beginning with 9.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from server.core.forms import WrongField

OLDEST_YEAR = 1880
PROVINCES = frozenset(
    f"{zone}{place}"
    for zone, places in {
        1: "12345",
        2: "123",
        3: "1234567",
        4: "123456",
        5: "01234",
        6: "12345",
        7: "1",
        8: "123",
    }.items()
    for place in places
)
"""First two digits. 81, 82, 83: residence permits of people from Hong Kong, Macau and Taiwan."""

_SEPARATORS = re.compile(r"[\s\-‐‑–—·.]+")
_LOOK_LIKE_X = str.maketrans(dict.fromkeys("×✕хХ*", "X"))


class Unfit(WrongField):
    """Something typed that does not do. `code` is for machines, `says` a Chinese sentence (a gettext msgid)."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code = code


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class IdKind(StrEnum):
    """After WS 364.3 CV02.01.101, with what an emergency desk needs beside it."""

    RESIDENT = "resident"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENCE = "foreign_residence"
    BIRTH_CERTIFICATE = "birth_certificate"
    OTHER = "other"
    NEWBORN = "newborn"
    UNKNOWN = "unknown"


WITHOUT_PAPERS = frozenset({IdKind.NEWBORN, IdKind.UNKNOWN})
NAMES_ONE_PERSON = frozenset(IdKind) - WITHOUT_PAPERS - {IdKind.OTHER}
"""Kinds of which two people cannot have the same number."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A checked paper; `sex` and `birth_date` where the number says them."""

    kind: IdKind
    number: str
    sex: Sex | None = None
    birth_date: date | None = None


def read_paper(kind: IdKind, typed: str, *, today: date) -> Paper:
    """The paper as it is kept: no separators, capitals, 15 digits made 18. `today` in the patient's zone.

    Raises Unfit: id_missing, id_length, id_characters, id_province, id_birth_date, id_checksum, id_form.
    """
    if kind in WITHOUT_PAPERS:
        return Paper(kind=kind, number="")
    number = tidy_number(typed)
    if not number:
        raise Unfit("id_missing", "请填写证件号，没有证件请选择“新生儿”或“身份不明”")
    if kind is IdKind.RESIDENT and len(number) == 18 and number.startswith("9"):
        kind = IdKind.FOREIGN_RESIDENCE
    return _READERS[kind](kind, number, today)


def tidy_number(typed: str) -> str:
    """Full-width digits made plain, separators dropped, capitals, and what looks like an X made one."""
    plain = unicodedata.normalize("NFKC", typed)
    return _SEPARATORS.sub("", plain).upper().translate(_LOOK_LIKE_X)


def made_eighteen(number: str) -> str:
    """The 18 digits of a 15-digit number: its holders were born in the 1900s."""
    body = f"{number[:6]}19{number[6:]}"
    return body + ric.calc_check_digit(f"{body}0")


def is_resident_number(number: str) -> bool:
    """Whether a tidied text has the outer form of a resident number, of either length."""
    return re.fullmatch(r"\d{15}|\d{17}[\dX]", number, re.ASCII) is not None


def _read_resident(kind: IdKind, number: str, today: date) -> Paper:
    _check_outer_form(number)
    if len(number) == 15:
        number = made_eighteen(number)
    if number[:2] not in PROVINCES:
        raise Unfit("id_province", "身份证号前两位不是省级代码，请核对")
    return _read_eighteen(kind, number, today)


def _read_eighteen(kind: IdKind, number: str, today: date) -> Paper:
    # Only the checksum and the date are asked of the library: its table of counties refuses people whose card was
    # issued in a county founded after they were born.
    born = _birth_date_in(number, today)
    if ric.calc_check_digit(number) != number[-1]:
        raise Unfit("id_checksum", "证件号有一位不对，请逐位核对")
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return Paper(kind=kind, number=number, sex=sex, birth_date=born)


def _check_outer_form(number: str) -> None:
    if re.search(r"[^0-9X]", number) or "X" in number[:17]:
        raise Unfit("id_characters", "身份证号只有数字，最后一位可以是 X")
    if not is_resident_number(number):
        raise Unfit("id_length", "身份证号应为 18 位（旧证 15 位）")


def _birth_date_in(number: str, today: date) -> date:
    try:
        born: date = ric.get_birth_date(number)
    except ValidationError:
        raise Unfit("id_birth_date", "证件号里的出生日期不存在，请核对第 7 至 14 位") from None
    if born > today or born.year < OLDEST_YEAR:
        raise Unfit("id_birth_date", "证件号里的出生日期不可能，请核对第 7 至 14 位")
    return born


def _read_foreign_residence(kind: IdKind, number: str, today: date) -> Paper:
    if re.fullmatch(r"9[0-9]{16}[0-9X]", number):
        return _read_eighteen(kind, number, today)
    return _read_old_foreign_residence(kind, number, today)


def _formed(pattern: str, says: str) -> Callable[[IdKind, str, date], Paper]:
    """A reader of papers of which only the outer form can be checked."""

    def read(kind: IdKind, number: str, today: date) -> Paper:
        if re.fullmatch(pattern, number) is None:
            raise Unfit("id_form", says)
        return Paper(kind=kind, number=number)

    return read


_read_old_foreign_residence = _formed(
    r"[A-Z]{3}[0-9]{12}", "外国人永久居留身份证号为 3 个字母加 12 位数字，或 9 开头的 18 位"
)
_READERS: dict[IdKind, Callable[[IdKind, str, date], Paper]] = {
    IdKind.RESIDENT: _read_resident,
    IdKind.FOREIGN_RESIDENCE: _read_foreign_residence,
    IdKind.PASSPORT: _formed(r"[A-Z0-9]{5,20}", "护照号为 5 至 20 位字母和数字"),
    IdKind.HK_MACAU_PERMIT: _formed(r"[HM][0-9]{8}([0-9]{2})?", "港澳通行证号为 H 或 M 加 8 位或 10 位数字"),
    IdKind.TAIWAN_PERMIT: _formed(r"[0-9]{8}|[0-9]{10}[A-Z]?", "台胞证号为 8 位数字，旧证 10 位"),
    IdKind.BIRTH_CERTIFICATE: _formed(r"[A-Z][0-9]{9}", "出生医学证明号为 1 个字母加 9 位数字"),
    IdKind.OTHER: _formed(r"\w{2,40}", "证件号为 2 至 40 位字母、数字或汉字"),
}
