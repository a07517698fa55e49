"""Before the door: of one address only so many connections may stand there that have joined nothing; the next wait.

A hospital comes through one address, a thousand at the hour of a lesson: they come in as those before them have
joined. Who only stands there keeps nobody waiting but their own address.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque

PLACES = 20  # connections that have joined nothing, from one address
QUEUE = 1000  # more of them, waiting
PATIENCE = 15.0  # seconds; a page gives up after 20


class Porch:
    def __init__(self, *, places: int = PLACES, queue: int = QUEUE, patience: float = PATIENCE) -> None:
        self._places, self._queue, self._patience = places, queue, patience
        self._standing: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)

    async def come(self, address: str) -> bool:
        """Whether there is a place, if need be after a wait; it is taken until `go`."""
        if self._standing[address] < self._places and not self._waiting.get(address):
            self.back(address)
            return True
        if len(self._waiting[address]) >= self._queue:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[address].append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            return has_place(turn)
        except asyncio.CancelledError:
            if has_place(turn):
                self.go(address)
            raise
        finally:
            self._forget(address, turn)
        return True

    def back(self, address: str) -> None:
        """Who was in has left what they had joined, and stands here again."""
        self._standing[address] += 1

    def go(self, address: str) -> None:
        """Who stood here has joined something, or has gone."""
        self._standing[address] -= 1
        for turn in self._waiting.get(address, ()):
            if self._standing[address] >= self._places:
                break
            if not turn.done():
                self.back(address)
                turn.set_result(None)
        if not self._standing[address]:
            del self._standing[address]

    def _forget(self, address: str, turn: asyncio.Future[None]) -> None:
        self._waiting[address].remove(turn)
        if not self._waiting[address]:
            del self._waiting[address]


def has_place(turn: asyncio.Future[None]) -> bool:
    """It may have come in the very moment that ended the wait."""
    return turn.done() and not turn.cancelled()
