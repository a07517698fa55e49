"""How an actor stands to a session or course, and whether a session is for somebody. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from server.core.access import Actor, Relation
from server.teaching.kinds import Scope
from server.teaching.model import Course, TeachingSession
from server.teaching.states import HIDDEN


def relations(
    actor: Actor, session: TeachingSession, *, teachers: Collection[str], enrolled: bool
) -> frozenset[Relation]:
    """Own: who organises or teaches it (`teachers`: their posts). Participant: whoever is enrolled."""
    found: set[Relation] = set()
    organises = actor.person_id == session.organiser_id and actor.institution_id == session.institution_id
    if organises or actor.post_id in teachers:
        found.add(Relation.OWN)
    if enrolled:
        found.add(Relation.PARTICIPANT)
    return frozenset(found | _of_place(actor, session.institution_id, session.consortium_id))


def relations_to_course(actor: Actor, course: Course) -> frozenset[Relation]:
    found: set[Relation] = set()
    if actor.person_id == course.organiser_id and actor.institution_id == course.institution_id:
        found.add(Relation.OWN)
    return frozenset(found | _of_place(actor, course.institution_id, course.consortium_id))


def _of_place(actor: Actor, institution_id: str, consortium_id: str | None) -> set[Relation]:
    found: set[Relation] = set()
    if actor.institution_id == institution_id:
        found.add(Relation.INSTITUTION)
    if consortium_id and consortium_id in actor.consortium_ids:
        found.add(Relation.CONSORTIUM)
    return found


def hidden(session: TeachingSession) -> bool:
    """Not yet published: for those alone who may change it."""
    return session.state in HIDDEN


@dataclass(frozen=True, kw_only=True)
class Learner:
    institution_id: str
    title: str
    training_due: bool
    """A village doctor whose training is due."""


def fits(session: TeachingSession, learner: Learner) -> bool:
    """Whether the session is meant for them."""
    if session.scope is Scope.INSTITUTIONS and learner.institution_id not in session.institution_ids:
        return False
    if session.titles and learner.title not in session.titles:
        return False
    return learner.training_due or not session.village_doctors_due
