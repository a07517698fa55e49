"""Called off: by an expert, by who asked, by a side that never came. What was kept is free again, and all know why."""

from datetime import timedelta

from icalendar import Calendar

from tests.journeys.openings import first_time, invited, number_of, placed, time_comes
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON, until
from tests.web.accounts_site import said_at

ROOM = r"/rooms/[0-9a-f]{32}"


async def test_the_centre_reads_why_an_expert_declined_and_is_not_offered_them_again(house):  # noqa: F811
    doctor, centre, expert, case = await invited(house)
    number = await number_of(doctor, case)
    unreasoned = await expert.post(f"{case}/decline", {"reason": ""})
    assert (unreasoned.status, said_at(unreasoned, "reason") != "") == (422, True)
    assert (await expert.post(f"{case}/decline", {"reason": "当日外出"})).status == 200
    assert (await expert.post(f"{case}/accept")).status == 404
    assert f"专家谢绝了会诊 {number}：当日外出" in await centre.get("/notices")
    drawer = await centre.get(f"{case}/drawer")
    assert [words in drawer for words in ("中心初审", "当日外出", "发出邀请")] == [True] * 3
    assert 'class="candidate-who"><strong>赵敏' not in drawer


async def test_after_a_no_show_the_time_is_free_the_room_is_shut_and_both_sides_know(house):  # noqa: F811
    doctor, centre, expert, case, begins = await placed(house)
    number = await number_of(doctor, case)
    early = await centre.post(f"{case}/no-show", {"reason": "专家"}, headers=JSON)
    assert (early.status, "会诊时间还没有到" in early) == (409, True)
    assert "登记未到场" not in await centre.get(f"{case}/drawer")

    await time_comes(house, begins, doctor, centre, expert)
    room = (await doctor.get(case)).link(ROOM)
    await doctor.enter(room)
    assert "登记未到场" in await centre.get(f"{case}/drawer")
    missed = await centre.post(f"{case}/no-show", {"reason": "专家"})
    assert missed.status == 200, missed.text[-2000:]
    await until(lambda: ("closed", {"reason": "ended"}) in doctor.heard)
    for one in (doctor, expert):
        assert f"会诊 {number} 因有一方未到场已结束：专家" in await one.get("/notices")
        assert (await one.get(room)).status == 410
    *_, other, again = await placed(house, name="秦文达", begins=begins)
    assert (again, "已排期" in await doctor.get(other)) == (begins, True)


async def test_a_time_that_is_called_off_is_free_leaves_both_calendars_and_the_room_is_shut(house):  # noqa: F811
    doctor, centre, expert, case, begins = await placed(house)
    number = await number_of(doctor, case)
    await time_comes(house, begins - timedelta(minutes=10), doctor, centre, expert)
    room = (await expert.get(case)).link(ROOM)
    assert (await doctor.post(f"{case}/cancel", {"reason": "患者已转院"})).status == 200
    assert f"会诊 {number} 已取消：患者已转院" in await expert.get("/notices")
    assert [(await one.get(room)).status for one in (doctor, expert)] == [410, 410]
    for login in ("wangfang", "zhaomin"):
        asked, taken_back = await calendars_of(house, login, number)
        assert [one["method"] for one in (asked, taken_back)] == ["REQUEST", "CANCEL"]
        (before,), (after,) = asked.walk("VEVENT"), taken_back.walk("VEVENT")
        assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
        assert after["sequence"] > before["sequence"]
        assert after["dtstart"].dt == begins
    *_, centre, expert, other = await invited(house, name="秦文达")
    await expert.post(f"{other}/accept")
    assert await first_time(centre, other) == begins
    assert "已排期" in await centre.post(f"{other}/schedule", {"slot": begins.isoformat(), "minutes": "30"})


async def calendars_of(house, login, number):  # noqa: F811
    """What the mails about a consultation would have somebody's calendar do, oldest first."""
    mine = [one for one in await house.letters() if one.to == f"{login}@demo.invalid" and number in one.subject]
    return [Calendar.from_ical(file.content) for one in mine for file in one.attachments]
