"""Finding people, posts and sign-ins."""

import hashlib
from collections.abc import Iterable
from datetime import date

from sqlalchemy import CursorResult, func, select, update

from server.accounts.model import Invitation, Passkey, Person, Post, RecoveryCode, SignIn
from server.accounts.roles import Role, Standing
from server.core.errors import NotFound
from server.core.unit import Unit


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def person(unit: Unit, id: str) -> Person:
    """Raises NotFound."""
    found = await unit.session.get(Person, id)
    if found is None:
        raise NotFound
    return found


async def people(unit: Unit, ids: Iterable[str]) -> dict[str, Person]:
    found = await unit.session.scalars(select(Person).where(Person.id.in_(set(ids))))
    return {one.id: one for one in found}


async def person_by_login(unit: Unit, login: str) -> Person | None:
    return await unit.session.scalar(select(Person).where(Person.login == login.strip().lower()))


async def post(unit: Unit, id: str) -> Post:
    """Raises NotFound."""
    found = await unit.session.get(Post, id)
    if found is None:
        raise NotFound
    return found


async def posts(unit: Unit, ids: Iterable[str]) -> dict[str, Post]:
    found = await unit.session.scalars(select(Post).where(Post.id.in_(set(ids))))
    return {one.id: one for one in found}


async def posts_of(unit: Unit, person_id: str, on: date) -> list[Post]:
    """The posts a person holds that day, oldest first."""
    found = await unit.session.scalars(select(Post).where(Post.person_id == person_id).order_by(Post.starts, Post.id))
    return [one for one in found if one.held(on)]


async def holders(unit: Unit, *, role: Role, institution_ids: Iterable[str], on: date) -> list[tuple[Post, Person]]:
    """Who holds a role in these institutions that day, with an account in use."""
    query = (
        select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .where(Post.role == role, Post.institution_id.in_(set(institution_ids)), Person.standing == Standing.ACTIVE)
        .order_by(Post.institution_id, Person.name)
    )
    return [(post, person) for post, person in await unit.session.execute(query) if post.held(on)]


async def sign_in_by_token(unit: Unit, token: str) -> tuple[SignIn, Person, list[Post]] | None:
    """The sign-in of a cookie, whose it is, and every post they ever held, oldest first; in one question."""
    query = (
        select(SignIn, Person, Post)
        .join(Person, Person.id == SignIn.person_id)
        .outerjoin(Post, Post.person_id == Person.id)
        .where(SignIn.digest == digest_of(token))
        .order_by(Post.id)
    )
    rows = (await unit.session.execute(query)).all()
    if not rows:
        return None
    sign_in, person, _ = rows[0]
    return sign_in, person, [post for _, _, post in rows if post is not None]


async def open_sign_ins(unit: Unit, person_id: str) -> list[SignIn]:
    query = select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    found = await unit.session.scalars(query.order_by(SignIn.seen_at.desc()))
    return [one for one in found if one.alive(unit.now)]


async def passkeys_of(unit: Unit, person_id: str) -> list[Passkey]:
    query = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)
    return list(await unit.session.scalars(query))


async def passkey(unit: Unit, person_id: str, credential_id: bytes) -> Passkey | None:
    query = select(Passkey).where(Passkey.person_id == person_id, Passkey.credential_id == credential_id)
    return await unit.session.scalar(query)


async def codes_left(unit: Unit, person_id: str) -> int:
    query = select(func.count()).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return int(await unit.session.scalar(query) or 0)


async def own_passkey(unit: Unit, person_id: str, id: str) -> Passkey:
    """Raises NotFound: not there, or somebody else's."""
    found = await unit.session.get(Passkey, id)
    if found is None or found.person_id != person_id:
        raise NotFound
    return found


async def invitation(unit: Unit, token: str) -> Invitation | None:
    return await unit.session.get(Invitation, digest_of(token))


async def open_invitations(unit: Unit, person_id: str) -> list[Invitation]:
    query = select(Invitation).where(Invitation.person_id == person_id, Invitation.used_at.is_(None))
    return [one for one in await unit.session.scalars(query) if one.usable(unit.now)]


async def spend_invitation(unit: Unit, token: str) -> bool:
    """Whether it was ours to spend: of two at once only one gets it."""
    unused = (Invitation.digest == digest_of(token), Invitation.used_at.is_(None))
    done = await unit.session.execute(update(Invitation).where(*unused).values(used_at=unit.now))
    return isinstance(done, CursorResult) and done.rowcount == 1


async def own_sign_in(unit: Unit, person_id: str, id: str) -> SignIn:
    """Raises NotFound: not there, over, or somebody else's."""
    found = await unit.session.get(SignIn, id)
    if found is None or found.person_id != person_id or not found.alive(unit.now):
        raise NotFound
    return found
