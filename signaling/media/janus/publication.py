"""What one person sends to a room: the feed of one connection of their browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from signaling.media.forwarder.descriptions import Offered
from signaling.media.janus.descriptions import without_candidates
from signaling.media.janus.handle import Handle, Said
from signaling.media.janus.node import Node


@dataclass(frozen=True, slots=True)
class Says:
    """What a connection tells its hall."""

    connected: Callable[[], None]
    ended: Callable[[], None]


class Publication:
    def __init__(self, who: str, room: str, says: Says) -> None:
        self.who, self._room, self._says = who, room, says
        self.feed = secrets.token_hex(12)
        self._handle: Handle | None = None
        self._prints: set[Any] = set()

    def keeps(self, offered: Offered) -> bool:
        """Whether the offer is of this connection: by the certificate of the browser's end."""
        return self._prints == set(offered.other.fingerprints)

    async def begin(self, node: Node, offered: Offered, sdp: str, roles: Mapping[str, str]) -> str:
        """The answer. Raises MediaRefusal and leaves nothing behind then."""
        self._prints = set(offered.other.fingerprints)
        self._handle = await node.attach(self._heard)
        who = {"ptype": "publisher", "room": self._room, "id": self.feed, "display": self.who}
        try:
            return await self._negotiate("joinandconfigure", who, sdp, roles)
        except BaseException:
            await self.close()
            raise

    async def change(self, sdp: str, roles: Mapping[str, str]) -> str:
        """The answer to another offer of the same connection. Raises MediaRefusal."""
        return await self._negotiate("configure", {}, sdp, roles)

    async def _negotiate(self, request: str, words: Mapping[str, Any], sdp: str, roles: Mapping[str, str]) -> str:
        assert self._handle is not None
        described = [{"mid": mid, "description": role} for mid, role in roles.items()]
        told = await self._handle.ask(
            request, {**words, "descriptions": described}, kind="offer", sdp=without_candidates(sdp)
        )
        return told.sdp

    def _heard(self, said: Said) -> None:
        if said.what == "webrtcup":
            self._says.connected()
        elif said.what == "hangup":
            self._says.ended()

    async def close(self) -> None:
        if self._handle is not None:
            await self._handle.leave()
