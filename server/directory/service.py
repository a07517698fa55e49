"""Changing the directory. Every verb is audited."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from server.core.errors import Invalid, Refusal, Stale
from server.core.unit import Unit
from server.directory import agreements, policy, queries
from server.directory.agreements import Terms
from server.directory.kinds import RANK, ConsortiumKind, Kind, Level, Ownership, Service
from server.directory.model import Agreement, Consortium, Department, Institution, Membership


class DepartmentInUse(Refusal):
    code = "directory.department_in_use"
    says = "%(name)s 还有人员或会诊在用，不能删除；可以改名"


class NoAgreement(Refusal):
    code = "directory.no_agreement"
    says = "两院之间没有生效的合作协议，不能开展此项服务"


class ServiceSuspended(Refusal):
    code = "directory.service_suspended"
    says = "%(institution)s 已暂停远程医疗服务"


# ---- institutions


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
    """Raises Invalid at `code` or `parent_id`."""
    await _refuse_taken_code(unit, code)
    await refuse_wrong_parent(unit, id=None, level=level, parent_id=parent_id)
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


async def amend_institution(
    unit: Unit, *, institution: Institution, details: Mapping[str, Any], version: int | None = None
) -> list[str]:
    """Changes what differs; the names of the fields. Raises Stale, and Invalid at `code` or `parent_id`."""
    if version is not None and version != institution.version:
        raise Stale
    changed = {name: value for name, value in details.items() if getattr(institution, name) != value}
    if "code" in changed:
        await _refuse_taken_code(unit, changed["code"])
    if not changed.keys().isdisjoint({"parent_id", "level"}):
        level, parent_id = (changed.get(name, getattr(institution, name)) for name in ("level", "parent_id"))
        await refuse_wrong_parent(unit, id=institution.id, level=level, parent_id=parent_id)
    for name, value in changed.items():
        setattr(institution, name, value)
    await unit.session.flush()
    if changed:
        unit.record("directory.institution_amended", kind="institution", id=institution.id, fields=sorted(changed))
    return list(changed)


async def _refuse_taken_code(unit: Unit, code: str) -> None:
    if await queries.by_codes(unit, [code]):
        raise Invalid({"code": "这个机构编码已经有了"})


async def refuse_wrong_parent(unit: Unit, *, id: str | None, level: Level, parent_id: str | None) -> None:
    """Nothing stands below itself, nor below something of a lower level. Raises Invalid at `parent_id`."""
    if parent_id is None:
        return
    if id is not None and id in (parent_id, *policy.above(parent_id, await queries.parents(unit))):
        raise Invalid({"parent_id": "上级不能是它自己，也不能是它的下级"})
    if RANK[(await queries.institution(unit, parent_id)).level] > RANK[level]:
        raise Invalid({"parent_id": "上级的级别不能比它低"})


# ---- departments


async def add_department(unit: Unit, *, institution_id: str, name: str, code: str = "", phone: str = "") -> Department:
    """Raises Invalid at `name`."""
    await _refuse_taken_department(unit, institution_id, name)
    department = Department(id=unit.new_id(), institution_id=institution_id, name=name, code=code, phone=phone)
    unit.session.add(department)
    await unit.session.flush()
    unit.record("directory.department_added", kind="department", id=department.id)
    return department


async def amend_department(unit: Unit, *, department: Department, details: Mapping[str, str]) -> list[str]:
    """Changes what differs; the names of the fields. Raises Invalid at `name`."""
    changed = {name: value for name, value in details.items() if getattr(department, name) != value}
    if "name" in changed:
        await _refuse_taken_department(unit, department.institution_id, changed["name"])
    for name, value in changed.items():
        setattr(department, name, value)
    await unit.session.flush()
    if changed:
        unit.record("directory.department_amended", kind="department", id=department.id, fields=sorted(changed))
    return list(changed)


async def _refuse_taken_department(unit: Unit, institution_id: str, name: str) -> None:
    if await queries.department_named(unit, institution_id, name):
        raise Invalid({"name": "这个机构已经有同名科室"})


async def remove_department(unit: Unit, *, department: Department) -> None:
    """Raises DepartmentInUse: whatever refers to it, of whichever capability, the store will not let it go."""
    id, name = department.id, department.name
    try:
        async with unit.session.begin_nested():
            await unit.session.delete(department)
            await unit.session.flush()
    except IntegrityError:
        await unit.session.refresh(department)
        raise DepartmentInUse(name=name) from None
    unit.record("directory.department_removed", kind="department", id=id, reason=name)


# ---- consortia and agreements as they are founded


async def form_consortium(
    unit: Unit, *, name: str, kind: ConsortiumKind, lead_id: str, member_ids: Iterable[str]
) -> Consortium:
    """The lead is a member too. Raises Invalid at `name`."""
    if await queries.consortium_named(unit, name):
        raise Invalid({"name": "已经有同名的医联体"})
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
    """Drafts it and puts it in force at once. Raises what these raise."""
    terms = Terms(
        number=number,
        inviting_id=inviting_id,
        invited_id=invited_id,
        services=frozenset(services),
        starts=starts,
        ends=ends,
        liability=liability,
        fee_cents=fee_cents,
    )
    agreement = await agreements.draft(unit, terms=terms, consortium_id=consortium_id)
    await agreements.put_in_force(unit, agreement=agreement)
    return agreement


# ---- the stop rule, and what a service needs


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
