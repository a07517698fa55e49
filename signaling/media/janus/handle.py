"""One conversation with a room of a node: Janus calls it a handle. A connection of a browser has one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from signaling.media.janus.node import Node

SMALLEST_FIRST = "lmh"  # how pages list their layers
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What Janus says of a handle: `what` is "event", or of its connection "webrtcup", "hangup" …; `facts` are the
    VideoRoom's, `sdp` the description that comes with them."""

    what: str
    facts: Facts = field(default_factory=dict)
    sdp: str = ""


class Hears(Protocol):
    def __call__(self, said: Said) -> None:
        """Everything in the order in which Janus said it, answers to requests too."""


class Handle:
    def __init__(self, node: Node, number: int) -> None:
        self._node, self.number = node, number

    async def ask(self, request: str, words: Facts | None = None, *, sdp: str = "", kind: str = "") -> Said:
        """The answer. Raises MediaRefusal; `media.unavailable` when the node is gone or refuses."""
        body = {"request": request} | dict(words or {})
        jsep = {"jsep": {"type": kind, "sdp": sdp, "rid_order": SMALLEST_FIRST}} if sdp else {}
        return await self._node.ask("message", handle_id=self.number, body=body, **jsep)

    async def leave(self) -> None:
        """Ends it and its connection. A node that is gone has ended it already."""
        await self._node.detach(self.number)
