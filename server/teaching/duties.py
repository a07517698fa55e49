"""What a session does when its hour comes and nobody acts: lobby, beginning, forgotten ends, reminders."""

from datetime import timedelta

from sqlalchemy import select

from server.core.unit import Unit
from server.meeting import queries as meetings
from server.scheduling import reminders
from server.teaching import appointments, captions, hand_in, letters, queries, running
from server.teaching.model import HandIn, TeachingSession
from server.teaching.states import OVER, State

FORGOTTEN = timedelta(minutes=30)
"""How long after its planned end a session that everybody left counts as ended."""


async def remind_of_teaching(unit: Unit) -> int:
    """Tells teachers and the enrolled a day and a quarter of an hour before."""
    due = await reminders.take_due_reminders(unit, appointments.SUBJECT)
    for one in due:
        session = await queries.session(unit, one.booking.subject_id)
        if session is not None:
            await letters.remind(unit, session, one.nearness(unit.now))
    return len(due)


async def open_lobbies(unit: Unit) -> int:
    query = select(TeachingSession).where(
        TeachingSession.state.in_([State.PUBLISHED, State.ENROLMENT_CLOSED]),
        TeachingSession.starts_at <= unit.now + running.LOBBY_BEFORE,
        TeachingSession.ends_at > unit.now,
    )
    found = list(await unit.session.scalars(query.limit(200)))
    for session in found:
        await running.open_lobby(unit, session=session)
    return len(found)


async def begin_and_end(unit: Unit) -> int:
    """Begins what a teacher waits in; ends what everybody left half an hour after its planned end."""
    done = 0
    for session in await queries.running(unit, State.LOBBY, State.LIVE, State.PAUSED):
        present = await meetings.present(unit, session.meeting_id or "")
        if session.state is State.LOBBY:
            await running.presence_changed(unit, session=session, present=present)
        elif not present and unit.now > session.ends_at + FORGOTTEN:
            await running.end(unit, session=session)
        else:
            continue
        done += 1
    return done


async def check_by_plan(unit: Unit) -> int:
    """Asks who is still there, where the plan says that it is asked."""
    running_now = await queries.running(unit, State.LIVE)
    return sum([await running.ask_as_planned(unit, session=one) for one in running_now if one.planned_checks])


async def remind_of_hand_ins(unit: Unit) -> int:
    """Of what has ended and whose file for the authority is not marked as handed in."""
    query = (
        select(TeachingSession, HandIn)
        .outerjoin(HandIn, HandIn.session_id == TeachingSession.id)
        .where(
            TeachingSession.state.in_(OVER),
            TeachingSession.ended_at > unit.now - hand_in.LONGEST,
            HandIn.handed_in_at.is_(None),
        )
        .order_by(TeachingSession.ended_at)
        .with_for_update(of=TeachingSession)
    )
    found = (await unit.session.execute(query)).all()
    return sum([await hand_in.remind(unit, session, row) for session, row in found])


DUTIES = (remind_of_teaching, remind_of_hand_ins, open_lobbies, begin_and_end, check_by_plan, captions.note_words)
