"""What people are told about sessions: under the bell, by mail, as calendar invitations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from server.accounts import queries as accounts
from server.accounts.roles import Role
from server.accounts.service import today
from server.core.unit import Unit
from server.directory import queries as directory
from server.notices import service as notices
from server.scheduling.invitations import Appointment, Method
from server.scheduling.mailing import invitation
from server.scheduling.reminders import Nearness
from server.teaching import queries
from server.teaching.kinds import CreditClass, EnrolmentState
from server.teaching.model import TeachingSession


def href(session: TeachingSession) -> str:
    return f"/teaching/sessions/{session.id}"


def uid_of(session: TeachingSession) -> str:
    return f"teaching-{session.id}@lianzhen"


async def everybody(unit: Unit, session: TeachingSession) -> set[str]:
    """Who teaches, and who is enrolled or waits."""
    teaching = {one.person_id for one in await queries.teachers(unit, session.id)}
    return teaching | {one.person_id for one in await queries.enrolments(unit, session.id)}


async def invited_to_teach(unit: Unit, session: TeachingSession, person_ids: Iterable[str], sequence: int) -> None:
    await _invite(unit, session, person_ids, "请您授课：%(title)s，%(starts)s", sequence)


async def enrolled(unit: Unit, session: TeachingSession, person_id: str) -> None:
    await _invite(unit, session, [person_id], "报名成功：%(title)s，%(starts)s", 0)


async def moved_up(unit: Unit, session: TeachingSession, person_id: str) -> None:
    await _invite(unit, session, [person_id], "候补成功，您已有名额：%(title)s，%(starts)s", 0)


async def rescheduled(unit: Unit, session: TeachingSession, sequence: int) -> None:
    await _invite(unit, session, await everybody(unit, session), "教学改期：%(title)s，新时间 %(starts)s", sequence)


async def cancelled(unit: Unit, session: TeachingSession, reason: str, sequence: int) -> None:
    people = await everybody(unit, session)
    says = "教学已取消：%(title)s（原定 %(starts)s）。%(reason)s"
    await _send(unit, session, people, says, Method.CANCEL, sequence + 1, reason)


REMINDERS = {
    Nearness.TOMORROW: "教学明天开始：%(title)s，%(starts)s",
    Nearness.TODAY: "教学今天开始：%(title)s，%(starts)s",
    Nearness.SOON: "教学即将开始：%(title)s，%(starts)s",
}


async def remind(unit: Unit, session: TeachingSession, nearness: Nearness) -> None:
    waiting = {one.person_id for one in await queries.enrolments(unit, session.id, EnrolmentState.WAITING)}
    people = await everybody(unit, session) - waiting
    await notices.tell(unit, person_ids=people, says=REMINDERS[nearness], facts=_facts(session), href=href(session))


async def credited(unit: Unit, session: TeachingSession, person_ids: Iterable[str]) -> None:
    says = "您在“%(title)s”的学分已登记：%(credits)s 分"
    facts = {"title": session.title, "credits": session.credits}
    await notices.tell(unit, person_ids=person_ids, says=says, facts=facts, href="/teaching/mine")


async def fell_short(unit: Unit, session: TeachingSession, person_ids: Iterable[str]) -> None:
    says = "“%(title)s”的考勤未达到要求，可在学习档案里看差在哪里"
    await notices.tell(unit, person_ids=person_ids, says=says, facts={"title": session.title}, href="/teaching/mine")


async def credit_given(unit: Unit, session: TeachingSession, person_id: str, reason: str) -> None:
    """After a correction."""
    says = "您在“%(title)s”的考勤已更正为达标：%(reason)s"
    facts: dict[str, Any] = {"title": session.title, "reason": reason}
    if session.credit_class is not CreditClass.NONE:
        says = "您在“%(title)s”的考勤已更正为达标，学分已登记：%(credits)s 分。%(reason)s"
        facts["credits"] = session.credits
    await notices.tell(unit, person_ids=[person_id], says=says, facts=facts, href="/teaching/mine")


async def credit_revoked(unit: Unit, session: TeachingSession, person_id: str, reason: str) -> None:
    says = "您在“%(title)s”的学分已撤销：%(reason)s。如有异议，可在学习档案里申请复核"
    if session.credit_class is CreditClass.NONE:
        says = "您在“%(title)s”不再算达标：%(reason)s。如有异议，可在学习档案里申请复核"
    facts = {"title": session.title, "reason": reason}
    await notices.tell(unit, person_ids=[person_id], says=says, facts=facts, href="/teaching/mine")


async def review_asked(unit: Unit, session: TeachingSession, words: str) -> None:
    """To those who teach, and to the administrators of teaching."""
    people = await _seeing_to(unit, session) - {unit.actor.person_id}
    says = "%(name)s 申请复核“%(title)s”的考勤：%(words)s"
    facts = {"name": unit.actor.name, "title": session.title, "words": words}
    await notices.tell(unit, person_ids=people, says=says, facts=facts, href=f"{href(session)}/roster")


async def review_corrected(unit: Unit, session: TeachingSession, person_id: str, words: str) -> None:
    await _answered(unit, session, person_id, "您申请复核的“%(title)s”考勤已更正：%(words)s", words)


async def review_refused(unit: Unit, session: TeachingSession, person_id: str, words: str) -> None:
    await _answered(unit, session, person_id, "您申请复核的“%(title)s”考勤维持不变：%(words)s", words)


async def _answered(unit: Unit, session: TeachingSession, person_id: str, says: str, words: str) -> None:
    facts = {"title": session.title, "words": words}
    await notices.tell(unit, person_ids=[person_id], says=says, facts=facts, href="/teaching/mine")


async def _seeing_to(unit: Unit, session: TeachingSession) -> set[str]:
    """Who organises it, teaches it and administers teaching."""
    teachers = await queries.teachers(unit, session.id)
    consortia = [session.consortium_id] if session.consortium_id else []
    near = await directory.members_of(unit, consortia) | {session.institution_id}
    held = await accounts.holders(unit, role=Role.TEACHING_ADMIN, institution_ids=near, on=today(unit.now))
    return {session.organiser_id} | {one.person_id for one in teachers} | {person.id for _, person in held}


async def hand_in(unit: Unit, session: TeachingSession, due: datetime, *, last: bool) -> None:
    """That the authority waits for its file, to whoever sees to it; `last`: this is the day."""
    says = "“%(title)s”的材料须在 %(due)s 前上报主管部门，还没有标记为已交"
    if last:
        says = "今天截止：“%(title)s”的材料须在 %(due)s 前上报主管部门，还没有标记为已交"
    key = f"hand-in:{session.id}:{'last' if last else 'first'}"
    facts = {"title": session.title, "due": due}
    people = await _seeing_to(unit, session)
    await notices.tell(unit, person_ids=people, says=says, facts=facts, href=f"{href(session)}/roster#hand-in", key=key)


def _facts(session: TeachingSession, reason: str = "") -> dict[str, Any]:
    return {"title": session.title, "starts": session.starts_at, "reason": reason}


async def _invite(unit: Unit, session: TeachingSession, person_ids: Iterable[str], says: str, sequence: int) -> None:
    await _send(unit, session, person_ids, says, Method.REQUEST, sequence, "")


async def _send(
    unit: Unit,
    session: TeachingSession,
    person_ids: Iterable[str],
    says: str,
    method: Method,
    sequence: int,
    reason: str,
) -> None:
    """One message each: a mail with everybody as a guest would tell all of them of all others."""
    for person in (await accounts.people(unit, person_ids)).values():
        calendar = invitation(appointment_of(session, sequence), [person], method=method, stamp=unit.now)
        await notices.tell(
            unit,
            person_ids=[person.id],
            says=says,
            facts=_facts(session, reason),
            href=href(session),
            attachments=[calendar],
        )


def appointment_of(session: TeachingSession, sequence: int = 0) -> Appointment:
    return Appointment(
        uid=uid_of(session),
        sequence=sequence,
        start=session.starts_at,
        end=session.ends_at,
        title=session.title,
        url=f"{notices.speech.base_url}{href(session)}",
    )
