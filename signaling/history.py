"""What a room's log says so far: who is counted as present, who was admitted, whether it is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from signaling.ports import Entry

NEWEST = 200  # entries of a join answer; who missed more gets a snapshot
PAGE_BYTES = 256 * 1024  # of entries in one message: well below what a page's queue may hold


@dataclass(slots=True)
class History:
    """The fold of a log from its first entry; `seq` is the last one folded in."""

    seq: int = 0
    ended: bool = False
    carried: bool = False  # whether the server carries the media of what began as a mesh
    withdrawn: set[str] = field(default_factory=set)  # to what the patient no longer consents
    began: dict[str, list[str]] = field(default_factory=dict)  # participant → stays, in order
    over: set[tuple[str, str]] = field(default_factory=set)  # (participant, stay) of who left
    staged: set[str] = field(default_factory=set)  # whom a host brought on a hall's stage
    admitted: dict[str, int] = field(default_factory=dict)  # participant → seq of the admission
    agreed: set[str] = field(default_factory=set)  # who lets themselves be recorded
    asked: bool = False  # whether a host has asked those on the stage to agree
    recording: int = 0  # the entry that began the recording; 0 while there is none …
    turned: int = 0  # … and the last that began or ended one

    def standing(self, who: str) -> list[str]:
        """The attendances of a participant that no entry has ended; more than one only while nodes
        disagree about where somebody is."""
        return [stay for stay in self.began.get(who, ()) if (who, stay) not in self.over]

    def fold(self, entry: Entry) -> None:
        self.seq = entry.seq
        who, stay = str(entry.body.get("who", "")), str(entry.body.get("stay", ""))
        match entry.kind:
            case "joined":
                self.began.setdefault(who, []).append(stay)
            case "left":
                self.over.add((who, stay))
                if not self.standing(who):
                    self.staged.discard(who)  # who comes back another time sits in the audience
            case "admitted":
                self.admitted[who] = entry.seq
            case "denied" | "removed":
                self.admitted.pop(who, None)
                self.staged.discard(who)
            case "staged":
                self.staged.add(who)
            case "unstaged":
                self.staged.discard(who)
            case "carried":
                self.carried = True
            case "consent":
                change = self.withdrawn.discard if entry.body.get("on") else self.withdrawn.add
                change(str(entry.body.get("of", "")))
            case "asked":
                self.asked = True
            case "agreed":
                (self.agreed.add if entry.body.get("on") else self.agreed.discard)(entry.by or "")
            case "recording":
                self.turned = entry.seq
                self.recording, self.asked = (entry.seq, self.asked) if entry.body.get("on") else (0, False)
            case "ended":
                self.ended = True


class Newest:
    """The last entries that somebody may be told of, so that who comes in needs no reading of the whole log."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=NEWEST)
        self._forgotten = 0  # the last that was dropped

    def keep(self, entry: Entry) -> None:
        if len(self._entries) == NEWEST:
            self._forgotten = self._entries[0].seq
        self._entries.append(entry)

    def after(self, seq: int) -> list[Entry]:
        return [entry for entry in self._entries if entry.seq > seq]

    def lacks(self, seq: int) -> bool:
        """Whether some entry after that number is no longer here."""
        return self._forgotten > seq


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, with Z, as the pages expect."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(entry: Entry) -> dict[str, Any]:
    """An entry as the page receives it."""
    return {
        "seq": entry.seq,
        "at": stamp(entry.at),
        "kind": entry.kind,
        "by": entry.by,
        "body": dict(entry.body),
    }


def fitting(entries: Iterable[Entry], room: int = PAGE_BYTES) -> list[dict[str, Any]]:
    """The first of these entries that one message can hold, as the page receives them; one at least."""
    page: list[dict[str, Any]] = []
    for entry in entries:
        page.append(told(entry))
        room -= len(orjson.dumps(page[-1]))
        if room < 0 and len(page) > 1:
            return page[:-1]
    return page
