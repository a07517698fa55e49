"""The specialist's side before and during the session: accepting, declining, entering, ending."""

from server.accounts import queries as accounts
from server.consultation import appointments, gate, queries, service, steps
from server.consultation.centre import NotQualified
from server.consultation.experts import qualified
from server.consultation.gate import Needed
from server.consultation.kinds import Answer, Mode
from server.consultation.model import Consultation
from server.consultation.states import LIVE, Move, State
from server.core.errors import NotFound
from server.core.unit import Unit
from server.meeting import service as meetings


async def accept(unit: Unit, *, case: Consultation) -> None:
    """The invited expert takes the case. Raises NotFound without an open invitation, NotQualified, IllegalMove."""
    invitation = await queries.open_invitation(unit, case.id, unit.actor.person_id)
    if invitation is None:
        raise NotFound
    person = await accounts.person(unit, invitation.person_id)
    if not qualified(person, unit.now):
        raise NotQualified(name=person.name)
    invitation.answer, invitation.answered_at = Answer.ACCEPTED, unit.now
    case.invited_id = invitation.institution_id
    case.specialist_post_id, case.specialist_person_id = invitation.post_id, invitation.person_id
    await steps.take(unit, case, Move.ACCEPT_WRITTEN if case.mode == Mode.WRITTEN else Move.ACCEPT)
    await service.tell_applicant(unit, case, "专家已接受会诊 %(number)s")
    await service.tell_centre(unit, case, "专家已接受会诊 %(number)s，待排期")


async def decline(unit: Unit, *, case: Consultation, reason: str) -> None:
    """The case goes back to the centre, with the reason. Raises NotFound without an open invitation."""
    invitation = await queries.open_invitation(unit, case.id, unit.actor.person_id)
    if invitation is None:
        raise NotFound
    invitation.answer, invitation.reason, invitation.answered_at = Answer.DECLINED, reason, unit.now
    await steps.take(unit, case, Move.DECLINE, reason=reason)
    await steps.take(unit, case, Move.EXHAUST)
    await service.tell_centre(unit, case, "专家谢绝了会诊 %(number)s：%(reason)s", reason=reason)


async def entered(unit: Unit, *, case: Consultation, present: frozenset[str]) -> None:
    """Somebody came into the room, or consent was given: the case is ready; when nothing is lacking, in session."""
    if case.state == State.SCHEDULED:
        await steps.take(unit, case, Move.CHECK)
    if case.state not in (State.READY, State.INTERRUPTED):
        return
    lacking = await gate.lacking(unit, case, present)
    if case.state == State.READY and not lacking:
        case.begun_at = case.begun_at or unit.now
        await steps.take(unit, case, Move.BEGIN)
        await appointments.begin(unit, case)
    elif case.state == State.INTERRUPTED and lacking <= {Needed.CONSENT} and case.rejoinable_at(unit.now):
        await steps.take(unit, case, Move.REJOIN)  # without consent too: what has begun is ended by its people
    else:
        steps.announce(unit, case)


async def emptied(unit: Unit, *, case: Consultation) -> None:
    """No doctor is left in the room of a running session: it counts as interrupted until they come back or end it."""
    if case.state == State.IN_SESSION:
        await steps.take(unit, case, Move.LOSE)


async def end(unit: Unit, *, case: Consultation, move: Move = Move.END) -> None:
    """The talk is over, the opinion is owed. Raises IllegalMove."""
    case.ended_at = unit.now
    await steps.take(unit, case, move)
    await appointments.finish(unit, case)
    if case.meeting_id:
        await meetings.close(unit, meeting_id=case.meeting_id, reason="ended")


async def go_written(unit: Unit, *, case: Consultation) -> None:
    """An interrupted session is not resumed: the opinion is written on what was said and sent. Raises IllegalMove."""
    await end(unit, case=case, move=Move.GO_WRITTEN)
    await service.tell_everyone(unit, case, "会诊 %(number)s 中断后转为书面继续，请专家出具意见")


def room_open(case: Consultation) -> bool:
    return case.meeting_id is not None and case.state in LIVE
