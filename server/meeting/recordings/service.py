"""Beginning and ending a recording, putting away what was made of it, watching, keeping and removing."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from server.core.unit import Unit
from server.files.words import Page
from server.meeting import queries as meetings
from server.meeting.recordings import queries
from server.meeting.recordings.kinds import Ladder, RecordingState
from server.meeting.recordings.model import KEPT, RecordedFile, Recording, RecordingMoved, Rung, Viewing


def _about(recording: Recording) -> str:
    return f"recordings.key:{recording.id}"


async def begin(unit: Unit, *, meeting_id: str, number: int) -> Recording:
    """The log's entry `number` says that it is recorded from now on."""
    recording = Recording(id=unit.new_id(), meeting_id=meeting_id, number=number, began_at=unit.now, gaps=[])
    recording.key_sealed = unit.keys.seal(os.urandom(32), _about(recording))
    unit.session.add(recording)
    await unit.session.flush()
    unit.record("recording.begun", kind="recording", id=recording.id)
    await _tell(unit, recording)
    return recording


async def end(unit: Unit, *, meeting_id: str, why: str) -> None:
    """Whatever is being recorded there is over and waits to be made playable."""
    for recording in await queries.running(unit, meeting_id):
        recording.move(RecordingState.WAITING)
        recording.ended_at, recording.ended_why = unit.now, why
        unit.record("recording.ended", kind="recording", id=recording.id, reason=why)
        await _tell(unit, recording)
    await unit.session.flush()


async def _tell(unit: Unit, recording: Recording) -> None:
    """The pages of what it is a recording of show how it stands."""
    meeting = await meetings.meeting(unit, recording.meeting_id)
    unit.announce(f"{meeting.subject_kind}:{meeting.subject_id}", "recording", state=recording.state.value)


def key_of(unit: Unit, recording: Recording) -> bytes:
    """What its films are sealed with."""
    return unit.keys.open(recording.key_sealed or b"", _about(recording))


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file of the vault."""

    id: str
    size: int
    sha256: str
    wrapped_key: bytes


@dataclass(frozen=True, kw_only=True)
class Made(Stored):
    """As it was made: `source` "" for the whole."""

    source: str
    pictures: bool


@dataclass(frozen=True, kw_only=True)
class MadeRung(Stored):
    """As `server.meeting.recordings.ladder` tells of it."""

    name: str
    playlist: str
    codecs: str
    bandwidth: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`origin` in seconds since 1970, `gaps` in seconds from there."""

    origin: float
    lasts: float
    gaps: Sequence[Sequence[float]]
    files: Sequence[Made]


async def making(unit: Unit, *, recording: Recording, percent: int) -> None:
    """How far it is on its way to being watched."""
    recording.percent = min(percent, 99)
    await _tell(unit, recording)


async def ready(unit: Unit, *, recording: Recording, outcome: Outcome) -> None:
    """It can be watched; or there is nothing to watch."""
    recording.percent, recording.key_sealed = 100, None
    if not outcome.files:
        recording.move(RecordingState.EMPTY)
        unit.record("recording.empty", kind="recording", id=recording.id)
        await _tell(unit, recording)
        return
    recording.move(RecordingState.READY)
    recording.origin = datetime.fromtimestamp(outcome.origin, UTC)
    recording.seconds, recording.gaps = round(outcome.lasts), [list(gap) for gap in outcome.gaps]
    recording.keep_until = recording.began_at + KEPT
    for position, made in enumerate(outcome.files):
        recording.files.append(RecordedFile(recording_id=recording.id, position=position, **vars(made)))
    await unit.session.flush()
    unit.record("recording.ready", kind="recording", id=recording.id)
    await _tell(unit, recording)


async def ladder_made(unit: Unit, *, recording: Recording, rungs: Sequence[MadeRung]) -> None:
    """Weak lines can watch it too. Raises RecordingMoved when it was removed meanwhile."""
    if recording.state is not RecordingState.READY:
        raise RecordingMoved
    recording.ladder = Ladder.MADE
    for position, made in enumerate(rungs):
        recording.rungs.append(Rung(recording_id=recording.id, position=position, **vars(made)))
    await unit.session.flush()
    unit.record("recording.laddered", kind="recording", id=recording.id)


async def ladder_failed(unit: Unit, *, recording: Recording) -> None:
    """The original is all there is."""
    recording.ladder = Ladder.FAILED
    await unit.session.flush()
    unit.record("recording.not_laddered", kind="recording", id=recording.id)


async def keep_words(unit: Unit, *, recording: Recording, lines: Iterable[tuple[float, str]]) -> None:
    """What was said in it, as (seconds, text), sealed for finding."""
    pages = [(at, Page.of(text)) for at, text in lines]
    written = orjson.dumps([(at, page.text, page.initials) for at, page in pages])
    recording.sealed_words = unit.keys.seal(written, queries.about_words(recording.id))
    await unit.session.flush()


# ---- watching


async def watched(unit: Unit, *, recording: Recording, position: int, begun: bool) -> None:
    """How far the actor has come; `begun`: they have just begun, once more."""
    viewing = await queries.viewing(unit, recording.id, unit.actor.person_id)
    if viewing is None:
        viewing = Viewing(recording_id=recording.id, person_id=unit.actor.person_id, times=0)
        unit.session.add(viewing)
    viewing.times += begun
    viewing.position, viewing.seen_at = min(position, recording.seconds), unit.now
    await unit.session.flush()


# ---- keeping


async def remove(unit: Unit, *, recording: Recording, reason: str) -> None:
    """Nobody can watch it any more; the duty deletes its files."""
    recording.move(RecordingState.REMOVED)
    recording.removed_by = unit.actor.person_id if unit.signed_in else None
    recording.key_sealed = recording.sealed_words = None
    await unit.session.flush()
    unit.record("recording.removed", kind="recording", id=recording.id, reason=reason)
