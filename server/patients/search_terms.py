"""What a patient is found by, as words that are stored only as blind indexes. Pure.

A name gives its characters and bigrams (no trigrams: 欧阳 is a whole question), pinyin initials from the beginning
with every reading, and for Latin words their beginnings; phones and papers give themselves and their last four.
"""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from pypinyin import Style, pinyin

from server.patients.identity import Identity, is_han
from server.patients.papers import is_resident_number, made_eighteen, tidy_number
from server.patients.surnames import COMPOUND, SINGLE, surname_of

LONGEST_BEGINNING = 10
MOST_READINGS = 24
"""A name of many polyphones is indexed under so many spellings and no more."""
TAIL = 4

_UNLISTED = {"𠮷": ["ji"], "𪚥": ["zhe"], "〇": ["ling", "yuan"]}  # not words
_SIGNS = re.compile(r"[\s·\-'’.,]+")


@dataclass(frozen=True)
class Question:
    """What a text typed into the search asks: patients that have every one of `terms`.

    `name_part`: bigrams also find 丽娜丽 for 娜丽娜, so the name, once opened, must contain this.
    """

    terms: tuple[str, ...]
    name_part: str = ""


def terms_of(identity: Identity) -> frozenset[str]:
    numbers = {identity.id_no, identity.phone, identity.record_no} - {""}
    tails = {number[-TAIL:] for number in (identity.id_no, identity.phone) if len(number) > TAIL}
    return frozenset(
        {f"number:{tidy_number(number)}" for number in numbers}
        | {f"tail:{tail}" for tail in tails}
        | name_terms(identity.name)
    )


def name_terms(name: str) -> set[str]:
    folded = fold(name)
    pieces = {*folded, *map("".join, itertools.pairwise(folded))}
    parts = {f"name:{piece}" for piece in pieces if any(map(is_han, piece))}
    return parts | {f"from:{beginning}" for word in spellings(name) for beginning in _beginnings(word)}


def spellings(name: str) -> set[str]:
    """All that a name is asked by in letters: its initials in every reading, the words of a Latin name."""
    words = {fold(word) for word in _SIGNS.split(name) if not any(map(is_han, word))}
    return (initials(name) | words) - {""}


def initials(name: str) -> set[str]:
    """One string for every way of reading: 曾乐 → zl, zy. A character that nobody reads is passed over."""
    choices = itertools.product(*_letters(name))
    return {"".join(choice) for choice in itertools.islice(choices, MOST_READINGS)}


def question(text: str) -> Question | None:
    """What is asked; None when nothing is yet (empty, or digits too few to mean anyone)."""
    number = tidy_number(text)
    if is_resident_number(number):
        return Question((f"number:{made_eighteen(number) if len(number) == 15 else number}",))
    if re.fullmatch(r"[0-9]{3}[0-9X]", number):
        return Question((f"tail:{number}",))
    if sum(map(str.isdigit, number)) > TAIL and not any(map(is_han, number)):
        return Question((f"number:{number.removeprefix('+86')}",))
    return _question_by_name(text)


def _question_by_name(text: str) -> Question | None:
    words = [fold(word) for word in _SIGNS.split(text)]
    words = [word for word in words if word and not word.isdigit()]
    if all(len(word) == 1 and not is_han(word) for word in words):
        words = ["".join(words)]  # z s f
    terms = tuple(dict.fromkeys(term for word in words for term in _asked_by(word)))
    whole = "".join(words)
    return Question(terms, whole if all(map(is_han, whole)) else "") if terms else None


def _asked_by(word: str) -> list[str]:
    runs = [(han, "".join(run)) for han, run in itertools.groupby(word, is_han)]
    terms = [f"name:{piece}" for han, run in runs if han for piece in _pieces(run)]
    if word and not (len(runs) == 1 and runs[0][0]):
        terms.append(f"from:{_first_initials(word)[:LONGEST_BEGINNING]}")
    return terms


def _pieces(run: str) -> list[str]:
    return [run] if len(run) == 1 else [*map("".join, itertools.pairwise(run))]


def _first_initials(word: str) -> str:
    """张sf → zsf: people go on in letters where the input method does not offer the character."""
    han = re.match(r"[^a-z]*", word)
    start = han.group() if han else ""
    return "".join(letters[0] for letters in _letters(start)) + word[len(start) :]


def fold(text: str) -> str:
    """How names are compared: compatible forms alike, no case, no accents, no signs, no spaces."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    return "".join(c for c in plain if unicodedata.category(c)[0] in "LN" or is_han(c))


def _beginnings(word: str) -> list[str]:
    return [word[:length] for length in range(1, min(len(word), LONGEST_BEGINNING) + 1)]


def _letters(name: str) -> list[list[str]]:
    """For each part of a name (Han character or word) the letters it may begin with, most usual first."""
    surname = surname_of(name)
    if surname in COMPOUND:
        readings = [[reading] for reading in COMPOUND[surname]]
    else:
        surname, readings = "", []
    parts = [part for word in _SIGNS.split(name[len(surname) :]) for part in _parts(word)]
    readings += [_readings(part, is_surname=not surname and place == 0) for place, part in enumerate(parts)]
    return [list(dict.fromkeys(fold(reading)[0] for reading in every)) for every in readings if every]


def _parts(word: str) -> list[str]:
    runs = [(han, "".join(run)) for han, run in itertools.groupby(word, is_han)]
    return [part for han, run in runs for part in (run if han else [run])]


def _readings(part: str, *, is_surname: bool) -> list[str]:
    if not is_han(part):
        return [part] if fold(part) else []
    if is_surname and part in SINGLE:
        return list(SINGLE[part])
    # a surname not in our table is read in its most usual way, which the dictionary gives without heteronyms
    found: list[list[str]] = pinyin(part, style=Style.NORMAL, heteronym=not is_surname, errors="ignore")
    return _UNLISTED.get(part) or [reading for readings in found for reading in readings if fold(reading)]
