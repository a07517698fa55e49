"""An agreement from draft to its end. No two that bind cover the same parties, service and day."""

from dataclasses import dataclass
from datetime import date

from server.core.errors import Invalid, Refusal, Stale
from server.core.i18n import today
from server.core.unit import Unit
from server.directory import queries
from server.directory.kinds import NEXT, AgreementState, Service
from server.directory.model import Agreement


class NotADraft(Refusal):
    code = "directory.agreement_not_draft"
    says = "协议生效后不能再改；需要改动，请起草一份续签协议"


class AgreementMoved(Refusal):
    code = "directory.agreement_moved"
    says = "协议现在的状态不允许这样做，请刷新后再看"


class AgreementOver(Refusal):
    code = "directory.agreement_over"
    says = "协议的结束日期已过，请续签"


class Overlapping(Refusal):
    code = "directory.agreement_overlaps"
    says = "与协议 %(other)s 的服务和日期重叠（%(starts)s 至 %(ends)s）"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What two institutions agree on; the last day is the one before `ends`."""

    number: str
    inviting_id: str
    invited_id: str
    services: frozenset[Service]
    starts: date
    ends: date
    liability: str
    fee_cents: int

    def clashes(self, other: "Terms") -> bool:
        """Whether both cover the same parties for one of the services on one of the days."""
        parties = (self.inviting_id, self.invited_id) == (other.inviting_id, other.invited_id)
        return (
            parties and bool(self.services & other.services) and self.starts < other.ends and other.starts < self.ends
        )

    def kept(self) -> dict[str, object]:
        """As the columns of an agreement hold them."""
        return {**self.__dict__, "services": sorted(service.value for service in self.services)}


async def draft(
    unit: Unit, *, terms: Terms, renews: Agreement | None = None, consortium_id: str | None = None
) -> Agreement:
    """Raises Invalid, at the field of Terms that does not do; AgreementMoved: a draft is not renewed."""
    await refuse_wrong_terms(unit, terms)
    if renews and renews.state is AgreementState.DRAFT:
        raise AgreementMoved
    goes_on = renews and (renews.inviting_id, renews.invited_id) == (terms.inviting_id, terms.invited_id)
    agreement = Agreement(
        id=unit.new_id(),
        consortium_id=consortium_id or await _common(unit, terms),
        state=AgreementState.DRAFT,
        reason="",
        renews_id=renews.id if renews and goes_on else None,
        created_at=unit.now,
        **terms.kept(),
    )
    unit.session.add(agreement)
    await unit.session.flush()
    unit.record("directory.agreement_drafted", kind="agreement", id=agreement.id)
    return agreement


async def _common(unit: Unit, terms: Terms) -> str | None:
    """A consortium both parties are in."""
    shared = set(await queries.consortium_ids_of(unit, terms.inviting_id))
    return min(shared & await queries.consortium_ids_of(unit, terms.invited_id), default=None)


async def amend(unit: Unit, *, agreement: Agreement, terms: Terms, version: int | None = None) -> list[str]:
    """The names of what changed. Raises NotADraft, Stale, and Invalid as `draft`."""
    if agreement.state is not AgreementState.DRAFT:
        raise NotADraft
    if version is not None and version != agreement.version:
        raise Stale
    changed = {name: value for name, value in terms.kept().items() if getattr(agreement, name) != value}
    await refuse_wrong_terms(unit, terms, agreement)
    for name, value in changed.items():
        setattr(agreement, name, value)
    agreement.consortium_id = await _common(unit, terms)
    await unit.session.flush()
    if changed:
        unit.record("directory.agreement_amended", kind="agreement", id=agreement.id, fields=sorted(changed))
    return list(changed)


async def refuse_wrong_terms(unit: Unit, terms: Terms, itself: Agreement | None = None) -> None:
    """Raises Invalid."""
    if terms.inviting_id == terms.invited_id:
        raise Invalid({"invited_id": "受邀方不能和邀请方是同一家"})
    if terms.ends <= terms.starts:
        raise Invalid({"ends": "结束日期要晚于开始日期"})
    other = (await queries.by_numbers(unit, [terms.number])).get(terms.number)
    if other and (itself is None or other.id != itself.id):
        raise Invalid({"number": "这个协议编号已经有了"})
    if clash := await overlapping(unit, terms, itself):
        raise Invalid({"starts": Overlapping.says}, **_told(clash))


async def overlapping(unit: Unit, terms: Terms, itself: Agreement | None = None) -> Agreement | None:
    """The first that binds these parties for one of these services on one of these days."""
    services = [service.value for service in terms.services]
    for other in await queries.binding_between(unit, terms.inviting_id, terms.invited_id):
        if (itself is None or other.id != itself.id) and other.overlaps(services, terms.starts, terms.ends):
            return other
    return None


def _told(other: Agreement) -> dict[str, str]:
    return {"other": other.number, "starts": other.starts.isoformat(), "ends": other.ends.isoformat()}


def terms_of(agreement: Agreement) -> Terms:
    return Terms(
        number=agreement.number,
        inviting_id=agreement.inviting_id,
        invited_id=agreement.invited_id,
        services=frozenset(map(Service, agreement.services)),
        starts=agreement.starts,
        ends=agreement.ends,
        liability=agreement.liability,
        fee_cents=agreement.fee_cents,
    )


# ---- its course


async def put_in_force(unit: Unit, *, agreement: Agreement) -> None:
    """Raises AgreementMoved, AgreementOver, Overlapping: of two at once only one gets there."""
    if agreement.state is not AgreementState.DRAFT:
        raise AgreementMoved
    await queries.hold_parties(unit, agreement.inviting_id)
    if clash := await overlapping(unit, terms_of(agreement), agreement):
        raise Overlapping(**_told(clash))
    await _bind(unit, agreement, "directory.agreement_concluded")


async def resume(unit: Unit, *, agreement: Agreement) -> None:
    """Raises AgreementMoved, AgreementOver."""
    if agreement.state is not AgreementState.SUSPENDED:
        raise AgreementMoved
    await _bind(unit, agreement, "directory.agreement_resumed")


async def _bind(unit: Unit, agreement: Agreement, act: str) -> None:
    if over(unit, agreement):
        raise AgreementOver
    await _move(unit, agreement, AgreementState.IN_FORCE, act, "")


async def suspend(unit: Unit, *, agreement: Agreement, reason: str) -> None:
    """No new service until resumed; what runs goes on. Raises AgreementMoved."""
    await _move(unit, agreement, AgreementState.SUSPENDED, "directory.agreement_suspended", reason)


async def terminate(unit: Unit, *, agreement: Agreement, reason: str) -> None:
    """For good; what runs goes on. Raises AgreementMoved."""
    await _move(unit, agreement, AgreementState.TERMINATED, "directory.agreement_terminated", reason)


def over(unit: Unit, terms: Terms | Agreement) -> bool:
    return terms.ends <= today(unit.now)


async def _move(unit: Unit, agreement: Agreement, state: AgreementState, act: str, reason: str) -> None:
    if state not in NEXT[agreement.state]:
        raise AgreementMoved
    agreement.state, agreement.reason = state, reason
    await unit.session.flush()
    unit.record(act, kind="agreement", id=agreement.id, reason=reason)


async def discard(unit: Unit, *, agreement: Agreement) -> None:
    """Only a draft goes without a trace but the record. Raises NotADraft."""
    if agreement.state is not AgreementState.DRAFT:
        raise NotADraft
    await unit.session.delete(agreement)
    await unit.session.flush()
    unit.record("directory.agreement_discarded", kind="agreement", id=agreement.id, reason=agreement.number)
