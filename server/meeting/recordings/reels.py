"""What signalling asks of the house to record: where to, and sealed with what."""

from pathlib import Path

from server.core.database import Database
from server.meeting.recordings import queries, service
from server.meeting.recordings.kinds import RecordingState
from signaling.media.ports import Reel


class NotRecorded(Exception):
    """The house knows of no such recording, or it is over."""


class SealedReels:
    """signaling.ports.Recordings."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    async def reel(self, room: str, number: int) -> Reel:
        async with self._database.unit(writes=False) as unit:
            recording = await queries.begun_by(unit, room, number)
            if recording is None or recording.state is not RecordingState.RUNNING:
                raise NotRecorded(room)
            return Reel(str(folder_of(self._folder, recording.id)), service.key_of(unit, recording))


def folder_of(folder: Path, recording_id: str) -> Path:
    """Where the films of a recording lie until it can be played."""
    return folder / recording_id
