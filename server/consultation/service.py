"""Asking: the draft that saves itself, what it still lacks, withdrawing it; telling whom it concerns."""

from collections.abc import Mapping
from typing import Any

from server.accounts import queries as accounts
from server.accounts.roles import Role
from server.accounts.service import today
from server.consultation import appointments, calendars, experts, queries, steps
from server.consultation.kinds import Answer, Complaint, Mode
from server.consultation.model import Consultation, Invitation
from server.consultation.states import LIVE, Move, State
from server.core.errors import Refusal, Stale
from server.core.unit import Unit
from server.directory import queries as directory
from server.directory.kinds import Service
from server.meeting import service as meetings
from server.notices import service as notices
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind
from server.scheduling.deadlines import Urgency
from server.scheduling.invitations import Method

SUBJECT = appointments.SUBJECT
ATTACHABLE = (
    frozenset(
        {
            State.DRAFT,
            State.APPROVING,
            State.TRIAGE,
            State.SUPPLEMENT,
            State.INVITING,
            State.SCHEDULING,
            State.OPINION_PENDING,
        }
    )
    | LIVE
)
"""States in which material may still be added."""
COPIED = (
    "urgency",
    "specialty",
    "further_specialties",
    "wished_post_id",
    "preferred_times",
    "companion",
    "question",
    "story",
)
"""What a new request takes from one that ended without an opinion; whoever is to be asked signs anew."""
STORY_FIELDS = ("story", "findings", "vitals", "tests", "treatment", "diagnosis", "history", "answers")
"""The free parts of a request, in the order a doctor thinks; `vitals` and `answers` are small objects."""


CANCELLED = "会诊 %(number)s 已取消：%(reason)s"


class NotADraft(Refusal):
    code = "consultation.not_a_draft"
    says = "申请已经提交，不能再当作草稿修改；需要补充时请用“补充资料”"


class NoConsortium(Refusal):
    code = "consultation.no_consortium"
    says = "本机构还没有加入医联体，暂时不能发起会诊；请联系机构管理员"


async def draft(unit: Unit, *, patient_id: str | None = None, complaint: Complaint = Complaint.BLANK) -> Consultation:
    """A new, empty request of the actor's. Raises NoConsortium."""
    actor = unit.actor
    consortium = next(iter(sorted(actor.consortium_ids)), None)
    if consortium is None:
        raise NoConsortium
    case = Consultation(
        id=unit.new_id(),
        consortium_id=consortium,
        inviting_id=actor.institution_id,
        inviting_department_id=actor.department_id,
        applicant_post_id=actor.post_id,
        applicant_person_id=actor.person_id,
        patient_id=patient_id,
        complaint=complaint,
        state=State.DRAFT,
        urgency=Urgency.ROUTINE,
        mode=Mode.LIVE,
        further_specialties=[],
        preferred_times=[],
        story={},
        created_at=unit.now,
        state_since=unit.now,
    )
    unit.session.add(case)
    await unit.session.flush()
    unit.record("consultation.drafted", kind=SUBJECT, id=case.id, patient=patient_id)
    steps.announce(unit, case)
    return case


async def save(unit: Unit, *, case: Consultation, fields: Mapping[str, Any], version: int | None = None) -> None:
    """Keeps what was typed so far. Raises NotADraft, Invalid at the wish, Stale (saved elsewhere since `version`)."""
    if case.state not in (State.DRAFT, State.SUPPLEMENT):
        raise NotADraft
    if version is not None and version != case.version:
        raise Stale
    if wish := fields.get("wished_post_id"):
        await experts.require_invitable(unit, case, wish)
    story = dict(case.story)
    for name, value in fields.items():
        if name in STORY_FIELDS:
            story[name] = value
        else:
            setattr(case, name, value)
    case.story = story
    await unit.session.flush()
    unit.record("consultation.saved", kind=SUBJECT, id=case.id, patient=case.patient_id, fields=fields)


async def missing(unit: Unit, case: Consultation) -> dict[str, str]:
    """What a request still lacks: field → sentence (a msgid). Empty when it may be submitted."""
    lacking: dict[str, str] = {}
    if case.patient_id is None:
        lacking["patient_id"] = "请选择或登记患者"
    if not case.question.strip():
        lacking["question"] = "请写明想请专家解决的问题"
    if not str(case.story.get("story", "")).strip():
        lacking["story"] = "请写主诉和经过"
    if not str(case.story.get("diagnosis", "")).strip():
        lacking["diagnosis"] = "请写初步诊断"
    if not case.specialty:
        lacking["specialty"] = "请选择会诊专科"
    kinds = await consents.kinds_in_force(unit, subject_id=case.id, patient_id=case.patient_id)
    if case.patient_id and ConsentKind.CONSULTATION not in kinds:
        lacking["consent"] = "知情同意书"
    return lacking


