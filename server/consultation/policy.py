"""How an actor stands to a consultation."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Opinion
from server.core.access import Actor, Relation


def relations(actor: Actor, case: Consultation, *, invited: bool = False) -> frozenset[Relation]:
    """Own: whoever asks. Participant: the specialist, and who holds an open invitation (`invited`).

    Rights hang on posts: the same person in a post elsewhere has none of this.
    """
    found: set[Relation] = set()
    if actor.person_id == case.applicant_person_id and actor.institution_id == case.inviting_id:
        found.add(Relation.OWN)
    at_invited = actor.person_id == case.specialist_person_id and actor.institution_id == case.invited_id
    if at_invited or invited:
        found.add(Relation.PARTICIPANT)
    if actor.institution_id in (case.inviting_id, case.invited_id):
        found.add(Relation.INSTITUTION)
    if case.consortium_id and case.consortium_id in actor.consortium_ids:
        found.add(Relation.CONSORTIUM)
    return frozenset(found)


def may_see_opinion(actor: Actor, opinion: Opinion) -> bool:
    """A draft is its author's alone; what is signed is for all who may read the case."""
    return opinion.state != OpinionState.DRAFT or actor.person_id == opinion.author_person_id


def sees_identity(actor: Actor, relations_to_case: frozenset[Relation]) -> bool:
    """Names in full for who treats and who is consulted; everyone else reads them masked."""
    return not relations_to_case.isdisjoint({Relation.OWN, Relation.PARTICIPANT})


_APART = re.compile(r"[，,；;、？?（）()\s]+")  # not words
AGREED = "同意"  # not words: how experts write that they think the same


def confirmed(first: str, named: Iterable[Mapping[str, Any]]) -> bool:
    """Whether what the experts named says the asking doctor's first diagnosis; also when there was none to confirm."""
    parts = [part for part in _APART.split(first) if len(part) > 1]
    texts = [str(one.get("text", "")) for one in named]
    return not parts or any(AGREED in text or part in text for text in texts for part in parts)
