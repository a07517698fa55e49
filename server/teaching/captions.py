"""What was said in a recording, as hosts left it: in step with the player, as WebVTT, for finding, put right later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from server.core.errors import NotFound
from server.core.unit import Unit
from server.files.words import Page
from server.meeting import queries as meetings
from server.meeting import service as rooms
from server.meeting.recordings import queries as recordings
from server.meeting.recordings import service as keeping
from server.teaching import finding, hearing, queries
from server.teaching.finding import Excerpt
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.meeting.model import MeetingEntry
    from server.meeting.recordings.model import Recording

KINDS = ("caption", "corrected")
SHORTEST = 1.5
"""Seconds for which a line stands at least."""


@dataclass(frozen=True, kw_only=True)
class Caption:
    """`number` in the room's log; `at` in seconds of the recording."""

    number: int
    at: float
    seconds: float
    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Quote:
    """Where words were said."""

    at: float
    text: Excerpt


async def of(unit: Unit, recording: Recording) -> list[Caption]:
    """In the order in which it was said; what was taken away is not there."""
    entries = await meetings.entries_of(unit, recording.meeting_id, KINDS)
    found = [_caption(recording, number, body) for number, body in _standing(unit, entries).items()]
    during = [one for one in found if one.text and one.at + one.seconds > 0 and one.at < recording.seconds]
    return sorted(during, key=lambda one: one.at)


def _standing(unit: Unit, entries: Iterable[MeetingEntry]) -> dict[int, dict[str, Any]]:
    """By number, with the last text each was given."""
    found: dict[int, dict[str, Any]] = {}
    for entry in entries:
        body = dict(meetings.opened(unit, entry))
        if entry.kind == "caption":
            found[entry.seq] = body
        elif (line := found.get(int(str(body["line"])))) is not None:
            line["text"] = body["text"]
    return found


def _caption(recording: Recording, number: int, body: dict[str, Any]) -> Caption:
    origin = (recording.origin or recording.began_at).timestamp()
    at, seconds = float(body["began"]) - origin, max(SHORTEST, float(body["seconds"]))
    return Caption(number=number, at=round(max(0.0, at), 1), seconds=seconds, name=body["name"], text=body["text"])


async def one(unit: Unit, recording: Recording, number: int) -> Caption:
    """Raises NotFound."""
    for caption in await of(unit, recording):
        if caption.number == number:
            return caption
    raise NotFound


def vtt(captions: Iterable[Caption]) -> str:
    """W3C WebVTT."""
    cues = [
        f"{one.number}\n{_clock(one.at)} --> {_clock(one.at + one.seconds)}\n"
        f"<v {escape(one.name, quote=False)}>{escape(one.text, quote=False)}\n"
        for one in captions
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milliseconds:03}"


async def correct(unit: Unit, *, session: TeachingSession, recording: Recording, number: int, text: str) -> None:
    """ "" takes the line away. Raises NotFound."""
    await one(unit, recording, number)
    shown = await hearing.shown(unit, session, text) if text else ""
    await rooms.write(
        unit,
        meeting_id=recording.meeting_id,
        kind="corrected",
        by=unit.actor.person_id,
        body={"line": number, "text": shown},
        key=f"corrected:{number}:{unit.new_id()}",
    )
    unit.record("recording.caption_corrected", kind="recording", id=recording.id)
    await keep_words(unit, recording)


# ---- finding


async def keep_words(unit: Unit, recording: Recording) -> None:
    """What was said is put where it is found at once, and not line by line."""
    await keeping.keep_words(unit, recording=recording, lines=[(one.at, one.text) for one in await of(unit, recording)])


async def note_words(unit: Unit) -> int:
    """Of recordings that can be played, once their lesson is over: until then hosts put lines right in the hall."""
    over = [one for one in await recordings.without_words(unit) if await _over(unit, one)]
    for recording in over:
        await keep_words(unit, recording)
    return len(over)


async def _over(unit: Unit, recording: Recording) -> bool:
    session = await queries.by_meeting(unit, recording.meeting_id)
    return session is not None and session.ended_at is not None


def quotes(lines: Iterable[tuple[float, Page]], words: Sequence[str]) -> list[Quote]:
    """The lines that have every one of them."""
    found = [(at, finding.excerpt(page, list(words))) for at, page in lines]
    return [Quote(at=at, text=excerpt) for at, excerpt in found if excerpt]
