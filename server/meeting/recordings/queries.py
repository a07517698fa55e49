"""Finding recordings and who has watched them. Who may is asked by what the meeting is about."""

from collections.abc import Iterable

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from server.core.errors import NotFound
from server.core.unit import Unit
from server.files.words import Page
from server.meeting.recordings.kinds import Ladder, RecordingState
from server.meeting.recordings.model import RecordedFile, Recording, Rung, Viewing


async def recording(unit: Unit, id: str) -> Recording:
    """Raises NotFound."""
    found = await unit.session.get(Recording, id)
    if found is None:
        raise NotFound
    return found


async def begun_by(unit: Unit, meeting_id: str, number: int) -> Recording | None:
    query = select(Recording).where(Recording.meeting_id == meeting_id, Recording.number == number)
    return await unit.session.scalar(query)


async def running(unit: Unit, meeting_id: str) -> list[Recording]:
    query = select(Recording).where(Recording.meeting_id == meeting_id, Recording.state == RecordingState.RUNNING)
    return list(await unit.session.scalars(query))


async def in_state(unit: Unit, state: RecordingState, limit: int = 20) -> list[Recording]:
    query = select(Recording).where(Recording.state == state).order_by(Recording.id).limit(limit)
    return list(await unit.session.scalars(query))


async def outlived(unit: Unit, limit: int = 20) -> list[Recording]:
    query = select(Recording).where(Recording.state == RecordingState.READY, Recording.keep_until <= unit.now)
    return list(await unit.session.scalars(query.limit(limit)))


async def files_left(unit: Unit, limit: int = 50) -> list[RecordedFile]:
    """Of recordings that were removed."""
    query = select(RecordedFile).join(Recording).where(Recording.state == RecordingState.REMOVED)
    return list(await unit.session.scalars(query.limit(limit)))


async def without_ladder(unit: Unit, limit: int = 20) -> list[Recording]:
    """Those that can be watched and have nothing for weak lines yet, the latest first."""
    wanted = Recording.state == RecordingState.READY, Recording.ladder == Ladder.WAITING
    query = select(Recording).where(*wanted).order_by(Recording.id.desc()).limit(limit)
    return list(await unit.session.scalars(query))


async def without_words(unit: Unit, limit: int = 200) -> list[Recording]:
    """Those that can be watched and of which nobody has noted what was said in them."""
    wanted = Recording.state == RecordingState.READY, Recording.sealed_words.is_(None)
    return list(await unit.session.scalars(select(Recording).where(*wanted).order_by(Recording.id).limit(limit)))


async def words_of(unit: Unit, ids: Iterable[str]) -> dict[str, list[tuple[float, Page]]]:
    """By recording what was said in it, each line with its seconds. The caller has asked who may see them."""
    noted = Recording.id.in_(set(ids)), Recording.sealed_words.is_not(None)
    rows = (await unit.session.execute(select(Recording.id, Recording.sealed_words).where(*noted))).all()
    return {id: [(at, Page(*page)) for at, *page in orjson.loads(_opened(unit, id, sealed))] for id, sealed in rows}


def _opened(unit: Unit, id: str, sealed: bytes | None) -> bytes:
    return unit.keys.open(sealed or b"", about_words(id))


def about_words(id: str) -> str:
    """What the words of a recording are sealed for."""
    return f"recordings.words:{id}"


async def rungs_left(unit: Unit, limit: int = 50) -> list[Rung]:
    """Of recordings that were removed."""
    query = select(Rung).join(Recording).where(Recording.state == RecordingState.REMOVED)
    return list(await unit.session.scalars(query.limit(limit)))


async def rung_of(unit: Unit, recording_id: str, name: str) -> Rung:
    """With its playlist. Raises NotFound."""
    query = select(Rung).where(Rung.recording_id == recording_id, Rung.name == name).options(undefer(Rung.playlist))
    found = await unit.session.scalar(query)
    if found is None:
        raise NotFound
    return found


async def of_meetings(unit: Unit, meeting_ids: Iterable[str]) -> list[Recording]:
    """What there is to see, or will be, in the order in which it was recorded."""
    shown = (RecordingState.RUNNING, RecordingState.WAITING, RecordingState.READY)
    query = select(Recording).where(Recording.meeting_id.in_(set(meeting_ids)), Recording.state.in_(shown))
    return list(await unit.session.scalars(query.order_by(Recording.id)))


async def all_of(unit: Unit, meeting_id: str) -> list[Recording]:
    """Whatever was begun, what is gone too, in the order in which it was recorded."""
    query = select(Recording).where(Recording.meeting_id == meeting_id).order_by(Recording.id)
    return list(await unit.session.scalars(query))


async def file_of(unit: Unit, recording_id: str, id: str) -> RecordedFile:
    """Raises NotFound."""
    found = await unit.session.get(RecordedFile, id)
    if found is None or found.recording_id != recording_id:
        raise NotFound
    return found


async def viewing(unit: Unit, recording_id: str, person_id: str) -> Viewing | None:
    return await unit.session.get(Viewing, (recording_id, person_id))


async def views(unit: Unit, recording_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """(how often, by how many people) of each that was watched."""
    query = (
        select(Viewing.recording_id, func.sum(Viewing.times), func.count())
        .where(Viewing.recording_id.in_(set(recording_ids)))
        .group_by(Viewing.recording_id)
    )
    return {id: (int(times), int(people)) for id, times, people in (await unit.session.execute(query)).all()}


async def viewings_of(unit: Unit, recording_ids: Iterable[str], person_id: str) -> dict[str, Viewing]:
    query = select(Viewing).where(Viewing.recording_id.in_(set(recording_ids)), Viewing.person_id == person_id)
    return {one.recording_id: one for one in await unit.session.scalars(query)}
