"""Finding institutions, consortia, departments and agreements."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select

from server.core.errors import NotFound
from server.core.unit import Unit
from server.directory.kinds import AgreementState, Service
from server.directory.model import Agreement, Consortium, Department, Institution, Membership


async def institution(unit: Unit, id: str) -> Institution:
    """Raises NotFound."""
    found = await unit.session.get(Institution, id)
    if found is None:
        raise NotFound
    return found


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


async def consortia(unit: Unit) -> list[Consortium]:
    return list(await unit.session.scalars(select(Consortium).order_by(Consortium.name)))


async def lead_of(unit: Unit, consortium_id: str) -> str | None:
    """The id of the lead hospital; None when there is no such consortium."""
    found = await unit.session.get(Consortium, consortium_id)
    return found.lead_id if found else None


async def consortium_ids_of(unit: Unit, institution_id: str) -> frozenset[str]:
    """The consortia an institution belongs to, as a member or as the lead."""
    member = select(Membership.consortium_id).where(Membership.institution_id == institution_id)
    lead = select(Consortium.id).where(Consortium.lead_id == institution_id)
    return frozenset(await unit.session.scalars(member.union(lead)))


async def members_of(unit: Unit, consortium_ids: Iterable[str]) -> frozenset[str]:
    """The ids of every institution of these consortia, leads included."""
    wanted = set(consortium_ids)
    member = select(Membership.institution_id).where(Membership.consortium_id.in_(wanted))
    lead = select(Consortium.lead_id).where(Consortium.id.in_(wanted))
    return frozenset(await unit.session.scalars(member.union(lead)))


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
    """The institutions that `inviting_id` has an agreement in force with for `service`."""
    query = select(Agreement).where(Agreement.inviting_id == inviting_id, Agreement.starts <= on, Agreement.ends > on)
    found = await unit.session.scalars(query)
    return frozenset(agreement.invited_id for agreement in found if agreement.in_force(service, on))
