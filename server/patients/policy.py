"""How an actor stands to a patient. Pure."""

from server.core.access import Actor, Relation
from server.patients.model import Patient


def relations(actor: Actor, patient: Patient) -> frozenset[Relation]:
    """A patient belongs to the institution that registered them; whoever else may see them comes through a case."""
    if actor.institution_id != patient.institution_id:
        return frozenset()
    own = actor.person_id == patient.created_by_id
    return frozenset({Relation.INSTITUTION, Relation.OWN} if own else {Relation.INSTITUTION})
