"""Sign-ins: begun by the password, completed by the second factor, proved again before what matters, ended."""

from collections.abc import Iterable
from datetime import timedelta

from server.accounts import queries
from server.accounts.model import Person, Post, SignIn
from server.accounts.service import actor_of, today
from server.core import ids
from server.core.crypto import Keyring
from server.core.errors import Refusal
from server.core.unit import Unit

SEEN_GRAIN = timedelta(seconds=60)
"""How exactly `seen_at` is kept: a write a minute, not one a request."""


class WrongSignIn(Refusal):
    code = "accounts.wrong_sign_in"
    status = 422
    says = "用户名或密码不对"


class NoPost(Refusal):
    code = "accounts.no_post"
    status = 403
    says = "您目前没有任职岗位，请联系机构管理员"


async def begin(unit: Unit, *, person: Person, token: str, browser: str, complete: bool) -> SignIn:
    """Opens a sign-in after the password; `complete` when no second factor is owed. Raises NoPost."""
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
    unit.signed_in = await actor_of(unit, sign_in, person, held)  # it is on record as theirs
    unit.record("accounts.signed_in" if complete else "accounts.password_given", kind="person", id=person.id)
    return sign_in


def wrong_password(unit: Unit, *, person_id: str) -> None:
    """Goes on record though nothing else does; `person_id` is "" for a login nobody has: it may be a password."""
    unit.record_refused("accounts.password_refused", kind="person", id=person_id)


def wrong_factor(unit: Unit, *, person_id: str) -> None:
    """A code, recovery code or passkey that proved nothing goes on record though nothing else does."""
    unit.record_refused("accounts.factor_refused", kind="person", id=person_id)


async def complete(unit: Unit, *, sign_in: SignIn, token: str) -> None:
    """The second factor was shown; the cookie of before counts no more."""
    sign_in.second_factor_at = unit.now
    if unit.signed_in is None:
        person = await queries.person(unit, sign_in.person_id)
        unit.signed_in = await actor_of(unit, sign_in, person, await queries.posts_of(unit, person.id, today(unit.now)))
    unit.record("accounts.signed_in", kind="person", id=sign_in.person_id)
    await reauthenticate(unit, sign_in=sign_in, token=token)


async def reauthenticate(unit: Unit, *, sign_in: SignIn, token: str) -> None:
    """Whoever sits there has just proved who they are; the sign-in goes on under a new cookie."""
    sign_in.reauthenticated_at = sign_in.seen_at = unit.now
    sign_in.digest = queries.digest_of(token)
    await unit.session.flush()
    unit.record("accounts.reauthenticated", kind="person", id=sign_in.person_id)


def cookie_after(keys: Keyring, token: str) -> str:
    """The cookie under which a sign-in goes on after a proof: always the same one after `token`, so that it can be
    handed over once more where it did not arrive, and one that only this site can tell (decision 0023)."""
    return ids.token_of(keys.derive("cookies after a proof"), token)


async def end(unit: Unit, *, sign_in: SignIn) -> None:
    """Signed out in this browser, by whoever sits there."""
    sign_in.ended_at = unit.now
    unit.record("accounts.signed_out", kind="person", id=sign_in.person_id)
    unit.announce(f"person:{sign_in.person_id}", "signed_out", sign_in=sign_in.id)


async def revoke(unit: Unit, *, person_id: str, sign_ins: Iterable[SignIn]) -> None:
    """Signed out from elsewhere; every open socket of the person closes, those with a right to it come back."""
    for sign_in in sign_ins:
        sign_in.ended_at = unit.now
        unit.record("accounts.sign_in_revoked", kind="sign_in", id=sign_in.id)
    unit.announce(f"person:{person_id}", "revoked")


async def revoke_all(unit: Unit, *, person_id: str, but: str = "") -> None:
    """Everywhere, but in the browser of the sign-in `but`."""
    open_ones = await queries.open_sign_ins(unit, person_id)
    await revoke(unit, person_id=person_id, sign_ins=[one for one in open_ones if one.id != but])


async def switch_post(unit: Unit, *, sign_in: SignIn, post: Post) -> None:
    sign_in.post_id = post.id
    unit.record("accounts.switched_post", kind="post", id=post.id)
