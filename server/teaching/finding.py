"""Finding by words in what was taught: as they are written, or by the initials of a short text in pinyin. Pure."""

import re
from dataclasses import dataclass

from server.files.words import Page, even, initials

AROUND = 40
"""Characters of a sentence that are shown before and after what was found."""
_ENDS = re.compile(r"[。！？；!?;]")
_LETTERS = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """The sentence, taken apart at what was found in it."""

    before: str
    found: str
    after: str


def words_of(wanted: str) -> list[str]:
    return [even(word).lower() for word in wanted.split()]


def missing(text: str, words: list[str]) -> list[str]:
    """Those that a short text (titles, names) has neither written nor by their initials."""
    described = Page(text, initials(text) if any(map(_LETTERS.fullmatch, words)) else "")
    return [word for word in words if _place(described, word) is None]


def excerpt(page: Page, words: list[str]) -> Excerpt | None:
    """Around the first of `words`, when the page has all of them."""
    places = [_place(page, word) for word in words]
    if not places or places[0] is None or None in places:
        return None
    (start, stop), text = places[0], page.text
    ends = [end.end() for end in _ENDS.finditer(text)]
    begin = max([0, start - AROUND, *(end for end in ends if end <= start)])
    end = min([stop + AROUND, *(end for end in ends if end >= stop)])
    return Excerpt(before=text[begin:start].lstrip(), found=text[start:stop], after=text[stop:end])


def _place(page: Page, word: str) -> tuple[int, int] | None:
    at = page.text.lower().find(word)
    if at < 0 and _LETTERS.fullmatch(word):
        at = page.initials.find(word)
    return (at, at + len(word)) if at >= 0 else None
