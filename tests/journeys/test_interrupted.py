"""A session that lost its people: they may come back for a quarter of an hour, then it goes on in another way."""

import asyncio
from datetime import timedelta

import pytest

from server.consultation.duties import tell_of_lost_sessions
from tests.journeys.openings import number_of
from tests.journeys.test_road import REQUEST, house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON, planned, until

OVER = "中断已超过 15 分钟，不能再进入会诊室"
IN_ENGLISH = {
    "soon": "Come back to the room by",
    "over": "It was interrupted more than 15 minutes ago and cannot be rejoined",
    "door": "The session was interrupted more than 15 minutes ago and cannot be rejoined",
}


async def interrupted(house):  # noqa: F811
    """Doctor, expert, centre, the case and its room, which both have just left."""
    doctor, expert, case, room = await planned(house)
    for one in (doctor, expert):
        await one.enter(room)
    await until(lambda: len(doctor.events("joined")) == 1)
    for one in (doctor, expert):
        assert (await one.says("leave"))["ok"]
    await shows(doctor, case, 'data-state="interrupted"')
    return doctor, expert, await house.visitor("chenyu"), case, room


async def shows(visitor, path, words):
    async with asyncio.timeout(5):
        while words not in await visitor.get(path):
            pass


LOGINS = ("wangfang", "zhaomin", "chenyu")


async def sixteen_minutes_later(house, *visitors):  # noqa: F811
    """Who did nothing for so long signs in again."""
    house.clock.turn(timedelta(minutes=16))
    for one, login in zip(visitors, LOGINS, strict=False):
        await one.sign_in(login)


async def told(house):  # noqa: F811
    async with house.database.unit() as unit:
        return await tell_of_lost_sessions(unit)


async def test_within_a_quarter_of_an_hour_both_come_back_and_it_goes_on(house):  # noqa: F811
    doctor, expert, _, case, room = await interrupted(house)
    for one in (doctor, expert):
        page = await one.get(case)
        assert ("双方都回来后会诊继续" in page, "还剩 15 分" in page, "回到会诊室" in page) == (True, True, True)
    house.clock.turn(timedelta(minutes=14))
    await doctor.enter(room)
    assert "会诊中断" in await doctor.get(case)
    await expert.enter(room)
    await shows(doctor, case, 'data-state="in_session"')
    assert "恢复会诊" in await doctor.get(f"{case}/history")


async def test_after_it_nobody_is_let_in_and_each_side_reads_the_ways_out(house):  # noqa: F811
    doctor, expert, centre, case, room = await interrupted(house)
    await sixteen_minutes_later(house, doctor, expert, centre)
    for one in (doctor, expert, centre):
        door = await one.get(room)
        assert (door.status, OVER in door, door.link(case)) == (409, True, case)
        refused = await one.post(f"{room}/join", headers=JSON)
        assert (refused.status, "consultation.rejoin_over" in refused) == (409, True)
        page = await one.get(case)
        assert (OVER in page, room in page) == (True, False)
        assert {f"{case}/go-written", f"{case}/rebook"} <= set(page.forms())


async def test_one_who_waited_in_the_room_does_not_make_it_go_on_by_themselves(house):  # noqa: F811
    doctor, expert, _, case, room = await interrupted(house)
    house.clock.turn(timedelta(seconds=1))  # a stay is named by its moment
    await doctor.enter(room)
    await sixteen_minutes_later(house, doctor, expert)
    assert (await expert.post(f"{room}/join", headers=JSON)).status == 409
    assert OVER in await doctor.get(case)


async def test_both_sides_and_the_centre_are_told_once(house):  # noqa: F811
    doctor, expert, centre, case, _ = await interrupted(house)
    number = await number_of(doctor, case)
    house.clock.turn(timedelta(minutes=14))
    assert await told(house) == 0
    house.clock.turn(timedelta(minutes=2))
    assert (await told(house), await told(house)) == (1, 0)
    for one, login in zip((doctor, expert, centre), LOGINS, strict=True):
        await one.sign_in(login)
    for one in (doctor, expert, centre):
        assert (await one.get("/notices")).text.count(f"会诊 {number} {OVER}") == 1
    assert "还剩" in await doctor.get(case)


@pytest.mark.parametrize("urgency", ["immediate", "urgent"])
async def test_the_most_urgent_are_told_of_once_too(house, urgency, monkeypatch):  # noqa: F811
    monkeypatch.setitem(REQUEST, "urgency", urgency)
    await interrupted(house)
    house.clock.turn(timedelta(minutes=16))
    assert await told(house) == 1
    house.clock.turn(timedelta(hours=3))
    assert await told(house) == 0


async def test_it_goes_on_in_writing(house):  # noqa: F811
    doctor, expert, _, case, room = await interrupted(house)
    await sixteen_minutes_later(house, doctor, expert)
    written = await doctor.post(f"{case}/go-written")
    assert (written.status, "待出具意见" in written, "转为书面继续" in written) == (200, True, True)
    assert "中断后转为书面继续" in await expert.get("/notices")
    assert (await expert.get(f"{case}/opinion")).status == 200
    assert (await doctor.get(room)).status == 410
    again = await expert.post(f"{case}/go-written", headers=JSON)
    assert (again.status, "consultation.illegal_move" in again) == (409, True)


async def test_either_side_may_ask_for_another_time_and_the_centre_places_it(house):  # noqa: F811
    doctor, expert, centre, case, room = await interrupted(house)
    number = await number_of(doctor, case)
    await sixteen_minutes_later(house, doctor, expert, centre)
    empty = await expert.post(f"{case}/rebook", {"reason": " "})
    assert (empty.status, 'id="f-reason-error"' in empty) == (422, True)
    asked = await expert.post(f"{case}/rebook", {"reason": "县里断网"})
    assert (asked.status, "待排期" in asked) == (200, True)
    assert f"会诊 {number} 将另约时间，确定后再通知您：县里断网" in await doctor.get("/notices")
    assert f"会诊 {number} 中断后需另约时间：县里断网" in await centre.get("/notices")
    slot = (house.clock.at + timedelta(minutes=44)).isoformat()
    placed = await centre.post(f"{case}/schedule", {"slot": slot, "minutes": "30"})
    assert placed.status == 200, placed.text[-2000:]
    house.clock.turn(timedelta(minutes=40))
    for one, login in zip((doctor, expert), LOGINS, strict=False):
        await one.sign_in(login)
        await one.enter(room)
    await shows(doctor, case, 'data-state="in_session"')


async def test_it_is_said_in_english_too(house):  # noqa: F811
    doctor, _, _, case, room = await interrupted(house)
    await doctor.post("/language", {"locale": "en"})
    assert IN_ENGLISH["soon"] in await doctor.get(case)
    await sixteen_minutes_later(house, doctor)
    assert IN_ENGLISH["over"] in await doctor.get(case)
    assert IN_ENGLISH["door"] in await doctor.get(room)
