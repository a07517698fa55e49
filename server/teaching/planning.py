"""Planning a session: drafting, amending, filing with the authority, publishing, another time, cancelling."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete

from server.accounts import queries as accounts
from server.core.access import Actor
from server.core.errors import Refusal
from server.core.unit import Unit
from server.meeting import service as meetings
from server.meeting.kinds import MeetingKind
from server.scheduling.working_calendar import CHINA
from server.teaching import appointments, letters, linked, queries, steps
from server.teaching.kinds import CourseKind, CreditClass, Material, Scope, SessionKind
from server.teaching.model import Course, Teacher, TeachingSession
from server.teaching.states import CHANGEABLE, HIDDEN, Move, State

FILING_DAYS = 10
"""Working days that the authority is told ahead (on-line continuing education, 2020)."""


class NotFiled(Refusal):
    code = "teaching.not_filed"
    says = "授学分的教学须先登记备案，再发布"


class FiledTooLate(Refusal):
    code = "teaching.filed_too_late"
    status = 422
    says = "备案须早于开始 10 个工作日；最早可在 %(earliest)s 开始"


class NotReleased(Refusal):
    code = "teaching.not_released"
    says = "涉及真实患者的内容须由另一人核对并放行后才能发布"


class OwnRelease(Refusal):
    code = "teaching.own_release"
    status = 403
    says = "去标识核对须由筹备人以外的人完成"


class NothingToRelease(Refusal):
    code = "teaching.nothing_to_release"
    says = "这场教学不涉及真实患者，无需放行"


class AlreadyRunning(Refusal):
    code = "teaching.not_changeable"
    says = "这场教学已经开始或结束，不能再修改"


class TooFewSeats(Refusal):
    code = "teaching.too_few_seats"
    status = 422
    says = "已有 %(taken)s 人报名，名额不能少于这个数"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a planner decides about a session."""

    kind: SessionKind
    title: str
    about: str = ""
    specialty: str = ""
    starts_at: datetime
    ends_at: datetime
    teacher_posts: Sequence[str]
    room_id: str | None = None
    agenda: Sequence[tuple[int, str, str]] = ()
    cases: Sequence[str] = ()
    case_ids: Sequence[str] = ()
    """Of released cases of the casebook."""
    scope: Scope = Scope.CONSORTIUM
    institution_ids: Sequence[str] = ()
    titles: Sequence[str] = ()
    village_doctors_due: bool = False
    capacity: int = 0
    credit_class: CreditClass = CreditClass.NONE
    credit_tenths: int = 0
    project_no: str = ""
    material: Material = Material.NONE
    min_percent: int = 80
    checks_of_three: int = 2
    planned_checks: int = 0
    pass_mark: int = 60
    course_id: str | None = None
    phase: int = 0


def home_of(actor: Actor) -> str | None:
    """The consortium in which what somebody plans takes place."""
    return min(actor.consortium_ids, default=None)


async def draft(unit: Unit, *, plan: Plan) -> TeachingSession:
    """Raises NoSuchCase."""
    actor = unit.actor
    session = TeachingSession(
        id=unit.new_id(),
        state=State.PLANNED,
        state_since=unit.now,
        consortium_id=home_of(actor),
        institution_id=actor.institution_id,
        organiser_id=actor.person_id,
        created_at=unit.now,
    )
    _write(session, plan)
    unit.session.add(session)
    await unit.session.flush()
    await _appoint(unit, session, plan.teacher_posts)
    await linked.choose(unit, session=session, case_ids=plan.case_ids)
    unit.record("teaching.planned", kind="teaching", id=session.id)
    return session


async def amend(unit: Unit, *, session: TeachingSession, plan: Plan) -> None:
    """Everything may change until it begins; another time moves the booking and tells whoever is enrolled.

    Raises AlreadyRunning, TooFewSeats, NoSuchCase, SlotTaken, InThePast, FiledTooLate.
    """
    if session.state not in CHANGEABLE:
        raise AlreadyRunning
    await _check_seats(unit, session, plan.capacity)
    before, materials = session.period, (session.material, list(session.cases))
    _write(session, plan)
    if (session.material, session.cases) != materials:
        session.released_by = session.released_at = None
    if session.filed_at:
        _check_filing(session, session.filed_at)
    await unit.session.flush()
    await linked.choose(unit, session=session, case_ids=plan.case_ids)
    teachers = await _appoint(unit, session, plan.teacher_posts)
    if session.state not in HIDDEN:
        require_released(session)
        booking = await appointments.follow(unit, session, teachers)
        if session.period != before:
            await _moved(unit, session, booking.sequence if booking else 0)
    unit.record("teaching.amended", kind="teaching", id=session.id)
    steps.announce(unit, session)


async def _moved(unit: Unit, session: TeachingSession, sequence: int) -> None:
    await steps.take(unit, session, Move.RESCHEDULE)
    if session.meeting_id:
        await meetings.replan(unit, meeting_id=session.meeting_id, starts_at=session.starts_at, ends_at=session.ends_at)
    await letters.rescheduled(unit, session, sequence)


async def _check_seats(unit: Unit, session: TeachingSession, capacity: int) -> None:
    taken = (await queries.seats_taken(unit, [session.id])).get(session.id, 0)
    if 0 < capacity < taken:
        raise TooFewSeats(taken=taken)


