"""How a reader stands to a document."""

from collections.abc import Collection

from server.core.access import Actor, Relation
from server.documents.model import Document


def relations(actor: Actor, document: Document, holders: Collection[str]) -> frozenset[Relation]:
    """Own: the signer's. Institution: it keeps a copy."""
    held = set()
    if actor.person_id == document.signer_id:
        held.add(Relation.OWN)
    if actor.institution_id in holders:
        held.add(Relation.INSTITUTION)
    return frozenset(held)
