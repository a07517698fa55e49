"""A recording is played on one proof of who watches: it opens a showing, within which whoever seeks or resumes goes on.

A showing hangs on the sign-in: whoever signs out has ended it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete

from server.meeting.recordings.model import Recording, Showing

if TYPE_CHECKING:
    from server.core.unit import Unit

PAUSES = timedelta(minutes=30)


def until(recording: Recording, now: datetime) -> datetime:
    """Time to watch all of it twice, with a pause."""
    return now + 2 * timedelta(seconds=recording.seconds) + PAUSES


async def runs(unit: Unit, recording: Recording) -> bool:
    """Never for the cookie of before the proof, which still comes for a minute (decision 0023)."""
    if unit.actor.reauthenticated_at is None:
        return False
    found = await unit.session.get(Showing, (unit.actor.session_id, recording.id))
    return found is not None and unit.now < found.until


async def begin(unit: Unit, recording: Recording) -> None:
    """The actor has just proved who they are. Twice is once."""
    await unit.session.get_one(Recording, recording.id, with_for_update=True)  # a player asks for two pieces at once
    ends = until(recording, unit.now)
    await unit.session.merge(Showing(sign_in_id=unit.actor.session_id, recording_id=recording.id, until=ends))
    await unit.session.flush()


async def forget_showings(unit: Unit) -> int:
    """Those that have ended; how many they were."""
    gone = await unit.session.execute(delete(Showing).where(Showing.until <= unit.now).returning(Showing.recording_id))
    return len(gone.all())