def _write(session: TeachingSession, plan: Plan) -> None:
    rows = {"teacher_posts", "case_ids"}
    for name in set(Plan.__dataclass_fields__) - rows - {"agenda", "cases", "institution_ids", "titles"}:
        setattr(session, name, getattr(plan, name))
    session.agenda = [{"minutes": minutes, "what": what, "who": who} for minutes, what, who in plan.agenda]
    session.cases = list(plan.cases)
    session.institution_ids, session.titles = list(plan.institution_ids), list(plan.titles)


async def _appoint(unit: Unit, session: TeachingSession, post_ids: Sequence[str]) -> list[Teacher]:
    posts = await accounts.posts(unit, post_ids)
    await unit.session.execute(delete(Teacher).where(Teacher.session_id == session.id))
    rows = [
        Teacher(session_id=session.id, post_id=id, person_id=posts[id].person_id, position=place)
        for place, id in enumerate(dict.fromkeys(post_ids))
        if id in posts
    ]
    unit.session.add_all(rows)
    await unit.session.flush()
    return rows


# ---- filing, releasing, publishing


def earliest_start(filed_at: datetime) -> datetime:
    """The first day on which a session filed then may be: the tenth working day after the filing, from midnight."""
    day_after = CHINA.at(CHINA.day_of(filed_at), 1440)
    return CHINA.at(CHINA.day_of(CHINA.add_working(day_after, CHINA.workday * FILING_DAYS)), 0)


def _check_filing(session: TeachingSession, filed_at: datetime) -> None:
    earliest = earliest_start(filed_at)
    if session.credit_class is not CreditClass.NONE and session.starts_at < earliest:
        raise FiledTooLate(earliest=CHINA.day_of(earliest).isoformat())


async def file(unit: Unit, *, session: TeachingSession, filing_no: str, filed_on: datetime) -> None:
    """That the authority was told, and under which number. Raises FiledTooLate, IllegalMove."""
    _check_filing(session, filed_on)
    session.filing_no, session.filed_at = filing_no, filed_on
    await steps.take(unit, session, Move.FILE, reason=filing_no)


async def release_material(unit: Unit, *, session: TeachingSession) -> None:
    """A second person has looked at what is shown of patients. Raises OwnRelease, NothingToRelease."""
    if session.material is Material.NONE:
        raise NothingToRelease
    if session.organiser_id == unit.actor.person_id:
        raise OwnRelease
    session.released_by, session.released_at = unit.actor.person_id, unit.now
    await unit.session.flush()
    unit.record("teaching.material_released", kind="teaching", id=session.id)
    steps.announce(unit, session)


def is_released(session: TeachingSession) -> bool:
    """Or shows nothing of patients."""
    return session.material is Material.NONE or session.released_at is not None


def require_released(session: TeachingSession) -> None:
    if not is_released(session):
        raise NotReleased


async def publish(unit: Unit, *, session: TeachingSession) -> None:
    """Opens enrolment: takes the teachers' time and the classroom, and plans the room.

    Raises NotFiled, NotReleased, SlotTaken, InThePast, IllegalMove.
    """
    if session.credit_class is not CreditClass.NONE and session.filed_at is None:
        raise NotFiled
    require_released(session)
    await steps.take(unit, session, Move.PUBLISH)
    teachers = await queries.teachers(unit, session.id)
    booking = await appointments.take(unit, session, teachers)
    meeting = await meetings.plan(
        unit,
        kind=MeetingKind.TEACHING,
        subject_kind=appointments.SUBJECT,
        subject_id=session.id,
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    session.meeting_id = meeting.id
    await unit.session.flush()
    await letters.invited_to_teach(unit, session, [one.person_id for one in teachers], booking.sequence)


async def cancel(unit: Unit, *, session: TeachingSession, reason: str) -> None:
    """Raises IllegalMove."""
    booking = await appointments.booking_of(unit, session)
    await steps.take(unit, session, Move.CANCEL, reason=reason)
    await appointments.release(unit, session, reason)
    if session.meeting_id:
        await meetings.close(unit, meeting_id=session.meeting_id, reason="cancelled")
    await letters.cancelled(unit, session, reason, booking.sequence if booking else 0)


# ---- courses


async def found_course(
    unit: Unit, *, kind: CourseKind, title: str, about: str = "", phases: Sequence[str] = ()
) -> Course:
    actor = unit.actor
    course = Course(
        id=unit.new_id(),
        kind=kind,
        title=title,
        about=about,
        consortium_id=home_of(actor),
        institution_id=actor.institution_id,
        organiser_id=actor.person_id,
        phases=list(phases),
        created_at=unit.now,
    )
    unit.session.add(course)
    await unit.session.flush()
    unit.record("teaching.course_founded", kind="course", id=course.id)
    return course


def every_week(first: Plan, times: int) -> list[Plan]:
    """A series: the same plan on `times` weeks, those that fall on a public holiday left out and made up for later."""
    plans: list[Plan] = []
    week = 0
    while len(plans) < times:
        shift = timedelta(weeks=week)
        day = CHINA.day_of(first.starts_at + shift)
        if week == 0 or CHINA.holiday(day) is None:
            plans.append(replace(first, starts_at=first.starts_at + shift, ends_at=first.ends_at + shift))
        week += 1
    return plans
