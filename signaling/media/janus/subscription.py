"""What one person watches: the connection to their browser, and which source each of its m-lines shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from signaling.media.janus.descriptions import named, without_candidates
from signaling.media.janus.handle import Facts, Handle, Said
from signaling.media.janus.node import Node
from signaling.media.ports import MediaRefusal

log = logging.getLogger(__name__)

ASKED, ANSWERED = 3, 0.6
"""How often, and every how many seconds, a layer is asked for: Janus asks the publisher once for the key frame it waits
for, and not at all when one has just come."""
BEST = 2  # the layer that Janus takes the best there is for


@dataclass(frozen=True, slots=True)
class Source:
    """What can be watched: one stream of a feed, as the room describes it."""

    id: str
    who: str
    role: str
    kind: str
    feed: str
    mid: str
    stream: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """An m-line that shows something. `mid` is the browser's, the rest is where it comes from."""

    mid: str
    name: str
    kind: str
    feed: str
    feed_mid: str

    def shows(self, source: Source) -> bool:
        return (self.feed, self.feed_mid) == (source.feed, source.mid)

    def follows_in_slot(self, last: Line | None) -> bool:
        """At a further node, where the slot is the mid there."""
        return last is not None and last.feed != self.feed and last.feed_mid == self.feed_mid


@dataclass(frozen=True, slots=True)
class Says:
    """What a subscription tells its hall. `offer` gets (number, sdp, views by mid)."""

    offer: Callable[[int, str, Mapping[str, str]], None]
    connected: Callable[[], None]
    ended: Callable[[], None]


class Subscription:
    """`wanted` are names and source ids; None: all of `sources`, which the hall changes in place, but one's own.
    `slotted`: what comes there in one slot, one after the other, has one SSRC (see `edge`)."""

    def __init__(
        self,
        who: str,
        wanted: Mapping[str, str] | None,
        room: str,
        sources: Mapping[str, Source],
        says: Says,
        *,
        slotted: bool = False,
    ) -> None:
        self.who, self.wanted, self._room, self._sources, self._says = who, wanted, room, sources, says
        self._slotted = slotted
        self._shown: dict[str, Line] = {}  # by m-line, the last
        self._handle: Handle | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self.lines: list[Line] = []
        self._number, self._asking = 0, False
        self._changed = asyncio.Event()  # of some view the layer has

    def _showing(self) -> dict[str, Source]:
        if self.wanted is None:
            return {name: source for name, source in self._sources.items() if source.who != self.who}
        return {name: self._sources[wanted] for name, wanted in self.wanted.items() if wanted in self._sources}

    # ---- arrangement

    async def settle(self, node: Node) -> None:
        """Shows what is wanted of what there is. A source that has just gone may be asked for in vain: the hall
        settles again when it hears of that."""
        async with self._turn:
            try:
                await self._settle(node)
            except MediaRefusal as refusal:
                log.info("not all that %s watches can be shown: %s", self.who, refusal)

    async def _settle(self, node: Node) -> None:
        showing = self._showing()
        if self._closed:
            return
        if self._handle is None:
            if showing:
                await self._begin(node, showing)
            return
        await self._switch(self._handle, showing)
        await self._change(self._handle, showing)

    async def _begin(self, node: Node, showing: Mapping[str, Source]) -> None:
        handle = await node.attach(self._heard)
        words = {"ptype": "subscriber", "room": self._room, "autoupdate": True}
        try:
            await handle.ask("join", {**words, "streams": [_wish(*one) for one in showing.items()]})
        except BaseException:
            await handle.leave()
            raise
        self._handle = handle

    async def _switch(self, handle: Handle, showing: Mapping[str, Source]) -> None:
        """Another source in the same m-line: nothing to negotiate."""
        streams = [
            {"feed": source.feed, "mid": source.mid, "sub_mid": line.mid}
            for line in self.lines
            if (source := showing.get(line.name)) and source.kind == line.kind and not line.shows(source)
        ]
        if streams:
            await handle.ask("switch", {"streams": streams})

    async def _change(self, handle: Handle, showing: Mapping[str, Source]) -> None:
        """Other m-lines: offered anew, one offer at a time."""
        shown = {line.name for line in self.lines if line.name in showing and line.shows(showing[line.name])}
        over = [{"sub_mid": line.mid} for line in self.lines if line.name not in shown]
        more = [_wish(name, source) for name, source in showing.items() if name not in shown]
        if self._asking or not (over or more):
            return
        words = {"unsubscribe": over} if over else {}
        await handle.ask("update", words | ({"subscribe": more} if more else {}))

    async def limit(self, name: str, layer: int | None) -> None:
        """Raises MediaRefusal."""
        line = next((line for line in self.lines if line.name == name), None)
        if line is None or self._handle is None:
            raise MediaRefusal("media.no_view", name)
        best = BEST if layer is None else min(layer, BEST)
        self._changed.clear()
        for _ in range(ASKED):
            await self._handle.ask("configure", {"streams": [{"mid": line.mid, "substream": best}]})
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), ANSWERED)
                return

    # ---- negotiation

    def _heard(self, said: Said) -> None:
        if "streams" in said.facts:
            self._show([_line(stream) for stream in said.facts["streams"] if stream["active"]])
        if "substream" in said.facts:
            self._changed.set()
        if said.sdp:
            self._offer(said.sdp)
        elif said.what == "webrtcup":
            self._says.connected()
        elif said.what == "hangup":
            self._says.ended()

    def _show(self, lines: list[Line]) -> None:
        """Janus numbers the packets of an m-line anew when the SSRC that comes to it changes. Where another source has
        that of the last, its numbers may be older, and are sent to nobody: only a new connection helps."""
        self.lines = lines
        if self._slotted and any(line.follows_in_slot(self._shown.get(line.mid)) for line in lines):
            self._says.ended()
        self._shown |= {line.mid: line for line in lines}

    def _offer(self, sdp: str) -> None:
        self._number += 1
        self._asking = True
        views = {line.mid: line.name for line in self.lines}
        self._says.offer(self._number, named(sdp, views), views)

    async def answered(self, number: int, sdp: str, node: Node) -> None:
        """Raises MediaRefusal."""
        if number != self._number or not self._asking or self._handle is None:
            return
        await self._handle.ask("start", kind="answer", sdp=without_candidates(sdp))
        self._asking = number != self._number  # the node may have offered anew meanwhile
        await self.settle(node)

    async def close(self) -> None:
        self._closed = True
        async with self._turn:
            if self._handle is not None:
                await self._handle.leave()

    def figures(self) -> dict[str, Any]:
        return {line.name: {"feed": line.feed, "mid": line.feed_mid} for line in self.lines}


def _wish(name: str, source: Source) -> dict[str, str]:
    """Janus carries `crossrefid` through everything it says of a stream: the name of the view."""
    return {"feed": source.feed, "mid": source.mid, "crossrefid": name}


def _line(stream: Facts) -> Line:
    return Line(stream["mid"], stream["crossrefid"], stream["type"], stream["feed_id"], stream["feed_mid"])
