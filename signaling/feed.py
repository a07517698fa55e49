"""`/live`: hints that keep pages fresh. The server speaks, the page only listens.

A page is fetched before its socket is there. It says on connecting how old it is, and is told what changed since.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import socketio
from aiohttp import web

from signaling.packets import spoken
from signaling.ports import Pass
from signaling.refusals import UnknownMessage
from signaling.wire import Line, Wire

log = logging.getLogger(__name__)

LIVE = "/live"
PATIENCE = 5.0  # seconds for the house to say whose cookie it is
PAGES = 50  # of one person, open at once
RECENT = 60.0  # seconds: how old a page may be and still be told what it missed; an older one fetches all it shows
REMEMBERED = 20_000  # hints; of one thing the last

# Says from the handshake's cookie whose page it is; None for nobody signed in.
FeedDoor = Callable[[web.Request], Awaitable[Pass | None]]


class FeedNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    def __init__(self, wire: Wire, door: FeedDoor) -> None:
        super().__init__(LIVE)
        self._wire = wire
        self._door = door
        self._passes: dict[str, Pass] = {}
        self._lines: dict[str, Line] = {}
        self._by_topic: dict[str, set[str]] = defaultdict(set)
        self._recent: OrderedDict[tuple[str, str, Any], float] = OrderedDict()  # topic, kind, about: when last said
        self._remembers_from = time.monotonic()

    async def trigger_event(self, event: str, *arguments: Any) -> Any:
        if event == "connect":
            return await self._connected(arguments[0], arguments[2])
        if event == "disconnect":
            return self._disconnected(arguments[0])
        return UnknownMessage().answer()

    def hint(self, topic: str, kind: str, facts: Mapping[str, Any]) -> None:
        """Tell every page of this node that follows the topic."""
        message = spoken(LIVE, "changed", {**facts, "topic": topic, "kind": kind})
        self._remember(topic, kind, facts.get("about"))
        for sid in self._by_topic.get(topic, ()):
            self._lines[sid].send(message)

    def resync(self) -> None:
        """Hints were lost: every page fetches what it shows."""
        message = spoken(LIVE, "resync", {})
        for line in self._lines.values():
            line.send(message)

    def revoked(self, person: str) -> list[str]:
        """The sockets of a person whose right to be here ended; the caller disconnects them."""
        return [sid for sid, admitted in self._passes.items() if admitted.person == person]

    async def _connected(self, sid: str, says: Any) -> bool:
        line = self._wire.line(sid, LIVE)
        if line is None or line.outbox is None:
            return False
        admitted = await self._admitted(line)
        if line.outbox is None:  # closed while the house was thinking
            return False
        line.outbox.namespaces.add(LIVE)
        line.joined(LIVE)
        self._passes[sid], self._lines[sid] = admitted, line
        for topic in admitted.topics:
            self._by_topic[topic].add(sid)
        for message in self._missed(admitted, age_of(says)):
            line.send(message)
        return True

    def _remember(self, topic: str, kind: str, about: Any) -> None:
        now = time.monotonic()
        self._recent[topic, kind, about] = now
        self._recent.move_to_end((topic, kind, about))
        while len(self._recent) > REMEMBERED or next(iter(self._recent.values())) < now - RECENT:
            _, self._remembers_from = self._recent.popitem(last=False)

    def _missed(self, admitted: Pass, age: float | None) -> list[Any]:
        """What a page was not told while it was fetched and connected; `age` in seconds, None asks for nothing."""
        if age is None:
            return []
        since = time.monotonic() - age
        if age > RECENT or since < self._remembers_from:
            return [spoken(LIVE, "resync", {})]
        missed = [said for said, at in self._recent.items() if at >= since and said[0] in admitted.topics]
        return [
            spoken(LIVE, "changed", {"topic": topic, "kind": kind, "about": about}) for topic, kind, about in missed
        ]

    async def _admitted(self, line: Line) -> Pass:
        try:
            async with asyncio.timeout(PATIENCE):
                admitted = await self._door(line.request)
        except Exception as failure:
            log.exception("nobody could say whose page it is")
            raise socketio.exceptions.ConnectionRefusedError("unavailable") from failure
        if admitted is None:
            raise socketio.exceptions.ConnectionRefusedError("signed_out")
        if len(self.revoked(admitted.person)) >= PAGES:
            raise socketio.exceptions.ConnectionRefusedError("too_many")
        return admitted

    def _disconnected(self, sid: str) -> None:
        admitted = self._passes.pop(sid, None)
        if line := self._lines.pop(sid, None):
            line.parted(LIVE, time.monotonic())
        for topic in admitted.topics if admitted else ():
            self._by_topic[topic].discard(sid)
            if not self._by_topic[topic]:
                del self._by_topic[topic]


def age_of(says: Any) -> float | None:
    """Seconds since the page was asked for, from `{"age": milliseconds}`; None for nothing said, or nonsense."""
    age = says.get("age") if isinstance(says, dict) else None
    return age / 1000 if isinstance(age, int | float) and 0 <= age < math.inf else None
