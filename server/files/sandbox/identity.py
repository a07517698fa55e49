"""Whether a file speaks of the patient of the case. Names go in and stay here; only yes, no or unknown comes out."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """The patient of the case: every way the name may be written, the birth date as YYYYMMDD, the sex as M or F."""

    names: tuple[str, ...] = ()
    birth_date: str = ""
    sex: str = ""


def matches(expected: Expected, names: Iterable[str], birth_date: str, sex: str) -> bool | None:
    """None when the file (or the case) names nobody."""
    found = {bare(name) for name in names} - {""}
    awaited = {bare(name) for name in expected.names} - {""}
    if not found or not awaited:
        return None
    if found.isdisjoint(awaited):
        return False
    born_alike = not (birth_date and expected.birth_date) or birth_date == expected.birth_date
    same_sex = {sex, expected.sex} != {"M", "F"}
    return born_alike and same_sex


def bare(name: str) -> str:
    """Letters only, in one case: 'ZHANG^San ' and 'zhang san' are one name."""
    return "".join(filter(str.isalnum, name)).casefold()
