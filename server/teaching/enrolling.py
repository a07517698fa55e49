"""Enrolling: a seat or a place in the waiting list, giving it up, moving up. The session's row is the queue's lock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.accounts import queries as accounts
from server.accounts.roles import CredentialKind
from server.core.errors import Refusal
from server.core.unit import Unit
from server.scheduling import queries as scheduling
from server.scheduling.intervals import Interval
from server.teaching import appointments, due, exams, letters, policy, queries, steps
from server.teaching.kinds import EnrolmentState
from server.teaching.model import Course, Enrolment, TeachingSession
from server.teaching.policy import Learner
from server.teaching.states import ENROLLING, Move, State


class EnrolmentShut(Refusal):
    code = "teaching.enrolment_shut"
    says = "这场教学现在不接受报名"


class NotForYou(Refusal):
    code = "teaching.not_for_you"
    status = 403
    says = "这场教学的对象不包括您：请看页面上的“面向”"


class TeachesIt(Refusal):
    code = "teaching.teaches_it"
    says = "您是这场教学的授课教师，不用报名"


class GateShut(Refusal):
    code = "teaching.gate_shut"
    says = "请先通过上一阶段“%(phase)s”的考试，再报名这一阶段"


class NotEnrolled(Refusal):
    code = "teaching.not_enrolled"
    says = "您没有报名这场教学"


async def learner(unit: Unit) -> Learner:
    """The actor, as audiences are told apart."""
    person = await accounts.person(unit, unit.actor.person_id)
    is_due = False
    if person.credential is CredentialKind.VILLAGE_DOCTOR:
        is_due = await due.is_due(unit, person)
    return Learner(institution_id=unit.actor.institution_id, title=person.title, training_due=is_due)


async def is_open(unit: Unit, session: TeachingSession) -> bool:
    """Closed by hand, it stays closed while people gather and while it goes on, until it is opened by hand again."""
    if session.state not in ENROLLING or unit.now >= session.ends_at:
        return False
    turns = (Move.CLOSE_ENROLMENT, Move.REOPEN_ENROLMENT)
    moves = [one.move for one in await queries.history(unit, session.id) if one.move in turns]
    return moves[-1:] != [Move.CLOSE_ENROLMENT]


async def enrol(unit: Unit, *, session: TeachingSession) -> Enrolment:
    """A seat, or the end of the waiting list; asked again, what was given before. `session` is locked.

    Raises EnrolmentShut, NotForYou, TeachesIt, GateShut.
    """
    if not await is_open(unit, session):
        raise EnrolmentShut
    person_id = unit.actor.person_id
    mine = await queries.enrolment(unit, session.id, person_id)
    if mine is not None and mine.state is not EnrolmentState.WITHDRAWN:
        return mine
    await _check(unit, session)
    taken = (await queries.seats_taken(unit, [session.id])).get(session.id, 0)
    full = 0 < session.capacity <= taken
    mine = mine or _blank(unit, session)
    mine.state = EnrolmentState.WAITING if full else EnrolmentState.ENROLLED
    mine.post_id, mine.institution_id = unit.actor.post_id, unit.actor.institution_id
    mine.place = await queries.last_place(unit, session.id) + 1
    mine.asked_at = mine.changed_at = unit.now
    unit.session.add(mine)
    await unit.session.flush()
    unit.record("teaching.enrolled", kind="teaching", id=session.id, reason=mine.state.value)
    steps.announce(unit, session)
    if not full:
        await letters.enrolled(unit, session, person_id)
    return mine


async def _check(unit: Unit, session: TeachingSession) -> None:
    if unit.actor.person_id in {one.person_id for one in await queries.teachers(unit, session.id)}:
        raise TeachesIt
    if not policy.fits(session, await learner(unit)):
        raise NotForYou
    if session.course_id and session.phase:
        course = await unit.session.get_one(Course, session.course_id)
        if not await exams.passed_gate(unit, course, session.phase - 1, unit.actor.person_id):
            raise GateShut(phase=course.phases[session.phase - 1])


def _blank(unit: Unit, session: TeachingSession) -> Enrolment:
    return Enrolment(id=unit.new_id(), session_id=session.id, person_id=unit.actor.person_id)


async def withdraw(unit: Unit, *, session: TeachingSession) -> None:
    """Gives the seat up; the first who waits gets it. Raises NotEnrolled, EnrolmentShut once it has begun."""
    mine = await queries.enrolment(unit, session.id, unit.actor.person_id)
    if mine is None or mine.state is EnrolmentState.WITHDRAWN:
        raise NotEnrolled
    if session.state not in (State.PUBLISHED, State.ENROLMENT_CLOSED, State.LOBBY):
        raise EnrolmentShut
    mine.state, mine.changed_at = EnrolmentState.WITHDRAWN, unit.now
    await unit.session.flush()
    unit.record("teaching.withdrawn", kind="teaching", id=session.id)
    await move_up(unit, session=session)
    steps.announce(unit, session)


async def move_up(unit: Unit, *, session: TeachingSession) -> list[Enrolment]:
    """Those who wait get the seats that are free, in the order in which they asked. `session` is locked."""
    taken = (await queries.seats_taken(unit, [session.id])).get(session.id, 0)
    waiting = await queries.enrolments(unit, session.id, EnrolmentState.WAITING)
    free = len(waiting) if session.capacity == 0 else max(0, session.capacity - taken)
    lucky = waiting[:free]
    for one in lucky:
        one.state, one.changed_at = EnrolmentState.ENROLLED, unit.now
        await letters.moved_up(unit, session, one.person_id)
    await unit.session.flush()
    return lucky


# ---- what else is at that time


async def clashes(unit: Unit, session: TeachingSession, person_id: str) -> list[tuple[Interval, str]]:
    """What else somebody has then: consultations and lessons they hold, and other sessions they are enrolled in."""
    booked = await scheduling.agenda(unit, occupant=person_id, period=session.period)
    held = [
        (one.period, one.title)
        for one in booked
        if one.period.overlaps(session.period)
        and (one.subject_kind, one.subject_id) != (appointments.SUBJECT, session.id)
    ]
    kept = await queries.kept_times(unit, person_id, session.starts_at, session.ends_at)
    return held + [(one.period, one.title) for one in kept if one.id != session.id]


async def busy_teachers(
    unit: Unit, person_ids: Sequence[str], start: datetime, end: datetime, leaving_out: str = ""
) -> dict[str, list[tuple[Interval, str]]]:
    """What stands in the teachers' diaries at a time that is being planned, by person."""
    wanted = Interval(start, end)
    if end - start > timedelta(hours=24) or end <= start:
        return {}
    found: dict[str, list[tuple[Interval, str]]] = {}
    for id in person_ids:
        booked = await scheduling.agenda(unit, occupant=id, period=wanted)
        others = [(one.period, one.title) for one in booked if one.subject_id != leaving_out]
        if others:
            found[id] = others
    return found
