"""People and their posts, and the sign-ins by which they act."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from server.accounts import policy, queries
from server.accounts.model import Person, Post, SignIn
from server.accounts.roles import ROLE_WORDS, CredentialKind, Role, Standing
from server.core import i18n
from server.core.access import Actor, PostCard
from server.core.errors import Refusal
from server.core.unit import Unit
from server.directory import queries as directory


class LoginTaken(Refusal):
    code = "accounts.login_taken"
    says = "用户名 %(login)s 已被使用"


today = i18n.today


async def enrol(
    unit: Unit,
    *,
    login: str,
    name: str,
    email: str = "",
    phone: str = "",
    title: str = "",
    specialties: Iterable[str] = (),
    credential: CredentialKind = CredentialKind.NONE,
    certificate: str = "",
    credential_ends: date | None = None,
    independent_since: date | None = None,
    password_hash: str = "",
) -> Person:
    """Adds a person; without a password they are invited and set one by a link. Raises LoginTaken."""
    login = login.strip().lower()
    if await queries.person_by_login(unit, login):
        raise LoginTaken(login=login)
    id = unit.new_id()
    person = Person(
        id=id,
        login=login,
        name=name,
        email=email,
        title=title,
        specialties=list(specialties),
        credential=credential,
        credential_ends=credential_ends,
        independent_since=independent_since,
        phone_sealed=unit.keys.seal(phone.encode(), f"people.phone:{id}") if phone else None,
        certificate_sealed=unit.keys.seal(certificate.encode(), f"people.certificate:{id}") if certificate else None,
        password_hash=password_hash,
        password_changed_at=unit.now if password_hash else None,
        standing=Standing.ACTIVE if password_hash else Standing.INVITED,
        created_at=unit.now,
    )
    unit.session.add(person)
    await unit.session.flush()
    unit.record("accounts.enrolled", kind="person", id=id)
    return person


class RolesApart(Refusal):
    code = "accounts.roles_apart"
    status = 422
    says = "三员分立：平台运维、审计员不能兼任其他岗位，其他岗位的人也不能兼任"


async def appoint(
    unit: Unit,
    *,
    person: Person,
    institution_id: str,
    role: Role,
    department_id: str | None = None,
    starts: date,
    ends: date | None = None,
) -> Post:
    """Raises RolesApart."""
    held = await queries.standing_posts(unit, person.id, min(starts, today(unit.now)))
    if policy.excluded([one.role for one in held], role):
        raise RolesApart
    post = Post(
        id=unit.new_id(),
        person_id=person.id,
        institution_id=institution_id,
        department_id=department_id,
        role=role,
        starts=starts,
        ends=ends,
        created_at=unit.now,
    )
    unit.session.add(post)
    await unit.session.flush()
    unit.record("accounts.appointed", kind="post", id=post.id, reason=role.value)
    return post


async def set_password(unit: Unit, *, person: Person, password_hash: str) -> None:
    person.password_hash, person.password_changed_at = password_hash, unit.now
    await unit.session.flush()
    unit.record("accounts.password_set", kind="person", id=person.id)


async def actor_of(unit: Unit, sign_in: SignIn, person: Person, posts: Iterable[Post]) -> Actor | None:
    """The actor a sign-in stands for; None when the person or every post of theirs is out of use."""
    return (await actors_of(unit, [(sign_in, person, posts)])).get(sign_in.id)


async def actors_of(unit: Unit, found: Collection[tuple[SignIn, Person, Iterable[Post]]]) -> dict[str, Actor]:
    """The actors for whom sign-ins stand, by sign-in; those whose person or every post is out of use stand for none."""
    held = {sign_in.id: _in_use(unit, person, posts) for sign_in, person, posts in found}
    places = await _places(unit, held.values())
    actors = {}
    for sign_in, person, _ in found:
        if posts := held[sign_in.id]:
            post = next((one for one in posts if one.id == sign_in.post_id), posts[0])
            actors[sign_in.id] = _actor(places, person, post, posts, sign_in)
    return actors


async def actors_by_person(unit: Unit, person_ids: Collection[str]) -> dict[str, list[Actor]]:
    """What these people may act as today outside of any sign-in, in each post of theirs: grants asked again."""
    found = await queries.with_posts(unit, person_ids)
    held = {person.id: _in_use(unit, person, posts) for person, posts in found}
    places = await _places(unit, held.values())
    return {person.id: [_actor(places, person, post, [post], None) for post in held[person.id]] for person, _ in found}


async def actor_at(unit: Unit, post: Post) -> Actor:
    """The actor of a post outside of any sign-in: the worker, the demo, a link for the phone."""
    return _actor(await _places(unit, [[post]]), await queries.person(unit, post.person_id), post, [post], None)


def _in_use(unit: Unit, person: Person, posts: Iterable[Post]) -> list[Post]:
    return [post for post in posts if post.held(today(unit.now))] if person.standing == Standing.ACTIVE else []


async def _places(unit: Unit, held: Iterable[Iterable[Post]]) -> dict[str, directory.Place]:
    return await directory.places(unit, {post.institution_id for posts in held for post in posts})


def _actor(
    places: Mapping[str, directory.Place], person: Person, post: Post, held: Iterable[Post], sign_in: SignIn | None
) -> Actor:
    return Actor(
        person_id=person.id,
        post_id=post.id,
        institution_id=post.institution_id,
        department_id=post.department_id,
        role=post.role.value,
        consortium_ids=places[post.institution_id].consortium_ids,
        locale=person.locale,
        session_id=sign_in.id if sign_in else "",
        reauthenticated_at=sign_in.reauthenticated_at if sign_in else None,
        name=person.name,
        institution_name=places[post.institution_id].short_name,
        post_title=person.title,
        posts=tuple(
            PostCard(
                id=p.id,
                role=p.role.value,
                institution_name=places[p.institution_id].short_name,
                title=ROLE_WORDS[p.role],
            )
            for p in held
        ),
    )


def phone_of(unit: Unit, person: Person) -> str:
    sealed = person.phone_sealed
    return unit.keys.open(sealed, f"people.phone:{person.id}").decode() if sealed else ""


def certificate_of(unit: Unit, person: Person) -> str:
    sealed = person.certificate_sealed
    return unit.keys.open(sealed, f"people.certificate:{person.id}").decode() if sealed else ""
