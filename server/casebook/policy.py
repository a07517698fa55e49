"""How an actor stands to a teaching case. Pure."""

from server.casebook.model import TeachingCase
from server.casebook.states import State
from server.core.access import Actor, Relation


def relations(actor: Actor, case: TeachingCase) -> frozenset[Relation]:
    """Own: whoever proposed it, in a post of the same place."""
    found: set[Relation] = set()
    if actor.person_id == case.proposed_by_id and actor.institution_id == case.proposer_institution_id:
        found.add(Relation.OWN)
    if case.consortium_id and case.consortium_id in actor.consortium_ids:
        found.add(Relation.CONSORTIUM)
    return frozenset(found)


def readable(case: TeachingCase) -> bool:
    """Whether trainees may know of it at all."""
    return case.state is State.RELEASED
