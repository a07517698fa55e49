"""Finding people, posts and sign-ins."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, CursorResult, and_, bindparam, exists, func, or_, select, update

from server.accounts import policy
from server.accounts.model import Invitation, Passkey, Person, Post, RecoveryCode, SignIn
from server.accounts.roles import CredentialKind, Role, Standing
from server.core.errors import NotFound
from server.core.unit import Unit
from server.directory import queries as directory


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


async def everybody(unit: Unit) -> list[Person]:
    """By login."""
    return list(await unit.session.scalars(select(Person).order_by(Person.login)))


async def person_by_login(unit: Unit, login: str) -> Person | None:
    return await unit.session.scalar(select(Person).where(Person.login == login.strip().lower()))


async def people_called(unit: Unit, called: str) -> frozenset[str]:
    """Who has this login or this very name."""
    fits = or_(Person.login == called.strip().lower(), Person.name == called.strip())
    return frozenset(await unit.session.scalars(select(Person.id).where(fits)))


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


async def standing_posts(unit: Unit, person_id: str, on: date) -> list[Post]:
    """The posts a person holds that day or will hold, oldest first."""
    query = select(Post).where(Post.person_id == person_id, or_(Post.ends.is_(None), Post.ends > on))
    return list(await unit.session.scalars(query.order_by(Post.id)))


async def holders(unit: Unit, *, role: Role, institution_ids: Iterable[str], on: date) -> list[tuple[Post, Person]]:
    """Who holds a role in these institutions that day, with an account in use."""
    query = (
        select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .where(Post.role == role, Post.institution_id.in_(set(institution_ids)), Person.standing == Standing.ACTIVE)
        .order_by(Post.institution_id, Person.name)
    )
    return [(post, person) for post, person in await unit.session.execute(query) if post.held(on)]


async def with_credential(
    unit: Unit, credential: CredentialKind, institution_ids: Iterable[str], on: date
) -> list[tuple[Person, Post]]:
    """Who of this credential holds a post in these institutions that day: once each, with their longest-held post."""
    query = (
        select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .where(
            Person.credential == credential,
            Post.institution_id.in_(set(institution_ids)),
            Person.standing != Standing.DEACTIVATED,
        )
        .order_by(Post.starts.desc(), Post.id.desc())
    )
    found = {person.id: (person, post) for post, person in await unit.session.execute(query) if post.held(on)}
    return list(found.values())


SIGN_INS = (
    select(SignIn, Person, Post)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(Post, Post.person_id == Person.id)
    .where(SignIn.digest.in_(bindparam("digests", expanding=True)))
    .order_by(Post.id)
)
"""Put into words once: it is asked with every request."""


async def sign_ins_by_digest(unit: Unit, digests: Iterable[bytes]) -> dict[bytes, tuple[SignIn, Person, list[Post]]]:
    """The sign-ins of cookies, whose they are, and every post they ever held, oldest first; in one question."""
    found: dict[bytes, tuple[SignIn, Person, list[Post]]] = {}
    for sign_in, person, post in await unit.session.execute(SIGN_INS, {"digests": list(digests)}):
        _, _, posts = found.setdefault(sign_in.digest, (sign_in, person, []))
        posts += [post] if post else []
    return found


async def with_posts(unit: Unit, person_ids: Iterable[str]) -> list[tuple[Person, list[Post]]]:
    """Each of these people and every post they ever held, oldest first; in one question."""
    query = select(Person, Post).outerjoin(Post, Post.person_id == Person.id).where(Person.id.in_(list(person_ids)))
    found: dict[str, tuple[Person, list[Post]]] = {}
    for person, post in await unit.session.execute(query.order_by(Post.starts, Post.id)):
        _, posts = found.setdefault(person.id, (person, []))
        posts += [post] if post else []
    return list(found.values())


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


async def credentials_ending(unit: Unit, *, after: date, by: date) -> list[Person]:
    """Whose credential ends in that time and who was not told of it; each to one caller only."""
    untold = or_(Person.credential_told.is_(None), Person.credential_told != Person.credential_ends)
    query = select(Person).where(
        Person.credential_ends > after, Person.credential_ends <= by, untold, Person.standing == Standing.ACTIVE
    )
    return list(await unit.session.scalars(query.limit(100).with_for_update(skip_locked=True)))


# ---- people as their administrators find them


async def get_for(unit: Unit, action: str, id: str) -> Person:
    """Raises NotFound: not there, or not the actor's to do this with."""
    found = await person(unit, id)
    places = await unit.session.scalars(select(Post.institution_id).where(Post.person_id == id))
    near = await directory.members_of(unit, unit.actor.consortium_ids)
    unit.require(action, policy.relations(unit.actor, frozenset(places), near))
    return found


