"""How an actor stands to what is in the directory, and what may join a consortium. Pure."""

from collections.abc import Collection, Mapping

from server.core.access import Actor, Relation
from server.directory.kinds import Kind


def relations(actor: Actor, places: Collection[str], near: Collection[str]) -> frozenset[Relation]:
    """To something that is of all these `places`; `near` are the institutions of the actor's consortia."""
    found = {Relation.INSTITUTION} if actor.institution_id in places else set()
    return frozenset(found | ({Relation.CONSORTIUM} if set(places) <= set(near) else set()))


def relations_to_consortium(actor: Actor, id: str) -> frozenset[Relation]:
    return frozenset({Relation.CONSORTIUM} if id in actor.consortium_ids else ())


def adoptable(id: str, kind: Kind, parents: Mapping[str, str | None], near: Collection[str]) -> bool:
    """Whether an institution of no consortium may be taken into one: it stands below one of ours, and supervises none.

    Whoever joins comes under our administrators, so nobody may be taken from elsewhere.
    """
    return kind is not Kind.AUTHORITY and not set(above(id, parents)).isdisjoint(near)


def above(id: str, parents: Mapping[str, str | None]) -> list[str]:
    """What stands above it in the tree, the nearest first; a loop is walked once."""
    found: list[str] = []
    parent = parents.get(id)
    while parent is not None and parent not in found:
        found.append(parent)
        parent = parents.get(parent)
    return found
