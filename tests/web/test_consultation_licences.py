"""An expert whose licence has run out is not offered, not invited, and does not accept what came before."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from server.accounts.model import Person
from server.core.clock import SetClock
from tests.journeys.house import open_house
from tests.journeys.test_road import REQUEST, a_patient, a_request

MONDAY_NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
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
