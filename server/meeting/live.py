"""What signalling asks of the house: the durable log of its rooms."""

from collections.abc import Mapping, Sequence

from server.accounts import queries as accounts
from server.accounts import service as people
from server.core.database import Database
from server.core.errors import Refusal
from server.core.unit import Unit
from server.meeting import queries, service
from server.meeting.doors import Door
from server.meeting.model import MeetingEntry
from server.meeting.recordings import service as recordings
from signaling.ports import Entry, Line, Stay
from signaling.refusals import NotBegun, PatientConsentMissing

CAPTIONS = frozenset({"captions", "corrected"})
"""What a host does about captions; the lines themselves are nobody's act."""


class SqlJournal:
    """signaling.ports.Journal on the site's database. Each append is one committed transaction."""

    def __init__(self, database: Database, doors: Mapping[str, Door]) -> None:
        self._database, self._doors = database, doors

    async def append(self, room: str, lines: Sequence[Line]) -> Sequence[Entry]:
        async with self._database.unit() as unit:
            written = await service.append(unit, meeting_id=room, lines=lines)
            for line, (entry, new) in zip(lines, written, strict=True):
                if new and line.kind in ("recording", "ended"):
                    on, why = bool(line.body.get("on")), str(line.body.get("why", line.kind))
                    await self._record(unit, entry, on=on, why=why)
                elif new and line.kind in CAPTIONS:
                    await self._caption(unit, entry, line)
                elif new and line.kind == "asked":  # nobody is asked for what the patient has not agreed to
                    await self._may_be_kept(unit, room)
            fresh = [entry for entry, new in written if new]
            if any(one.kind == "ended" and one.by for one in fresh):  # by nobody: the house knows already
                await self._end(unit, room)
            elif any(one.kind in ("joined", "left") for one in fresh):
                await self._tell_subject(unit, room)
            return [_entry(unit, entry) for entry, _ in written]

    async def _record(self, unit: Unit, entry: MeetingEntry, *, on: bool, why: str) -> None:
        """Raises PatientConsentMissing: nothing is written."""
        if not on:
            await recordings.end(unit, meeting_id=entry.meeting_id, why=why)
            return
        await self._may_be_kept(unit, entry.meeting_id)
        await recordings.begin(unit, meeting_id=entry.meeting_id, number=entry.seq)

    async def _may_be_kept(self, unit: Unit, room: str) -> None:
        """Whether what is said and seen there may stay. Raises PatientConsentMissing."""
        meeting = await queries.meeting(unit, room)
        try:
            await self._doors[meeting.subject_kind].records(unit, meeting)
        except Refusal as refused:
            raise PatientConsentMissing from refused

    async def _caption(self, unit: Unit, entry: MeetingEntry, line: Line) -> None:
        """On record in the name of the host whose word it was. Raises PatientConsentMissing: nothing is written."""
        on = bool(line.body.get("on"))
        if on:
            await self._may_be_kept(unit, entry.meeting_id)
        for post in (await accounts.posts_of(unit, line.by or "", people.today(unit.now)))[:1]:
            unit.signed_in = await people.actor_at(unit, post)
        act = "caption_corrected" if line.kind == "corrected" else "captions_begun" if on else "captions_ended"
        unit.record(f"meeting.{act}", kind="meeting", id=entry.meeting_id)

    async def _tell_subject(self, unit: Unit, room: str) -> None:
        meeting = await queries.meeting(unit, room)
        if door := self._doors.get(meeting.subject_kind):
            await door.presence_changed(unit, meeting)

    async def _end(self, unit: Unit, room: str) -> None:
        """Raises NotBegun: the room stays open, nothing is written."""
        meeting = await queries.meeting(unit, room)
        try:
            if door := self._doors.get(meeting.subject_kind):
                await door.ended(unit, meeting)
        except Refusal as refused:
            raise NotBegun from refused

    async def since(self, room: str, seq: int, limit: int) -> Sequence[Entry]:
        async with self._database.unit(writes=False) as unit:
            return [_entry(unit, one) for one in await queries.entries(unit, room, after=seq, limit=limit)]

    async def standing(self) -> Sequence[Stay]:
        async with self._database.unit(writes=False) as unit:
            return [Stay(one.meeting_id, one.by or "", one.stay or "") for one in await queries.standing(unit)]


def _entry(unit: Unit, row: MeetingEntry) -> Entry:
    return Entry(row.meeting_id, row.seq, row.at, row.kind, row.by, queries.opened(unit, row))
