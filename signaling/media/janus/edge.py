"""A further node that carries part of a hall's audience. What the hall's own node has is passed on to a room of ours
there, each source by itself, as a remote publisher of the VideoRoom.

Janus 1.1.2 knows what comes from another node by the slot of its stream among those of its publisher, and takes one
for the other when a watcher is switched between two of the same slot: so each source has a slot of its own in the
room. A remote publisher asks one sender only for key frames: so each carries one source, sent by `rtp_forward`, which
lets us say the slot, as `publish_remotely` does not. Their sockets stay open when a room ends with them in it: so they
are removed before. Even so, of each that got a packet it keeps four descriptors until it ends (its issue 3345).
And they take no SRTP: nodes pass media on by private addresses.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import cycle, islice

from signaling.media.janus.handle import Facts, Handle, Said
from signaling.media.janus.node import PATIENCE, Node
from signaling.media.janus.rooms import enter
from signaling.media.janus.subscription import Source
from signaling.media.ports import MediaRefusal

log = logging.getLogger(__name__)

SLOTS = 100  # used in turn, those that are free
FIRST, APART = 1000, 10  # SSRC of the first slot, and how far the next one is; the layers of one follow each other


@dataclass(frozen=True, slots=True)
class Leg:
    """One source on its way: from the hall's node (`source`) to the further one (`there`)."""

    source: Source
    there: Source
    sent: tuple[int, ...]  # as the hall's node numbers what it sends
    edge: Edge

    async def end(self) -> None:
        await self.edge.end(self)


