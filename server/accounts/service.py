"""People and their posts, and the sign-ins by which they act."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from server.accounts import queries
from server.accounts.model import Person, Post, SignIn
from server.accounts.roles import ROLE_WORDS, CredentialKind, Role, Standing
from server.core.access import Actor, PostCard
from server.core.errors import Refusal
from server.core.i18n import BEIJING
from server.core.unit import Unit
from server.directory import queries as directory

SEEN_GRAIN = timedelta(seconds=60)
"""How exactly `seen_at` is kept: a write a minute, not one a request."""


class WrongSignIn(Refusal):
    code = "accounts.wrong_sign_in"
    status = 422
    says = "用户名或密码不对"


class LoginTaken(Refusal):
    code = "accounts.login_taken"
    says = "用户名 %(login)s 已被使用"


class NoPost(Refusal):
    code = "accounts.no_post"
    status = 403
    says = "您目前没有任职岗位，请联系机构管理员"


def today(now: datetime) -> date:
    """The day it is in China, where posts begin and agreements end."""
    return now.astimezone(BEIJING).date()


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


async def begin_sign_in(unit: Unit, *, person: Person, token: str, browser: str, complete: bool) -> SignIn:
    """Opens a sign-in after the password; `complete` when no second factor is still owed. Raises NoPost."""
    held = await queries.posts_of(unit, person.id, today(unit.now))
    if not held:
        raise NoPost
    sign_in = SignIn(
        id=unit.new_id(),
        digest=queries.digest_of(token),
        person_id=person.id,
        post_id=held[0].id,
        created_at=unit.now,
        seen_at=unit.now,
        second_factor_at=unit.now if complete else None,
        reauthenticated_at=unit.now if complete else None,
        address=unit.address[:64],
        browser=browser[:200],
    )
    unit.session.add(sign_in)
    await unit.session.flush()
    unit.record("accounts.signed_in" if complete else "accounts.password_given", kind="person", id=person.id)
    return sign_in


async def end_sign_in(unit: Unit, *, sign_in: SignIn) -> None:
    sign_in.ended_at = unit.now
    unit.record("accounts.signed_out", kind="person", id=sign_in.person_id)
    unit.announce(f"person:{sign_in.person_id}", "signed_out", sign_in=sign_in.id)


async def switch_post(unit: Unit, *, sign_in: SignIn, post: Post) -> None:
    sign_in.post_id = post.id
    unit.record("accounts.switched_post", kind="post", id=post.id)


async def actor_of(unit: Unit, sign_in: SignIn, person: Person, posts: Iterable[Post]) -> Actor | None:
    """The actor a sign-in stands for; None when the person or every post of theirs is out of use."""
    held = [post for post in posts if post.held(today(unit.now))]
    if person.standing != Standing.ACTIVE or not held:
        return None
    post = next((one for one in held if one.id == sign_in.post_id), held[0])
    return await _actor(unit, person, post, held, sign_in)


async def actor_at(unit: Unit, post: Post) -> Actor:
    """The actor of a post outside of any sign-in: the worker, the demo, grants asked again."""
    return await _actor(unit, await queries.person(unit, post.person_id), post, [post], None)


async def _actor(unit: Unit, person: Person, post: Post, held: list[Post], sign_in: SignIn | None) -> Actor:
    names = await directory.short_names(unit, {p.institution_id for p in held})
    return Actor(
        person_id=person.id,
        post_id=post.id,
        institution_id=post.institution_id,
        department_id=post.department_id,
        role=post.role.value,
        consortium_ids=await directory.consortium_ids_of(unit, post.institution_id),
        locale=person.locale,
        session_id=sign_in.id if sign_in else "",
        reauthenticated_at=sign_in.reauthenticated_at if sign_in else None,
        name=person.name,
        institution_name=names.get(post.institution_id, ""),
        post_title=person.title,
        posts=tuple(
            PostCard(
                id=p.id,
                role=p.role.value,
                institution_name=names.get(p.institution_id, ""),
                title=ROLE_WORDS[p.role],
            )
            for p in held
        ),
    )
