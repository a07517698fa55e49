"""What a file belongs to (a consultation, later a referral or a course) is another capability's: the port it fills."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from pypinyin import Style, pinyin

from server.core.unit import Unit
from server.files.parsing import Expected
from server.patients.surnames import COMPOUND, SINGLE, surname_of

Access = Literal["read", "attach", "original"]
MOST_READINGS = 12


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom a subject's files should speak of, for the audit and for telling a wrong patient's picture."""

    patient_id: str | None = None
    names: tuple[str, ...] = ()
    birth_date: date | None = None
    sex: Literal["M", "F", ""] = ""
    searched: bool = False
    """Whether a file is found by what stands on its pages."""


class SubjectAccess(Protocol):
    """Decides over the files of one kind of subject."""

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: Access) -> bool:
        """Whether the unit's actor may see the files, add or withdraw some, fetch the originals."""

    async def about(self, unit: Unit, subject_kind: str, subject_id: str) -> About:
        """Asked without an actor too, when a file is looked at in the background."""


Subjects = Mapping[str, SubjectAccess]


def expected_of(about: About) -> Expected:
    """As devices write it: Han, or pinyin with the surname first or last."""
    names = {spelling for name in about.names for spelling in _spellings(name)}
    born = about.birth_date.strftime("%Y%m%d") if about.birth_date else ""
    return Expected(names=tuple(sorted(names)), birth_date=born, sex=about.sex)


def _spellings(name: str) -> Iterator[str]:
    yield name
    surname = surname_of(name)
    given = ["".join(word) for word in itertools.product(*_readings(name[len(surname) :]))]
    for family in _surname_readings(surname):
        for rest in given[:MOST_READINGS]:
            yield family + rest
            yield rest + family


def _surname_readings(surname: str) -> list[str]:
    if surname in COMPOUND:
        return ["".join(COMPOUND[surname])]
    return list(SINGLE.get(surname, ())) + ["".join(word) for word in itertools.product(*_readings(surname))]


def _readings(text: str) -> list[list[str]]:
    return [[*dict.fromkeys(one)] for one in pinyin(text, style=Style.NORMAL, heteronym=True)]
