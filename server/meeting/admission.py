"""Who comes into a room, and whose right to be there still holds: a crowd at one moment is one reading of the store."""

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from aiohttp import web

from server.accounts import queries as accounts
from server.accounts import service as people
from server.core.access import Actor, fresh
from server.core.database import Database
from server.core.errors import NotFound, Refusal
from server.core.together import Together
from server.core.unit import Unit
from server.meeting import queries, service
from server.meeting.doors import Door, Entrant
from server.meeting.model import Meeting, RoomLink
from signaling.ports import Grant

GUEST = "guest:"
MOMENT = 0.1
"""Seconds for which those who come in a crowd are gathered; nobody minds them at a door."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Admission:
    meeting: Meeting
    entrant: Entrant


class Admissions:
    def __init__(self, database: Database, doors: Mapping[str, Door]) -> None:
        self._database, self._doors = database, doors
        self._coming = Together(partial(self._room_by_room, self._admit), pause=MOMENT)
        self._held = Together(partial(self._room_by_room, self._hold), pause=MOMENT)

    async def entrant(self, unit: Unit, meeting: Meeting) -> Entrant:
        """How the actor of the unit comes in, within a unit that does more. Raises the Refusal of the door."""
        [found] = await self._doors[meeting.subject_kind].entrants(unit, meeting, [unit.actor])
        if isinstance(found, Refusal):
            raise found
        return found

    async def admit(self, actor: Actor, room: str) -> Admission:
        """Raises NotFound, RoomShut, Removed, or the Refusal of the door."""
        return await self._coming.ask((room, actor))

    async def still_holds(self, grant: Grant) -> bool:
        """signaling.ports.Grants: asked again at every join, so a right that ended does not outlive it."""
        return await self._held.ask((grant.room, grant))

    async def proved(self, grant: Grant) -> bool | None:
        """signaling.ports.Grants: a proof given at another device counts for nothing at this one, and a phone to which
        the call was handed over has no sign-in."""
        async with self._database.unit(writes=False) as unit:
            found = await accounts.open_sign_ins(unit, grant.person or "")
            here = next((one for one in found if device_of(one.id) == grant.device), None)
            return fresh(here.reauthenticated_at, unit.now) if here else None

    async def _room_by_room(
        self,
        answer: Callable[[Unit, Meeting | None, list[Asked]], Awaitable[Sequence[Answer]]],
        asked: Sequence[tuple[str, Asked]],
    ) -> list[Answer]:
        """What is asked of each room, in the order of asking; each room is asked once."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, (room, _) in enumerate(asked):
            places[room].append(place)
        found: dict[int, Answer] = {}
        async with self._database.unit(writes=False) as unit:
            for room, those in places.items():
                meeting = await unit.session.get(Meeting, room)
                answers = await answer(unit, meeting, [asked[place][1] for place in those])
                found |= zip(those, answers, strict=True)
        return [found[place] for place in range(len(asked))]

    async def _admit(self, unit: Unit, meeting: Meeting | None, actors: Sequence[Actor]) -> list[Admission | Refusal]:
        if meeting is None:
            return [NotFound() for _ in actors]
        removed = await queries.removed(unit, meeting.id)
        entrants = await self._doors[meeting.subject_kind].entrants(unit, meeting, actors)
        return [
            _admission(meeting, entrant, open=meeting.open_at(unit.now), removed=actor.person_id in removed)
            for actor, entrant in zip(actors, entrants, strict=True)
        ]

    async def _hold(self, unit: Unit, meeting: Meeting | None, grants: Sequence[Grant]) -> list[bool]:
        if meeting is None or not meeting.open_at(unit.now):
            return [False for _ in grants]
        entering = await self._entering(unit, meeting, {one.person for one in grants if one.person})
        return [
            await _invited(unit, one) if one.participant.startswith(GUEST) else one.person in entering for one in grants
        ]

    async def _entering(self, unit: Unit, meeting: Meeting, person_ids: set[str]) -> set[str]:
        """Those whom the subject's door lets in, be it in whatever post they hold now."""
        posts = await people.actors_by_person(unit, person_ids)
        actors = [one for each in posts.values() for one in each]
        entrants = await self._doors[meeting.subject_kind].entrants(unit, meeting, actors)
        return {one.person_id for one, found in zip(actors, entrants, strict=True) if isinstance(found, Entrant)}


def device_of(secret: str) -> str:
    """The name under which a room knows a sign-in, or a guest's link."""
    return hashlib.sha256(f"device {secret}".encode()).hexdigest()[:32]


def _admission(meeting: Meeting, entrant: Entrant | Refusal, *, open: bool, removed: bool) -> Admission | Refusal:
    if isinstance(entrant, Refusal):
        return entrant
    if not open:
        return service.RoomShut()
    return service.Removed() if removed else Admission(meeting, entrant)


async def _invited(unit: Unit, grant: Grant) -> bool:
    link = await unit.session.get(RoomLink, grant.participant.removeprefix(GUEST))
    return link is not None and link.usable(unit.now)


ADMISSIONS = web.AppKey("admissions", Admissions)
