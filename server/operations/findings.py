"""What an examination found: a sentence, how bad it is, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    GOOD = "good"
    NOTE = "note"
    """Works, and could be better."""
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """`says` and `remedy` are Chinese sentences (gettext msgids), filled with `facts`; `code` is for machines."""

    code: str
    level: Level
    says: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""


def good(code: str, says: str, **facts: Any) -> Finding:
    return Finding(code, Level.GOOD, says, facts)


def note(code: str, says: str, remedy: str = "", **facts: Any) -> Finding:
    return Finding(code, Level.NOTE, says, facts, remedy)


def bad(code: str, says: str, remedy: str = "", **facts: Any) -> Finding:
    return Finding(code, Level.BAD, says, facts, remedy)


MARKS = {Level.GOOD: "✓", Level.NOTE: "!", Level.BAD: "✗"}
Say = Callable[[str, Mapping[str, Any]], str]
"""(Chinese sentence, facts) → the sentence in the reader's language."""


def told(findings: Iterable[Finding], say: Say) -> Iterator[str]:
    """A line for each finding, and one below it for what to do."""
    for finding in findings:
        yield f"{MARKS[finding.level]} {say(finding.says, finding.facts)}"
        if finding.remedy:
            yield f"    → {say(finding.remedy, finding.facts)}"
