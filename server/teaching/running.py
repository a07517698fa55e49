"""A session while it runs: lobby, live, paused, ended; the checks that ask who is still there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.meeting import queries as meeting_queries
from server.meeting import service as meetings
from server.teaching import appointments, attendance, letters, queries, spot_checks, steps
from server.teaching.model import TeachingSession
from server.teaching.states import Move, State

LOBBY_BEFORE = timedelta(minutes=20)
CHECK_STAYS = timedelta(minutes=3)


class NotLive(Refusal):
    code = "teaching.not_live"
    says = "只有直播中才能发起或回答抽查"


class CheckOver(Refusal):
    code = "teaching.check_over"
    status = 410
    says = "这次抽查已经结束"


class NotYetOpen(Refusal):
    code = "teaching.not_yet_open"
    says = "开始前 20 分钟开放候场，请稍后再进入"


def lets_in(session: TeachingSession, now: datetime, *, teaches: bool) -> bool:
    """Teachers as soon as the room is open, everybody else from the lobby's hour on."""
    return teaches or now >= session.starts_at - LOBBY_BEFORE


WAITING = frozenset({State.PUBLISHED, State.ENROLMENT_CLOSED, State.LOBBY})
"""States that end by somebody's coming."""


async def open_lobby(unit: Unit, *, session: TeachingSession) -> None:
    if session.state in (State.PUBLISHED, State.ENROLMENT_CLOSED):
        await steps.take(unit, session, Move.OPEN_LOBBY)


async def begin(unit: Unit, *, session: TeachingSession) -> None:
    """Raises IllegalMove."""
    await open_lobby(unit, session=session)
    await steps.take(unit, session, Move.BEGIN)
    session.begun_at = session.begun_at or unit.now
    await appointments.begin(unit, session)


async def end(unit: Unit, *, session: TeachingSession) -> None:
    """Raises IllegalMove. Shuts the room."""
    await steps.take(unit, session, Move.END)
    session.ended_at = unit.now
    await appointments.finish(unit, session)
    if session.meeting_id:
        await meetings.close(unit, meeting_id=session.meeting_id, reason="ended")
    await unit.session.flush()


async def presence_changed(unit: Unit, *, session: TeachingSession, present: frozenset[str]) -> None:
    """The first to come opens the lobby; the session begins when its hour has come and a teacher is there."""
    if not present:
        return
    await open_lobby(unit, session=session)
    teaching = {one.person_id for one in await queries.teachers(unit, session.id)}
    if session.state is State.LOBBY and unit.now >= session.starts_at and present & teaching:
        await begin(unit, session=session)


# ---- checks


async def ask(unit: Unit, *, session: TeachingSession) -> str:
    """Asks everybody in the room whether they are there; the id of the check. Raises NotLive."""
    if session.state is not State.LIVE or session.meeting_id is None:
        raise NotLive
    id = unit.new_id()
    await _ask(unit, session, session.meeting_id, id)
    return id


async def ask_as_planned(unit: Unit, *, session: TeachingSession) -> bool:
    """The check whose time has come, once, and not while another waits for answers."""
    if session.meeting_id is None or session.begun_at is None or await open_check(unit, session):
        return False
    secret, length = unit.keys.derive("spot checks"), session.period.length
    planned = spot_checks.moments(secret, session.id, session.planned_checks, session.begun_at, length)
    number = spot_checks.due(planned, unit.now)
    id = f"planned-{number}"
    if number is None or await meeting_queries.has_written(unit, session.meeting_id, f"check:{id}"):
        return False
    await _ask(unit, session, session.meeting_id, id)
    return True


async def _ask(unit: Unit, session: TeachingSession, meeting_id: str, id: str) -> None:
    until = unit.now + CHECK_STAYS
    body = {"check": id, "seconds": int(CHECK_STAYS.total_seconds())}
    await meetings.write(unit, meeting_id=meeting_id, kind=attendance.CHECK, body=body, key=f"check:{id}")
    for person_id in await letters.everybody(unit, session):
        unit.announce(f"person:{person_id}", "teaching.check", session=session.id, until=until.isoformat())
    unit.record("teaching.check_asked", kind="teaching", id=session.id)


async def answer(unit: Unit, *, session: TeachingSession) -> None:
    """The actor is there. Twice is once. Raises NotLive, CheckOver."""
    check = await open_check(unit, session)
    if session.state is not State.LIVE:
        raise NotLive
    if check is None:
        raise CheckOver
    key = f"answered:{check}:{unit.actor.person_id}"
    await _write(unit, session, attendance.ANSWERED, {"check": check}, key, by=unit.actor.person_id)


async def open_check(unit: Unit, session: TeachingSession) -> str | None:
    """The check that waits for answers now; None when none does."""
    if session.meeting_id is None:
        return None
    asked = await meeting_queries.entries_of(unit, session.meeting_id, [attendance.CHECK])
    if not asked:
        return None
    check = meeting_queries.opened(unit, asked[-1])
    over = unit.now >= asked[-1].at + timedelta(seconds=int(str(check["seconds"])))
    return None if over else str(check["check"])


async def _write(
    unit: Unit, session: TeachingSession, kind: str, body: Mapping[str, Any], key: str, by: str | None = None
) -> None:
    if session.meeting_id is None:
        raise NotFound
    await meetings.write(unit, meeting_id=session.meeting_id, kind=kind, by=by, body=body, key=key)
