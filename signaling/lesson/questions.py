"""What listeners ask, and how many want to hear it answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from signaling.effects import Effect, Record
from signaling.history import stamp
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Ask, Settle, Support
from signaling.ports import Entry, Seat
from signaling.refusals import NoSuchThing, TooMany
from signaling.speech import hosts_only

OPEN = 5  # of one person
LISTED = 100  # to whoever comes in


@dataclass(slots=True)
class _Question:
    id: int
    by: str
    name: str
    text: str
    at: str
    state: str = "open"
    settled: int = 0  # how often
    voters: set[str] = field(default_factory=set)


class Questions(Tool):
    kinds = frozenset({"question", "supported", "settled"})

    def __init__(self) -> None:
        self._all: dict[int, _Question] = {}
        self._changed: set[int] = set()

    def fold(self, entry: Entry) -> Pace | None:
        body = entry.body
        if entry.kind == "question":
            who = entry.by or ""
            question = _Question(entry.seq, who, str(body["name"]), str(body["text"]), stamp(entry.at))
            self._all[entry.seq] = question
        else:
            question = self._all[int(body["question"])]
            self._change(question, entry)
        self._changed.add(question.id)
        return Pace.SOON

    @staticmethod
    def _change(question: _Question, entry: Entry) -> None:
        if entry.kind == "supported":
            question.voters.add(entry.by or "")
        else:
            question.state, question.settled = str(entry.body["how"]), question.settled + 1

    def whole(self, host: bool) -> dict[str, Any]:
        """The open ones first, then by how many support them."""
        seen = [one for one in self._all.values() if host or one.state != "hidden"]
        seen.sort(key=lambda one: (one.state != "open", -len(one.voters), one.id))
        return {"questions": [self._shown(one, host) for one in seen[:LISTED]]}

    def news(self, host: bool) -> dict[str, Any]:
        return {"questions": [self._shown(self._all[id], host) for id in sorted(self._changed)]}

    def told(self) -> None:
        self._changed.clear()

    def own(self, who: str) -> dict[str, Any]:
        return {"supported": [one.id for one in self._all.values() if who in one.voters]}

    @staticmethod
    def _shown(question: _Question, host: bool) -> dict[str, Any]:
        if question.state == "hidden" and not host:
            return {"id": question.id, "state": "hidden"}
        shown = {"id": question.id, "by": question.by, "name": question.name, "text": question.text}
        return shown | {"at": question.at, "state": question.state, "votes": len(question.voters)}

    # ---- rules

    def _ask(self, seat: Seat, ask: Ask, may: frozenset[str]) -> list[Effect]:
        if sum(one.by == seat.who and one.state == "open" for one in self._all.values()) >= OPEN:
            raise TooMany()
        body = {"text": ask.text, "name": seat.grant.name}
        return [Record("question", seat.who, f"question:{seat.who}:{ask.key}", body, asked=True)]

    def _support(self, seat: Seat, support: Support, may: frozenset[str]) -> list[Effect]:
        question = self._named(support.question)
        if question.state != "open":
            raise NoSuchThing()
        body = {"question": question.id}
        return [Record("supported", seat.who, f"supported:{question.id}:{seat.who}", body, asked=True)]

    def _settle(self, seat: Seat, settle: Settle, may: frozenset[str]) -> list[Effect]:
        hosts_only(seat)
        question = self._named(settle.question)
        if question.state == settle.how:
            return []
        body = {"question": question.id, "how": settle.how}
        return [Record("settled", seat.who, f"settled:{question.id}:{question.settled}", body, asked=True)]

    def _named(self, id: int) -> _Question:
        if (found := self._all.get(id)) is None:
            raise NoSuchThing()
        return found

    rules = {Ask: _ask, Support: _support, Settle: _settle}
