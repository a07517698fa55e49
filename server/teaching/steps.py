"""Moving a session: the move, its history, its audit row, the live hint; always together."""

from server.core.unit import Unit
from server.teaching.model import SessionStep, TeachingSession
from server.teaching.states import Move


async def take(unit: Unit, session: TeachingSession, move: Move, *, reason: str = "") -> None:
    """Raises IllegalMove. Flushes."""
    before = session.move(move, now=unit.now)
    actor = unit.signed_in
    unit.session.add(
        SessionStep(
            id=unit.new_id(),
            session_id=session.id,
            at=unit.now,
            person_id=actor.person_id if actor else None,
            move=move,
            before=before,
            after=session.state,
            reason=reason,
        )
    )
    await unit.session.flush()
    unit.record(f"teaching.{move.value}", kind="teaching", id=session.id, reason=reason or None)
    announce(unit, session)


def announce(unit: Unit, session: TeachingSession) -> None:
    unit.announce(f"teaching:{session.id}", "teaching", state=session.state.value)
