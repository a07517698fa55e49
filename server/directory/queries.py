"""Finding institutions, consortia, departments and agreements."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from server.core.access import Relation
from server.core.errors import NotFound
from server.core.unit import Unit
from server.directory import policy
from server.directory.kinds import BINDING, AgreementState, Kind, Level, Service
from server.directory.model import Agreement, Consortium, Department, Institution, Membership


async def institution(unit: Unit, id: str) -> Institution:
    """Raises NotFound."""
    found = await unit.session.get(Institution, id)
    if found is None:
        raise NotFound
    return found


# ---- the doors: what the actor may do this with


async def near(unit: Unit) -> frozenset[str]:
    """The institutions of the actor's consortia."""
    return await members_of(unit, unit.actor.consortium_ids)


async def places_for(unit: Unit, action: str) -> frozenset[str]:
    """The institutions with which the actor may do `action`."""
    granted = unit.matrix.granted(unit.actor.role, action)
    found = await near(unit) if Relation.CONSORTIUM in granted else frozenset()
    return found | ({unit.actor.institution_id} if Relation.INSTITUTION in granted else frozenset())


async def institution_for(unit: Unit, action: str, id: str) -> Institution:
    """Raises NotFound: not there, or not the actor's to do this with."""
    found = await institution(unit, id)
    unit.require(action, policy.relations(unit.actor, {id}, await near(unit)))
    return found


async def department_for(unit: Unit, action: str, id: str) -> Department:
    """Raises NotFound."""
    found = await department(unit, id)
    unit.require(action, policy.relations(unit.actor, {found.institution_id}, await near(unit)))
    return found


async def consortium_for(unit: Unit, action: str, id: str) -> Consortium:
    """Raises NotFound."""
    found = await unit.session.get(Consortium, id)
    if found is None:
        raise NotFound
    unit.require(action, policy.relations_to_consortium(unit.actor, id))
    return found


async def agreement_for(unit: Unit, action: str, id: str) -> Agreement:
    """Raises NotFound."""
    found = await unit.session.get(Agreement, id)
    if found is None:
        raise NotFound
    unit.require(action, policy.relations(unit.actor, found.parties, await near(unit)))
    return found


# ---- institutions and departments


async def department(unit: Unit, id: str) -> Department:
    """Raises NotFound."""
    found = await unit.session.get(Department, id)
    if found is None:
        raise NotFound
    return found


async def institutions(unit: Unit, ids: Iterable[str] | None = None) -> list[Institution]:
    query = select(Institution).order_by(Institution.code)
    if ids is not None:
        query = query.where(Institution.id.in_(set(ids)))
    return list(await unit.session.scalars(query))


async def short_names(unit: Unit, ids: Iterable[str]) -> dict[str, str]:
    query = select(Institution.id, Institution.short_name).where(Institution.id.in_(set(ids)))
    return dict((await unit.session.execute(query)).all())


