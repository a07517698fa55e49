"""Finding consultations. `get_for` is the one door to an object; lists show only what the reader's post may see."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from server.consultation import policy
from server.consultation.kinds import Answer, OpinionState, Verdict
from server.consultation.model import Consultation, Decision, Invitation, LateApproval, Opinion, Rating, Step
from server.consultation.policy import relations
from server.consultation.states import OPEN, WITHOUT_OPINION, State
from server.core.access import Actor, Relation
from server.core.errors import NotFound
from server.core.unit import Unit

PAGE = 30


async def get_for(unit: Unit, action: str, id: str, *, locked: bool = False) -> Consultation:
    """The consultation, when the actor may do `action` to it.

    Raises NotFound alike for none and not yours; then ReauthenticationNeeded.
    """
    case = await unit.session.get(Consultation, id, with_for_update=locked)
    if case is None:
        raise NotFound
    unit.require(action, await relations_of(unit, case))
    return case


async def by_id(unit: Unit, id: str) -> Consultation:
    """For callers that have let the actor in by an object of their own. Raises NotFound."""
    case = await unit.session.get(Consultation, id)
    if case is None:
        raise NotFound
    return case


async def patients_of(unit: Unit, ids: Collection[str]) -> frozenset[str]:
    """Whom these consultations are about."""
    query = select(Consultation.patient_id).where(Consultation.id.in_(ids), Consultation.patient_id.is_not(None))
    return frozenset(await unit.session.scalars(query) if ids else ())


async def relations_of(unit: Unit, case: Consultation) -> frozenset[Relation]:
    """How the actor of the unit stands to the case."""
    actor = unit.actor
    invited = False
    if case.state == State.INVITING:
        invited = await open_invitation(unit, case.id, actor.person_id) is not None
    return relations(actor, case, invited=invited)


async def open_invitation(unit: Unit, consultation_id: str, person_id: str) -> Invitation | None:
    return await unit.session.scalar(
        select(Invitation).where(
            Invitation.consultation_id == consultation_id,
            Invitation.person_id == person_id,
            Invitation.answer == Answer.WAITING,
        )
    )


async def invitations(unit: Unit, consultation_id: str) -> list[Invitation]:
    query = select(Invitation).where(Invitation.consultation_id == consultation_id).order_by(Invitation.id)
    return list(await unit.session.scalars(query))


async def history(unit: Unit, consultation_id: str) -> list[Step]:
    query = select(Step).where(Step.consultation_id == consultation_id).order_by(Step.id)
    return list(await unit.session.scalars(query))


async def opinions(unit: Unit, consultation_id: str) -> list[Opinion]:
    """Every edition, oldest first; what the reader may see of them is policy.may_see_opinion."""
    query = select(Opinion).where(Opinion.consultation_id == consultation_id).order_by(Opinion.id)
    return list(await unit.session.scalars(query))


async def draft_of(unit: Unit, consultation_id: str, person_id: str) -> Opinion | None:
    return await unit.session.scalar(
        select(Opinion).where(
            Opinion.consultation_id == consultation_id,
            Opinion.author_person_id == person_id,
            Opinion.state == OpinionState.DRAFT,
        )
    )


async def signed(unit: Unit, consultation_id: str) -> Opinion | None:
    """The opinion that counts: signed and not superseded."""
    query = select(Opinion).where(Opinion.consultation_id == consultation_id, Opinion.state == OpinionState.SIGNED)
    return await unit.session.scalar(query.order_by(Opinion.id.desc()).limit(1))


async def decisions(unit: Unit, consultation_id: str) -> list[Decision]:
    query = select(Decision).where(Decision.consultation_id == consultation_id).order_by(Decision.id)
    return list(await unit.session.scalars(query))


async def follow_ups_due(unit: Unit, by: datetime) -> list[tuple[Decision, Consultation]]:
    """Follow-ups due by then whose doctor has not been told; each to one caller only."""
    later = aliased(Decision)
    last = select(func.max(later.id)).where(later.consultation_id == Consultation.id).scalar_subquery()
    query = (
        select(Decision, Consultation)
        .join(Consultation, Consultation.id == Decision.consultation_id)
        .where(Consultation.state == State.FOLLOW_UP, Consultation.due_at <= by)
        .where(Decision.id == last, Decision.reminded_at.is_(None))
        .limit(100)
        .with_for_update(of=Decision, skip_locked=True)
    )
    return [(decision, case) for decision, case in await unit.session.execute(query)]


async def unconfirmed(unit: Unit, person_ids: Iterable[str]) -> dict[str, Counter[str]]:
    """By doctor: the specialties of their cases whose signed opinion does not name the diagnosis they came with."""
    query = (
        select(Consultation, Opinion.sections)
        .join(Opinion, and_(Opinion.consultation_id == Consultation.id, Opinion.state == OpinionState.SIGNED))
        .where(Consultation.applicant_person_id.in_(set(person_ids)))
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for case, sections in await unit.session.execute(query):
        if case.specialty and not policy.confirmed(
            str(case.story.get("diagnosis", "")), sections.get("diagnoses") or []
        ):
            found[case.applicant_person_id][case.specialty] += 1
    return dict(found)


async def approving(unit: Unit) -> list[Consultation]:
    """Every request that waits for its institution's approval."""
    return list(await unit.session.scalars(select(Consultation).where(Consultation.state == State.APPROVING)))


