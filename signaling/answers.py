"""What a join is answered with (PROTOCOL.md, `join`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from signaling.history import stamp
from signaling.ports import Grant, Seat


@dataclass(frozen=True, slots=True)
class Missed:
    """The newest entries a page lacks, the number they reach, and whether older ones were skipped."""

    events: Sequence[Mapping[str, Any]]
    seq: int
    skipped: bool


def inside(
    seat: Seat,
    missed: Missed,
    *,
    withdrawn: Collection[str],
    roster: Mapping[str, Any],
    ice: Mapping[str, Any],
    again: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "state": "in",
        **_common(seat, again, at, withdrawn),
        **roster,
        "ice": dict(ice),
        "seq": missed.seq,
        "events": list(missed.events),
        "snapshot": missed.skipped,
    }


def waiting(seat: Seat, *, again: str, at: datetime) -> dict[str, Any]:
    return {"state": "waiting", **_common(seat, again, at)}


def _common(seat: Seat, again: str, at: datetime, withdrawn: Collection[str] = ()) -> dict[str, Any]:
    room = {**_room(seat.grant), "withdrawn": sorted(withdrawn)}
    return {"you": {**_you(seat.grant), "hand": seat.hand}, "room": room, "again": again, "at": stamp(at)}


def _you(grant: Grant) -> dict[str, Any]:
    who = {"id": grant.participant, "name": grant.name, "title": grant.title}
    return {**who, "role": grant.role, "host": grant.host, "may": sorted(grant.may)}


def _room(grant: Grant) -> dict[str, Any]:
    ends = stamp(grant.ends) if grant.ends else None
    return {"id": grant.room, "kind": grant.room_kind, "title": grant.subject, "ends": ends}
