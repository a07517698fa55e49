"""The forwarder as the house sees it: halls over Janus nodes.

A hall is on one node: where another process of ours has it, else on the one that carries least. When more watch than
one node should serve, the others are put at further nodes, to which its publishers are passed on. When a further node
dies, those who watched there are told to come back; when the hall's own dies, everybody is, and finds the hall on
another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp

from signaling.media.janus.annex import Annex
from signaling.media.janus.audience import Seating
from signaling.media.janus.hall import Follows, Hall
from signaling.media.janus.node import Node
from signaling.media.ports import MediaEvent, MediaRefusal, Reel, SpeechService
from signaling.tasks import Tasks

START = 5.0  # seconds for the first node to be there


class Cluster:
    """Implements `signaling.media.ports.Forwarder`. `speech` writes down what is said; without it nothing listens. More
    watchers of a hall than a `crowd` are not put at one node as long as there is another."""

    def __init__(self, addresses: Sequence[str], secret: str, crowd: int, speech: SpeechService | None = None) -> None:
        self.nodes = [Node(address, secret, self._came, self._died) for address in addresses]
        self._tasks = Tasks()
        self._halls: dict[str, Hall | None] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._events: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self._found = asyncio.Event()
        self._seating = Seating(crowd, self._further)
        self._http: aiohttp.ClientSession | None = None
        self.annex = Annex(speech, self._events.put_nowait)

    # ---- nodes

    async def start(self) -> None:
        """Raises MediaRefusal when no node can be reached."""
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_connect=START))
        for node in self.nodes:
            self._tasks.start(node.keep(self._http), f"Janus at {node.address}")
        try:
            await asyncio.wait_for(self._found.wait(), START)
        except TimeoutError as error:
            raise MediaRefusal("media.unavailable", "no Janus can be reached") from error

    async def stop(self) -> None:
        await self.annex.stop()
        for name in list(self._halls):
            await self.close(name)
        for node in self.nodes:
            await node.stop()
        await self._tasks.stop()
        if self._http is not None:
            await self._http.close()

    def _came(self, node: Node) -> None:
        self._found.set()
        self._tasks.start(node.tidy(), "rooms left behind")

    def _died(self, node: Node) -> None:
        for hall in list(self._halls.values()):
            if hall is None:
                continue
            if hall.node is node:
                self._lost(hall)
            else:
                hall.audience.died(node)

    def _lost(self, hall: Hall) -> None:
        """It stands on without a node until somebody comes back to it."""
        if self._halls.get(hall.name) is hall:
            self._halls[hall.name] = None
            for event in hall.lost():
                self._events.put_nowait(event)
            self._tasks.start(self.annex.lost(hall), "what was recorded of it is cut off")
            self._tasks.start(hall.close(), "lost hall ends")

    async def _changed(self, hall: Hall) -> None:
        """Unless it is lost: of one that another has replaced nothing is fetched."""
        if self._halls.get(hall.name) is hall:
            await self.annex.follow(hall)

    async def events(self) -> AsyncIterator[MediaEvent]:
        while True:
            yield await self._events.get()

    # ---- halls

    async def open(self, hall: str) -> None:
        self._halls.setdefault(hall, None)

    async def close(self, hall: str) -> None:
        one = self._halls.pop(hall, None)
        self._opening.pop(hall, None)
        await self.annex.close(hall)
        if one is not None:
            await one.close()

    def _known(self, hall: str) -> Hall | None:
        if hall not in self._halls:
            raise MediaRefusal("media.no_hall", hall)
        return self._halls[hall]

    async def _placed(self, name: str) -> Hall:
        """The hall where it is, or where it comes to be. Raises MediaRefusal."""
        async with self._opening.setdefault(name, asyncio.Lock()):
            if hall := self._known(name):
                return hall
            node = await self._place(name)
            self._known(name)
            follows = Follows(self._lost, self._changed)
            tell = self._events.put_nowait
            hall = self._halls[name] = Hall(name, node, self._tasks, tell, follows, self._seating)
            try:
                await hall.open()
                await self._agree(hall)
            except BaseException:
                self._lost(hall)
                raise
            if self._halls.get(name) is not hall:  # closed meanwhile, or its node died
                await hall.close()
                raise MediaRefusal("media.unavailable", f"{name} was closed as it opened")
            return hall

    async def _place(self, name: str) -> Node:
        living = [node for node in self.nodes if node.alive]
        if not living:
            raise MediaRefusal("media.unavailable", "no Janus is there")
        found = await self._found_at(name)
        return found[0] if found else min(living, key=lambda node: node.load)

    async def _found_at(self, name: str) -> list[Node]:
        """The nodes that have a room of that name."""
        living = [node for node in self.nodes if node.alive]
        there = await asyncio.gather(*(node.has(name) for node in living))
        return [node for node, has in zip(living, there, strict=True) if has]

    async def _agree(self, hall: Hall) -> None:
        """Another process of ours, asked for the hall at the same moment, may have made its room at another node. At
        least the later of the two sees both rooms, and whoever does leaves the first. Raises MediaRefusal when that
        one is not ours."""
        first, *others = await self._found_at(hall.name) or [hall.node]
        for node in others:
            await node.end(hall.name)
        if first is not hall.node:
            raise MediaRefusal("media.unavailable", f"{hall.name} is at {first.address}")

    def _further(self, beside: Sequence[Node]) -> Node | None:
        """One more node for the audience of a hall that is at those, its own first."""
        reached = [node for node in self.nodes if node.alive and (beside[0].alone or not node.alone)]
        return min((node for node in reached if node not in beside), key=lambda node: node.load, default=None)

    # ---- verbs

    async def publish(self, hall: str, who: str, sdp: str, roles: Mapping[str, str]) -> str:
        return await (await self._placed(hall)).publish(who, sdp, roles)

    async def watch(self, hall: str, who: str, views: Mapping[str, str] | None = None) -> None:
        await (await self._placed(hall)).watch(who, views)

    def _watched(self, hall: str, who: str) -> Hall:
        if one := self._known(hall):
            return one
        raise MediaRefusal("media.not_watching", who)

    async def arrange(self, hall: str, who: str, views: Mapping[str, str] | None) -> None:
        await self._watched(hall, who).arrange(who, views)

    async def answer(self, hall: str, who: str, number: int, sdp: str) -> None:
        await self._watched(hall, who).answer(who, number, sdp)

    async def limit(self, hall: str, who: str, view: str, layer: int | None) -> None:
        await self._watched(hall, who).limit(who, view, layer)

    async def unpublish(self, hall: str, who: str) -> None:
        if one := self._known(hall):
            await one.unpublish(who)

    async def unwatch(self, hall: str, who: str) -> None:
        if one := self._known(hall):
            await one.unwatch(who)

    # ---- recording, listening

    async def record(self, hall: str, reel: Reel) -> None:
        self._known(hall)
        await self.annex.record(hall, reel)
        await self._fetch(hall)

    async def cease(self, hall: str) -> None:
        self._known(hall)
        await self.annex.cease(hall)

    async def listen(self, hall: str) -> None:
        self._known(hall)
        await self.annex.listen(hall)
        await self._fetch(hall)

    async def unlisten(self, hall: str) -> None:
        self._known(hall)
        await self.annex.unlisten(hall)

    async def _fetch(self, hall: str) -> None:
        if one := self._known(hall):
            await self.annex.follow(one)

    async def figures(self, hall: str) -> Mapping[str, Any]:
        one = self._known(hall)
        return one.figures() if one else {}
