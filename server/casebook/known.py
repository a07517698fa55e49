"""Who a case speaks of, in every form people write it: the forms to look for. Pure."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pypinyin import Style, pinyin

from server.casebook.pieces import What
from server.patients.identity import Identity, is_han
from server.patients.surnames import COMPOUND, SINGLE, surname_of

MOST_READINGS = 12
_ADDRESS_PART = re.compile(r".*?(?:自治区|街道|社区|小区|[省市县区旗镇乡村屯组路街巷弄号栋])")  # not words
_GENERIC_PLACE = frozenset({"市", "县", "区", "镇", "乡", "村", "路", "街"})  # not words


@dataclass(frozen=True)
class Known:
    """`words` are looked for wherever they stand; `latin` only as words of their own; `surname` before a title."""

    words: frozenset[tuple[str, What]]
    latin: frozenset[str]
    surname: str
    born: date | None


def known_of(
    identity: Identity, *, born: date | None, staff: Iterable[str] = (), institutions: Iterable[str] = ()
) -> Known:
    words: set[tuple[str, What]] = set()
    for name in filter(None, (identity.name, identity.mother_name, _guardian(identity))):
        words |= {(form, What.NAME) for form in name_forms(name)}
    for name in staff:
        words |= {(form, What.STAFF) for form in name_forms(name, given=False)}
    words |= {(form, What.NUMBER) for form in _numbers(identity)}
    words |= {(form, What.ADDRESS) for form in address_forms(identity.address)}
    words |= {(name, What.INSTITUTION) for name in institutions if len(name) > 1}
    latin = {form for name in (identity.name, identity.mother_name, *staff) if name for form in latin_forms(name)}
    return Known(frozenset(words), frozenset(latin), surname_of(identity.name), born)


def _guardian(identity: Identity) -> str:
    return identity.guardian.name if identity.guardian else ""


def name_forms(name: str, *, given: bool = True) -> set[str]:
    """As it is; its parts between middle dots; the given name alone, when it is more than a character."""
    surname = surname_of(name)
    rest = name[len(surname) :]
    parts = {part for part in re.split(r"[·\s]+", name) if len(part) > 1}
    alone = {rest} if given and len(rest) > 1 and all(map(is_han, rest)) else set()
    return {name} | parts | alone


def latin_forms(name: str) -> set[str]:
    """Pinyin, surname first or last, in every reading, and initials of three or more; two letters are too often
    something else (ST, CT)."""
    if not name or not all(map(is_han, name)) or len(name) < 2:
        return {name.casefold()} if len(name) > 2 else set()
    surname = surname_of(name)
    forms: set[str] = set()
    for family, given in itertools.product(_surname_readings(surname), _readings(name[len(surname) :])):
        forms |= {"".join(family + given), "".join(given + family)}
        initials = [syllable[0] for syllable in family + given]
        if len(initials) > 2:
            forms |= {"".join(initials), "".join(initials[len(family) :] + initials[: len(family)])}
    return forms


def _surname_readings(surname: str) -> list[list[str]]:
    if surname in COMPOUND:
        return [list(COMPOUND[surname])]
    return [[one] for one in SINGLE.get(surname, ())] + list(_readings(surname))


def _readings(text: str) -> Iterator[list[str]]:
    spelled = [[*dict.fromkeys(one)] for one in pinyin(text, style=Style.NORMAL, heteronym=True)]
    yield from (list(word) for word in itertools.islice(itertools.product(*spelled), MOST_READINGS))


def _numbers(identity: Identity) -> set[str]:
    guardian = identity.guardian.phone if identity.guardian else ""
    whole = {identity.id_no, identity.phone, identity.record_no, guardian} - {""}
    return {number for number in whole if len(number) > 3}


def address_forms(address: str) -> set[str]:
    """The whole, and each place in it that has a name of its own: 柳河镇, 双桥村, 人民路."""
    parts = {part.strip() for part in _ADDRESS_PART.findall(address)}
    named = {part for part in parts if len(part) > 2 and part not in _GENERIC_PLACE and not part[0].isdigit()}
    return ({address} if len(address) > 2 else set()) | named
