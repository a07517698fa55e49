"""The approval of an urgent request, which did not wait for it: given, or objected to with a reason, within a day."""

from datetime import timedelta

from server.accounts.roles import Role
from server.consultation import queries, service, steps
from server.consultation.kinds import Verdict
from server.consultation.model import Consultation, LateApproval
from server.core.errors import Refusal
from server.core.unit import Unit

WITHIN = timedelta(hours=24)


class NothingToApprove(Refusal):
    code = "consultation.nothing_to_approve"
    says = "这份申请没有待补的院内审批，或已经有人处理"


class OwnApproval(Refusal):
    code = "consultation.own_approval"
    says = "您自己提出的申请，须由另一位审批人审批"


def is_own(unit: Unit, case: Consultation) -> bool:
    """In whatever post they act: nobody approves what they asked for (assurance C, `*`)."""
    return case.applicant_person_id == unit.actor.person_id


def forbid_own(unit: Unit, case: Consultation) -> None:
    """Raises OwnApproval."""
    if is_own(unit, case):
        raise OwnApproval


async def ask(unit: Unit, *, case: Consultation) -> None:
    """Whoever approves in the institution is to look at the request that has gone out without them."""
    due = unit.now + WITHIN
    approval = LateApproval(
        consultation_id=case.id, institution_id=case.inviting_id, asked_at=unit.now, due_at=due, verdict=Verdict.WAITING
    )
    unit.session.add(approval)
    await unit.session.flush()
    says = "急会诊 %(number)s 已先行提交会诊中心，请在 %(by)s 前补审批"
    await service.tell_role(unit, case, Role.DEPT_LEAD, says, {"by": due})


async def approve(unit: Unit, *, case: Consultation) -> None:
    """Raises OwnApproval, NothingToApprove."""
    await _answer(unit, case, Verdict.APPROVED)
    await service.tell_applicant(unit, case, "急会诊 %(number)s 已补院内审批")


async def object_to(unit: Unit, *, case: Consultation, reason: str) -> None:
    """The consultation goes on: what follows from it, those concerned settle.

    Raises OwnApproval, NothingToApprove.
    """
    await _answer(unit, case, Verdict.OBJECTED, reason)
    says = "院内审批人对急会诊 %(number)s 有异议：%(reason)s"
    await service.tell_applicant(unit, case, says, reason=reason)
    await service.tell_centre(unit, case, says, reason=reason)


async def _answer(unit: Unit, case: Consultation, verdict: Verdict, reason: str = "") -> None:
    forbid_own(unit, case)
    approval = await queries.late_approval(unit, case.id)
    if approval is None or approval.verdict is not Verdict.WAITING:
        raise NothingToApprove
    approval.verdict, approval.reason = verdict, reason
    approval.answered_at, approval.answered_by = unit.now, unit.actor.person_id
    await unit.session.flush()
    act = f"consultation.{verdict.value}_afterwards"
    unit.record(act, kind="consultation", id=case.id, patient=case.patient_id, reason=reason)
    steps.announce(unit, case)


async def tell_of_overdue(unit: Unit) -> int:
    """The institution's approvers and the centre, once."""
    due = await queries.late_approvals_overdue(unit)
    for approval, case in due:
        approval.told_at = unit.now
        says = "急会诊 %(number)s 超过 24 小时仍未补院内审批"
        await service.tell_role(unit, case, Role.DEPT_LEAD, says)
        await service.tell_centre(unit, case, says)
    return len(due)
