"""A session's slides, papers and videos: who may see them, add to them, fetch the originals."""

from server.core.access import Relation
from server.core.unit import Unit
from server.files import queries as files
from server.files.cards import Card, card
from server.files.subjects import About, Access
from server.teaching import policy, queries
from server.teaching.model import TeachingSession
from server.teaching.states import State

SUBJECT = "teaching"

ATTACHABLE = frozenset(State) - {State.CANCELLED, State.ARCHIVED}


class SessionFiles:
    """server.files.subjects.SubjectAccess for teaching sessions: teachers add, whoever takes part reads."""

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: Access) -> bool:
        session = await queries.session(unit, subject_id)
        if session is None:
            return False
        related = await queries.relations_of(unit, session)
        edits = unit.may("teaching.edit", related)
        if action != "read":
            return edits and session.state in ATTACHABLE
        if edits:
            return True
        return unit.may("teaching.enter", related) and Relation.PARTICIPANT in related and not policy.hidden(session)

    async def about(self, unit: Unit, subject_kind: str, subject_id: str) -> About:
        """Of no patient: what is shown in teaching names none. The library finds recordings by their slides."""
        return About(searched=True)


async def cards(unit: Unit, session: TeachingSession) -> list[Card] | None:
    """The tiles of a session's materials; None when the actor may not see them."""
    if not await SessionFiles().may(unit, SUBJECT, session.id, "read"):
        return None
    return [card(unit, one) for one in await files.of_subject(unit, SUBJECT, session.id)]
