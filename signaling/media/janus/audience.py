"""Where those who watch a hall are: at its own node, and when that one has its crowd, at further ones."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from signaling.media.janus.edge import Edge, Leg
from signaling.media.janus.node import Node
from signaling.media.janus.subscription import Source
from signaling.media.ports import MediaRefusal
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds for a further node to take a part: whoever waits for a seat has others behind them


class Place(Protocol):
    """A room of a node, and what can be watched there, by id; `slotted`: each source comes in a slot (see `edge`)."""

    node: Node
    room: str
    sources: dict[str, Source]
    slotted: bool

    async def settle(self, sources: Mapping[str, Source]) -> list[Leg]:
        """Lets those of the hall be watched there. What is over: to be ended when nobody there watches it any more."""


@dataclass(eq=False, slots=True)
class Home:
    """The hall's own room: what is published there is there."""

    node: Node
    room: str
    sources: dict[str, Source]
    slotted: bool = False

    async def settle(self, sources: Mapping[str, Source]) -> list[Leg]:
        return []


@dataclass(frozen=True, slots=True)
class Seating:
    """`further` finds one more node beside those of a hall, its own first; None when there is none."""

    crowd: int
    further: Callable[[Sequence[Node]], Node | None]


class Audience:
    """`scattered` is called with those whose place is gone."""

    def __init__(self, home: Home, seating: Seating, tasks: Tasks, scattered: Callable[[list[str]], None]) -> None:
        self._home, self._seating, self._tasks, self._scattered = home, seating, tasks, scattered
        self._edges: list[Edge] = []
        self._unfit: set[Node] = set()  # took nothing in, and have not been started again since
        self._seats: dict[str, Place] = {}
        self._comings: dict[str, object] = {}  # the last of each person
        self._turn = asyncio.Lock()

    @property
    def places(self) -> list[Place]:
        return [self._home, *self._edges]

    def place(self, who: str) -> Place:
        return self._seats[who]

    def seated(self, place: Place) -> list[str]:
        return [who for who, there in self._seats.items() if there is place]

    # ---- who comes and goes

    async def seat(self, who: str) -> Place:
        """Raises MediaRefusal: also when they leave, or come once more, before they sit."""
        coming = self._comings[who] = object()
        try:
            place = await self._find(who)
            if self._comings.get(who) is not coming or self._seats.get(who) is not place:
                raise MediaRefusal("media.unavailable", f"{who} has left, or {place.node.address} has")
        except BaseException:
            if self._comings.get(who, coming) is coming:
                self.leave(who)
            raise
        self._settle_empty()
        return place

    async def _find(self, who: str) -> Place:
        async with self._turn:
            self._seats.pop(who, None)
            place = self._seats[who] = self._free() or await self._further() or self._emptiest()
            await place.settle(self._home.sources)
            return place

    def leave(self, who: str) -> None:
        """Whoever is on their way gets no seat any more."""
        self._comings.pop(who, None)
        self._seats.pop(who, None)
        self._settle_empty()

    def _free(self) -> Place | None:
        there = Counter(self._seats.values())
        return next((place for place in self.places if there[place] < self._seating.crowd), None)

    def _emptiest(self) -> Place:
        """Where nodes run out, a hall is fuller rather than shut."""
        there = Counter(self._seats.values())
        return min(self.places, key=lambda place: there[place])

    # ---- further nodes

    async def _further(self) -> Edge | None:
        node = self._seating.further([*(place.node for place in self.places), *self._unfit])
        if node is None:
            return None
        edge = Edge(self._home.room, self._home.node, node, self.lost)
        try:
            async with asyncio.timeout(PATIENCE):
                await edge.open()
            self._edges.append(edge)
        except (MediaRefusal, TimeoutError) as why:
            log.warning("%s does not take a part of %s: %r", node.address, self._home.room, why)
            self._unfit.add(node)
            return None
        finally:
            if edge not in self._edges:
                self._tasks.start(edge.close(), "a further node takes no part")
        return edge

    def _settle_empty(self) -> None:
        """A further node without watchers gets nothing passed on."""
        seated = set(self._seats.values())
        for edge in [edge for edge in self._edges if edge not in seated]:
            self._edges.remove(edge)
            self._tasks.start(edge.close(), "a further node is left")

    def died(self, node: Node) -> None:
        self._unfit.discard(node)
        for edge in [edge for edge in self._edges if edge.node is node]:
            self.lost(edge)

    def lost(self, edge: Edge) -> None:
        if edge in self._edges:
            self._edges.remove(edge)
            self._tasks.start(edge.close(), "a further node is lost")
            gone = self.seated(edge)
            for who in gone:
                del self._seats[who]
            self._scattered(gone)

    async def close(self) -> None:
        self._comings.clear()
        async with self._turn:
            edges, self._edges = self._edges, []
            self._seats.clear()
            await asyncio.gather(*(edge.close() for edge in edges))
