"""Whoever must act reads on the page what is asked of them, by whom and since when."""

import re

import pytest

from server.core.clock import SetClock
from tests.journeys.house import open_house
from tests.journeys.test_road import MONDAY_NINE, REQUEST, a_patient, a_request


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path / "data", clock=SetClock(MONDAY_NINE)) as house:
        yield house


async def a_sent_case(doctor):
    case = await a_request(doctor, await a_patient(doctor))
    assert (await doctor.post(f"/consultations/{case}/submit", REQUEST)).status == 200
    return case


def notice_of(page):
    found = re.search(r'<section class="notice tone-soon".*?</section>', page.text, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[0]).split() if found else []


async def test_what_the_centre_asks_for_stands_over_the_request(house):
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    case = await a_sent_case(doctor)
    await centre.post(f"/consultations/{case}/ask-more", {"reason": "请补 18 导联心电图"})
    said = notice_of(await doctor.get(f"/consultations/{case}/edit"))
    assert said[:4] == ["会诊中心请您补充资料", "请补", "18", "导联心电图"]
    assert {"陈瑜", "09:00"} <= set(said)


async def test_why_the_approver_returned_it_stands_over_the_draft_until_it_is_sent_again(house):
    doctor, lead = await house.visitor("gaoyuan"), await house.visitor("hejing")
    case = await a_sent_case(doctor)
    await lead.post(f"/consultations/{case}/return", {"reason": "先请本院心内科看过"})
    said = notice_of(await doctor.get(f"/consultations/{case}"))
    assert said[:2] == ["院内审批人退回了这份申请", "先请本院心内科看过"]
    assert {"何静", "09:00"} <= set(said)
    again = await doctor.post(f"/consultations/{case}/submit", REQUEST)
    assert notice_of(again) == []
