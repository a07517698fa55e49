"""The library: recordings by what was taught, their chapters, and what was written meanwhile. Mostly pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from server.core.errors import NotFound
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.meeting.recordings import queries as recordings
from server.teaching import queries
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.meeting.model import MeetingEntry
    from server.meeting.recordings.model import Recording

CLOSE = 3.0
"""Seconds within which pages that were only leafed through make no chapter."""


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """`at` in seconds; `page` of the slides, 0 for an item of the agenda."""

    at: float
    what: str
    who: str = ""
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """What somebody wrote."""

    at: float
    name: str
    text: str


async def get_for(unit: Unit, action: str, id: str) -> tuple[TeachingSession, Recording]:
    """Raises NotFound alike for none, not yours, and one that is about something else."""
    recording = await recordings.recording(unit, id)
    session = await queries.by_meeting(unit, recording.meeting_id)
    if session is None:
        raise NotFound
    return await queries.get_for(unit, action, session.id), recording


def of_agenda(session: TeachingSession, recording: Recording) -> list[Chapter]:
    """The items of the agenda as they were planned, counted from when it really began."""
    origin = recording.origin or recording.began_at
    at, found = session.begun_at or session.starts_at, []
    for item in session.agenda:
        ends = at + timedelta(minutes=int(item["minutes"]))
        begins = max(0.0, (at - origin).total_seconds())
        if ends > origin and begins < recording.seconds:
            found.append(Chapter(at=begins, what=str(item["what"]), who=str(item.get("who", ""))))
        at = ends
    return found


def of_slides(turned: Iterable[tuple[float, int]]) -> list[Chapter]:
    """`turned` are (seconds, page) as they came before all; 0 for none."""
    found: list[Chapter] = []
    for at, page in turned:
        if found and at - found[-1].at < CLOSE:
            found.pop()
        if page and (not found or found[-1].page != page):
            found.append(Chapter(at=at, what="", page=page))
    return found


async def chapters(unit: Unit, session: TeachingSession, recording: Recording) -> list[Chapter]:
    turned = await _during(unit, recording, ["slide"])
    slides = of_slides((at, int(body.get("page", 0)) if body.get("file") else 0) for at, _, body in turned)
    return sorted([*of_agenda(session, recording), *slides], key=lambda one: (one.at, one.page))


async def lines(unit: Unit, recording: Recording) -> list[Line]:
    """The chat, without what was taken back."""
    said = await _during(unit, recording, ["chat", "unsaid"])
    back = {int(body["line"]) for _, entry, body in said if entry.kind == "unsaid"}
    return [
        Line(at=at, name=str(body.get("name", "")), text=str(body["text"]))
        for at, entry, body in said
        if entry.kind == "chat" and entry.seq not in back
    ]


async def _during(
    unit: Unit, recording: Recording, kinds: Sequence[str]
) -> list[tuple[float, MeetingEntry, dict[str, Any]]]:
    """(seconds, entry, what it says) of the log while it was recorded; what was taken back, whenever that was."""
    origin = recording.origin or recording.began_at
    found = [
        (_seconds(origin, entry.at), entry, dict(meetings.opened(unit, entry)))
        for entry in await meetings.entries_of(unit, recording.meeting_id, kinds)
    ]
    began = recording.began_at
    return [one for one in found if one[1].kind == "unsaid" or (one[1].at >= began and one[0] <= recording.seconds)]


def _seconds(origin: datetime, at: datetime) -> float:
    return max(0.0, round((at - origin).total_seconds(), 1))


def matches(session: TeachingSession, teachers: str, wanted: str) -> bool:
    """Whether what was taught has every word of `wanted` in its title, cases, chapters or teachers."""
    text = " ".join(
        [session.title, session.specialty, session.about, *session.cases, teachers]
        + [f"{item['what']} {item.get('who', '')}" for item in session.agenda]
    ).casefold()
    return all(word in text for word in wanted.casefold().split())
