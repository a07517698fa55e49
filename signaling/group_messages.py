"""What a host may say to have a hall talk in groups for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from signaling.fields import ID, KEY, PROSE, Fields
from signaling.refusals import Malformed

FEWEST, MOST = 2, 12
LONGEST = 2 * 3600  # seconds
LINE = 300  # characters said to all groups
CHOSEN = 500


@dataclass(frozen=True, slots=True)
class Split:
    """Everybody but the hosts goes into one of `count` groups: where they were `chosen` for, the others evenly.

    Back by themselves after `seconds`; 0: when they are called.
    """

    key: str
    count: int
    seconds: int
    chosen: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """`who` goes into that group; 0 is the hall. Hosts visit a group so."""

    who: str
    group: int


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One line to all groups and the hall."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Gather:
    """Everybody is back in the hall."""


GroupMessage = Split | Group | Broadcast | Gather


def _split(fields: Fields) -> Split:
    count, seconds = fields.count("count"), fields.count("seconds")
    if not FEWEST <= count <= MOST:
        raise Malformed(field="count")
    if seconds and not 10 <= seconds <= LONGEST:
        raise Malformed(field="seconds")
    return Split(fields.text("key", KEY), count, seconds, _chosen(fields, count))


def _chosen(fields: Fields, count: int) -> dict[str, int]:
    found = fields.get("chosen")
    if not isinstance(found, dict) or len(found) > CHOSEN:
        raise Malformed(field="chosen")
    for who, group in found.items():
        if not (isinstance(who, str) and ID.fullmatch(who) and type(group) is int and 1 <= group <= count):
            raise Malformed(field="chosen")
    return dict(found)


def _group(fields: Fields) -> Group:
    group = fields.count("group")
    if group > MOST:
        raise Malformed(field="group")
    return Group(who=fields.text("who", ID), group=group)


def _broadcast(fields: Fields) -> Broadcast:
    text = fields.text("text", PROSE, LINE)
    if not text.strip():
        raise Malformed(field="text")
    return Broadcast(key=fields.text("key", KEY), text=text)


GROUP_DECODERS: dict[str, Callable[[Fields], GroupMessage]] = {
    "split": _split,
    "group": _group,
    "broadcast": _broadcast,
    "gather": lambda fields: Gather(),
}