async def to_approve(unit: Unit) -> list[Consultation]:
    """What waits for the actor's approval in their institution, the first due first; nobody approves their own."""
    here = Consultation.state == State.APPROVING, Consultation.inviting_id == unit.actor.institution_id
    query = select(Consultation).where(*here, Consultation.applicant_person_id != unit.actor.person_id)
    return list(await unit.session.scalars(query.order_by(Consultation.due_at).limit(100)))


async def late_approval(unit: Unit, consultation_id: str) -> LateApproval | None:
    return await unit.session.get(LateApproval, consultation_id)


def _late_approvals() -> Select[LateApproval, Consultation]:
    """Those that wait; of a request that came to nothing, none does."""
    query = select(LateApproval, Consultation).join(Consultation, Consultation.id == LateApproval.consultation_id)
    waits = LateApproval.verdict == Verdict.WAITING, Consultation.state.not_in(list(WITHOUT_OPINION))
    return query.where(*waits).order_by(LateApproval.due_at)


async def late_approvals(unit: Unit) -> list[tuple[LateApproval, Consultation]]:
    """What waits for the actor's approval in their institution, the oldest first; nobody approves their own."""
    here = LateApproval.institution_id == unit.actor.institution_id
    query = _late_approvals().where(here, Consultation.applicant_person_id != unit.actor.person_id)
    return [(approval, case) for approval, case in await unit.session.execute(query.limit(100))]


async def late_approvals_overdue(unit: Unit) -> list[tuple[LateApproval, Consultation]]:
    """Those of which nobody has been told yet; each to one caller only."""
    query = _late_approvals().where(LateApproval.due_at < unit.now, LateApproval.told_at.is_(None)).limit(100)
    found = await unit.session.execute(query.with_for_update(of=LateApproval, skip_locked=True))
    return [(approval, case) for approval, case in found]


async def ratings(unit: Unit, consultation_id: str) -> list[Rating]:
    query = select(Rating).where(Rating.consultation_id == consultation_id).order_by(Rating.at)
    return list(await unit.session.scalars(query))


async def by_meeting(unit: Unit, meeting_id: str) -> Consultation | None:
    return await unit.session.scalar(select(Consultation).where(Consultation.meeting_id == meeting_id))


def visible_to(actor: Actor, granted: Collection[Relation]) -> ColumnElement[bool]:
    """The condition of every list: the rows to which the actor stands in one of the granted relations."""
    conditions: list[ColumnElement[bool]] = []
    if Relation.ANY in granted:
        return true()
    if Relation.OWN in granted:
        conditions.append(
            and_(Consultation.applicant_person_id == actor.person_id, Consultation.inviting_id == actor.institution_id)
        )
    if Relation.PARTICIPANT in granted:
        conditions.append(
            and_(Consultation.specialist_person_id == actor.person_id, Consultation.invited_id == actor.institution_id)
        )
    if Relation.INSTITUTION in granted:
        conditions.append(Consultation.inviting_id == actor.institution_id)
        conditions.append(Consultation.invited_id == actor.institution_id)
    if Relation.CONSORTIUM in granted:
        conditions.append(Consultation.consortium_id.in_(sorted(actor.consortium_ids)))
    return or_(*conditions) if conditions else Consultation.id.is_(None)


