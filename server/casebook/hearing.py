"""Takes out of what was heard who must not be named: as `deidentify` does, and by the sound of the name. Pure.

A speech model writes a name by its sound, often with other characters: whatever can be read like the whole name goes.
What it cannot find: a name that was misheard, a nickname, and what describes somebody without naming them.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pypinyin import Style, pinyin

from server.casebook.deidentify import cut
from server.casebook.known import Known
from server.casebook.pieces import STANDS_FOR, What, joined
from server.patients.identity import is_han

NOBODY = Known(frozenset(), frozenset(), "", None)


def unnamed(text: str, known: Sequence[Known], names: Iterable[str], *, year: int) -> str:
    """`known` of whom it may speak, `names` theirs in full. Dates stay: nothing tells whose they are."""
    for name in names:
        text = _unsounded(text, name)
    for one in known or [NOBODY]:
        text = joined(cut(text, one, shift=0, year=year))
    return text


def _unsounded(text: str, name: str) -> str:
    if len(name) < 2 or not all(map(is_han, name)):
        return text
    for start in reversed(list(_alike(text, name))):
        text = text[:start] + STANDS_FOR[What.NAME] + text[start + len(name) :]
    return text


def _alike(text: str, name: str) -> Iterator[int]:
    """Where something begins that can be read like the name; none within another."""
    start = 0
    while start <= len(text) - len(name):
        if all(_sounds(heard) & _sounds(sign) for heard, sign in zip(text[start:], name, strict=False)):
            yield start
            start += len(name)
        else:
            start += 1


@lru_cache(maxsize=8192)
def _sounds(sign: str) -> frozenset[str]:
    """Its readings without tones; nothing for what is not Chinese."""
    return frozenset(pinyin(sign, style=Style.NORMAL, heteronym=True)[0]) if is_han(sign) else frozenset()
