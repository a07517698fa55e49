"""Keeping the store's board up to date without anybody waiting for it."""

from __future__ import annotations

import asyncio
import logging

from signaling.ports import Seat, Store

log = logging.getLogger(__name__)


class Presence:
    """The last word about each seat wins; words about one seat that come faster than the store
    takes them are never sent."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._words: dict[tuple[str, str], tuple[Seat, bool]] = {}
        self._spoken = asyncio.Event()

    def seated(self, seat: Seat) -> None:
        self._say(seat, True)

    def vacated(self, seat: Seat) -> None:
        self._say(seat, False)

    def _say(self, seat: Seat, taken: bool) -> None:
        self._words[seat.grant.room, seat.who] = (seat, taken)
        self._spoken.set()

    async def run(self) -> None:
        while True:
            await self._spoken.wait()
            self._spoken.clear()
            await self.flush()

    async def flush(self) -> None:
        words, self._words = self._words, {}
        for seat, taken in words.values():
            try:
                await self._write(seat, taken)
            except Exception:
                log.exception("a seat was not written; the next renewal writes it again")

    async def _write(self, seat: Seat, taken: bool) -> None:
        if taken:
            await self._store.update(seat)
        else:
            await self._store.release(seat.grant.room, seat.who, seat.epoch)
