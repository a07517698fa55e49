"""Moving a consultation: the move, its history, its audit row, its deadline, the live hint; always together."""

from datetime import datetime
from functools import lru_cache

from server.consultation.model import REJOIN_WITHIN, Consultation, Step
from server.consultation.states import Move, State
from server.core.unit import Unit
from server.scheduling.deadlines import Deadline, Pause, due_at
from server.scheduling.working_calendar import WorkingCalendar

CLOCKS: dict[State, Deadline] = {
    State.APPROVING: Deadline.PICK_UP,
    State.TRIAGE: Deadline.PICK_UP,
    State.SUPPLEMENT: Deadline.SUPPLEMENT,
    State.INVITING: Deadline.ANSWER,
    State.SCHEDULING: Deadline.ARRANGEMENT,
    State.OPINION_PENDING: Deadline.OPINION,
    State.ISSUED: Deadline.DECISION,
}
"""Which clock runs in a state; the others end with the appointment, on a day that was chosen, or never."""


@lru_cache
def calendar() -> WorkingCalendar:
    return WorkingCalendar()


async def take(
    unit: Unit,
    case: Consultation,
    move: Move,
    *,
    reason: str = "",
    pauses: tuple[Pause, ...] = (),
    due: datetime | None = None,
) -> None:
    """Moves the case; what it leads to is due by the clock of the state, or at `due`. Raises IllegalMove. Flushes."""
    before = case.move(move, now=unit.now)
    case.due_at = due or next_due(case, pauses)
    actor = unit.signed_in
    unit.session.add(
        Step(
            id=unit.new_id(),
            consultation_id=case.id,
            at=unit.now,
            person_id=actor.person_id if actor else None,
            role=actor.role if actor else "",
            move=move,
            before=before,
            after=case.state,
            reason=reason,
        )
    )
    await unit.session.flush()
    unit.record(f"consultation.{move.value}", kind="consultation", id=case.id, patient=case.patient_id, reason=reason)
    announce(unit, case)


def next_due(case: Consultation, pauses: tuple[Pause, ...] = ()) -> datetime | None:
    """By when whoever acts next must have acted."""
    if case.state in (State.SCHEDULED, State.READY, State.IN_SESSION):
        return case.starts_at
    if case.state is State.INTERRUPTED:
        return case.state_since + REJOIN_WITHIN
    clock = CLOCKS.get(case.state)
    if clock is None:
        return None
    started = case.submitted_at if clock is Deadline.ARRANGEMENT and case.submitted_at else case.state_since
    return due_at(started, clock, case.urgency, calendar(), pauses=pauses)


def give_up_waiting(unit: Unit, case: Consultation) -> None:
    """Nobody came back to an interrupted session: from now it is due to go on in writing, or to get another time."""
    case.due_at = due_at(unit.now, Deadline.ARRANGEMENT, case.urgency, calendar())
    announce(unit, case)


def announce(unit: Unit, case: Consultation) -> None:
    """Tells every page that may show this case to look again; who that is, live.audience says."""
    unit.announce(f"consultation:{case.id}", "consultation", state=case.state.value)
