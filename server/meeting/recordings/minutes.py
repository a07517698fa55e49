"""What the room's log says of the time in which it was recorded, in seconds of the recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from server.core.unit import Unit
from server.meeting import queries as meetings

if TYPE_CHECKING:
    from server.meeting.model import MeetingEntry
    from server.meeting.recordings.model import Recording


@dataclass(frozen=True, kw_only=True)
class Line:
    """What somebody wrote."""

    at: float
    name: str
    text: str


async def lines(unit: Unit, recording: Recording) -> list[Line]:
    """The chat, without what was taken back or written in a group."""
    said = during(unit, recording, await meetings.entries_of(unit, recording.meeting_id, ["chat", "unsaid"]))
    back = {int(body["line"]) for _, entry, body in said if entry.kind == "unsaid"}
    return [
        Line(at=at, name=str(body.get("name", "")), text=str(body["text"]))
        for at, entry, body in said
        if entry.kind == "chat" and entry.seq not in back and not body.get("group")
    ]


def during(
    unit: Unit, recording: Recording, entries: Iterable[MeetingEntry]
) -> list[tuple[float, MeetingEntry, dict[str, Any]]]:
    """(seconds, entry, what it says) of the log while it was recorded; what was taken back, whenever that was."""
    origin = recording.origin or recording.began_at
    found = [(_seconds(origin, entry.at), entry, dict(meetings.opened(unit, entry))) for entry in entries]
    began = recording.began_at
    return [one for one in found if one[1].kind == "unsaid" or (one[1].at >= began and one[0] <= recording.seconds)]


def _seconds(origin: datetime, at: datetime) -> float:
    return max(0.0, round((at - origin).total_seconds(), 1))
