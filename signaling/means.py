"""What the rooms of one node work with."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from signaling.counters import Counters
from signaling.media.halls import Halls
from signaling.media.ports import Forwarder
from signaling.ports import Bus, Captions, Clock, Grants, Ice, Journal, Recordings, Store
from signaling.presence import Presence
from signaling.tasks import Tasks


class Sockets(Protocol):
    """The pages of this node, by Socket.IO id."""

    def send(self, sids: list[str], event: str, payload: Any) -> None:
        """Put it in each one's bounded queue; never waits."""

    def close(self, sid: str, reason: str | None) -> None:
        """Take the socket out of its room and disconnect it, with `closed` when there is a reason."""

    def silence(self, sid: str) -> float:
        """Seconds since its last frame."""


@dataclass(slots=True)
class Means:
    node: str
    store: Store
    bus: Bus
    journal: Journal
    grants: Grants
    ice: Ice
    clock: Clock
    sockets: Sockets
    counters: Counters
    make_forwarder: Callable[[], Forwarder] | None = None
    recordings: Recordings | None = None
    captions: Captions | None = None
    mesh_only: bool = False
    tasks: Tasks = field(default_factory=Tasks)
    monotonic: Callable[[], float] = time.monotonic
    new_ticket: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    presence: Presence = field(init=False)
    halls: Halls = field(init=False)

    def __post_init__(self) -> None:
        self.presence = Presence(self.store)
        self.halls = Halls(self.make_forwarder, self.tasks, self.recordings)

    def films(self, *, hall: bool) -> bool:
        """Whether a room here can be recorded: by the forwarder that carries it, for whoever keeps recordings."""
        carried = self.make_forwarder is not None and (hall or not self.mesh_only)
        return carried and self.recordings is not None

    def wall(self) -> int:
        """Milliseconds of the wall clock: where epochs and versions start from."""
        return int(self.clock.now().timestamp() * 1000)
