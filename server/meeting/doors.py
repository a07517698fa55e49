"""Who may enter a meeting is decided by what it is about: each capability that meets hangs its door here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.core.access import Actor
from server.core.errors import Refusal
from server.core.unit import Unit
from server.meeting.model import Meeting


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """How the actor comes in."""

    role: str
    """The word of their part: 专家, 申请方 (a msgid)."""
    host: bool
    hall: bool = False
    """The meeting is a hall, with a stage and an audience; `speaks` is then whether they are on its stage."""
    speaks: bool = True
    case_src: str = ""
    """Address of the fragment shown beside the video."""
    files_src: str = ""
    """Address of the list of what may be shown to all in a hall."""
    opinion_src: str = ""
    consent_href: str = ""
    """Where the actor has the patient agree to a recording; "" where others do."""
    back: str = "/"
    title: str = ""


class Door(Protocol):
    async def entrants(self, unit: Unit, meeting: Meeting, actors: Sequence[Actor]) -> Sequence[Entrant | Refusal]:
        """How each of them may come in, or why not: NotFound where that is nothing to them."""

    async def records(self, unit: Unit, meeting: Meeting) -> None:
        """Raises a Refusal when a patient is seen there who has not consented to be recorded."""

    async def presence_changed(self, unit: Unit, meeting: Meeting) -> None:
        """Somebody came or went; the log has it."""

    async def ended(self, unit: Unit, meeting: Meeting) -> None:
        """A host ended the session. Raises a Refusal when there is nothing to end yet."""


async def one_by_one(
    ask: Callable[[Unit, Meeting], Awaitable[Entrant]], unit: Unit, meeting: Meeting, actors: Sequence[Actor]
) -> list[Entrant | Refusal]:
    """The answers of a door at which no crowd stands; it asks as the actor of the unit."""
    found: list[Entrant | Refusal] = []
    for unit.signed_in in actors:
        try:
            found.append(await ask(unit, meeting))
        except Refusal as refusal:
            found.append(refusal)
    return found
