"""What a consultation does when its hour comes and nobody acts: reminders, overruns, what was never supplied."""

from datetime import timedelta

from sqlalchemy import select

from server.consultation import approvals, consenting, licences, queries, service, steps, submitting
from server.consultation.model import Consultation
from server.consultation.states import Move, State
from server.core.unit import Unit
from server.notices import service as notices
from server.patients.consent import service as consents
from server.scheduling import reminders, running
from server.scheduling.reminders import Nearness
from server.scheduling.working_calendar import AFTERNOON, MORNING

REMINDERS = {
    Nearness.TOMORROW: "会诊 %(number)s 明天开始：%(starts)s",
    Nearness.TODAY: "会诊 %(number)s 今天开始：%(starts)s",
    Nearness.SOON: "会诊 %(number)s 即将开始：%(starts)s",
}
OFFICE_HOURS = timedelta(minutes=AFTERNOON.end - MORNING.start)
"""A follow-up is due at the end of these, so that it is told at their beginning."""


async def remind(unit: Unit) -> int:
    """Tells both sides a day and a quarter of an hour before; each reminder once, on any number of nodes."""
    due = await reminders.take_due_reminders(unit, service.SUBJECT)
    for one in due:
        case = await unit.session.get(Consultation, one.booking.subject_id)
        if case is None:
            continue
        people = [id for id in (case.applicant_person_id, case.specialist_person_id) if id]
        facts = {"number": case.number or "", "starts": one.booking.starts_at}
        says = REMINDERS[one.nearness(unit.now)]
        await notices.tell(unit, person_ids=people, says=says, facts=facts, href=service.href(case))
    return len(due)


async def remind_of_consents(unit: Unit) -> int:
    """Whoever asked for a consultation that began without consent, once, while there is still time."""
    due = await consents.take_due_reminders(unit)
    for one in due:
        case = await unit.session.get(Consultation, one.subject_id)
        if case is None or one.complete_by is None or not consenting.owes(case, one):
            continue
        says = "会诊 %(number)s 以紧急例外开始，知情同意书请在 %(by)s 前补签"
        facts = {"number": case.number or "", "by": one.complete_by}
        people, href = [case.applicant_person_id], consenting.sign_href(case)
        await notices.tell(unit, person_ids=people, says=says, facts=facts, href=href)
    return len(due)


async def keep_overruns(unit: Unit) -> int:
    """Sessions that run over keep their people."""
    return len(await running.keep_overruns(unit))


async def expire(unit: Unit) -> int:
    """Requests whose writer never supplied what the centre asked for."""
    query = select(Consultation).where(Consultation.state == State.SUPPLEMENT, Consultation.due_at < unit.now)
    late = list(await unit.session.scalars(query.limit(100)))
    for case in late:
        await steps.take(unit, case, Move.TIME_OUT)
        await service.tell_applicant(unit, case, "会诊申请 %(number)s 超时未补充，已过期；可以复制为新申请")
    return len(late)


LOST = "会诊 %(number)s 中断已超过 15 分钟，不能再进入会诊室；请转为书面意见，或另约时间"


async def tell_of_lost_sessions(unit: Unit) -> int:
    """Both sides and the centre, once, when the time to come back to an interrupted session is over."""
    query = select(Consultation).where(Consultation.state == State.INTERRUPTED, Consultation.due_at < unit.now)
    waiting = await unit.session.scalars(query.with_for_update(skip_locked=True))
    lost = [case for case in waiting if case.due_at == steps.next_due(case)]
    for case in lost:
        steps.give_up_waiting(unit, case)
        for tell in (service.tell_applicant, service.tell_specialist, service.tell_centre):
            await tell(unit, case, LOST)
    return len(lost)


async def remind_of_follow_ups(unit: Unit) -> int:
    """Tells the asking doctor on the morning of the day they have set; once."""
    due = await queries.follow_ups_due(unit, unit.now + OFFICE_HOURS)
    for decision, case in due:
        decision.reminded_at = unit.now
        await service.tell_applicant(unit, case, "今天应随访会诊 %(number)s 的患者；完成后请归档")
    return len(due)


DUTIES = (
    remind,
    remind_of_consents,
    remind_of_follow_ups,
    keep_overruns,
    tell_of_lost_sessions,
    approvals.tell_of_overdue,
    submitting.hand_on,
    licences.tell_of_ending,
    expire,
)
