"""An expert whose licence has run out is not offered, not invited, and does not accept what came before; nobody hands
in or signs without one, and its end is told of in time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from server.accounts.model import Person
from server.consultation.licences import tell_of_ending
from server.core.clock import SetClock
from server.core.outbox import OutboxMessage, unpacked
from server.demo import PASSWORD
from tests.journeys.house import open_house
from tests.journeys.test_road import REQUEST, a_patient, a_request
from tests.journeys.test_signing import TYPED, in_session
from tests.web.accounts_site import said_at

MONDAY_NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOLDERS = "您的执业资格登记已于"
LAPSED = "赵敏 独立执业未满 3 年或执业资格已到期，不能受邀会诊"


@pytest.fixture
async def house(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url, clock=SetClock(MONDAY_NINE)) as house:
        yield house


async def a_waiting_case(doctor):
    case = await a_request(doctor, await a_patient(doctor, "秦文远"))
    await doctor.post(f"/consultations/{case}/submit", REQUEST)
    return case


async def post_of_zhao(centre, case):
    drawer = await centre.get(f"/consultations/{case}/drawer")
    found = re.search(r'name="post_id" value="([0-9a-f]{32})"[^>]*>\s*<span[^>]*><strong>赵敏', drawer.text)
    return found and found[1]


async def let_the_licence_lapse(house):
    async with house.database.unit() as unit:
        yesterday = MONDAY_NINE.date() - timedelta(days=1)
        await unit.session.execute(update(Person).where(Person.name == "赵敏").values(credential_ends=yesterday))


async def test_a_lapsed_licence_is_neither_offered_nor_invited(house):
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    case = await a_waiting_case(doctor)
    post = await post_of_zhao(centre, case)
    assert post is not None
    await let_the_licence_lapse(house)
    assert await post_of_zhao(centre, case) is None
    refused = await centre.post(f"/consultations/{case}/invite", {"post_id": post})
    assert (refused.status, LAPSED in refused) == (409, True), refused.text[-2000:]


async def test_a_licence_that_lapsed_since_the_invitation_does_not_accept(house):
    doctor, centre, expert = [await house.visitor(one) for one in ("wangfang", "chenyu", "zhaomin")]
    case = await a_waiting_case(doctor)
    await centre.post(f"/consultations/{case}/invite", {"post_id": await post_of_zhao(centre, case)})
    await let_the_licence_lapse(house)
    refused = await expert.post(f"/consultations/{case}/accept")
    assert (refused.status, LAPSED in refused) == (409, True), refused.text[-2000:]


# ---- what its holder does and hears


async def licence_ends(house, name, on):
    async with house.database.unit() as unit:
        await unit.session.execute(update(Person).where(Person.name == name).values(credential_ends=on))


async def test_a_lapsed_licence_hands_no_request_in_and_what_was_typed_stays(house):
    doctor = await house.visitor("wangfang")
    case = await a_request(doctor, await a_patient(doctor, "秦文远"))
    await licence_ends(house, "王芳", MONDAY_NINE.date())
    refused = await doctor.post(f"/consultations/{case}/submit", REQUEST)
    assert (refused.status, HOLDERS in refused, REQUEST["question"] in refused) == (422, True, True), refused.text
    await licence_ends(house, "王芳", MONDAY_NINE.date() + timedelta(days=1))
    assert "sent=1" in (await doctor.post(f"/consultations/{case}/submit", REQUEST)).path


async def test_a_lapsed_licence_signs_no_opinion_and_what_was_written_stays(house):
    house.clock = house.database.clock
    _, expert, case = await in_session(house)
    await licence_ends(house, "赵敏", house.clock.now().date())
    refused = await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": PASSWORD})
    assert (refused.status, HOLDERS in said_at(refused, "secret"), TYPED["findings"] in refused) == (422, True, True)
    assert "会诊中" in await expert.get(case)
    await licence_ends(house, "赵敏", None)
    assert "意见已出具" in await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": PASSWORD})


async def test_its_holder_is_told_once_thirty_days_before_by_bell_and_mail(house):
    told = []
    await licence_ends(house, "赵敏", MONDAY_NINE.date() + timedelta(days=31))
    for _ in range(3):
        async with house.database.unit() as unit:
            told.append(await tell_of_ending(unit))
        house.database.clock.turn(timedelta(days=1))
    assert told == [0, 1, 0]
    expert = await house.visitor("zhaomin")
    assert "您的执业资格登记 2026-12-24 到期" in await expert.get("/notices")
    async with house.database.unit(writes=False) as unit:
        mails = await unit.session.scalars(select(OutboxMessage))
        bodies = [unpacked(unit.keys.open(one.sealed, f"outbox:{one.id}")).body for one in mails]
    assert len([body for body in bodies if "2026-12-24 到期" in body]) == 1
