"""Looking after other people's accounts: details, posts, standing. Nobody changes their own rights."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from server.accounts import policy, queries, second_factor, service, sign_ins
from server.accounts.model import Person, Post
from server.accounts.roles import Role, Standing
from server.core.errors import NotFound, Refusal, Stale
from server.core.unit import Unit
from server.directory import queries as directory

MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.INVITED: frozenset({Standing.ACTIVE, Standing.SUSPENDED, Standing.DEACTIVATED}),
    Standing.ACTIVE: frozenset({Standing.SUSPENDED, Standing.DEACTIVATED}),
    Standing.SUSPENDED: frozenset({Standing.ACTIVE, Standing.INVITED, Standing.DEACTIVATED}),
    Standing.DEACTIVATED: frozenset(),
}


class OwnRights(Refusal):
    code = "accounts.own_rights"
    says = "不能改变自己的账号状态和岗位，请由另一位管理员办理"


class NotInThisStanding(Refusal):
    code = "accounts.not_in_this_standing"
    says = "账号现在的状态不允许这样做，请刷新后再看"


class RoleNotGivable(Refusal):
    code = "accounts.role_not_givable"
    status = 422
    says = "您的岗位不能授予这个角色"


class PostOver(Refusal):
    code = "accounts.post_over"
    says = "这个岗位已经结束"


Details = Mapping[str, Any]
"""Some of the fields of `on_file`."""


def on_file(unit: Unit, person: Person) -> dict[str, Any]:
    """What is known of a person besides posts, its seals open."""
    return {
        "name": person.name,
        "email": person.email,
        "phone": service.phone_of(unit, person),
        "title": person.title,
        "specialties": tuple(person.specialties),
        "credential": person.credential,
        "certificate": service.certificate_of(unit, person),
        "credential_ends": person.credential_ends,
        "independent_since": person.independent_since,
    }


def differing(unit: Unit, person: Person, details: Details) -> dict[str, Any]:
    """What of `details` is not on file yet."""
    known = on_file(unit, person)
    return {name: value for name, value in details.items() if known[name] != value}


async def amend(unit: Unit, *, person: Person, details: Details, version: int | None = None) -> list[str]:
    """Changes what differs; the names of the fields. Raises Stale when somebody else was quicker."""
    if version is not None and version != person.version:
        raise Stale
    changed = differing(unit, person, details)
    for name, value in changed.items():
        _put(unit, person, name, value)
    await unit.session.flush()
    if changed:
        unit.record("accounts.amended", kind="person", id=person.id, fields=sorted(changed))
    return list(changed)


def _put(unit: Unit, person: Person, name: str, value: Any) -> None:
    if name == "phone":
        person.phone_sealed = unit.keys.seal(value.encode(), f"people.phone:{person.id}") if value else None
    elif name == "certificate":
        about = f"people.certificate:{person.id}"
        person.certificate_sealed = unit.keys.seal(value.encode(), about) if value else None
    else:
        setattr(person, name, list(value) if name == "specialties" else value)


# ---- posts


async def places_to_staff(unit: Unit) -> frozenset[str]:
    """The institutions whose people the actor may look after."""
    granted = unit.matrix.granted(unit.actor.role, "accounts.manage")
    near = await directory.members_of(unit, unit.actor.consortium_ids) if "consortium" in granted else frozenset()
    return near | ({unit.actor.institution_id} if "institution" in granted else frozenset())


async def give_post(
    unit: Unit,
    *,
    person: Person,
    institution_id: str,
    department_id: str | None,
    role: Role,
    starts: date,
    ends: date | None = None,
) -> Post:
    """Raises OwnRights, NotFound (an institution that is not the actor's to staff), RoleNotGivable, RolesApart."""
    forbid_self(unit, person)
    if institution_id not in await places_to_staff(unit):
        raise NotFound
    if role not in policy.may_give(unit.actor.role):
        raise RoleNotGivable
    if department_id and (await directory.department(unit, department_id)).institution_id != institution_id:
        raise NotFound
    return await service.appoint(
        unit,
        person=person,
        institution_id=institution_id,
        department_id=department_id,
        role=role,
        starts=starts,
        ends=ends,
    )


async def end_post(unit: Unit, *, person: Person, post: Post, on: date) -> None:
    """The post is held until the day before `on`; ending it today signs the person out everywhere.

    Raises OwnRights, NotFound, RoleNotGivable (who could not give it cannot take it), PostOver.
    """
    forbid_self(unit, person)
    if post.institution_id not in await places_to_staff(unit):
        raise NotFound
    if post.role not in policy.may_give(unit.actor.role):
        raise RoleNotGivable
    if post.ends is not None and post.ends <= service.today(unit.now):
        raise PostOver
    post.ends = on
    await unit.session.flush()
    unit.record("accounts.post_ended", kind="post", id=post.id, reason=on.isoformat())
    if not post.held(service.today(unit.now)):
        await sign_ins.revoke_all(unit, person_id=person.id)


class Headcount:
    """How many hold a post somewhere, for those who look after them."""

    async def count(self, unit: Unit, institution_id: str) -> int | None:
        if institution_id not in await places_to_staff(unit):
            return None
        sought = queries.Sought(institution_id=institution_id)
        return await queries.counted(unit, sought, places={institution_id}, on=service.today(unit.now))


# ---- standing


async def suspend(unit: Unit, *, person: Person, reason: str) -> None:
    """Signed out everywhere at once. Raises OwnRights, NotInThisStanding."""
    await _stand(unit, person, Standing.SUSPENDED, reason)
    await sign_ins.revoke_all(unit, person_id=person.id)


async def resume(unit: Unit, *, person: Person) -> None:
    """Raises OwnRights, NotInThisStanding."""
    await _stand(unit, person, Standing.ACTIVE if person.password_hash else Standing.INVITED, "")


async def deactivate(unit: Unit, *, person: Person, reason: str) -> None:
    """For good; what the person did stays theirs. Raises OwnRights, NotInThisStanding."""
    await _stand(unit, person, Standing.DEACTIVATED, reason)
    await sign_ins.revoke_all(unit, person_id=person.id)


async def _stand(unit: Unit, person: Person, standing: Standing, reason: str) -> None:
    forbid_self(unit, person)
    if standing not in MOVES[person.standing]:
        raise NotInThisStanding
    person.standing = standing
    await unit.session.flush()
    unit.record(f"accounts.{standing.value}", kind="person", id=person.id, reason=reason)


async def reset_second_factor(unit: Unit, *, person: Person) -> None:
    """For who has lost all of theirs; signed out everywhere. Raises OwnRights."""
    forbid_self(unit, person)
    await second_factor.reset(unit, person=person)
    await sign_ins.revoke_all(unit, person_id=person.id)


def forbid_self(unit: Unit, person: Person) -> None:
    """Raises OwnRights."""
    if unit.signed_in and unit.signed_in.person_id == person.id:
        raise OwnRights


async def roles_of(unit: Unit, person_id: str) -> Collection[Role]:
    """Held now or still to begin."""
    return {one.role for one in await queries.standing_posts(unit, person_id, service.today(unit.now))}