class Edge:
    """`sources`, by id, are what can be watched there; `ended` is called when the room was destroyed over there."""

    slotted = True

    def __init__(self, hall: str, origin: Node, node: Node, ended: Callable[[Edge], None]) -> None:
        self.hall, self.origin, self.node, self._ended = hall, origin, node, ended
        self.room = f"{hall}~{secrets.token_hex(6)}"
        self.sources: dict[str, Source] = {}
        self._legs: dict[str, Leg] = {}
        self._living: list[Leg] = []  # those that are over too, until they are ended
        self._slots = cycle(range(SLOTS))
        self._taken_in: set[str] = set()  # feeds over there, or on their way
        self._expected: dict[str, asyncio.Event] = {}
        self._turn = asyncio.Lock()
        self._address, self._closed = "", False
        self._from: Handle | None = None
        self._here: Handle | None = None

    async def open(self) -> None:
        """Raises MediaRefusal. To be closed also when it did not come to be."""
        self._address = await _address_of(self.node)
        self._from = await self.origin.attach(lambda said: None)
        self._here = await self.node.attach(self._heard)
        await enter(self._here, self.room)
        await self._try()

    async def _try(self) -> None:
        """A node that we reach by an address which is not its own could be passed nothing on."""
        await self._take_in("trial", "", [_filling(0)])
        await self._remove("trial")

    def _heard(self, said: Said) -> None:
        if said.facts.get("videoroom") == "destroyed":
            self._ended(self)
        for feed in said.facts.get("publishers", ()):
            if expected := self._expected.get(feed["id"]):
                expected.set()

    # ---- what is passed on

    async def settle(self, sources: Mapping[str, Source]) -> list[Leg]:
        """Passes on what the hall has now. The legs that are over: to be ended when nobody watches them."""
        async with self._turn:
            if self._closed:
                return []
            over = [leg for id, leg in self._legs.items() if not _same(leg.source, sources.get(id))]
            for source in list(sources.values()):
                leg = self._legs.get(source.id)
                if leg is None or not _same(leg.source, source):
                    await self._pass_on(source)
            for leg in over:
                if self._legs.get(leg.source.id) is leg:
                    del self._legs[leg.source.id], self.sources[leg.source.id]
            return over

    async def _pass_on(self, source: Source) -> None:
        """A source that has just gone is passed on in vain: the hall settles again when it hears of that."""
        try:
            leg = self._legs[source.id] = await self._leg(source)
            self.sources[source.id] = leg.there
        except MediaRefusal as refusal:
            log.info("%s is not passed on to %s: %s", source.id, self.node.address, refusal)

    async def _leg(self, source: Source) -> Leg:
        self._go_on()
        slot = self._free_slot()
        there = replace(source, feed=secrets.token_hex(12), mid=str(slot))
        streams = [*map(_filling, range(slot)), {**source.stream, "mid": there.mid, "mindex": slot}]
        taken = await self._take_in(there.feed, source.who, streams)
        try:
            leg = Leg(source, there, await self._send(source, FIRST + APART * slot, taken), self)
        except BaseException:
            await self._remove(there.feed)
            raise
        self._living.append(leg)
        return leg

    def _free_slot(self) -> int:
        """Raises MediaRefusal."""
        taken = {leg.there.mid for leg in self._living}
        for slot in islice(self._slots, SLOTS):
            if str(slot) not in taken:
                return slot
        raise MediaRefusal("media.unavailable", f"{self.room} has {SLOTS} sources")

    async def _take_in(self, feed: str, who: str, streams: list[Facts]) -> Facts:
        """It is there when the room tells of it, which is after the answer."""
        assert self._here is not None
        told = self._expected[feed] = asyncio.Event()
        self._taken_in.add(feed)
        words = {"room": self.room, "id": feed, "display": who, "iface": self._address, "streams": streams}
        try:
            answer = await self._here.ask("add_remote_publisher", words)
            await asyncio.wait_for(told.wait(), PATIENCE)
            self._go_on()
        except TimeoutError as error:
            raise MediaRefusal("media.unavailable", f"{self.node.address} does not tell of {feed}") from error
        finally:
            del self._expected[feed]
        return answer.facts

    async def _send(self, source: Source, ssrc: int, to: Facts) -> tuple[int, ...]:
        assert self._from is not None
        stream = {"mid": source.mid, "port": to["port"], "ssrc": ssrc}
        if source.kind == "video":
            stream["rtcp_port"] = to["rtcp_port"]
        if source.stream.get("simulcast"):
            stream |= {"port_2": to["port"], "ssrc_2": ssrc + 1, "port_3": to["port"], "ssrc_3": ssrc + 2}
        words = {"room": self.hall, "publisher_id": source.feed, "host": self._address, "streams": [stream]}
        sent = await self._from.ask("rtp_forward", words)
        return tuple(one["stream_id"] for one in sent.facts["forwarders"])

    async def end(self, leg: Leg) -> None:
        """Once: also when the whole edge closes meanwhile."""
        assert self._from is not None
        if leg not in self._living:
            return
        self._living.remove(leg)
        await self._remove(leg.there.feed)
        for stream in leg.sent:
            words = {"room": self.hall, "publisher_id": leg.source.feed, "stream_id": stream}
            with suppress(MediaRefusal):  # gone with its publisher
                await self._from.ask("stop_rtp_forward", words)

    async def _remove(self, feed: str) -> None:
        assert self._here is not None
        self._taken_in.discard(feed)
        with suppress(MediaRefusal):
            await self._here.ask("remove_remote_publisher", {"room": self.room, "id": feed})

    # ---- the end

    def _go_on(self) -> None:
        """Raises MediaRefusal when it is over."""
        if self._closed:
            raise MediaRefusal("media.unavailable", f"{self.room} is over")

    async def close(self) -> None:
        """Whoever waits for a word from there waits no more."""
        self._closed = True
        for expected in self._expected.values():
            expected.set()
        async with self._turn:
            await asyncio.gather(*(self.end(leg) for leg in list(self._living)))
            self._legs.clear()
            self.sources.clear()
            if self._here is not None:
                await asyncio.gather(*(self._remove(feed) for feed in list(self._taken_in)))
                with suppress(MediaRefusal):
                    await self._here.ask("destroy", {"room": self.room})
                await self._here.leave()
            if self._from is not None:
                await self._from.leave()


def _filling(slot: int) -> Facts:
    """A stream that is not there, so that the next one has its slot."""
    return {"type": "data", "mid": str(slot), "mindex": slot}


def _same(one: Source, other: Source | None) -> bool:
    return other is not None and (one.feed, one.mid) == (other.feed, other.mid)


async def _address_of(node: Node) -> str:
    """Where the others reach it: Janus binds to addresses, not to names. Raises MediaRefusal."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(node.host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise MediaRefusal("media.unavailable", f"{node.host}: {error}") from error
    return str(found[0][4][0])
