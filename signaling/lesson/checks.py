"""Who is there: spot checks and their answers, and pages that are not looked at. Attendance is reckoned from these."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from signaling.effects import Effect, Record
from signaling.history import stamp
from signaling.lesson.tool import Pace, Tool
from signaling.lesson_messages import Check, Here, Look
from signaling.ports import Entry, Seat
from signaling.refusals import CheckOver, CheckRunning
from signaling.speech import hosts_only


class Checks(Tool):
    kinds = frozenset({"check", "answered", "away", "back"})

    def __init__(self) -> None:
        self._check = ""
        self._until: datetime | None = None
        self._answered: set[str] = set()
        self._away: set[tuple[str, str]] = set()  # (participant, stay)

    def fold(self, entry: Entry) -> Pace | None:
        match entry.kind:
            case "check":
                self._check, self._answered = str(entry.body["check"]), set()
                self._until = entry.at + timedelta(seconds=int(entry.body["seconds"]))
                return Pace.NOW
            case "answered" if entry.body["check"] == self._check:
                self._answered.add(entry.by or "")
                return Pace.HOSTS
            case "away":
                self._away.add((entry.by or "", str(entry.body["stay"])))
            case "back":
                self._away.discard((entry.by or "", str(entry.body["stay"])))
        return None

    def whole(self, host: bool) -> dict[str, Any]:
        if self._until is None:
            return {"check": None}
        check: dict[str, Any] = {"id": self._check, "until": stamp(self._until)}
        return {"check": check | ({"answered": len(self._answered)} if host else {})}

    def own(self, who: str) -> dict[str, Any]:
        return {"answered": self._check if who in self._answered else None}

    # ---- what needs the time

    def ask(self, seat: Seat, check: Check, now: datetime) -> list[Effect]:
        hosts_only(seat)
        if self._running(now) and check.key != self._check:
            raise CheckRunning()
        body = {"check": check.key, "seconds": check.seconds}
        return [Record("check", seat.who, f"check:{check.key}", body, asked=True)]

    def answer(self, seat: Seat, here: Here, now: datetime) -> list[Effect]:
        if here.check != self._check or not self._running(now):
            raise CheckOver()
        return [Record("answered", seat.who, f"answered:{here.check}:{seat.who}", {"check": here.check}, asked=True)]

    def _running(self, now: datetime) -> bool:
        return self._until is not None and now < self._until

    # ---- rules

    def _look(self, seat: Seat, look: Look, may: frozenset[str]) -> list[Effect]:
        if look.away is ((seat.who, seat.stay) in self._away):
            return []
        kind = "away" if look.away else "back"
        body = {"who": seat.who, "stay": seat.stay}
        return [Record(kind, seat.who, f"{kind}:{seat.who}:{look.key}", body, asked=True)]

    rules = {Look: _look}
