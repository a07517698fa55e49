"""The centre proposes a time that somebody has taken: the page says so at the field, and keeps what was typed."""

import re
from datetime import UTC, datetime

import pytest

from server.core.clock import SetClock
from tests.journeys.house import open_house
from tests.journeys.test_road import REQUEST, a_patient, a_request

MONDAY_NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TOMORROW = {"day": "2026-11-24", "at": "10:15", "minutes": "40"}


@pytest.fixture
async def house(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url, clock=SetClock(MONDAY_NINE)) as house:
        yield house


async def accepted(doctor, centre, expert, name):
    case = await a_request(doctor, await a_patient(doctor, name))
    await doctor.post(f"/consultations/{case}/submit", REQUEST)
    drawer = await centre.get(f"/consultations/{case}/drawer")
    post = re.search(r'name="post_id" value="([0-9a-f]{32})"[^>]*>\s*<span[^>]*><strong>赵敏', drawer.text)[1]
    await centre.post(f"/consultations/{case}/invite", {"post_id": post})
    await expert.post(f"/consultations/{case}/accept")
    return case


async def test_a_taken_or_past_time_is_said_at_the_field(house):
    doctor, centre, expert = [await house.visitor(one) for one in ("wangfang", "chenyu", "zhaomin")]
    first, second = [await accepted(doctor, centre, expert, name) for name in ("秦文远", "秦文达")]
    assert (await centre.post(f"/consultations/{first}/schedule", TOMORROW)).status == 200
    taken = await centre.post(f"/consultations/{second}/schedule", TOMORROW)
    assert (taken.status, "这个时段刚被占用，请另选时间" in taken) == (422, True), taken.text[-3000:]
    assert 'value="10:15"' in taken
    past = await centre.post(f"/consultations/{second}/schedule", {**TOMORROW, "day": "2026-11-22"})
    assert (past.status, "已经过去，请另选时间" in past) == (422, True)
    placed = await centre.post(f"/consultations/{second}/schedule", {**TOMORROW, "at": "11:00"})
    assert placed.status == 200
    moved = await centre.post(f"/consultations/{second}/schedule", TOMORROW)
    assert (moved.status, "这个时段刚被占用，请另选时间" in moved) == (422, True)