async def post_of(unit: Unit, person_id: str, id: str) -> Post:
    """Raises NotFound: not there, or somebody else's."""
    found = await post(unit, id)
    if found.person_id != person_id:
        raise NotFound
    return found


async def all_posts_of(unit: Unit, person_ids: Iterable[str]) -> dict[str, list[Post]]:
    """Every post ever held, oldest first, by person."""
    found: dict[str, list[Post]] = {id: [] for id in person_ids}
    query = select(Post).where(Post.person_id.in_(found)).order_by(Post.starts, Post.id)
    for one in await unit.session.scalars(query):
        found[one.person_id].append(one)
    return found


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What a list of people is narrowed to."""

    text: str = ""
    """Part of a name or the beginning of a login."""
    role: Role | None = None
    institution_id: str = ""
    standing: Standing | None = None
    expiring_before: date | None = None


def _fitting(sought: Sought, places: Collection[str], on: date) -> list[ColumnElement[bool]]:
    within = {sought.institution_id} & set(places) if sought.institution_id else set(places)
    held = [Post.person_id == Person.id, Post.institution_id.in_(within)]
    if sought.role:
        held += [Post.role == sought.role, or_(Post.ends.is_(None), Post.ends > on)]
    conditions: list[ColumnElement[bool]] = [exists().where(and_(*held))]
    if sought.text:
        text = sought.text.strip()
        named = Person.name.contains(text, autoescape=True)
        conditions.append(or_(named, Person.login.startswith(text.lower(), autoescape=True)))
    if sought.standing:
        conditions.append(Person.standing == sought.standing)
    if sought.expiring_before:
        conditions.append(Person.credential_ends < sought.expiring_before)
        conditions.append(Person.standing != Standing.DEACTIVATED)
    return conditions


async def listed(
    unit: Unit, sought: Sought, *, places: Collection[str], on: date, before: str = "", limit: int = 50
) -> list[Person]:
    """People with a post, ever, in `places`, the last enrolled first; `before` is the last id of the page above."""
    query = select(Person).where(*_fitting(sought, places, on)).order_by(Person.id.desc()).limit(limit)
    if before:
        query = query.where(Person.id < before)
    return list(await unit.session.scalars(query))


async def counted(unit: Unit, sought: Sought, *, places: Collection[str], on: date) -> int:
    query = select(func.count()).select_from(Person).where(*_fitting(sought, places, on))
    return int(await unit.session.scalar(query) or 0)


async def logins_taken(unit: Unit, logins: Iterable[str]) -> dict[str, Person]:
    found = await unit.session.scalars(select(Person).where(Person.login.in_(set(logins))))
    return {one.login: one for one in found}


async def namesakes(unit: Unit, names: Iterable[str], places: Collection[str]) -> dict[str, list[Person]]:
    """The people of these names with a post in `places`, by name."""
    found: dict[str, list[Person]] = {}
    held = exists().where(Post.person_id == Person.id, Post.institution_id.in_(set(places)))
    for one in await unit.session.scalars(select(Person).where(Person.name.in_(set(names)), held)):
        found.setdefault(one.name, []).append(one)
    return found


async def within(unit: Unit, person_ids: Collection[str], places: Collection[str]) -> frozenset[str]:
    """Those of these people who have a post, ever, in `places`."""
    query = select(Post.person_id).where(Post.person_id.in_(set(person_ids)), Post.institution_id.in_(set(places)))
    return frozenset(await unit.session.scalars(query))
