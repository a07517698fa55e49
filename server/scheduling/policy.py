"""How an actor stands to somebody's times."""

from collections.abc import Collection
from typing import Protocol

from server.core.access import Actor, Relation


class HeldPost(Protocol):
    @property
    def person_id(self) -> str: ...
    @property
    def institution_id(self) -> str: ...


def relations(actor: Actor, post: HeldPost, shared_consortia: Collection[str]) -> frozenset[Relation]:
    """`shared_consortia`: those that the actor's institution and the post's are both in."""
    found = set()
    if actor.person_id == post.person_id:
        found.add(Relation.OWN)
    if actor.institution_id == post.institution_id:
        found.add(Relation.INSTITUTION)
    if shared_consortia:
        found.add(Relation.CONSORTIUM)
    return frozenset(found)