def has_patient(unit: Unit, patient_id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that one of the consultations the actor may read is about this patient."""
    readable = visible_to(unit.actor, unit.matrix.granted(unit.actor.role, "consultation.read"))
    return exists().where(Consultation.patient_id == patient_id, readable)


def _visible(unit: Unit, action: str) -> Select[Consultation]:
    return select(Consultation).where(visible_to(unit.actor, unit.matrix.granted(unit.actor.role, action)))


@dataclass(frozen=True)
class Page:
    """A page of a list, newest first; `older` and `newer` are the ids to go on from, if there is more."""

    rows: list[Consultation]
    older: str | None
    newer: str | None


async def listed(
    unit: Unit,
    *,
    states: Iterable[State] | None = None,
    before: str | None = None,
    after: str | None = None,
    number: str = "",
    patient_ids: Collection[str] | None = None,
    ids: Collection[str] | None = None,
    size: int = PAGE,
) -> Page:
    """One page of the actor's consultations, by keyset, so that page 1 and page 1,000 cost the same."""
    query = _visible(unit, "consultation.list")
    if states is not None:
        query = query.where(Consultation.state.in_(list(states)))
    if number:
        # a range, not LIKE: the index serves it on both stores
        query = query.where(Consultation.number >= number, Consultation.number < number + "~")
    if patient_ids is not None:
        query = query.where(Consultation.patient_id.in_(list(patient_ids)))
    if ids is not None:
        query = query.where(Consultation.id.in_(list(ids)))
    if after:
        rows = list(
            await unit.session.scalars(query.where(Consultation.id > after).order_by(Consultation.id).limit(size + 1))
        )
        more = len(rows) > size
        rows = rows[:size][::-1]
        return Page(rows, rows[-1].id if rows else None, rows[0].id if more else None)
    if before:
        query = query.where(Consultation.id < before)
    rows = list(await unit.session.scalars(query.order_by(Consultation.id.desc()).limit(size + 1)))
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, rows[-1].id if more else None, rows[0].id if before and rows else None)


async def waiting(
    unit: Unit, states: Iterable[State], *, due_before: datetime | None = None, limit: int = 200
) -> list[Consultation]:
    """The actor's consultations in these states, the most urgent deadline first; `counts` says how many there are."""
    query = _visible(unit, "consultation.list").where(_standing(states, due_before))
    rows = await unit.session.scalars(query.order_by(Consultation.due_at.is_(None), Consultation.due_at).limit(limit))
    return list(rows)


def _standing(states: Iterable[State], due_before: datetime | None) -> ColumnElement[bool]:
    late = Consultation.due_at < due_before if due_before else true()
    return and_(Consultation.state.in_(list(states)), late)


async def counts(unit: Unit, states: Iterable[State] = OPEN, *, due_before: datetime | None = None) -> dict[State, int]:
    condition = visible_to(unit.actor, unit.matrix.granted(unit.actor.role, "consultation.list"))
    query = select(Consultation.state, func.count()).where(condition, _standing(states, due_before))
    found = await unit.session.execute(query.group_by(Consultation.state))
    return dict(found.all())


async def invited_now(unit: Unit, person_id: str) -> list[tuple[Invitation, Consultation]]:
    """What waits for a person's yes or no, the earliest deadline first."""
    query = (
        select(Invitation, Consultation)
        .join(Consultation, Consultation.id == Invitation.consultation_id)
        .where(
            Invitation.person_id == person_id,
            Invitation.institution_id == unit.actor.institution_id,
            Invitation.answer == Answer.WAITING,
            Consultation.state == State.INVITING,
        )
        .order_by(Invitation.due_at)
    )
    return [(invitation, case) for invitation, case in await unit.session.execute(query)]
