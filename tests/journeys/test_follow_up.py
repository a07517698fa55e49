"""A follow-up comes due on the day that was set, and is told once. Both stores."""

from datetime import UTC, datetime

from sqlalchemy import text

from server.consultation.duties import remind_of_follow_ups
from server.consultation.states import State
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.web.accounts_site import said_at, typed_in

WEDNESDAY = "2026-11-25"
TOLD = "今天应随访会诊"


async def issued(house):  # noqa: F811
    """The address of the demo's case whose opinion waits for 杨雪's decision."""
    async with house.database.unit(writes=False) as unit:
        query = text("select id from consultations where state = :state")
        return f"/consultations/{await unit.session.scalar(query, {'state': State.ISSUED.value})}"


async def at(house, *moment):  # noqa: F811
    """The duty done twice at that time; the bell of 杨雪 then."""
    house.clock.at = datetime(*moment, tzinfo=UTC)
    for _ in range(2):
        async with house.database.unit() as unit:
            await remind_of_follow_ups(unit)
    doctor = await house.visitor("yangxue")
    return (await doctor.get("/notices")).text.count(TOLD)


async def test_a_day_that_is_over_is_refused_at_its_field(house):  # noqa: F811
    doctor, case = await house.visitor("yangxue"), await issued(house)
    page = await doctor.post(f"{case}/decide", {"adoption": "adopted", "follow_up_on": "2026-11-22"})
    assert (page.status, said_at(page, "follow_up_on")) == (422, "随访日期已经过去")
    assert typed_in(page, "follow_up_on") == "2026-11-22"


async def test_the_asking_doctor_is_told_once_on_the_morning_of_the_day(house):  # noqa: F811
    doctor, case = await house.visitor("yangxue"), await issued(house)
    page = await doctor.post(f"{case}/decide", {"adoption": "adopted", "follow_up_on": WEDNESDAY})
    assert (page.status, "随访中" in page) == (200, True), page.text[-2000:]
    async with house.database.unit(writes=False) as unit:
        due = await unit.session.scalar(text("select due_at from consultations where id = :id"), {"id": case[-32:]})
    assert str(due)[:16] == f"{WEDNESDAY} 09:30"
    assert [await at(house, 2026, 11, 24, 23, 59), await at(house, 2026, 11, 25, 0, 1)] == [0, 1]
    assert await at(house, 2026, 11, 26, 0, 1) == 1
