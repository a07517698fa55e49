"""Where those who watch a hall are: at its own node, and when that one has its crowd, at further ones."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from signaling.media.janus.edge import Edge, Leg
from signaling.media.janus.node import Node
from signaling.media.janus.subscription import Source
from signaling.media.ports import MediaRefusal
from signaling.tasks import Tasks

log = logging.getLogger(__name__)


class Place(Protocol):
    """A room of a node, and what can be watched there, by id."""

    node: Node
    room: str
    sources: dict[str, Source]


@dataclass(eq=False, slots=True)
class Home:
    """The hall's own room."""

    node: Node
    room: str
    sources: dict[str, Source]


@dataclass(frozen=True, slots=True)
class Ground:
    """`further` finds one more node beside those of a hall, its own first; None when there is none."""

    crowd: int
    further: Callable[[Sequence[Node]], Node | None]


class Audience:
    """`scattered` is called with those whose place is gone."""

    def __init__(self, home: Home, ground: Ground, tasks: Tasks, scattered: Callable[[list[str]], None]) -> None:
        self._home, self._ground, self._tasks, self._scattered = home, ground, tasks, scattered
        self._edges: list[Edge] = []
        self._unfit: set[Node] = set()  # took nothing in, and have not been started again since
        self._seats: dict[str, Place] = {}
        self._turn = asyncio.Lock()

    @property
    def places(self) -> list[Place]:
        return [self._home, *self._edges]

    def place(self, who: str) -> Place:
        return self._seats[who]

    # ---- who comes and goes

    async def seat(self, who: str) -> Place:
        """Raises MediaRefusal."""
        async with self._turn:
            self._seats.pop(who, None)
            place = self._seats[who] = self._free() or await self._further() or self._emptiest()
            if isinstance(place, Edge):
                await place.settle(self._home.sources)
        if self._seats.get(who) is not place:
            raise MediaRefusal("media.unavailable", f"{self._home.room} is over at {place.node.address}")
        self._settle_empty()
        return place

    def leave(self, who: str) -> None:
        self._seats.pop(who, None)
        self._settle_empty()

    def _free(self) -> Place | None:
        there = Counter(self._seats.values())
        return next((place for place in self.places if there[place] < self._ground.crowd), None)

    def _emptiest(self) -> Place:
        """Where nodes run out, a hall is fuller rather than shut."""
        there = Counter(self._seats.values())
        return min(self.places, key=lambda place: there[place])

    # ---- further nodes

    async def _further(self) -> Edge | None:
        node = self._ground.further([*(place.node for place in self.places), *self._unfit])
        if node is None:
            return None
        edge = Edge(self._home.room, self._home.node, node, self.lost)
        try:
            await edge.open()
        except MediaRefusal as refusal:
            log.warning("%s does not take a part of %s: %s", node.address, self._home.room, refusal)
            self._unfit.add(node)
            return None
        self._edges.append(edge)
        return edge

    def _settle_empty(self) -> None:
        """A further node without watchers gets nothing passed on."""
        seated = set(self._seats.values())
        for edge in [edge for edge in self._edges if edge not in seated]:
            self._edges.remove(edge)
            self._tasks.start(edge.close(), "a further node is left")

    async def settle(self) -> list[Leg]:
        """Passes on what the hall has now. What is over: to be ended when nobody watches it any more."""
        over = await asyncio.gather(*(edge.settle(self._home.sources) for edge in self._edges))
        return [leg for legs in over for leg in legs]

    def died(self, node: Node) -> None:
        self._unfit.discard(node)
        for edge in [edge for edge in self._edges if edge.node is node]:
            self.lost(edge)

    def lost(self, edge: Edge) -> None:
        if edge in self._edges:
            self._edges.remove(edge)
            self._tasks.start(edge.close(), "a further node is lost")
            gone = [who for who, place in self._seats.items() if place is edge]
            for who in gone:
                del self._seats[who]
            self._scattered(gone)

    async def close(self) -> None:
        async with self._turn:
            edges, self._edges = self._edges, []
            self._seats.clear()
            await asyncio.gather(*(edge.close() for edge in edges))
