"""The library: recordings by what was taught, their chapters, and what was written meanwhile. Mostly pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from server.core.errors import NotFound
from server.core.unit import Unit
from server.files import queries as files
from server.files.words import Page
from server.meeting import queries as meetings
from server.meeting.recordings import queries as recordings
from server.meeting.recordings.minutes import during
from server.teaching import captions, consenting, finding, queries
from server.teaching.finding import Excerpt
from server.teaching.materials import SUBJECT
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.meeting.model import MeetingEntry
    from server.meeting.recordings.model import Recording
    from server.teaching.views import SessionCard

CLOSE = 3.0
"""Seconds within which pages that were only leafed through make no chapter."""


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """`at` in seconds; `page` of the slides in `file`, 0 for an item of the agenda."""

    at: float
    what: str
    who: str = ""
    page: int = 0
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is found: a recording, and what was taught in it; `cases` are the titles of its teaching cases."""

    session: TeachingSession
    card: SessionCard
    recording: Recording
    cases: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Words found on a page, and the moment when it was shown first; or in what was said then, with `page` 0."""

    at: float
    page: int
    text: Excerpt


async def get_for(unit: Unit, action: str, id: str) -> tuple[TeachingSession, Recording]:
    """Raises NotFound alike for none, not yours, one about something else, and one whose patient has withdrawn."""
    recording = await recordings.recording(unit, id)
    session = await queries.by_meeting(unit, recording.meeting_id)
    if session is None:
        raise NotFound
    found = await queries.get_for(unit, action, session.id)
    if action == "teaching.watch" and await consenting.withheld(unit, [session.id]):
        raise NotFound
    return found, recording


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


def of_slides(turned: Iterable[tuple[float, str, int]]) -> list[Chapter]:
    """`turned` are (seconds, file, page) as they came before all; "" for none."""
    found: list[Chapter] = []
    for at, file, page in turned:
        if found and at - found[-1].at < CLOSE:
            found.pop()
        if file and page and (not found or (found[-1].file, found[-1].page) != (file, page)):
            found.append(Chapter(at=at, what="", page=page, file=file))
    return found


async def chapters(unit: Unit, session: TeachingSession, recording: Recording) -> list[Chapter]:
    slides = _slides(unit, recording, await meetings.entries_of(unit, recording.meeting_id, ["slide"]))
    return sorted([*of_agenda(session, recording), *slides], key=lambda one: (one.at, one.page))


def _slides(unit: Unit, recording: Recording, entries: Iterable[MeetingEntry]) -> list[Chapter]:
    turned = during(unit, recording, entries)
    return of_slides((at, str(body.get("file") or ""), int(body.get("page", 0))) for at, _, body in turned)


# ---- finding


async def search(unit: Unit, lessons: Sequence[Lesson], wanted: str) -> list[tuple[Lesson, Sequence[Hit]]]:
    """The lessons that have every word of `wanted`: in title, cases, agenda or teachers, on a page that was shown, or
    in a sentence that was said.

    Pages count that stand in the recording: whoever may watch it sees what was shown, and nothing else of the file.
    """
    words = finding.words_of(wanted)
    if not words:
        return [(one, ()) for one in lessons]
    left = {one.recording.id: finding.missing(_described(one), words) for one in lessons}
    sought = {id: missing or words for id, missing in left.items()}
    hits = _together(await _hits(unit, lessons, sought), await _quotes(unit, sought))
    return [(one, found) for one in lessons if (found := hits.get(one.recording.id, ())) or not left[one.recording.id]]


def _described(lesson: Lesson) -> str:
    session = lesson.session
    agenda = [f"{item['what']} {item.get('who', '')}" for item in session.agenda]
    cases = [*session.cases, *lesson.cases]
    return " ".join([session.title, session.specialty, session.about, *cases, lesson.card.teachers, *agenda])


async def _hits(unit: Unit, lessons: Sequence[Lesson], words: Mapping[str, list[str]]) -> dict[str, list[Hit]]:
    """By recording, of `words` of each."""
    pages = await files.words_of(unit, SUBJECT, [one.session.id for one in lessons])
    found = {one.recording.id: _excerpts(pages.get(one.session.id, {}), words[one.recording.id]) for one in lessons}
    meant = [one.recording for one in lessons if found[one.recording.id]]
    turned = await meetings.entries_of_all(unit, [one.meeting_id for one in meant], ["slide"])
    return {one.id: _shown(_slides(unit, one, turned.get(one.meeting_id, ())), found[one.id]) for one in meant}


async def _quotes(unit: Unit, words: Mapping[str, list[str]]) -> dict[str, list[Hit]]:
    """By recording, of what was said in it."""
    said = await recordings.words_of(unit, words)
    return {
        id: [Hit(at=one.at, page=0, text=one.text) for one in captions.quotes(lines, words[id])]
        for id, lines in said.items()
    }


def _together(*found: Mapping[str, list[Hit]]) -> dict[str, list[Hit]]:
    ids = {id for one in found for id in one}
    return {id: sorted((hit for one in found for hit in one.get(id, ())), key=lambda hit: hit.at) for id in ids}


def _excerpts(pages: Mapping[str, Sequence[Page]], words: list[str]) -> dict[tuple[str, int], Excerpt]:
    """By file and page."""
    return {
        (file, number): excerpt
        for file, written in pages.items()
        for number, page in enumerate(written, 1)
        if (excerpt := finding.excerpt(page, words))
    }


def _shown(slides: Iterable[Chapter], excerpts: Mapping[tuple[str, int], Excerpt]) -> list[Hit]:
    """Each page once."""
    first = {(one.file, one.page): one for one in reversed(list(slides))}
    hits = [Hit(at=one.at, page=one.page, text=excerpts[page]) for page, one in first.items() if page in excerpts]
    return sorted(hits, key=lambda hit: hit.at)
