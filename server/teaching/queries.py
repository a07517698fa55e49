"""Finding sessions and courses. `get_for` is the one door to one; lists show what the reader's post may see."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from server.core.access import Actor, Relation
from server.core.errors import NotFound
from server.core.unit import Unit
from server.teaching import policy
from server.teaching.kinds import CreditClass, EnrolmentState
from server.teaching.model import (
    Attendance,
    CalendarFeed,
    Correction,
    Course,
    Enrolment,
    Feedback,
    Paper,
    Quiz,
    Review,
    SessionCase,
    SessionPatient,
    SessionStep,
    Teacher,
    TeachingSession,
)
from server.teaching.states import AHEAD, HIDDEN, State

PAGE = 30
TAKING_PART = (EnrolmentState.ENROLLED, EnrolmentState.WAITING)


async def get_for(unit: Unit, action: str, id: str, *, locked: bool = False) -> TeachingSession:
    """The session, when the actor may do `action` to it.

    Raises NotFound alike for none and not yours; then ReauthenticationNeeded.
    """
    session = await unit.session.get(TeachingSession, id, with_for_update=locked)
    if session is None or not may(unit, action, session, unit.actor, await relations_of(unit, session)):
        raise NotFound
    unit.require_proof(action)
    return session


def may(unit: Unit, action: str, session: TeachingSession, actor: Actor, related: Collection[Relation]) -> bool:
    """Whether an actor who stands so to it may do `action` to it."""
    actions = [action, "teaching.edit"] if policy.hidden(session) else [action]
    return all(unit.matrix.allows(actor, one, related) for one in actions)


async def relations_of(unit: Unit, session: TeachingSession) -> frozenset[Relation]:
    [found] = await relations_of_all(unit, session, [unit.actor])
    return found


async def relations_of_all(
    unit: Unit, session: TeachingSession, actors: Collection[Actor]
) -> list[frozenset[Relation]]:
    """How each of these actors stands to it; in one question."""
    teach = select(Teacher.post_id).where(
        Teacher.session_id == session.id, Teacher.post_id.in_([one.post_id for one in actors])
    )
    listen = select(Enrolment.person_id).where(
        Enrolment.session_id == session.id,
        Enrolment.person_id.in_([one.person_id for one in actors]),
        Enrolment.state == EnrolmentState.ENROLLED,
    )
    known = frozenset(await unit.session.scalars(teach.union_all(listen)))  # no post has the id of a person
    return [policy.relations(one, session, teachers=known, enrolled=one.person_id in known) for one in actors]


async def course_for(unit: Unit, action: str, id: str) -> Course:
    """Raises NotFound: not there, or not the actor's to do this with."""
    course = await unit.session.get(Course, id)
    if course is None:
        raise NotFound
    unit.require(action, policy.relations_to_course(unit.actor, course))
    return course


async def session(unit: Unit, id: str) -> TeachingSession | None:
    return await unit.session.get(TeachingSession, id)


async def by_meeting(unit: Unit, meeting_id: str) -> TeachingSession | None:
    return await unit.session.scalar(select(TeachingSession).where(TeachingSession.meeting_id == meeting_id))


# ---- what hangs on one


async def teachers(unit: Unit, session_id: str) -> list[Teacher]:
    return (await teachers_of(unit, [session_id]))[session_id]


async def teachers_of(unit: Unit, session_ids: Iterable[str]) -> dict[str, list[Teacher]]:
    found: dict[str, list[Teacher]] = {id: [] for id in session_ids}
    query = select(Teacher).where(Teacher.session_id.in_(found)).order_by(Teacher.position)
    for one in await unit.session.scalars(query):
        found[one.session_id].append(one)
    return found


async def patients_of(unit: Unit, session_ids: Iterable[str]) -> list[SessionPatient]:
    """Who is seen in these sessions, in the order of naming."""
    query = select(SessionPatient).where(SessionPatient.session_id.in_(set(session_ids)))
    return list(await unit.session.scalars(query.order_by(SessionPatient.named_at, SessionPatient.patient_id)))


