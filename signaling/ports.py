"""What signalling asks of the rest: small protocols, and the values that cross them.

The house implements `Grants` and `Journal`; `memory` and `redis_store` implement
`Store` and `Bus`. Nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from signaling.media.ports import Reel
from signaling.messages import Media


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to be in one room, as the house decided it when it minted the ticket.

    `participant` is stable for a person's (or guest's) whole time with this room. `device` tells
    one signed-in browser from another (the session's id, hashed): a new page on the same device
    replaces the old one unasked. `lobby` grants wait for a host. `may` holds `speak`, `share`,
    `chat` and whatever words the pages know. In a `hall` whoever may `speak` is on the stage, the others
    are its audience. `room_kind`, `subject` and `ends` are shown, not used.
    """

    room: str
    participant: str
    person: str | None
    name: str
    title: str
    role: str
    host: bool = False
    lobby: bool = False
    hall: bool = False
    may: frozenset[str] = frozenset({"speak", "share", "chat"})
    locale: str = "zh_Hans_CN"
    device: str = ""
    room_kind: str = ""
    subject: str = ""
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant as the whole cluster sees them: who, which page, on which node.

    `epoch` rises with every claim of the seat and `rev` with every change under one claim, so of
    two versions the greater (epoch, rev) is the newer. `stay` names one attendance: it survives
    reloads and reconnections and is part of the keys of its `joined` and `left` entries. `raised` orders
    the hands: who raised theirs first has the lower number.
    """

    grant: Grant
    page: str
    node: str
    epoch: int
    stay: str
    waiting: bool
    media: Media
    rev: int = 0
    hand: bool = False
    raised: int = 0
    line: Literal["good", "weak", "bad"] = "good"
    here: bool = True

    @property
    def who(self) -> str:
        return self.grant.participant

    @property
    def age(self) -> tuple[int, int]:
        return self.epoch, self.rev


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a room's durable log. `at` is aware UTC."""

    room: str
    seq: int
    at: datetime
    kind: str
    by: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Boards:
    """Who sits in which room. `whole` is False while somebody alive may be missing, because the
    store cannot be reached or has just lost its memory: then a missing seat proves nothing."""

    seats: Mapping[str, Sequence[Seat]]
    whole: bool = True

    def of(self, room: str) -> Sequence[Seat]:
        return self.seats.get(room, ())


@dataclass(frozen=True, slots=True)
class Line:
    """What is to stand in a room's log. Of two lines of one `key` the first stands."""

    kind: str
    by: str | None
    key: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody the log shows as joined and not yet left."""

    room: str
    who: str
    stay: str


@dataclass(frozen=True, slots=True)
class Pass:
    """Whose pages a `/live` socket serves, and the topics that are theirs."""

    person: str
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What one node tells others. `room` is empty for what concerns no room."""

    kind: str
    room: str
    body: dict[str, Any] = field(default_factory=dict)


class Grants(Protocol):
    async def still_holds(self, grant: Grant) -> bool:
        """Whether the house would mint this grant again now. Asked at every join."""

    async def proved(self, grant: Grant) -> bool | None:
        """Whether somebody has proved at the grant's device, a short while ago, that they are its person; None where
        nobody is signed in and no proof can be given. Asked before a host's `film {on: true}` and `seek`."""


class Journal(Protocol):
    """The durable, numbered log of each room; the truth of which events are hints.

    `seq` runs 1, 2, 3 … per room, and an entry is never seen before one with a lower number.
    """

    async def append(self, room: str, lines: Sequence[Line]) -> Sequence[Entry]:
        """The entry of each line, committed together or not at all. A `key` that the room's log has already returns
        that entry unchanged.

        Raises `NotBegun` (signaling.refusals) for an `ended` that must wait, `PatientConsentMissing` for a `recording`
        `captions` and `asked`: nothing is written.
        """

    async def since(self, room: str, seq: int, limit: int) -> Sequence[Entry]:
        """Up to `limit` entries numbered above `seq`, in order."""

    async def standing(self) -> Sequence[Stay]:
        """In all rooms: every `joined` whose body's (who, stay) no `left` repeats."""


class Recordings(Protocol):
    async def reel(self, room: str, number: int) -> Reel:
        """Where the recording that the log's entry `number` began is written, and what seals it."""


class Captions(Protocol):
    """Given where a site has a speech model."""

    async def shown(self, room: str, text: str) -> str:
        """What of a text may be shown in that room: whoever must not be named there is taken out."""


class Store(Protocol):
    """Tickets, presence and rate limits: nothing that cannot be rebuilt."""

    async def keep(self, ticket: str, grant: Grant, ttl: float) -> None:
        """Hold a grant under a ticket (256 random bits, the caller's) for `ttl` seconds."""

    async def redeem(self, ticket: str) -> Grant | None:
        """The grant, once; None for a ticket that is unknown, spent or expired."""

    async def revoke(self, *, person: str = "", participant: str = "") -> None:
        """Forget every ticket of this person, or of this participant."""

    async def seat(self, room: str, who: str) -> Seat | None:
        """That participant's seat, if its node is alive."""

    async def claim(self, seat: Seat, after: int) -> bool:
        """Take the seat if its present epoch is `after` (0: nobody's); False when another was faster."""

    async def update(self, seat: Seat) -> None:
        """Write a changed seat unless a claim of a higher epoch has replaced it."""

    async def release(self, room: str, who: str, epoch: int) -> None:
        """Give the seat up unless a claim of a higher epoch has replaced it."""

    async def boards(self, rooms: Collection[str]) -> Boards:
        """The seats of each room whose node is alive."""

    async def renew(self, node: str, seats: Iterable[Seat], ttl: float) -> None:
        """The node lives for `ttl` seconds more, and these are its seats (written back if lost)."""

    async def spend(self, key: str, limit: int, window: float) -> bool:
        """Spend one of the `limit` that `key` has in a window of seconds; False when there is none left."""

    async def close(self) -> None: ...


Hear = Callable[[Broadcast], None]


class Bus(Protocol):
    """Between nodes, at most once and in each sender's order. A hint, never the truth."""

    @property
    def up(self) -> bool:
        """Whether this node hears the others now."""

    async def start(self, hear: Hear, recovered: Callable[[], None]) -> None:
        """Begin to listen. `recovered` is called each time after a spell of deafness."""

    def publish(self, message: Broadcast, to: Collection[str] | None = None) -> None:
        """Tell these nodes, or all others. Never waits, never raises; lost while the bus is down."""

    async def stop(self) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""


class Ice(Protocol):
    def issue(self, participant: str, now: datetime) -> dict[str, Any]:
        """`{servers, policy, ttl}` for one participant, good for `ttl` seconds from `now`."""
