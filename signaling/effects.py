"""What a room wants done: values only, carried out by whoever holds sockets, log and store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from signaling.ports import Seat


@dataclass(frozen=True, slots=True)
class Emit:
    """Tell these participants of this node."""

    to: tuple[str, ...]
    event: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Relay:
    """Tell a participant on another node, if that page load is still theirs."""

    node: str
    to: str
    page: str
    sender: str
    event: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """Write to the log. What was `asked` is refused when the log cannot be written; anything else
    is a fact already, and is written as soon as it can be."""

    kind: str
    by: str | None
    key: str
    body: dict[str, Any] = field(default_factory=dict)
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Seated:
    """A seat of this node is new or changed: the store and the other nodes must know, among them
    the one it was taken from, though it may have nobody else in the room."""

    seat: Seat
    taken_from: str | None = None


@dataclass(frozen=True, slots=True)
class Vacated:
    """A seat is empty: the store and the other nodes must know."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody of this node was let in and must be told all that a join answers."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class Kick:
    """Close the socket of this claim. `reason` goes to the page; None closes a dead one in silence."""

    seat: Seat
    reason: str | None


@dataclass(frozen=True, slots=True)
class Forget:
    """No ticket of this participant counts any more."""

    who: str


@dataclass(frozen=True, slots=True)
class Roster:
    """Those inside must see the roster anew."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Entries are missing: read the log from the last one the room has."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Tell everybody inside, on every node; of many at once the last is enough, and none is kept."""

    event: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing of this participant of ours is carried any more."""

    who: str


@dataclass(frozen=True, slots=True)
class Parted:
    """This participant of ours is carried elsewhere now: their connections in that hall of media end."""

    who: str
    place: str


@dataclass(frozen=True, slots=True)
class Filming:
    """The hall is being recorded, by the entry of that number; 0: it is not."""

    number: int


@dataclass(frozen=True, slots=True)
class Captioning:
    """Whether what is said on the hall's stage is written down from now on."""

    on: bool


Effect = (
    Emit
    | Relay
    | Record
    | Seated
    | Vacated
    | Welcome
    | Kick
    | Forget
    | Roster
    | Fetch
    | Spread
    | Silence
    | Parted
    | Filming
    | Captioning
)
