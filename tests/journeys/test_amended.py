"""An opinion that was decided on is amended: a new edition that names the old, decided on anew. Both stores."""

import re

from server.demo import PASSWORD
from tests.journeys.openings import number_of
from tests.journeys.test_follow_up import issued
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import paper
from tests.web.accounts_site import said_at
from tests.web.test_consultation_told import sides_of

NEW = {"diagnoses-0-text": "急性冠脉综合征", "plan": "立即转院行冠脉造影。", "secret": PASSWORD}
REPORT = r"HZ[0-9-]+"


async def test_an_amended_opinion_names_the_old_one_and_is_decided_on_again(house):  # noqa: F811
    case = await issued(house)
    number = case.rpartition("/")[2]
    doctor, expert = await sides_of(house, number)
    number = await number_of(doctor, case)
    decided = await doctor.post(f"{case}/decide", {"adoption": "adopted"})
    assert "已归档" in decided, decided.text[-2000:]
    first = await paper(doctor, f"{case}/report.pdf")

    assert said_at(await expert.post(f"{case}/opinion/amend", {"why": ""}), "why")
    editor = await expert.post(f"{case}/opinion/amend", {"why": "补阅了动态心电图"})
    assert (editor.status, editor.path) == (200, f"{case}/opinion"), editor.text[-2000:]
    assert await paper(doctor, f"{case}/report.pdf") == first
    signed = await expert.post(f"{case}/opinion/sign", NEW)
    assert (signed.status, "意见已出具" in signed) == (200, True), signed.text[-3000:]

    assert f"会诊 {number} 的意见有新版本，请重新确认" in await doctor.get("/notices")
    page = await doctor.get(case)
    assert "立即转院行冠脉造影" in page
    second = await paper(doctor, f"{case}/report.pdf")
    assert "立即转院行冠脉造影" in second
    assert f"代替{re.search(REPORT, first)[0]}" in second
    for one in (doctor, expert):
        assert await paper(one, page.link(rf"{case}/report\.pdf\?opinion=[0-9a-f]{{32}}")) == first
    again = await doctor.post(f"{case}/decide", {"adoption": "not_adopted", "reason": "患者拒绝转院"})
    assert (again.status, "已归档" in again) == (200, True), again.text[-2000:]
    history = await doctor.get(f"{case}/history")
    assert [words in history for words in ("补阅了动态心电图", "患者拒绝转院")] == [True, True]
