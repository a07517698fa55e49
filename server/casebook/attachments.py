"""Who sees the files of a teaching case: whoever may read the case itself, and then only its copies."""

from dataclasses import replace

from server.casebook import queries
from server.casebook.copies import SUBJECT
from server.casebook.copy_states import CopyState
from server.casebook.model import TeachingCase
from server.casebook.states import State
from server.core.errors import NotFound
from server.core.unit import Unit
from server.files import queries as files
from server.files.cards import Card, card
from server.files.subjects import About, Access


class CaseFiles:
    """server.files.subjects.SubjectAccess for teaching cases: read with the case, added to and fetched by nobody."""

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: Access) -> bool:
        if action != "read":
            return False
        try:
            case = await queries.get_for(unit, "casebook.read", subject_id)
        except NotFound:
            return False
        return case.state is not State.WITHDRAWN

    async def about(self, unit: Unit, subject_kind: str, subject_id: str) -> About:
        """Of nobody: that is the point."""
        return About()


async def cards(unit: Unit, case: TeachingCase) -> list[Card]:
    """The tiles of its copies that are ready. The caller has let the actor in by the case."""
    ready = {copy.file_id for copy in await queries.copies_of(unit, case.id) if copy.state is CopyState.READY}
    found = await files.of_subject(unit, SUBJECT, case.id)
    return [replace(card(unit, one), mine=False) for one in found if one.id in ready]
