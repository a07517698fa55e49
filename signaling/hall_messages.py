"""What a browser may say in a hall besides what it may say in every room."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from signaling.fields import ID, SDP, SDP_LIMIT, Fields
from signaling.refusals import Malformed

SENT = 8  # m-lines one page publishes at most
SHOWN = 32  # views one page watches at most
LAYERS = 3

_MID = re.compile(r"[A-Za-z0-9]{1,16}")
_ROLE = re.compile(r"[a-z]{1,16}")
_VIEW = re.compile(r"[A-Za-z0-9_.:-]{1,96}")


@dataclass(frozen=True, slots=True)
class Stage:
    """A host brings `who` on the stage, or takes them off it."""

    who: str
    on: bool


@dataclass(frozen=True, slots=True)
class Audience:
    """The next page of who is in the audience, after that id ("" for the first)."""

    after: str


@dataclass(frozen=True, slots=True)
class Publish:
    """An offer of what this page sends; `roles` names what each m-line carries, by mid."""

    sdp: str
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unpublish:
    pass


@dataclass(frozen=True, slots=True)
class Watch:
    """A new connection for what this page sees: `views` to sources, None for every source there is."""

    views: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Arrange:
    views: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """To the offer of that number."""

    number: int
    sdp: str


@dataclass(frozen=True, slots=True)
class Limit:
    """The largest layer a view needs, 0 the smallest; None for the best there is."""

    view: str
    layer: int | None


@dataclass(frozen=True, slots=True)
class Unwatch:
    pass


@dataclass(frozen=True, slots=True)
class Film:
    """A host has the hall recorded, or recorded no more."""

    on: bool


@dataclass(frozen=True, slots=True)
class Seek:
    """A host asks everybody on the stage whether they agree to be recorded."""


@dataclass(frozen=True, slots=True)
class Agree:
    """To be recorded oneself, or no longer."""

    on: bool


MediaMessage = Publish | Unpublish | Watch | Arrange | Answer | Limit | Unwatch
HallMessage = Stage | Audience | MediaMessage | Film | Seek | Agree


def _names(fields: Fields, name: str, key: re.Pattern[str], value: re.Pattern[str], most: int) -> dict[str, str]:
    found = fields.get(name)
    if not isinstance(found, dict) or len(found) > most:
        raise Malformed(field=name)
    if not all(_fits(key, one) and _fits(value, other) for one, other in found.items()):
        raise Malformed(field=name)
    return dict(found)


def _fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 96 and pattern.fullmatch(value) is not None


def _publish(fields: Fields) -> Publish:
    roles = _names(fields, "roles", _MID, _ROLE, SENT)
    if not roles or len(set(roles.values())) < len(roles):
        raise Malformed(field="roles")
    return Publish(sdp=fields.text("sdp", SDP, SDP_LIMIT), roles=roles)


def _views(fields: Fields) -> dict[str, str] | None:
    return None if fields.get("views") is None else _names(fields, "views", _VIEW, _VIEW, SHOWN)


def _limit(fields: Fields) -> Limit:
    layer = None if fields.get("layer") is None else fields.count("layer")
    if layer is not None and layer >= LAYERS:
        raise Malformed(field="layer")
    return Limit(view=fields.text("view", _VIEW), layer=layer)


def _audience(fields: Fields) -> Audience:
    return Audience(after=fields.text("after", ID) if fields.get("after") else "")


HALL_DECODERS: dict[str, Callable[[Fields], HallMessage]] = {
    "stage": lambda fields: Stage(who=fields.text("who", ID), on=fields.flag("on")),
    "audience": _audience,
    "publish": _publish,
    "unpublish": lambda fields: Unpublish(),
    "watch": lambda fields: Watch(_views(fields)),
    "arrange": lambda fields: Arrange(_views(fields)),
    "answer": lambda fields: Answer(number=fields.count("number"), sdp=fields.text("sdp", SDP, SDP_LIMIT)),
    "limit": _limit,
    "unwatch": lambda fields: Unwatch(),
    "film": lambda fields: Film(on=fields.flag("on")),
    "seek": lambda fields: Seek(),
    "agree": lambda fields: Agree(on=fields.flag("on")),
}

HALL_EVENTS = ("offered", "sources", "speaking", "lost")
