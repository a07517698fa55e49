"""What stands on the pages of a document, made even and sealed: one value for each page, from the first on."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from pypinyin import Style, lazy_pinyin

from server.core.unit import Unit

HEADING = 24
"""Characters at the beginning of a page that are found by initials too: in a whole page any three would be."""

_NO_STOPS = re.compile(r"[^，；：！？（）]+")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff，。；：、！？（）])\s+(?=[\u3400-\u9fff，。；：、！？（）])")
"""A line that was broken within Chinese: no space belongs there."""


def even(text: str) -> str:
    """Compatible forms alike (documents are full of radicals that look like characters), lines joined.

    Chinese stops stay: they are compatible with narrow ones, which nobody would write there.
    """
    plain = " ".join(_NO_STOPS.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text).split())
    return _BETWEEN_HAN.sub("", plain)


@dataclass(frozen=True, slots=True)
class Page:
    """What is written on it, and the initials of its heading, a letter for each character."""

    text: str
    initials: str

    @classmethod
    def of(cls, written: str) -> "Page":
        text = even(written)
        return cls(text, initials(text[:HEADING]))


def initials(text: str) -> str:
    """In pinyin, one letter for each character; what is not Chinese stays."""
    return "".join(lazy_pinyin(text.lower(), style=Style.FIRST_LETTER))


def sealed(unit: Unit, id: str, pages: Sequence[str]) -> bytes | None:
    """None where nothing is written."""
    kept = [Page.of(page) for page in pages]
    written = orjson.dumps([(page.text, page.initials) for page in kept])
    return unit.keys.seal(written, _about(id)) if any(page.text for page in kept) else None


def opened(unit: Unit, id: str, sealed: bytes) -> list[Page]:
    return [Page(*page) for page in orjson.loads(unit.keys.open(sealed, _about(id)))]


def _about(id: str) -> str:
    return f"attachments:words:{id}"
