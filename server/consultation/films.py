"""Recordings of a consultation: for both its sides, for as long as the patient agrees to have been recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.consultation import queries
from server.core.errors import NotFound
from server.meeting.recordings import queries as recordings
from server.patients.consent import queries as consents
from server.patients.consent.model import ConsentKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.consultation.model import Consultation
    from server.core.access import Relation
    from server.core.unit import Unit
    from server.meeting.recordings.model import Recording


async def get_for(unit: Unit, id: str) -> tuple[Consultation, Recording]:
    """Raises NotFound alike for none, not yours, one about something else, and one whose patient has withdrawn."""
    recording = await recordings.recording(unit, id)
    case = await queries.by_meeting(unit, recording.meeting_id)
    if case is None:
        raise NotFound
    case = await queries.get_for(unit, "consultation.watch", case.id)
    if await withheld(unit, case):
        raise NotFound
    return case, recording


async def of_case(unit: Unit, case: Consultation, related: frozenset[Relation]) -> Sequence[Recording]:
    """In the order in which they were made; none for whoever may not watch them."""
    if case.meeting_id is None or not unit.may("consultation.watch", related):
        return []
    return await recordings.of_meetings(unit, [case.meeting_id])


async def withheld(unit: Unit, case: Consultation) -> bool:
    """The patient no longer agrees: what was recorded is kept as the law wants it, and nobody watches it."""
    kind = ConsentKind.RECORDING
    return not await consents.standing(unit, subject_id=case.id, patient_id=case.patient_id, kind=kind)
