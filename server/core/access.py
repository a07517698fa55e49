"""Who may do what: the access matrix is data, this is the one place that reads it."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

FRESH = timedelta(minutes=5)
"""For how long a proof of who one is counts (decision 0023)."""


def fresh(proved_at: datetime | None, now: datetime) -> bool:
    """Whether a proof given then still counts."""
    return proved_at is not None and now - proved_at <= FRESH


class Relation(StrEnum):
    """How an actor stands to an object."""

    OWN = "own"
    PARTICIPANT = "participant"
    INSTITUTION = "institution"
    CONSORTIUM = "consortium"
    ANY = "any"


@dataclass(frozen=True, kw_only=True)
class PostCard:
    """A post as the switch in the page's head shows it."""

    id: str
    role: str
    institution_name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person acting in one of their posts."""

    person_id: str
    post_id: str
    institution_id: str
    department_id: str | None
    role: str
    consortium_ids: frozenset[str] = frozenset()
    locale: str = ""
    """What they chose to read, if they ever did."""
    session_id: str = ""
    reauthenticated_at: datetime | None = None
    name: str = ""
    institution_name: str = ""
    post_title: str = ""
    posts: tuple[PostCard, ...] = ()

    def proved(self, now: datetime) -> bool:
        """Whether they have proved who they are a short while ago."""
        return fresh(self.reauthenticated_at, now)


@dataclass(frozen=True)
class Matrix:
    """Actions → roles → relations that suffice, from access.toml."""

    grants: dict[str, dict[str, frozenset[Relation]]]
    stepped_up: frozenset[str] = field(default_factory=frozenset)
    """Wants a fresh proof at the door of the route."""
    stepped_up_inside: frozenset[str] = field(default_factory=frozenset)
    """Wants it once the object was found, and is the actor's."""

    @classmethod
    def read(cls, path: Path) -> "Matrix":
        """Raises ValueError when a relation is not one of Relation."""
        table = tomllib.loads(path.read_text())
        actions = table.get("actions", {})
        grants = {
            action: {role: frozenset(map(Relation, str(names).split())) for role, names in roles.items()}
            for action, roles in actions.items()
        }
        door, inside = (frozenset(table.get(name, ())) for name in ("reauthenticate", "reauthenticate_inside"))
        return cls(grants, door, inside)

    def granted(self, role: str, action: str) -> frozenset[Relation]:
        """The relations with which `role` may do `action`; empty when never."""
        return self.grants.get(action, {}).get(role, frozenset())

    def allows(self, actor: Actor, action: str, relations: Collection[Relation]) -> bool:
        granted = self.granted(actor.role, action)
        return Relation.ANY in granted or not granted.isdisjoint(relations)
