"""What the inviting side does with the opinion; follow-up, rating, the end."""

from datetime import date, datetime, timedelta

from server.consultation import queries, service, steps
from server.consultation.kinds import Adoption
from server.consultation.model import Consultation, Decision, Rating
from server.consultation.states import Move, State
from server.core.errors import Invalid, Refusal
from server.core.i18n import today
from server.core.unit import Unit
from server.scheduling.working_calendar import AFTERNOON, CHINA

RATED = frozenset({State.ISSUED, State.DECIDED, State.FOLLOW_UP, State.CLOSED})
RATED_WITHIN = timedelta(days=7)
"""How long after the end either side may still rate the consultation."""


class NothingToDecide(Refusal):
    """No opinion is signed: there is nothing to decide on, nor to rate."""

    code = "consultation.nothing_to_decide"
    says = "还没有已签名的意见"


class TooLateToRate(Refusal):
    code = "consultation.too_late_to_rate"
    says = "会诊归档已超过 7 天，不能再评价"


async def decide(
    unit: Unit,
    *,
    case: Consultation,
    adoption: Adoption,
    reason: str = "",
    plan: str = "",
    follow_up_on: date | None = None,
) -> Decision:
    """Adopted, in part, or not (then why). Without a follow-up the case closes. Raises Invalid, NothingToDecide."""
    wrong = _wrong(adoption, reason, follow_up_on, today(unit.now))
    if wrong:
        raise Invalid(wrong)
    opinion = await queries.signed(unit, case.id)
    if opinion is None:
        raise NothingToDecide
    decision = Decision(
        id=unit.new_id(),
        consultation_id=case.id,
        opinion_id=opinion.id,
        adoption=adoption,
        reason=reason.strip(),
        plan=plan.strip(),
        follow_up_on=follow_up_on,
        decided_by=unit.actor.person_id,
        decided_at=unit.now,
    )
    unit.session.add(decision)
    await steps.take(unit, case, Move.DECIDE, reason=reason)
    if follow_up_on:
        await steps.take(unit, case, Move.FOLLOW, due=CHINA.at(follow_up_on, AFTERNOON.end))
    else:
        await close(unit, case=case)
    await service.tell_specialist(unit, case, "申请方已对会诊 %(number)s 的意见作出决定")
    return decision


def _wrong(adoption: Adoption, reason: str, follow_up_on: date | None, on: date) -> dict[str, str]:
    """Field → sentence (a msgid)."""
    wrong: dict[str, str] = {}
    if adoption is not Adoption.ADOPTED and not reason.strip():
        wrong["reason"] = "未完全采纳时请写明理由"
    if follow_up_on and follow_up_on < on:
        wrong["follow_up_on"] = "随访日期已经过去"
    return wrong


async def close(unit: Unit, *, case: Consultation, note: str = "") -> None:
    """Nothing is left to be done."""
    await steps.take(unit, case, Move.CLOSE, reason=note)
    case.closed_at = unit.now


def may_be_rated(case: Consultation, now: datetime) -> bool:
    return case.state in RATED and (case.closed_at is None or now - case.closed_at < RATED_WITHIN)


async def rate(unit: Unit, *, case: Consultation, stars: int, words: str = "") -> Rating:
    """One side's rating, replaced when given again. Raises NothingToDecide, TooLateToRate."""
    if case.state not in RATED:
        raise NothingToDecide
    if not may_be_rated(case, unit.now):
        raise TooLateToRate
    rating = await unit.session.get(Rating, (case.id, unit.actor.person_id))
    if rating is None:
        rating = Rating(consultation_id=case.id, person_id=unit.actor.person_id, stars=stars, at=unit.now)
        unit.session.add(rating)
    rating.stars, rating.words, rating.at = stars, words.strip(), unit.now
    await unit.session.flush()
    unit.record("consultation.rated", kind="consultation", id=case.id)
    return rating