async def cases_of(unit: Unit, session_ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the cases of the casebook that each of these sessions discusses, in their order."""
    found: dict[str, list[str]] = {id: [] for id in session_ids}
    query = select(SessionCase).where(SessionCase.session_id.in_(found)).order_by(SessionCase.position)
    for one in await unit.session.scalars(query):
        found[one.session_id].append(one.case_id)
    return found


async def history(unit: Unit, session_id: str) -> list[SessionStep]:
    query = select(SessionStep).where(SessionStep.session_id == session_id).order_by(SessionStep.at, SessionStep.id)
    return list(await unit.session.scalars(query))


async def enrolment(unit: Unit, session_id: str, person_id: str) -> Enrolment | None:
    query = select(Enrolment).where(Enrolment.session_id == session_id, Enrolment.person_id == person_id)
    return await unit.session.scalar(query)


async def enrolments(unit: Unit, session_id: str, *states: EnrolmentState) -> list[Enrolment]:
    """In the order in which they asked."""
    query = select(Enrolment).where(Enrolment.session_id == session_id, Enrolment.state.in_(states or TAKING_PART))
    return list(await unit.session.scalars(query.order_by(Enrolment.place)))


async def last_place(unit: Unit, session_id: str) -> int:
    query = select(func.max(Enrolment.place)).where(Enrolment.session_id == session_id)
    return int(await unit.session.scalar(query) or 0)


async def seats_taken(unit: Unit, session_ids: Iterable[str]) -> dict[str, int]:
    query = (
        select(Enrolment.session_id, func.count())
        .where(Enrolment.session_id.in_(set(session_ids)), Enrolment.state == EnrolmentState.ENROLLED)
        .group_by(Enrolment.session_id)
    )
    return dict((await unit.session.execute(query)).all())


async def own_enrolments(unit: Unit, session_ids: Iterable[str], person_id: str) -> dict[str, Enrolment]:
    query = select(Enrolment).where(
        Enrolment.person_id == person_id, Enrolment.session_id.in_(set(session_ids)), Enrolment.state.in_(TAKING_PART)
    )
    return {one.session_id: one for one in await unit.session.scalars(query)}


# ---- lists


async def recorded(unit: Unit, limit: int = 300) -> list[TeachingSession]:
    """Those the actor may see, the latest first, that have begun: what may have been recorded."""
    query = select(TeachingSession).where(_visible(unit), TeachingSession.begun_at.is_not(None))
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at.desc()).limit(limit)))


def _visible(unit: Unit) -> ColumnElement[bool]:
    """Published in one of the actor's consortia, their own hospital's, or theirs."""
    actor = unit.actor
    teaches = exists().where(Teacher.session_id == TeachingSession.id, Teacher.person_id == actor.person_id)
    own = or_(TeachingSession.organiser_id == actor.person_id, teaches)
    near = or_(
        TeachingSession.consortium_id.in_(sorted(actor.consortium_ids)),
        TeachingSession.institution_id == actor.institution_id,
    )
    granted = unit.matrix.granted(actor.role, "teaching.edit")
    prepared: list[ColumnElement[bool]] = []
    if Relation.CONSORTIUM in granted:
        prepared.append(TeachingSession.consortium_id.in_(sorted(actor.consortium_ids)))
    if Relation.INSTITUTION in granted:
        prepared.append(TeachingSession.institution_id == actor.institution_id)
    return or_(own, and_(near, or_(TeachingSession.state.not_in(HIDDEN), *prepared)))


async def within(unit: Unit, start: datetime, end: datetime) -> list[TeachingSession]:
    """What falls into a time, as a calendar shows it."""
    query = select(TeachingSession).where(
        _visible(unit),
        TeachingSession.starts_at < end,
        TeachingSession.ends_at > start,
        TeachingSession.state != State.CANCELLED,
    )
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at, TeachingSession.id).limit(500)))


async def ahead(unit: Unit) -> list[TeachingSession]:
    query = select(TeachingSession).where(_visible(unit), TeachingSession.state.in_(AHEAD))
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at, TeachingSession.id).limit(200)))


async def in_preparation(unit: Unit) -> list[TeachingSession]:
    query = select(TeachingSession).where(_visible(unit), TeachingSession.state.in_(HIDDEN))
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at, TeachingSession.id).limit(200)))


async def past(unit: Unit, *, before: datetime | None = None) -> list[TeachingSession]:
    """What is over, the last first; `before` is the start of the last of the page above."""
    query = select(TeachingSession).where(
        _visible(unit), TeachingSession.state.not_in([*AHEAD, *HIDDEN]), TeachingSession.starts_at <= unit.now
    )
    if before:
        query = query.where(TeachingSession.starts_at < before)
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at.desc()).limit(PAGE)))


async def of_person(unit: Unit, person_id: str) -> list[TeachingSession]:
    """Ahead of somebody: what they are enrolled in, wait for, teach or organise."""
    enrolled = exists().where(
        Enrolment.session_id == TeachingSession.id, Enrolment.person_id == person_id, Enrolment.state.in_(TAKING_PART)
    )
    teaches = exists().where(Teacher.session_id == TeachingSession.id, Teacher.person_id == person_id)
    query = select(TeachingSession).where(
        or_(enrolled, teaches, TeachingSession.organiser_id == person_id), TeachingSession.state.in_([*AHEAD, *HIDDEN])
    )
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at, TeachingSession.id)))


async def kept_times(unit: Unit, person_id: str, start: datetime, end: datetime) -> list[TeachingSession]:
    """What somebody is enrolled in within a time. (What they teach is a booking.)"""
    query = (
        select(TeachingSession)
        .join(Enrolment, Enrolment.session_id == TeachingSession.id)
        .where(
            Enrolment.person_id == person_id,
            Enrolment.state == EnrolmentState.ENROLLED,
            TeachingSession.state.not_in([State.CANCELLED, *HIDDEN]),
            TeachingSession.starts_at < end,
            TeachingSession.ends_at > start,
        )
    )
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at)))


async def enrolled_in(unit: Unit, person_id: str) -> list[TeachingSession]:
    """What somebody is enrolled in that runs, or is over and not yet credited."""
    query = (
        select(TeachingSession)
        .join(Enrolment, Enrolment.session_id == TeachingSession.id)
        .where(
            Enrolment.person_id == person_id,
            Enrolment.state == EnrolmentState.ENROLLED,
            TeachingSession.state.in_([State.LIVE, State.PAUSED, State.ENDED, State.PROCESSED]),
        )
    )
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at)))


async def of_course(unit: Unit, course_id: str) -> list[TeachingSession]:
    query = select(TeachingSession).where(
        _visible(unit), TeachingSession.course_id == course_id, TeachingSession.state != State.CANCELLED
    )
    return list(await unit.session.scalars(query.order_by(TeachingSession.phase, TeachingSession.starts_at)))


async def discussing(unit: Unit, case_id: str) -> list[TeachingSession]:
    """Those the actor may see that a case of the casebook is discussed in, the latest first."""
    discusses = exists().where(SessionCase.session_id == TeachingSession.id, SessionCase.case_id == case_id)
    query = select(TeachingSession).where(_visible(unit), discusses, TeachingSession.state != State.CANCELLED)
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at.desc()).limit(50)))


async def courses(unit: Unit) -> list[Course]:
    near = or_(
        Course.consortium_id.in_(sorted(unit.actor.consortium_ids)),
        Course.institution_id == unit.actor.institution_id,
    )
    return list(await unit.session.scalars(select(Course).where(near).order_by(Course.id.desc()).limit(200)))


async def running(unit: Unit, *states: State) -> list[TeachingSession]:
    """Everything in these states, for the clock's duties."""
    query = select(TeachingSession).where(TeachingSession.state.in_(states), TeachingSession.starts_at <= unit.now)
    return list(await unit.session.scalars(query.order_by(TeachingSession.starts_at).limit(200)))


# ---- papers, attendance, feedback, feeds


async def quiz_of(unit: Unit, session_id: str) -> Quiz | None:
    return await unit.session.scalar(select(Quiz).where(Quiz.session_id == session_id))


async def gates_of(unit: Unit, course_id: str) -> dict[int, Quiz]:
    """The exams of a course by the phase they close."""
    query = select(Quiz).where(Quiz.course_id == course_id)
    return {one.phase or 0: one for one in await unit.session.scalars(query)}


async def papers(unit: Unit, quiz_id: str, person_id: str | None = None) -> list[Paper]:
    query = select(Paper).where(Paper.quiz_id == quiz_id)
    if person_id:
        query = query.where(Paper.person_id == person_id)
    return list(await unit.session.scalars(query.order_by(Paper.person_id, Paper.attempt)))


async def best_scores(unit: Unit, quiz_id: str) -> dict[str, int]:
    query = select(Paper.person_id, func.max(Paper.score)).where(Paper.quiz_id == quiz_id).group_by(Paper.person_id)
    return dict((await unit.session.execute(query)).all())


async def attendances(unit: Unit, session_id: str) -> dict[str, Attendance]:
    query = select(Attendance).where(Attendance.session_id == session_id)
    return {one.person_id: one for one in await unit.session.scalars(query)}


async def attendance_of(unit: Unit, session_id: str, person_id: str) -> Attendance | None:
    return await unit.session.get(Attendance, (session_id, person_id))


async def learnt(unit: Unit, *, person_id: str | None = None, places: Collection[str] = ()) -> list[Attendance]:
    """The attendance of one person, or of the people of some institutions, the last first."""
    query = select(Attendance).where(
        Attendance.person_id == person_id if person_id else Attendance.institution_id.in_(places)
    )
    return list(await unit.session.scalars(query.order_by(Attendance.reckoned_at.desc()).limit(2000)))


async def corrections(unit: Unit, session_id: str, person_id: str | None = None) -> list[Correction]:
    """Of a session's attendance, or of one person's in it, the first first."""
    query = select(Correction).where(Correction.session_id == session_id)
    if person_id:
        query = query.where(Correction.person_id == person_id)
    return list(await unit.session.scalars(query.order_by(Correction.number)))


async def last_corrections(unit: Unit, attended: Collection[Attendance]) -> dict[tuple[str, str], Correction]:
    """The one that counts, by session and person, where these were corrected at all."""
    query = select(Correction).where(
        Correction.session_id.in_({one.session_id for one in attended}),
        Correction.person_id.in_({one.person_id for one in attended}),
    )
    rows = await unit.session.scalars(query.order_by(Correction.number))
    return {(one.session_id, one.person_id): one for one in rows}


async def reviews(unit: Unit, session_id: str, person_id: str | None = None) -> list[Review]:
    """What was asked about a session's attendance, the first first."""
    query = select(Review).where(Review.session_id == session_id)
    if person_id:
        query = query.where(Review.person_id == person_id)
    return list(await unit.session.scalars(query.order_by(Review.asked_at, Review.person_id)))


class Trained(NamedTuple):
    at: datetime
    corrected: bool
    """Whether it counts by a correction alone."""


async def last_trained(unit: Unit, person_ids: Iterable[str]) -> dict[str, Trained]:
    """When each last got the credit of a session."""
    query = (
        select(Attendance.person_id, TeachingSession.ends_at, Attendance.met)
        .join(TeachingSession, TeachingSession.id == Attendance.session_id)
        .where(
            Attendance.person_id.in_(set(person_ids)),
            Attendance.granted_at.is_not(None),
            Attendance.revoked_at.is_(None),
        )
        .order_by(TeachingSession.ends_at)
    )
    return {id: Trained(at, corrected=not met) for id, at, met in (await unit.session.execute(query)).all()}


async def sessions(unit: Unit, ids: Iterable[str]) -> dict[str, TeachingSession]:
    found = await unit.session.scalars(select(TeachingSession).where(TeachingSession.id.in_(set(ids))))
    return {one.id: one for one in found}


async def feedback(unit: Unit, session_id: str) -> list[Feedback]:
    return list(await unit.session.scalars(select(Feedback).where(Feedback.session_id == session_id)))


async def feedback_of(unit: Unit, session_id: str, person_id: str) -> Feedback | None:
    return await unit.session.get(Feedback, (session_id, person_id))


async def feed(unit: Unit, person_id: str) -> CalendarFeed | None:
    return await unit.session.get(CalendarFeed, person_id)


async def feed_by_digest(unit: Unit, digest: bytes) -> CalendarFeed | None:
    return await unit.session.scalar(select(CalendarFeed).where(CalendarFeed.digest == digest))


def credited(rows: Iterable[Attendance], credit_class: CreditClass) -> int:
    """Tenths of a point granted in a class."""
    return sum(one.credit_tenths for one in rows if one.credited and one.credit_class is credit_class)
