"""What was scored in the hall: questions with marks, put while the session ran, answered once. Pure, from the log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.scheduling.intervals import Interval

POLL, CHOSE, REVEALED = "poll", "chose", "revealed"
KINDS = (POLL, CHOSE, REVEALED)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the log about a question, as the room wrote it."""

    at: datetime
    kind: str
    who: str
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    text: str
    options: Sequence[str]
    right: frozenset[int]
    marks: int
    answers: Mapping[str, Sequence[int]]
    """By person: the first that came before the result was shown."""

    @property
    def counts(self) -> list[int]:
        """How many chose each option."""
        return [sum(place in given for given in self.answers.values()) for place in range(len(self.options))]

    def marks_of(self, who: str) -> int:
        return self.marks if who in self.answers and set(self.answers[who]) == self.right else 0


def questions(lines: Iterable[Line], running: Sequence[Interval]) -> list[Question]:
    """The questions with marks, in order. Opinions are none, nor is what was put before the session began."""
    return _asked(lines, lambda line: line.body["marks"] and any(one.start <= line.at < one.end for one in running))


def opinions(lines: Iterable[Line]) -> list[Question]:
    """What was asked without marks, in order. Their counts are for all; who chose what is told to nobody."""
    return _asked(lines, lambda line: not line.body["marks"])


def _asked(lines: Iterable[Line], meant: Callable[[Line], Any]) -> list[Question]:
    found: dict[str, Question] = {}
    shown: set[str] = set()
    for line in lines:
        id = str(line.body["poll"])
        if line.kind == POLL and meant(line):
            found[id] = _put(line.body)
        elif line.kind == REVEALED:
            shown.add(id)
        elif line.kind == CHOSE and id in found and id not in shown and line.who not in found[id].answers:
            found[id] = _answered(found[id], line)
    return list(found.values())


def _put(body: Mapping[str, Any]) -> Question:
    right = frozenset(body["right"])
    return Question(text=body["text"], options=body["options"], right=right, marks=body["marks"], answers={})


def _answered(question: Question, line: Line) -> Question:
    answers = {**question.answers, line.who: list(line.body["choice"])}
    return Question(**{**question.__dict__, "answers": answers})


def scores(asked: Sequence[Question]) -> dict[str, int]:
    """Of a hundred, by person who answered any; what was not answered earns nothing."""
    whole = sum(one.marks for one in asked)
    people = {who for one in asked for who in one.answers}
    return {who: 100 * sum(one.marks_of(who) for one in asked) // whole for who in people}
