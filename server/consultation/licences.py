"""A doctor's licence: without one in force nothing is handed in or signed; its holder hears in time of its end."""

from datetime import timedelta

from server.accounts import queries as accounts
from server.accounts import service as people
from server.core.errors import Refusal
from server.core.unit import Unit
from server.notices import service as notices

TOLD_BEFORE = timedelta(days=30)
ENDS = "您的执业资格登记 %(ends)s 到期，请在此之前请机构管理员更新；到期后不能提交申请、接受会诊和签名"


class LicenceLapsed(Refusal):
    code = "consultation.licence_lapsed"
    says = "您的执业资格登记已于 %(ends)s 到期，现在不能提交申请或签名；写下的内容都在，请机构管理员更新后再试"


async def require(unit: Unit) -> None:
    """Raises LicenceLapsed when the actor's has run out."""
    person = await accounts.person(unit, unit.actor.person_id)
    if person.credential_ends and not person.credential_valid(people.today(unit.now)):
        raise LicenceLapsed(ends=person.credential_ends.isoformat())


async def tell_of_ending(unit: Unit) -> int:
    """Each holder, once, thirty days before; again when the date was moved and comes near anew."""
    day = people.today(unit.now)
    due = await accounts.credentials_ending(unit, after=day, by=day + TOLD_BEFORE)
    for person in due:
        assert person.credential_ends is not None
        person.credential_told = person.credential_ends
        facts = {"ends": person.credential_ends.isoformat()}
        await notices.tell(unit, person_ids=[person.id], says=ENDS, facts=facts, href="/me")
    return len(due)
