"""Both sides are reminded of a consultation a day and a quarter of an hour before, in words that are true then."""

from datetime import datetime, timedelta

from server.consultation.duties import remind
from server.core.i18n import BEIJING
from tests.journeys.openings import number_of, placed, time_comes
from tests.journeys.test_road import house  # noqa: F401 - the fixture

WEDNESDAY_TEN = datetime(2026, 11, 25, 10, tzinfo=BEIJING)


async def told(house, moment, doctor, expert):  # noqa: F811
    """The bell of both when the duty was done twice at that time."""
    await time_comes(house, moment, doctor, expert)
    for _ in range(2):
        async with house.database.unit() as unit:
            await remind(unit)
    return [(await one.get("/notices")).text for one in (doctor, expert)]


async def test_both_sides_are_told_once_a_day_before_and_once_a_quarter_of_an_hour_before(house):  # noqa: F811
    doctor, _, expert, case, begins = await placed(house, begins=WEDNESDAY_TEN)
    number = await number_of(doctor, case)
    tomorrow, soon = f"会诊 {number} 明天开始：2026年11月25日 周三 10:00", f"会诊 {number} 即将开始"
    for before, counts in ((timedelta(days=1, minutes=1), (0, 0)), (timedelta(days=1), (1, 0))):
        for bell in await told(house, begins - before, doctor, expert):
            assert (bell.count(tomorrow), bell.count(soon)) == counts
    for bell in await told(house, begins - timedelta(minutes=15), doctor, expert):
        assert (bell.count(tomorrow), bell.count(soon)) == (1, 1)


async def test_a_reminder_that_is_late_says_today_once_it_is_that_day(house):  # noqa: F811
    doctor, _, expert, case, _ = await placed(house, begins=WEDNESDAY_TEN)
    number = await number_of(doctor, case)
    for bell in await told(house, datetime(2026, 11, 25, 0, 10, tzinfo=BEIJING), doctor, expert):
        assert (f"会诊 {number} 今天开始" in bell, "明天开始" in bell) == (True, False)
