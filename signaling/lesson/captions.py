"""What was said on the stage, line by line, as the site's speech model wrote it down and hosts put it right.

Whether it is written down at all is the hall's to decide (`captioning`); here is what pages are told of it.
"""

from __future__ import annotations

from typing import Any

from signaling.effects import Effect, Record
from signaling.history import stamp
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Correct
from signaling.ports import Entry, Seat
from signaling.refusals import NoSuchThing
from signaling.speech import hosts_only

LATEST = 6  # lines that somebody who comes late is told


class Captions(Tool):
    kinds = frozenset({"captions", "caption", "corrected"})

    def __init__(self) -> None:
        self.on = False
        self.turned = 0  # the last entry that switched them on or off
        self._latest: dict[int, dict[str, Any]] = {}
        self._known: set[int] = set()
        self._news: list[dict[str, Any]] = []
        self._corrected = 0

    def fold(self, entry: Entry) -> Pace | None:
        match entry.kind:
            case "captions":
                self.on, self.turned = bool(entry.body["on"]), entry.seq
                return None  # the roster says so
            case "caption":
                self._add(entry)
            case "corrected":
                self._change(int(entry.body["line"]), str(entry.body["text"]))
        return Pace.NOW

    def _add(self, entry: Entry) -> None:
        name, text = str(entry.body["name"]), str(entry.body["text"])
        line = {"id": entry.seq, "by": entry.by, "name": name, "text": text, "at": stamp(entry.at)}
        self._known.add(entry.seq)
        self._latest[entry.seq] = line
        self._news.append(line)
        if len(self._latest) > LATEST:
            del self._latest[min(self._latest)]

    def _change(self, line: int, text: str) -> None:
        self._corrected += 1
        self._news.append({"id": line, "text": text})
        if line in self._latest and text:
            self._latest[line] = {**self._latest[line], "text": text}
        else:
            self._latest.pop(line, None)

    def whole(self, host: bool) -> dict[str, Any]:
        return {"captions": list(self._latest.values())}

    def news(self, host: bool) -> dict[str, Any]:
        return {"captions": list(self._news)}

    def told(self) -> None:
        self._news.clear()

    # ---- what needs the house

    def correct(self, seat: Seat, correct: Correct, text: str) -> list[Effect]:
        """`text`: as the house lets it stand."""
        hosts_only(seat)
        if correct.line not in self._known:
            raise NoSuchThing()
        key = f"corrected:{correct.line}:{self._corrected}"
        return [Record("corrected", seat.who, key, {"line": correct.line, "text": text}, asked=True)]
