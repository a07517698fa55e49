"""Every side is told: an invitation taken back, a request withdrawn, another time for a session. Both stores."""

import asyncio
import re
from datetime import datetime

from server.core.i18n import BEIJING, WEEKDAYS
from tests.journeys.openings import invited, number_of
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import planned, until


async def test_an_expert_is_told_that_the_invitation_is_taken_back(house):  # noqa: F811
    doctor, centre, expert, case = await invited(house)
    number = await number_of(doctor, case)
    assert (await centre.post(f"{case}/withdraw")).status == 200
    assert f"会诊邀请 {number} 已撤回，不必再答复：改请他人" in await expert.get("/notices")
    assert (await expert.post(f"{case}/accept")).status == 404


async def test_a_request_withdrawn_is_known_to_the_invited_expert_and_the_centre(house):  # noqa: F811
    doctor, centre, expert, case = await invited(house)
    number = await number_of(doctor, case)
    assert (await doctor.post(f"{case}/cancel", {"reason": "患者已转院"})).status == 200
    assert f"会诊邀请 {number} 已撤回，不必再答复：患者已转院" in await expert.get("/notices")
    assert f"会诊 {number} 已取消：患者已转院" in await centre.get("/notices")
    assert f"会诊 {number} 已取消" not in await doctor.get("/notices")
    assert "已撤回" in await centre.get(f"{case}/drawer")


async def test_both_sides_are_told_that_an_interrupted_session_gets_another_time(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    number = await number_of(doctor, case)
    for one in (doctor, expert):
        await one.enter(room)
    await until(lambda: len(doctor.events("joined")) == 1)
    for one in (doctor, expert):
        assert (await one.says("leave"))["ok"]
    async with asyncio.timeout(5):
        while "中断" not in await doctor.get(case):
            pass
    centre = await house.visitor("chenyu")
    assert (await centre.post(f"{case}/rebook", {"reason": "线路中断"})).status == 200
    for one in (doctor, expert):
        assert f"会诊 {number} 将另约时间，确定后再通知您：线路中断" in await one.get("/notices")


async def test_a_time_that_was_set_is_told_to_each_side_in_its_language(house):  # noqa: F811
    doctor, centre, expert, case = await invited(house)
    await doctor.post("/language", {"locale": "en"})
    await expert.post(f"{case}/accept")
    drawer = await centre.get(f"{case}/drawer")
    slot = re.search(r'name="slot"[^>]*value="([^"]+)"', drawer.text)[1]
    await centre.post(f"{case}/schedule", {"slot": slot, "minutes": "30"})
    starts = datetime.fromisoformat(slot.replace(" ", "+")).astimezone(BEIJING)
    english = f"is scheduled for {starts:%a} {starts.day} {starts:%b %Y %H:%M}"
    chinese = f"已排期：{starts.year}年{starts.month}月{starts.day}日 {WEEKDAYS[starts.weekday()]} {starts:%H:%M}"
    assert english in await doctor.get("/notices")
    assert chinese in await expert.get("/notices")
    await doctor.post("/language", {"locale": "zh"})
    assert chinese in await doctor.get("/notices")
