"""The words in which others speak of bookings: what can be taken, and how a booking stands."""

from enum import StrEnum
from typing import NamedTuple


class BookingStatus(StrEnum):
    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"


class ResourceKind(StrEnum):
    POST = "post"
    ROOM = "room"
    EQUIPMENT = "equipment"


class Resource(NamedTuple):
    """What a booking takes. A post takes its person: nobody can be in two places, in whichever post."""

    kind: ResourceKind
    id: str
