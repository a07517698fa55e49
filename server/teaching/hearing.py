"""What of the words that were said in a hall may be read there: nobody is named whom its cases are about."""

from server.casebook import queries as casebook
from server.casebook.hearing import unnamed
from server.casebook.known import known_of
from server.core.database import Database
from server.core.unit import Unit
from server.patients import queries as patient_queries
from server.patients import service as patients
from server.patients.identity import day_in_clinic
from server.teaching import consenting, queries
from server.teaching.model import TeachingSession


class ShownWords:
    """signaling.ports.Captions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def shown(self, room: str, text: str) -> str:
        async with self._database.unit(writes=False) as unit:
            session = await queries.by_meeting(unit, room)
            return text if session is None else await shown(unit, session, text)


async def shown(unit: Unit, session: TeachingSession, text: str) -> str:
    """Of a session that is about no patient everything."""
    about = await _about(unit, session)
    if not (about or session.cases or consenting.shows_patients(session)):
        return text
    found = await patient_queries.by_ids(unit, about)
    identities = [(patients.identity_to_remove(unit, one), one.birth_date) for one in found]
    known = [known_of(identity, born=born) for identity, born in identities]
    return unnamed(text, known, [one.name for one, _ in identities], year=day_in_clinic(unit.now).year)


async def _about(unit: Unit, session: TeachingSession) -> frozenset[str]:
    """Who is seen in it, and whom the teaching cases are about that it names or was planned with."""
    seen = frozenset(one.patient_id for one in await queries.patients_of(unit, [session.id]))
    chosen = (await queries.cases_of(unit, [session.id]))[session.id]
    return seen | await casebook.patients_of(unit, session.consortium_id, session.cases, chosen)
