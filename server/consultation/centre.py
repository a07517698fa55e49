"""The centre's verbs: completeness, asking for more, declining, inviting an expert, placing a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from server.accounts import queries as accounts
from server.accounts.service import today
from server.consultation import appointments, calendars, experts, queries, service, steps
from server.consultation.kinds import Answer
from server.consultation.model import Consultation, Invitation
from server.consultation.states import Move
from server.core.errors import Refusal
from server.core.unit import Unit
from server.directory import service as agreements
from server.directory.kinds import Service
from server.meeting import service as meetings
from server.meeting.kinds import MeetingKind
from server.notices import service as notices
from server.scheduling import service as scheduling

if TYPE_CHECKING:
    from server.accounts.model import Person, Post

MOST_RESCHEDULES = 2
HORIZON = timedelta(days=366)
"""How far ahead a consultation is placed at most."""


class NotQualified(Refusal):
    code = "consultation.not_qualified"
    says = "%(name)s 独立执业未满 3 年或执业资格已到期，不能受邀会诊"


class OwnRequest(Refusal):
    code = "consultation.own_request"
    says = "不能邀请申请人本人会诊"


class RescheduledTooOften(Refusal):
    code = "consultation.rescheduled_too_often"
    says = "已经改期 2 次，请取消后重新申请"


class InThePast(Refusal):
    code = "consultation.in_the_past"
    status = 422
    says = "会诊时间已经过去，请另选时间"


class TooFar(Refusal):
    code = "consultation.too_far"
    status = 422
    says = "会诊时间太远，请选一年以内的时间"


class NotYetMissed(Refusal):
    code = "consultation.not_yet_missed"
    says = "会诊时间还没有到，不能登记未到场"


class NobodyToSchedule(Refusal):
    code = "consultation.nobody_to_schedule"
    says = "还没有专家接受邀请，不能排期"


async def ask_more(unit: Unit, *, case: Consultation, what: str) -> None:
    await steps.take(unit, case, Move.ASK_MORE, reason=what)
    await service.tell_applicant(unit, case, "会诊 %(number)s 需要补充资料：%(what)s", what=what)


async def reject(unit: Unit, *, case: Consultation, reason: str) -> None:
    await steps.take(unit, case, Move.REJECT, reason=reason)
    await service.tell_applicant(unit, case, "会诊申请 %(number)s 未受理：%(reason)s", reason=reason)


async def candidates(unit: Unit, case: Consultation) -> list[tuple[Post, Person]]:
    """Who may be invited: specialists of institutions with an agreement in force; the wish first, then by specialty."""
    declined = {one.person_id for one in await queries.invitations(unit, case.id) if one.answer == Answer.DECLINED}
    able = [(post, person) for post, person in await experts.invitable(unit, case) if person.id not in declined]
    return sorted(able, key=lambda pair: _rank(case, *pair))


def _rank(case: Consultation, post: Post, person: Person) -> tuple[bool, bool, bool, str]:
    wished, mainly = post.id == case.wished_post_id, case.specialty in person.specialties
    also = not set(case.specialties).isdisjoint(person.specialties)
    return (not wished, not mainly, not also, person.name)


async def invite(unit: Unit, *, case: Consultation, post: Post) -> Invitation:
    """Asks an expert. Raises NoAgreement, ServiceSuspended, NotQualified, OwnRequest, IllegalMove."""
    person = await accounts.person(unit, post.person_id)
    if person.id == case.applicant_person_id:
        raise OwnRequest
    if not experts.qualified(person, unit.now):
        raise NotQualified(name=person.name)
    agreement = await agreements.require_agreement(
        unit,
        inviting_id=case.inviting_id,
        invited_id=post.institution_id,
        service=Service.CONSULTATION,
        on=today(unit.now),
    )
    case.fee_cents = agreement.fee_cents
    await steps.take(unit, case, Move.INVITE)
    invitation = Invitation(
        id=unit.new_id(),
        consultation_id=case.id,
        institution_id=post.institution_id,
        post_id=post.id,
        person_id=person.id,
        invited_by=unit.actor.person_id,
        sent_at=unit.now,
        due_at=case.due_at,
        answer=Answer.WAITING,
    )
    unit.session.add(invitation)
    await unit.session.flush()
    steps.announce(unit, case)
    await notices.tell(
        unit,
        person_ids=[person.id],
        says="您收到会诊邀请 %(number)s，请在时限内答复",
        facts={"number": case.number or ""},
        href=service.href(case),
    )
    return invitation


async def withdraw_invitation(unit: Unit, *, case: Consultation, invitation: Invitation, reason: str) -> None:
    """Takes an unanswered invitation back, to ask somebody else."""
    await service.take_back(unit, case=case, invitation=invitation, reason=reason)
    await steps.take(unit, case, Move.EXHAUST, reason=reason)
    steps.announce(unit, case)


async def schedule(unit: Unit, *, case: Consultation, starts: datetime, ends: datetime, key: str) -> None:
    """Books both sides and opens the room's door for that hour. Raises SlotTaken, InThePast, TooFar, IllegalMove."""
    if case.specialist_post_id is None:
        raise NobodyToSchedule
    _check_time(unit, ends)
    booking = await appointments.take(unit, case, starts=starts, ends=ends, key=key)
    case.starts_at, case.ends_at = starts, ends
    await _open_room(unit, case)
    await steps.take(unit, case, Move.BOOK)
    await calendars.send(unit, case, booking, "会诊 %(number)s 已排期：%(starts)s")


