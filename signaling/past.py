"""What somebody has missed of a room's log."""

from __future__ import annotations

from typing import Any

from signaling.answers import Missed
from signaling.history import fitting
from signaling.ports import Seat
from signaling.room import Room
from signaling.scribe import Scribe

PAGE = 200  # entries at a time, of the log


class Past:
    def __init__(self, room: Room, scribe: Scribe) -> None:
        self._room, self._scribe = room, scribe

    def missed(self, seat: Seat, last: int) -> Missed:
        """The newest entries after `last`; from here on the seat follows the log."""
        room, seq = self._room, self._room.history.seq
        beyond = last > seq  # a page has seen more than the log has: it was restored from a backup
        last = max(0 if beyond else last, room.floor(seat.grant))
        missed = [entry for entry in room.newest.after(last) if room.tells(entry, seat.who)]
        events = fitting(reversed(missed))[::-1]
        room.caught_up(seat.who, seq)
        return Missed(events, seq, beyond or room.newest.lacks(last) or len(events) < len(missed))

    async def page(self, seat: Seat, last: int) -> dict[str, Any]:
        """`seq, events, more` after `last`. Raises `Unavailable`."""
        last = max(last, self._room.floor(seat.grant))
        page = await self._scribe.since(last, PAGE)
        told = [entry for entry in page if self._room.tells(entry, seat.who)]
        events = fitting(told)
        cut = len(events) < len(told)
        seq = events[-1]["seq"] if cut else page[-1].seq if page else last
        return {"seq": seq, "events": events, "more": cut or len(page) == PAGE}
