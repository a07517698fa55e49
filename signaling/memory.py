"""Store and bus of one process: the embedded default, and what a Redis node falls back on."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from signaling.ports import Boards, Broadcast, Grant, Hear, Seat

SWEEP = 1024  # expired tickets and windows are cleared once this many things were kept


@dataclass(slots=True)
class _Kept:
    grant: Grant
    until: float


class MemoryStore:
    """A port of `Store` in plain dictionaries. `monotonic` is a clock in seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tickets: dict[bytes, _Kept] = {}
        self._seats: dict[str, dict[str, Seat]] = {}
        self._nodes: dict[str, float] = {}
        self._windows: dict[str, tuple[float, int]] = {}
        self._kept = 0

    async def keep(self, ticket: str, grant: Grant, ttl: float) -> None:
        self._sweep()
        self._tickets[_digest(ticket)] = _Kept(grant, self._monotonic() + ttl)

    async def redeem(self, ticket: str) -> Grant | None:
        kept = self._tickets.pop(_digest(ticket), None)
        return kept.grant if kept and kept.until > self._monotonic() else None

    async def revoke(self, *, person: str = "", participant: str = "") -> None:
        self._tickets = {
            ticket: kept
            for ticket, kept in self._tickets.items()
            if not (person and kept.grant.person == person)
            and not (participant and kept.grant.participant == participant)
        }

    async def seat(self, room: str, who: str) -> Seat | None:
        seat = self._seats.get(room, {}).get(who)
        return seat if seat and self._alive(seat.node) else None

    async def claim(self, seat: Seat, after: int) -> bool:
        present = self._seats.get(seat.grant.room, {}).get(seat.who)
        if present and present.epoch != after and self._alive(present.node):
            return False
        self._seats.setdefault(seat.grant.room, {})[seat.who] = seat
        return True

    async def update(self, seat: Seat) -> None:
        present = self._seats.get(seat.grant.room, {}).get(seat.who)
        if present is None or present.age < seat.age:
            self._seats.setdefault(seat.grant.room, {})[seat.who] = seat

    async def release(self, room: str, who: str, epoch: int) -> None:
        board = self._seats.get(room, {})
        if who in board and board[who].epoch <= epoch:
            del board[who]
        if not board:
            self._seats.pop(room, None)

    async def boards(self, rooms: Collection[str]) -> Boards:
        return Boards({room: [s for s in self._seats.get(room, {}).values() if self._alive(s.node)] for room in rooms})

    async def renew(self, node: str, seats: Iterable[Seat], ttl: float) -> None:
        self._nodes[node] = self._monotonic() + ttl
        for seat in seats:
            await self.update(seat)

    async def spend(self, key: str, limit: int, window: float) -> bool:
        self._sweep()
        until, spent = self._windows.get(key, (0.0, 0))
        if until <= self._monotonic():
            until, spent = self._monotonic() + window, 0
        self._windows[key] = (until, spent + 1)
        return spent < limit

    async def close(self) -> None:
        pass

    def _alive(self, node: str) -> bool:
        return self._nodes.get(node, 0.0) > self._monotonic()

    def _sweep(self) -> None:
        """Nobody redeems a forgotten ticket, so what has expired is cleared as new things come."""
        self._kept += 1
        if self._kept % SWEEP:
            return
        now = self._monotonic()
        self._tickets = {t: kept for t, kept in self._tickets.items() if kept.until > now}
        self._windows = {k: window for k, window in self._windows.items() if window[0] > now}


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()


class Hub:
    """The air between nodes of one process; a lone server has one with a single bus on it."""

    def __init__(self) -> None:
        self.buses: dict[str, MemoryBus] = {}


class MemoryBus:
    def __init__(self, hub: Hub, node: str) -> None:
        self._hub = hub
        self._node = node
        self._hear: Hear | None = None

    @property
    def up(self) -> bool:
        return self._hear is not None

    async def start(self, hear: Hear, recovered: Callable[[], None]) -> None:
        self._hear = hear
        self._hub.buses[self._node] = self

    def publish(self, message: Broadcast, to: Collection[str] | None = None) -> None:
        for node, bus in self._hub.buses.items():
            if bus._hear and node != self._node and (to is None or node in to):
                asyncio.get_running_loop().call_soon(bus._hear, message)

    async def stop(self) -> None:
        self._hub.buses.pop(self._node, None)
        self._hear = None
