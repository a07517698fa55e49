"""When the server carries a room's media: from the fifth person or a recording on, and then for good. Pure.

Up to four send to each other, browser to browser. For one more, and for what is to be written down, whoever holds
sockets and log starts the forwarder, writes `carried` and asks the room again; pages read it in the roster and change
over without a word lost.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from signaling.effects import Record
from signaling.refusals import MeshFull, NotAllowed, RoomFull

if TYPE_CHECKING:
    from signaling.room import Room

MESH = 4  # people who send to each other at most: each sends as often as there are others
KIND = "carried"
CARRIED = Record(KIND, None, KIND, asked=True)  # one a room, whichever node writes it


def find_place(room: Room, *, waiting: bool = False) -> None:
    """Whether there is a place for one more. Raises `RoomFull`, `MeshFull`."""
    if room.seating.full(room.PLACES, waiting=waiting):
        raise RoomFull()
    if not room.carries and room.seating.full(MESH, waiting=waiting):
        raise MeshFull()


def shown(room: Room) -> dict[str, Any]:
    """`carried` of the roster: which server has the media, once one has it."""
    return {"carried": {"at": room.node}} if room.carries else {}


def may_publish(may: Collection[str], roles: Collection[str]) -> None:
    """Raises `NotAllowed`."""
    if "speak" not in may:
        raise NotAllowed(may="speak")
    if "screen" in roles and "share" not in may:
        raise NotAllowed(may="share")
