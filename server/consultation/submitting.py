"""Handing a request in: it is whole, and approved inside the institution before it is with the centre."""

from collections.abc import Collection, Iterable

from server.accounts import queries as accounts
from server.accounts.roles import Role
from server.accounts.service import today
from server.consultation import approvals, licences, queries, service, steps
from server.consultation.model import Consultation
from server.consultation.states import Move, State
from server.core.errors import Invalid
from server.core.unit import Unit
from server.directory import queries as directory
from server.documents import numbers
from server.scheduling.deadlines import Urgency

REQUEST_SERIES = "SQ"
"""申请; reports have a series of their own (HZ)."""
DOES_NOT_WAIT = frozenset({Urgency.IMMEDIATE, Urgency.URGENT})
"""What goes to the centre at once; the approval follows."""


class Incomplete(Invalid):
    code = "consultation.incomplete"
    says = "还缺少必填内容，补齐后才能提交"


async def submit(unit: Unit, *, case: Consultation) -> None:
    """Hands the request to the centre, or to the institution's own approver first. Raises Incomplete, LicenceLapsed,
    IllegalMove."""
    await licences.require(unit)
    lacking = await service.missing(unit, case)
    if lacking:
        raise Incomplete(lacking)
    if case.state == State.SUPPLEMENT:
        await _resubmit(unit, case)
        return
    await _number(unit, case)
    approved_here = _others_approve(case, await _approvers(unit, [case.inviting_id]))
    if approved_here and case.urgency not in DOES_NOT_WAIT:
        await steps.take(unit, case, Move.SUBMIT_FOR_APPROVAL)
        await service.tell_role(unit, case, Role.DEPT_LEAD, "会诊申请 %(number)s 待您审批")
        return
    await steps.take(unit, case, Move.SUBMIT)
    await service.tell_centre(unit, case, "新的会诊申请 %(number)s 待初审")
    if approved_here:
        await approvals.ask(unit, case=case)


async def _number(unit: Unit, case: Consultation) -> None:
    case.submitted_at = unit.now
    if case.number is None:
        institution = await directory.institution(unit, case.inviting_id)
        case.number = await numbers.take(unit, REQUEST_SERIES, institution.code)


async def _resubmit(unit: Unit, case: Consultation) -> None:
    await steps.take(unit, case, Move.RESUBMIT)
    await service.tell_centre(unit, case, "会诊申请 %(number)s 已补充资料")


async def _approvers(unit: Unit, institution_ids: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Institution and person of each."""
    on = today(unit.now)
    found = await accounts.holders(unit, role=Role.DEPT_LEAD, institution_ids=institution_ids, on=on)
    return frozenset((post.institution_id, person.id) for post, person in found)


def _others_approve(case: Consultation, approvers: Collection[tuple[str, str]]) -> bool:
    """Somebody other than whoever asks."""
    return any(where == case.inviting_id and who != case.applicant_person_id for where, who in approvers)


async def hand_on(unit: Unit) -> int:
    """Requests that wait for an approver where nobody but their writer is one any more go to the centre, as they would
    have at once had they been handed in now: it is the second person that looks at them (assurance C, `*`)."""
    waiting = await queries.approving(unit)
    approvers = await _approvers(unit, {case.inviting_id for case in waiting})
    stuck = [case for case in waiting if not _others_approve(case, approvers)]
    for case in stuck:
        await steps.take(unit, case, Move.HAND_ON)
        await service.tell_applicant(unit, case, "院内没有其他审批人，会诊申请 %(number)s 已转会诊中心")
        await service.tell_centre(unit, case, "新的会诊申请 %(number)s 待初审")
    return len(stuck)


async def approve(unit: Unit, *, case: Consultation) -> None:
    """Raises OwnApproval, IllegalMove."""
    approvals.forbid_own(unit, case)
    await steps.take(unit, case, Move.APPROVE)
    await service.tell_centre(unit, case, "新的会诊申请 %(number)s 待初审")


async def send_back(unit: Unit, *, case: Consultation, reason: str) -> None:
    """The institution's approver returns the request to its writer. Raises OwnApproval, IllegalMove."""
    approvals.forbid_own(unit, case)
    await steps.take(unit, case, Move.RETURN, reason=reason)
    await service.tell_applicant(unit, case, "院内审批退回了会诊申请 %(number)s：%(reason)s", reason=reason)
