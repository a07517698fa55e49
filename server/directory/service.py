"""Changing the directory. Every verb is audited."""

from collections.abc import Iterable
from datetime import date

from server.core.errors import Invalid, Refusal
from server.core.unit import Unit
from server.directory import queries
from server.directory.kinds import AgreementState, ConsortiumKind, Kind, Level, Ownership, Service
from server.directory.model import Agreement, Consortium, Department, Institution, Membership


class NoAgreement(Refusal):
    code = "directory.no_agreement"
    says = "两院之间没有生效的合作协议，不能开展此项服务"


class ServiceSuspended(Refusal):
    code = "directory.service_suspended"
    says = "%(institution)s 已暂停远程医疗服务"


async def add_institution(
    unit: Unit,
    *,
    code: str,
    name: str,
    short_name: str,
    level: Level,
    kind: Kind,
    ownership: Ownership = Ownership.PUBLIC,
    parent_id: str | None = None,
    zone: str = "",
    is_remote_area: bool = False,
    phone: str = "",
) -> Institution:
    institution = Institution(
        id=unit.new_id(),
        code=code,
        name=name,
        short_name=short_name,
        level=level,
        kind=kind,
        ownership=ownership,
        parent_id=parent_id,
        zone=zone,
        is_remote_area=is_remote_area,
        phone=phone,
    )
    unit.session.add(institution)
    await unit.session.flush()
    unit.record("directory.institution_added", kind="institution", id=institution.id)
    return institution


async def add_department(unit: Unit, *, institution_id: str, name: str, code: str = "", phone: str = "") -> Department:
    department = Department(id=unit.new_id(), institution_id=institution_id, name=name, code=code, phone=phone)
    unit.session.add(department)
    await unit.session.flush()
    unit.record("directory.department_added", kind="department", id=department.id)
    return department


async def form_consortium(
    unit: Unit, *, name: str, kind: ConsortiumKind, lead_id: str, member_ids: Iterable[str]
) -> Consortium:
    consortium = Consortium(id=unit.new_id(), name=name, kind=kind, lead_id=lead_id)
    unit.session.add(consortium)
    await unit.session.flush()
    members = {*member_ids, lead_id}
    unit.session.add_all(Membership(consortium_id=consortium.id, institution_id=id) for id in sorted(members))
    await unit.session.flush()
    unit.record("directory.consortium_formed", kind="consortium", id=consortium.id)
    return consortium


async def conclude_agreement(
    unit: Unit,
    *,
    number: str,
    inviting_id: str,
    invited_id: str,
    services: Iterable[Service],
    starts: date,
    ends: date,
    liability: str,
    fee_cents: int,
    consortium_id: str | None = None,
) -> Agreement:
    """Raises Invalid when it would end before it begins."""
    if ends <= starts:
        raise Invalid({"ends": "结束日期要晚于开始日期"})
    agreement = Agreement(
        id=unit.new_id(),
        number=number,
        consortium_id=consortium_id,
        inviting_id=inviting_id,
        invited_id=invited_id,
        services=sorted(service.value for service in services),
        starts=starts,
        ends=ends,
        liability=liability,
        fee_cents=fee_cents,
        state=AgreementState.IN_FORCE,
        created_at=unit.now,
    )
    unit.session.add(agreement)
    await unit.session.flush()
    unit.record("directory.agreement_concluded", kind="agreement", id=agreement.id)
    return agreement


async def set_agreement_state(unit: Unit, *, agreement: Agreement, state: AgreementState) -> None:
    agreement.state = state
    unit.record("directory.agreement_" + state.value, kind="agreement", id=agreement.id)


async def suspend_services(unit: Unit, *, institution: Institution, suspended: bool, reason: str) -> None:
    """The stop rule: key people or equipment missing, or safety at risk."""
    institution.suspended = suspended
    verb = "directory.suspended" if suspended else "directory.resumed"
    unit.record(verb, kind="institution", id=institution.id, reason=reason)


async def require_agreement(unit: Unit, *, inviting_id: str, invited_id: str, service: Service, on: date) -> Agreement:
    """The agreement in force. Raises NoAgreement or ServiceSuspended."""
    for id in (inviting_id, invited_id):
        institution = await queries.institution(unit, id)
        if institution.suspended:
            raise ServiceSuspended(institution=institution.short_name)
    found = await queries.agreement_in_force(
        unit, inviting_id=inviting_id, invited_id=invited_id, service=service, on=on
    )
    if found is None:
        raise NoAgreement
    return found
