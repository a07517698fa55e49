"""Talking in groups: who is in which, until when, and who may read what was written there.

A group is a place of its own for sound, picture and chat; slides, polls and checks go on for the whole hall. Where
everybody is stands in the log, so a reload or another life of the server leads back to the group, and the clock of the
server calls everybody back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from signaling.effects import Effect, Record
from signaling.group_messages import Split
from signaling.history import stamp
from signaling.lesson.tool import Pace, Tool
from signaling.ports import Entry, Seat

HALL = 0


class Groups(Tool):
    kinds = frozenset({"split", "grouped", "gathered"})

    def __init__(self) -> None:
        self.round = 0  # the entry that made the groups; 0 while there are none
        self.count = 0
        self.changes = 0
        self._until: datetime | None = None
        self._places: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._been: dict[int, dict[str, set[int]]] = {}  # by round: who was where
        self._called = 0  # the round whose time we have called

    def of(self, who: str) -> int:
        """The group that participant is in; 0 is the hall."""
        return self._places.get(who, HALL)

    def fold(self, entry: Entry) -> Pace | None:
        self.changes += 1
        match entry.kind:
            case "split":
                self._begin(entry)
            case "grouped" if self.round:
                self._put(str(entry.body["who"]), str(entry.body["name"]), int(entry.body["group"]))
            case "gathered" if entry.body["round"] == self.round:
                self.round, self._until, self._places, self._names = 0, None, {}, {}
        return Pace.NOW

    def _begin(self, entry: Entry) -> None:
        self.round, self.count = entry.seq, int(entry.body["count"])
        seconds = int(entry.body["seconds"])
        self._until = entry.at + timedelta(seconds=seconds) if seconds else None
        self._places, self._names = {}, {}
        for one in entry.body["people"]:
            self._put(str(one["id"]), str(one["name"]), int(one["group"]))

    def _put(self, who: str, name: str, group: int) -> None:
        self._places[who], self._names[who] = group, name
        self._been.setdefault(self.round, {}).setdefault(who, {HALL} if group == HALL else set()).add(group)

    def whole(self, host: bool) -> dict[str, Any]:
        if not self.round:
            return {"groups": None}
        groups: dict[str, Any] = {"count": self.count, "until": stamp(self._until) if self._until else None}
        people = [{"id": who, "name": self._names[who], "group": place} for who, place in self._places.items()]
        return {"groups": groups | ({"people": people} if host else {})}

    # ---- chat

    def scope(self, who: str) -> dict[str, int]:
        """What a line written there now carries, so that it is known for whom it is."""
        return {"round": self.round, "group": self.of(who)} if self.round else {}

    def reads(self, entry: Entry, who: str) -> bool:
        """Whether that participant was where the line was written."""
        if "round" not in entry.body:
            return True
        been = self._been.get(int(entry.body["round"]), {})
        return int(entry.body["group"]) in been.get(who, {HALL})

    # ---- making them, and the time

    def dealt(self, split: Split, people: Collection[Seat]) -> list[dict[str, Any]]:
        """Who goes where: the chosen as chosen, each of the others into what is smallest by then."""
        places = {seat.who: split.chosen[seat.who] for seat in people if seat.who in split.chosen}
        sizes = {group: list(places.values()).count(group) for group in range(1, split.count + 1)}
        for seat in people:
            if seat.who not in places:
                places[seat.who] = min(sizes, key=lambda group: (sizes[group], group))
                sizes[places[seat.who]] += 1
        return [{"id": seat.who, "name": seat.grant.name, "group": places[seat.who]} for seat in people]

    def due(self, now: datetime) -> list[Effect]:
        """The time of the groups is over: said once by each node, written once."""
        if not self.round or self._until is None or now < self._until or self._called == self.round:
            return []
        self._called = self.round
        return [self.gathering(None, "time")]

    def gathering(self, by: str | None, why: str) -> Record:
        body: Mapping[str, Any] = {"round": self.round, "why": why}
        return Record("gathered", by, f"gathered:{self.round}", dict(body), asked=by is not None)
