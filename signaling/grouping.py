"""A hall that talks in groups: rules of a hall, pure like the hall itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from signaling import speech
from signaling.effects import Effect, Parted, Record, Roster
from signaling.group_messages import Broadcast, Gather, Group, Split
from signaling.ports import Entry, Seat
from signaling.refusals import GroupsGone, GroupsOpen

if TYPE_CHECKING:
    from signaling.hall import Hall


def _split(hall: Hall, seat: Seat, split: Split) -> list[Effect]:
    speech.hosts_only(seat)
    groups = hall.lesson.groups
    if groups.round:
        raise GroupsOpen()
    people = sorted((one for one in hall.seating.seats.values() if not one.grant.host), key=lambda one: one.who)
    body = {"count": split.count, "seconds": split.seconds, "people": groups.dealt(split, people)}
    return [Record("split", seat.who, f"split:{seat.who}:{split.key}", body, asked=True)]


def _group(hall: Hall, seat: Seat, group: Group) -> list[Effect]:
    speech.hosts_only(seat)
    groups = hall.lesson.groups
    if not groups.round or group.group > groups.count:
        raise GroupsGone()
    other = speech.inside(hall, group.who)
    if groups.of(other.who) == group.group:
        return []
    body = {"who": other.who, "name": other.grant.name, "group": group.group}
    return [Record("grouped", seat.who, f"grouped:{other.who}:{groups.changes}", body, asked=True)]


def _broadcast(hall: Hall, seat: Seat, line: Broadcast) -> list[Effect]:
    speech.hosts_only(seat)
    body = {"text": line.text, "name": seat.grant.name, "all": True}
    return [Record("chat", seat.who, f"chat:{seat.who}:{line.key}", body, asked=True)]


def _gather(hall: Hall, seat: Seat, gather: Gather) -> list[Effect]:
    speech.hosts_only(seat)
    return [hall.lesson.groups.gathering(seat.who, "host")] if hall.lesson.groups.round else []


def scoped(hall: Hall, seat: Seat, effects: list[Effect]) -> list[Effect]:
    """What is written in a group is for that group."""
    scope = hall.lesson.groups.scope(seat.who)
    return [
        replace(one, body={**one.body, **scope}) if isinstance(one, Record) and one.kind == "chat" else one
        for one in effects
    ]


def moved(hall: Hall, before: dict[str, str]) -> list[Effect]:
    """Ours who are elsewhere now than `before` (where each was carried): what they sent and saw there ends."""
    gone: list[Effect] = []
    for who, place in before.items():
        if hall.media(who) != place:
            gone += [Parted(who, place), *_at_rest(hall, hall.seating.seats[who])]
    return [*gone, Roster()]


def _at_rest(hall: Hall, seat: Seat) -> list[Effect]:
    """Whoever may not speak where they are now sends nothing."""
    allowed = speech.permitted(hall.may(seat.grant), seat.media)
    return hall.changed(replace(seat, media=allowed)) if allowed != seat.media else []


def places(hall: Hall, entry: Entry) -> dict[str, str]:
    """Where each of ours is carried before an entry about groups is obeyed."""
    if entry.kind not in hall.lesson.groups.kinds:
        return {}
    return {seat.who: hall.media(seat.who) for seat in hall.seating.mine}


SAID: dict[type, Callable[[Hall, Seat, Any], list[Effect]]] = {
    Split: _split,
    Group: _group,
    Broadcast: _broadcast,
    Gather: _gather,
}