async def departments(unit: Unit, institution_ids: Iterable[str]) -> list[Department]:
    query = select(Department).where(Department.institution_id.in_(set(institution_ids)))
    return list(await unit.session.scalars(query.order_by(Department.institution_id, Department.code)))


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What a list of institutions is narrowed to."""

    text: str = ""
    """Part of a name or of the code."""
    level: Level | None = None
    kind: Kind | None = None
    consortium_id: str = ""
    remote: bool = False
    suspended: bool = False

    def __bool__(self) -> bool:
        return self != Sought()


async def found_ids(unit: Unit, sought: Sought) -> frozenset[str]:
    query = select(Institution.id).where(*_fitting(sought))
    if sought.consortium_id:
        query = query.where(Institution.id.in_(await members_of(unit, [sought.consortium_id])))
    return frozenset(await unit.session.scalars(query))


def _fitting(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if text := sought.text.strip():
        written = (Institution.name, Institution.short_name, Institution.code, Institution.zone)
        conditions.append(or_(*(column.contains(text, autoescape=True) for column in written)))
    if sought.level:
        conditions.append(Institution.level == sought.level)
    if sought.kind:
        conditions.append(Institution.kind == sought.kind)
    if sought.remote:
        conditions.append(Institution.is_remote_area.is_(True))
    if sought.suspended:
        conditions.append(Institution.suspended.is_(True))
    return conditions


async def by_codes(unit: Unit, codes: Iterable[str]) -> dict[str, Institution]:
    found = await unit.session.scalars(select(Institution).where(Institution.code.in_(set(codes))))
    return {one.code: one for one in found}


async def parents(unit: Unit) -> dict[str, str | None]:
    """What stands directly above each institution."""
    return dict((await unit.session.execute(select(Institution.id, Institution.parent_id))).all())


async def directly_below(unit: Unit, id: str) -> list[Institution]:
    query = select(Institution).where(Institution.parent_id == id).order_by(Institution.code)
    return list(await unit.session.scalars(query))


async def authorities(unit: Unit) -> list[Institution]:
    query = select(Institution).where(Institution.kind == Kind.AUTHORITY).order_by(Institution.code)
    return list(await unit.session.scalars(query))


async def department_named(unit: Unit, institution_id: str, name: str) -> Department | None:
    query = select(Department).where(Department.institution_id == institution_id, Department.name == name)
    return await unit.session.scalar(query)


# ---- consortia


async def consortia(unit: Unit) -> list[Consortium]:
    return list(await unit.session.scalars(select(Consortium).order_by(Consortium.name)))


async def consortium_named(unit: Unit, name: str) -> Consortium | None:
    return await unit.session.scalar(select(Consortium).where(Consortium.name == name))


async def consortia_of(unit: Unit, institution_id: str) -> list[Consortium]:
    ids = await consortium_ids_of(unit, institution_id)
    return list(await unit.session.scalars(select(Consortium).where(Consortium.id.in_(ids)).order_by(Consortium.name)))


async def consortia_by_member(unit: Unit, ids: Iterable[str]) -> dict[str, list[str]]:
    """Institution → ids of the consortia it is a member of."""
    found: dict[str, list[str]] = {}
    query = select(Membership).where(Membership.institution_id.in_(set(ids))).order_by(Membership.consortium_id)
    for one in await unit.session.scalars(query):
        found.setdefault(one.institution_id, []).append(one.consortium_id)
    return found


async def consortium_name(unit: Unit, id: str | None) -> str:
    found = await unit.session.get(Consortium, id) if id else None
    return found.name if found else ""


async def member_counts(unit: Unit) -> dict[str, int]:
    query = select(Membership.consortium_id, func.count()).group_by(Membership.consortium_id)
    return dict((await unit.session.execute(query)).all())


async def in_no_consortium(unit: Unit) -> list[Institution]:
    taken = select(Membership.institution_id).union(select(Consortium.lead_id))
    query = select(Institution).where(Institution.id.not_in(taken)).order_by(Institution.code)
    return list(await unit.session.scalars(query))


async def membership(unit: Unit, consortium_id: str, institution_id: str) -> Membership:
    """Raises NotFound."""
    found = await unit.session.get(Membership, (consortium_id, institution_id))
    if found is None:
        raise NotFound
    return found


async def lead_of(unit: Unit, consortium_id: str) -> str | None:
    """The id of the lead hospital; None when there is no such consortium."""
    found = await unit.session.get(Consortium, consortium_id)
    return found.lead_id if found else None


async def consortium_ids_of(unit: Unit, institution_id: str) -> frozenset[str]:
    """The consortia an institution belongs to, as a member or as the lead."""
    member = select(Membership.consortium_id).where(Membership.institution_id == institution_id)
    lead = select(Consortium.id).where(Consortium.lead_id == institution_id)
    return frozenset(await unit.session.scalars(member.union(lead)))


@dataclass(frozen=True, kw_only=True)
class Place:
    """What an actor must know of an institution."""

    short_name: str
    consortium_ids: frozenset[str]
    """Those it belongs to, as a member or as the lead."""


PLACES = (
    select(Institution.id, Institution.short_name, Membership.consortium_id, Consortium.id)
    .outerjoin(Membership, Membership.institution_id == Institution.id)
    .outerjoin(Consortium, Consortium.lead_id == Institution.id)
    .where(Institution.id.in_(bindparam("ids", expanding=True)))
)
"""Put into words once: it is asked with every request."""


async def places(unit: Unit, ids: Iterable[str]) -> dict[str, Place]:
    """In one question."""
    names: dict[str, str] = {}
    consortia: dict[str, set[str]] = {}
    for id, name, *belongs_to in await unit.session.execute(PLACES, {"ids": list(set(ids))}):
        names[id] = name
        consortia.setdefault(id, set()).update(one for one in belongs_to if one)
    return {id: Place(short_name=name, consortium_ids=frozenset(consortia[id])) for id, name in names.items()}


async def members_of(unit: Unit, consortium_ids: Iterable[str]) -> frozenset[str]:
    """The ids of every institution of these consortia, leads included."""
    wanted = set(consortium_ids)
    member = select(Membership.institution_id).where(Membership.consortium_id.in_(wanted))
    lead = select(Consortium.lead_id).where(Consortium.id.in_(wanted))
    return frozenset(await unit.session.scalars(member.union(lead)))


# ---- agreements


async def by_numbers(unit: Unit, numbers: Iterable[str]) -> dict[str, Agreement]:
    found = await unit.session.scalars(select(Agreement).where(Agreement.number.in_(set(numbers))))
    return {one.number: one for one in found}


async def binding_between(unit: Unit, inviting_id: str, invited_id: str) -> list[Agreement]:
    """Those in force or suspended."""
    query = select(Agreement).where(
        Agreement.inviting_id == inviting_id, Agreement.invited_id == invited_id, Agreement.state.in_(BINDING)
    )
    return list(await unit.session.scalars(query.order_by(Agreement.starts)))


async def unfinished_of(unit: Unit, consortium_id: str, institution_id: str, on: date) -> list[Agreement]:
    """What an institution has agreed in a consortium and has neither ended nor been terminated."""
    query = select(Agreement).where(
        Agreement.consortium_id == consortium_id,
        or_(Agreement.inviting_id == institution_id, Agreement.invited_id == institution_id),
        Agreement.state != AgreementState.TERMINATED,
        Agreement.ends > on,
    )
    return list(await unit.session.scalars(query))


async def renewals_of(unit: Unit, ids: Collection[str]) -> dict[str, Agreement]:
    """What goes on from each of these and was not terminated, the newest."""
    query = select(Agreement).where(Agreement.renews_id.in_(set(ids)), Agreement.state != AgreementState.TERMINATED)
    query = query.order_by(Agreement.id)
    return {str(one.renews_id): one for one in await unit.session.scalars(query)}


async def hold_parties(unit: Unit, inviting_id: str) -> None:
    """Nobody else puts an agreement of this inviting party in force until this transaction is over."""
    await unit.session.execute(select(Institution.id).where(Institution.id == inviting_id).with_for_update())


async def agreements(unit: Unit, institution_ids: Iterable[str] | None = None) -> list[Agreement]:
    query = select(Agreement).order_by(Agreement.ends, Agreement.number)
    if institution_ids is not None:
        ids = set(institution_ids)
        query = query.where(or_(Agreement.inviting_id.in_(ids), Agreement.invited_id.in_(ids)))
    return list(await unit.session.scalars(query))


async def agreement_in_force(
    unit: Unit, *, inviting_id: str, invited_id: str, service: Service, on: date
) -> Agreement | None:
    """The agreement under which `inviting_id` may ask this of `invited_id` that day; None when there is none."""
    query = select(Agreement).where(
        Agreement.inviting_id == inviting_id,
        Agreement.invited_id == invited_id,
        Agreement.state == AgreementState.IN_FORCE,
        Agreement.starts <= on,
        Agreement.ends > on,
    )
    found = await unit.session.scalars(query.order_by(Agreement.starts.desc()))
    return next((agreement for agreement in found if agreement.in_force(service, on)), None)


async def invitable_from(unit: Unit, *, inviting_id: str, service: Service, on: date) -> frozenset[str]:
    """The institutions that `inviting_id` has an agreement in force with for `service`, and that give it now."""
    query = select(Agreement).join(Institution, Institution.id == Agreement.invited_id)
    query = query.where(Agreement.inviting_id == inviting_id, Agreement.starts <= on, Agreement.ends > on)
    query = query.where(Institution.suspended.is_(False))
    found = await unit.session.scalars(query)
    return frozenset(agreement.invited_id for agreement in found if agreement.in_force(service, on))
