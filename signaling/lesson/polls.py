"""A question to all, one at a time: an opinion, or a quiz with marks. Answers are counted here and told to nobody.

The marks are not reckoned here: whoever credits the session does it from the log.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from signaling.effects import Effect, Record
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Choose, Poll, Reveal
from signaling.ports import Entry, Seat
from signaling.refusals import AlreadyChosen, Malformed, PollOver, PollRunning
from signaling.speech import hosts_only


@dataclass(slots=True)
class _Asked:
    id: str
    text: str
    options: list[str]
    many: bool
    right: list[int]
    marks: int
    chosen: dict[str, list[int]] = field(default_factory=dict)
    revealed: bool = False


class Polls(Tool):
    kinds = frozenset({"poll", "chose", "revealed"})

    def __init__(self) -> None:
        self._asked: _Asked | None = None

    def fold(self, entry: Entry) -> Pace | None:
        body, asked = entry.body, self._asked
        if entry.kind == "poll":
            facts = {name: body[name] for name in ("text", "options", "many", "right", "marks")}
            self._asked = _Asked(id=str(body["poll"]), **facts)
            return Pace.NOW
        if asked is None or asked.id != body["poll"] or asked.revealed:
            return None
        if entry.kind == "revealed":
            asked.revealed = True
            return Pace.NOW
        asked.chosen.setdefault(entry.by or "", list(body["choice"]))
        return Pace.HOSTS

    def whole(self, host: bool) -> dict[str, Any]:
        asked = self._asked
        if asked is None:
            return {"poll": None}
        poll = {"id": asked.id, "text": asked.text, "options": asked.options, "many": asked.many}
        poll |= {"marks": asked.marks, "shown": asked.revealed}
        return {"poll": poll | (self._result(asked) if host or asked.revealed else {})}

    @staticmethod
    def _result(asked: _Asked) -> dict[str, Any]:
        chosen = Counter(option for choice in asked.chosen.values() for option in choice)
        counts = [chosen[option] for option in range(len(asked.options))]
        return {"counts": counts, "answered": len(asked.chosen), "right": asked.right}

    def own(self, who: str) -> dict[str, Any]:
        asked = self._asked
        choice = asked.chosen.get(who) if asked else None
        return {"chose": {"poll": asked.id, "choice": choice} if asked and choice is not None else None}

    # ---- rules

    def _poll(self, seat: Seat, poll: Poll, may: frozenset[str]) -> list[Effect]:
        hosts_only(seat)
        if self._asked and not self._asked.revealed and self._asked.id != poll.key:
            raise PollRunning()
        body = {"poll": poll.key, "text": poll.text, "options": list(poll.options), "many": poll.many}
        body |= {"right": list(poll.right), "marks": poll.marks}
        return [Record("poll", seat.who, f"poll:{poll.key}", body, asked=True)]

    def _choose(self, seat: Seat, choose: Choose, may: frozenset[str]) -> list[Effect]:
        asked, choice = self._asked, list(choose.choice)
        if asked is None or asked.id != choose.poll or asked.revealed:
            raise PollOver()
        if not choice or choice[-1] >= len(asked.options) or (len(choice) > 1 and not asked.many):
            raise Malformed(field="choice")
        if asked.chosen.get(seat.who, choice) != choice:
            raise AlreadyChosen()
        body = {"poll": asked.id, "choice": choice}
        return [Record("chose", seat.who, f"chose:{asked.id}:{seat.who}", body, asked=True)]

    def _reveal(self, seat: Seat, reveal: Reveal, may: frozenset[str]) -> list[Effect]:
        hosts_only(seat)
        if self._asked is None or self._asked.id != reveal.poll:
            raise PollOver()
        return [Record("revealed", seat.who, f"revealed:{reveal.poll}", {"poll": reveal.poll}, asked=True)]

    rules = {Poll: _poll, Choose: _choose, Reveal: _reveal}