async def expected_fee(unit: Unit, case: Consultation) -> int | None:
    """What the consultation will cost, in cents, by the agreement with whoever is (or will probably be) invited."""
    invited = case.invited_id
    if invited is None and case.wished_post_id:
        invited = (await accounts.post(unit, case.wished_post_id)).institution_id
    if invited is None and case.consortium_id:
        invited = await directory.lead_of(unit, case.consortium_id)
    if invited is None:
        return None
    agreement = await directory.agreement_in_force(
        unit, inviting_id=case.inviting_id, invited_id=invited, service=Service.CONSULTATION, on=today(unit.now)
    )
    return agreement.fee_cents if agreement else None


async def discard(unit: Unit, *, case: Consultation) -> None:
    await steps.take(unit, case, Move.DISCARD)


async def cancel(unit: Unit, *, case: Consultation, reason: str) -> None:
    """Withdraws the request; who was asked need not answer, what was booked is freed and the room is shut."""
    before = case.state
    await steps.take(unit, case, Move.CANCEL, reason=reason)
    for invitation in await queries.invitations(unit, case.id):
        if invitation.answer == Answer.WAITING:
            await take_back(unit, case=case, invitation=invitation, reason=reason)
    whose = Role.DEPT_LEAD if before == State.APPROVING else Role.COORDINATOR
    await tell_role(unit, case, whose, CANCELLED, {"reason": reason})
    if before not in LIVE:
        await tell_everyone(unit, case, CANCELLED, reason=reason)
        return
    booking = await appointments.booking_of(unit, case)
    await appointments.release(unit, case, reason)
    if case.meeting_id:
        await meetings.close(unit, meeting_id=case.meeting_id, reason="cancelled")
    if booking is not None:
        await calendars.send(unit, case, booking, CANCELLED, method=Method.CANCEL, reason=reason)


async def take_back(unit: Unit, *, case: Consultation, invitation: Invitation, reason: str) -> None:
    """An expert who has not answered yet need not any more, and is told so."""
    invitation.answer, invitation.reason, invitation.answered_at = Answer.WITHDRAWN, reason[:500], unit.now
    await notices.tell(
        unit,
        person_ids=[invitation.person_id],
        says="会诊邀请 %(number)s 已撤回，不必再答复：%(reason)s",
        facts={"number": case.number or "", "reason": reason},
        href="/",  # the case is theirs to read no more
    )


async def copy_to_new(unit: Unit, *, case: Consultation) -> Consultation:
    """A new draft with the same content, from a case that ended without an opinion."""
    again = await draft(unit, patient_id=case.patient_id, complaint=case.complaint)
    for name in COPIED:
        setattr(again, name, getattr(case, name))
    await unit.session.flush()
    return again


def href(case: Consultation) -> str:
    return f"/consultations/{case.id}"


async def tell_applicant(unit: Unit, case: Consultation, says: str, **facts: Any) -> None:
    await _tell(unit, case, [case.applicant_person_id], says, facts)


async def tell_specialist(unit: Unit, case: Consultation, says: str, **facts: Any) -> None:
    await _tell(unit, case, [case.specialist_person_id] if case.specialist_person_id else [], says, facts)


async def tell_everyone(unit: Unit, case: Consultation, says: str, **facts: Any) -> None:
    ids = {case.applicant_person_id, case.specialist_person_id} - {None, unit.actor.person_id}
    await _tell(unit, case, [id for id in ids if id], says, facts)


async def tell_centre(unit: Unit, case: Consultation, says: str, **facts: Any) -> None:
    await tell_role(unit, case, Role.COORDINATOR, says, facts)


async def tell_role(
    unit: Unit, case: Consultation, role: Role, says: str, facts: Mapping[str, Any] | None = None
) -> None:
    if role is Role.COORDINATOR and case.consortium_id:
        where = await directory.members_of(unit, [case.consortium_id])
    else:
        where = frozenset({case.inviting_id})
    found = await accounts.holders(unit, role=role, institution_ids=where, on=today(unit.now))
    not_told = {unit.signed_in.person_id} if unit.signed_in else set()
    if role is Role.DEPT_LEAD:  # who asked approves it as little as anybody who has nothing to do with it
        not_told.add(case.applicant_person_id)
    who = [person.id for _, person in found if person.id not in not_told]
    await _tell(unit, case, who, says, facts or {})


async def _tell(unit: Unit, case: Consultation, person_ids: list[str], says: str, facts: Mapping[str, Any]) -> None:
    await notices.tell(
        unit, person_ids=person_ids, says=says, facts={"number": case.number or "", **facts}, href=href(case)
    )
