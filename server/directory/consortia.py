"""Consortia as they change: name, kind, lead, members. Whoever joins comes under their administrators."""

from collections.abc import Collection

from server.core.errors import Invalid, Refusal, Stale
from server.core.i18n import today
from server.core.unit import Unit
from server.directory import policy, queries
from server.directory.kinds import ConsortiumKind
from server.directory.model import Consortium, Institution, Membership


class LeadStays(Refusal):
    code = "directory.lead_stays"
    says = "牵头医院不能移出；先换一家成员牵头"


class OwnHouseStays(Refusal):
    code = "directory.own_house_stays"
    says = "不能移出您自己所在的机构，否则您以后管不了这个医联体"


class AgreementsUnfinished(Refusal):
    code = "directory.agreements_unfinished"
    says = "%(institution)s 在这个医联体里还有 %(count)s 份协议没有终止或到期，请先终止"


async def joinable(unit: Unit) -> list[Institution]:
    """Who may be in the actor's consortia: the actor's own, who is in one, who is in none and stands below those."""
    near, parents = await queries.near(unit) | {unit.actor.institution_id}, await queries.parents(unit)
    free = [one for one in await queries.in_no_consortium(unit) if policy.adoptable(one.id, one.kind, parents, near)]
    return sorted([*await queries.institutions(unit, near), *free], key=lambda one: one.code)


async def amend(
    unit: Unit, *, consortium: Consortium, name: str, kind: ConsortiumKind, lead_id: str, version: int | None = None
) -> list[str]:
    """The names of what changed. Raises Stale, and Invalid at `name` or `lead_id`."""
    if version is not None and version != consortium.version:
        raise Stale
    if name != consortium.name and await queries.consortium_named(unit, name):
        raise Invalid({"name": "已经有同名的医联体"})
    if lead_id not in await queries.members_of(unit, [consortium.id]):
        raise Invalid({"lead_id": "牵头医院要是成员"})
    given = {"name": name, "kind": kind, "lead_id": lead_id}
    changed = {field: value for field, value in given.items() if getattr(consortium, field) != value}
    for field, value in changed.items():
        setattr(consortium, field, value)
    await unit.session.flush()
    if changed:
        unit.record("directory.consortium_amended", kind="consortium", id=consortium.id, fields=sorted(changed))
    return list(changed)


async def add_member(unit: Unit, *, consortium: Consortium, institution_id: str) -> None:
    """Raises Invalid at `institution`."""
    if institution_id not in {one.id for one in await joinable(unit)}:
        raise Invalid({"institution": "请从所列选项中选择"})
    if institution_id in await queries.members_of(unit, [consortium.id]):
        raise Invalid({"institution": "这家机构已经是成员"})
    await enter(unit, consortium=consortium, institution_id=institution_id)


async def enter(unit: Unit, *, consortium: Consortium, institution_id: str) -> None:
    """For an institution that may, and is not in yet."""
    unit.session.add(Membership(consortium_id=consortium.id, institution_id=institution_id))
    await unit.session.flush()
    unit.record("directory.member_added", kind="consortium", id=consortium.id, fields=[institution_id])


async def refuse_wrong_members(unit: Unit, members: Collection[str]) -> None:
    """Raises Invalid at `members`."""
    if not set(members) <= {one.id for one in await joinable(unit)}:
        raise Invalid({"members": "请从所列选项中选择"})
    if unit.actor.institution_id not in members:
        raise Invalid({"members": "您所在的机构也要在其中，否则您以后管不了这个医联体"})


async def remove_member(unit: Unit, *, consortium: Consortium, institution: Institution) -> None:
    """Raises LeadStays, OwnHouseStays, AgreementsUnfinished, NotFound. Cases that run go on."""
    membership = await queries.membership(unit, consortium.id, institution.id)
    if institution.id == consortium.lead_id:
        raise LeadStays
    if institution.id == unit.actor.institution_id:
        raise OwnHouseStays
    on = today(unit.now)
    if left := await queries.unfinished_of(unit, consortium.id, institution.id, on):
        raise AgreementsUnfinished(institution=institution.short_name, count=len(left))
    await unit.session.delete(membership)
    await unit.session.flush()
    unit.record("directory.member_removed", kind="consortium", id=consortium.id, fields=[institution.id])