def _check_time(unit: Unit, ends: datetime) -> None:
    if ends <= unit.now:
        raise InThePast
    if ends > unit.now + HORIZON:
        raise TooFar


async def reschedule(unit: Unit, *, case: Consultation, starts: datetime, ends: datetime, reason: str) -> None:
    """Raises RescheduledTooOften, SlotTaken, InThePast, TooFar, IllegalMove."""
    if case.reschedules >= MOST_RESCHEDULES:
        raise RescheduledTooOften
    _check_time(unit, ends)
    booking = await appointments.booking_of(unit, case)
    if booking is None:
        raise NobodyToSchedule
    await scheduling.move(unit, booking_id=booking.id, start=starts, end=ends)
    case.starts_at, case.ends_at = starts, ends
    case.reschedules += 1
    await _open_room(unit, case)
    await steps.take(unit, case, Move.RESCHEDULE, reason=reason)
    await calendars.send(unit, case, booking, "会诊 %(number)s 改期：%(starts)s")


async def mark_no_show(unit: Unit, *, case: Consultation, side: str) -> None:
    """Ends it, frees what is left of the time and shuts the room. Raises NotYetMissed, IllegalMove."""
    if not may_be_missed(case, unit.now):
        raise NotYetMissed
    await steps.take(unit, case, Move.MISS, reason=side)
    await appointments.release(unit, case, side)
    if case.meeting_id:
        await meetings.close(unit, meeting_id=case.meeting_id, reason="no_show")
    await service.tell_everyone(unit, case, "会诊 %(number)s 因有一方未到场已结束：%(side)s", side=side)


def may_be_missed(case: Consultation, now: datetime) -> bool:
    return case.starts_at is not None and case.starts_at <= now


async def rebook(unit: Unit, *, case: Consultation, reason: str) -> None:
    """An interrupted session gets another time, which the centre is to place. Raises IllegalMove."""
    await steps.take(unit, case, Move.REBOOK, reason=reason)
    await appointments.release(unit, case, reason)
    await service.tell_everyone(unit, case, "会诊 %(number)s 将另约时间，确定后再通知您：%(reason)s", reason=reason)
    await service.tell_centre(unit, case, "会诊 %(number)s 中断后需另约时间：%(reason)s", reason=reason)


async def _open_room(unit: Unit, case: Consultation) -> None:
    assert case.starts_at is not None
    assert case.ends_at is not None
    if case.meeting_id is None:
        meeting = await meetings.plan(
            unit,
            kind=MeetingKind.CONSULTATION,
            subject_kind=service.SUBJECT,
            subject_id=case.id,
            title=case.number or "",
            starts_at=case.starts_at,
            ends_at=case.ends_at,
        )
        case.meeting_id = meeting.id
    else:
        await meetings.replan(unit, meeting_id=case.meeting_id, starts_at=case.starts_at, ends_at=case.ends_at)
