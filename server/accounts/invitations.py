"""Links by which an invited person sets a first password, or one who lost theirs a new one."""

from datetime import timedelta

from server.accounts import queries, service, sign_ins
from server.accounts.model import Invitation, Person
from server.accounts.roles import Standing
from server.core.errors import Refusal
from server.core.unit import Unit

STAYS = timedelta(days=7)


class LinkSpent(Refusal):
    code = "accounts.invitation_spent"
    status = 410
    says = "邀请链接已失效或已用过，请向管理员要一个新的"


class OutOfUse(Refusal):
    code = "accounts.out_of_use"
    says = "账号已停用，请先恢复再发邀请链接"


async def invite(unit: Unit, *, person: Person, token: str) -> Invitation:
    """A link that counts once, within a week; links given out before count no more. Raises OutOfUse."""
    if person.standing in (Standing.SUSPENDED, Standing.DEACTIVATED):
        raise OutOfUse
    for earlier in await queries.open_invitations(unit, person.id):
        earlier.ends_at = unit.now
    invitation = Invitation(
        digest=queries.digest_of(token), person_id=person.id, created_at=unit.now, ends_at=unit.now + STAYS
    )
    unit.session.add(invitation)
    await unit.session.flush()
    unit.record("accounts.invited", kind="person", id=person.id)
    return invitation


async def invited(unit: Unit, token: str) -> Person:
    """Whose link it is. Raises LinkSpent."""
    invitation = await queries.invitation(unit, token)
    if invitation is None or not invitation.usable(unit.now):
        raise LinkSpent
    person = await queries.person(unit, invitation.person_id)
    if person.standing in (Standing.SUSPENDED, Standing.DEACTIVATED):
        raise LinkSpent
    return person


async def accept(unit: Unit, *, token: str, password_hash: str) -> Person:
    """Sets the password and ends every sign-in there was; the account is in use from now on. Raises LinkSpent."""
    person = await invited(unit, token)
    if not await queries.spend_invitation(unit, token):
        raise LinkSpent
    person.standing = Standing.ACTIVE
    await service.set_password(unit, person=person, password_hash=password_hash)
    await sign_ins.revoke_all(unit, person_id=person.id)
    return person
