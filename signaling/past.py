"""What somebody has missed of a room's log."""

from __future__ import annotations

from collections import deque
from typing import Any

from signaling.answers import Missed
from signaling.history import fitting
from signaling.ports import Entry, Seat
from signaling.reader import Reader
from signaling.room import Room
from signaling.scribe import Scribe

NEWEST = 200  # entries of a join answer; who missed more gets a snapshot


class Past:
    def __init__(self, room: Room, scribe: Scribe, reader: Reader) -> None:
        self._room, self._scribe, self._reader = room, scribe, reader

    async def missed(self, seat: Seat, last: int) -> Missed:
        """The newest entries after `last`; from here on the seat follows the log. Raises `Unavailable`."""
        beyond = last > self._room.history.seq and await self._beyond(last)
        last = max(0 if beyond else last, self._room.floor(seat.grant))
        missed: deque[Entry] = deque(maxlen=NEWEST)
        read = 0
        while True:
            page = await self._scribe.since(last, NEWEST)
            told = [entry for entry in page if self._room.tells(entry, seat.who)]
            missed.extend(told)
            read += len(told)
            last = page[-1].seq if page else last
            if len(page) < NEWEST and self._room.caught_up(seat.who, last):
                events = fitting(reversed(missed))[::-1]
                return Missed(events, last, beyond or read > len(events))

    async def page(self, seat: Seat, last: int) -> dict[str, Any]:
        """`seq, events, more` after `last`. Raises `Unavailable`."""
        last = max(last, self._room.floor(seat.grant))
        page = await self._scribe.since(last, NEWEST)
        told = [entry for entry in page if self._room.tells(entry, seat.who)]
        events = fitting(told)
        cut = len(events) < len(told)
        seq = events[-1]["seq"] if cut else page[-1].seq if page else last
        return {"seq": seq, "events": events, "more": cut or len(page) == NEWEST}

    async def _beyond(self, last: int) -> bool:
        """Whether a page has seen more than the log has: the log was restored from a backup."""
        await self._reader.read()
        return last > self._room.history.seq
