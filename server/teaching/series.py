"""A series: one plan for many weeks, published at once; what changes, or is called off, may reach all that follow."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.core.errors import NotFound
from server.core.unit import Unit
from server.teaching import enrolling, linked, planning, queries
from server.teaching.kinds import CourseKind, CreditClass, Reach
from server.teaching.model import Course, TeachingSession
from server.teaching.planning import Plan
from server.teaching.states import CHANGEABLE, HIDDEN


async def draft(unit: Unit, plans: Sequence[Plan]) -> list[TeachingSession]:
    """Several that belong nowhere yet are a series of their own, called as the first is."""
    first = plans[0]
    if len(plans) > 1 and not first.course_id:
        course = await planning.found_course(unit, kind=CourseKind.SERIES, title=first.title, about=first.about)
        plans = [replace(plan, course_id=course.id) for plan in plans]
    return [await planning.draft(unit, plan=plan) for plan in plans]


async def following(unit: Unit, session: TeachingSession, *, locked: bool = False) -> list[TeachingSession]:
    """Those after it in its series (of a course, in its phase) that may still change and are the actor's; by time."""
    if not session.course_id:
        return []
    later = [
        one
        for one in await queries.of_course(unit, session.course_id)
        if one.phase == session.phase and one.starts_at > session.starts_at and one.state in CHANGEABLE
    ]
    return await _own(unit, later, locked=locked)


async def _own(unit: Unit, sessions: Sequence[TeachingSession], *, locked: bool = False) -> list[TeachingSession]:
    """Those that the actor may change."""
    found = []
    for one in sessions:
        with suppress(NotFound):
            found.append(await queries.get_for(unit, "teaching.edit", one.id, locked=locked))
    return found


async def _reached(unit: Unit, session: TeachingSession, reach: Reach) -> list[TeachingSession]:
    """Beside the session itself."""
    return await following(unit, session, locked=True) if reach is Reach.FOLLOWING else []


async def amend(unit: Unit, *, session: TeachingSession, plan: Plan, reach: Reach) -> int:
    """What the plan changes of the session is changed in all it reaches; another time moves all by as much.

    Returns how many were changed. Raises what planning.amend does.
    """
    rest = await _reached(unit, session, reach)
    before = await plan_of(unit, session)
    changed = {name: value for name, value in vars(plan).items() if value != getattr(before, name)}
    shift, longer = plan.starts_at - before.starts_at, _length(plan) - _length(before)
    plans = [(session, plan)]
    for one in rest:
        stands = await plan_of(unit, one)
        starts = stands.starts_at + shift
        times: dict[str, Any] = {"starts_at": starts, "ends_at": starts + _length(stands) + longer}
        plans.append((one, replace(stands, **{**changed, **times})))
    later = shift > timedelta(0)
    for one, new in reversed(plans) if later else plans:  # none is moved to where another still is
        await planning.amend(unit, session=one, plan=new)
        await enrolling.move_up(unit, session=one)
    return len(plans)


def _length(plan: Plan) -> timedelta:
    return plan.ends_at - plan.starts_at


async def plan_of(unit: Unit, session: TeachingSession) -> Plan:
    """The plan that a session stands by."""
    same = {name: getattr(session, name) for name in Plan.__dataclass_fields__ if hasattr(session, name)}
    lists = {
        "teacher_posts": [one.post_id for one in await queries.teachers(unit, session.id)],
        "case_ids": [one.id for one in (await linked.of(unit, session)).cases],
        "agenda": [(one["minutes"], one["what"], one["who"]) for one in session.agenda],
    }
    return Plan(**{**same, **lists})


async def cancel(unit: Unit, *, session: TeachingSession, reason: str, reach: Reach) -> int:
    """Returns how many were called off. Raises IllegalMove."""
    rest = await _reached(unit, session, reach)
    for one in (session, *rest):
        await planning.cancel(unit, session=one, reason=reason)
    return 1 + len(rest)


def is_ready(session: TeachingSession) -> bool:
    """Prepared, and nothing is missing for it to be published."""
    filed = session.credit_class is CreditClass.NONE or session.filed_at is not None
    return session.state in HIDDEN and filed and planning.is_released(session)


async def publish(unit: Unit, *, course: Course) -> list[TeachingSession]:
    """Raises SlotTaken: one has no place."""
    ready = await publishable(unit, course, locked=True)
    for one in ready:
        await planning.publish(unit, session=one)
    return ready


async def publishable(unit: Unit, course: Course, *, locked: bool = False) -> list[TeachingSession]:
    """All of it that is the actor's, ready and still ahead."""
    ready = [one for one in await queries.of_course(unit, course.id) if is_ready(one) and one.starts_at > unit.now]
    return await _own(unit, ready, locked=locked)
