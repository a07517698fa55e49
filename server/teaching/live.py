"""The door of a session's hall: who hosts, who is on its stage, who listens; what coming and going means."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from server.core.access import Actor, Relation
from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.meeting.doors import Entrant
from server.teaching import consenting, letters, queries, running
from server.teaching.model import TeachingSession
from server.teaching.states import OPEN_ROOM, State

if TYPE_CHECKING:
    from server.meeting.model import Meeting


class TeachingDoor:
    async def entrants(self, unit: Unit, meeting: Meeting, actors: Sequence[Actor]) -> list[Entrant | Refusal]:
        session = await queries.session(unit, meeting.subject_id)
        if session is None or session.meeting_id != meeting.id or session.state not in OPEN_ROOM:
            return [NotFound() for _ in actors]
        related = await queries.relations_of_all(unit, session, actors)
        teachers = await queries.teachers(unit, session.id) if any(Relation.OWN in one for one in related) else []
        guests = {one.post_id for one in teachers[1:]}
        return [_entrant(unit, session, *one, guests) for one in zip(actors, related, strict=True)]

    async def records(self, unit: Unit, meeting: Meeting) -> None:
        session = await queries.by_meeting(unit, meeting.id)
        if session is not None:
            await consenting.require(unit, session)

    async def presence_changed(self, unit: Unit, meeting: Meeting) -> None:
        session = await queries.by_meeting(unit, meeting.id)
        if session is not None and session.state in running.WAITING:  # a hall that runs does not ask who is there
            await running.presence_changed(unit, session=session, present=await meetings.present(unit, meeting.id))

    async def ended(self, unit: Unit, meeting: Meeting) -> None:
        session = await queries.by_meeting(unit, meeting.id)
        if session is not None and session.state in (State.LIVE, State.PAUSED):
            await running.end(unit, session=session)


def _entrant(
    unit: Unit, session: TeachingSession, actor: Actor, related: Collection[Relation], guests: Collection[str]
) -> Entrant | Refusal:
    """Hosts are the organiser and the first of the teachers; the posts of the others are those of `guests`."""
    teaches = Relation.OWN in related
    if not queries.may(unit, "teaching.enter", session, actor, related):
        return NotFound()
    if not running.lets_in(session, unit.now, teaches=teaches):
        return running.NotYetOpen()
    return Entrant(
        role="授课教师" if teaches else "学员",
        host=teaches and actor.post_id not in guests,
        hall=True,
        speaks=teaches,
        files_src=f"{letters.href(session)}/materials",
        back=letters.href(session),
        title=session.title,
    )


async def audience(unit: Unit, session_id: str) -> frozenset[str]:
    """The topics of everybody whose pages may show this session."""
    session = await queries.session(unit, session_id)
    if session is None:
        return frozenset()
    people = {session.organiser_id, *await letters.everybody(unit, session)}
    return frozenset({*(f"person:{one}" for one in people), f"institution:{session.institution_id}"})
