"""An urgent request does not wait for its institution's approval: that follows within a day, or it is told of."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from server.consultation.approvals import tell_of_overdue
from tests.journeys.test_road import REQUEST, a_patient, a_request, house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON

TO_DO, PANEL, OVERDUE = "急会诊待补审批", "急会诊补审批", "超过 24 小时仍未补院内审批"


async def sent(doctor, urgency="urgent", name="秦文远"):
    case = await a_request(doctor, await a_patient(doctor, name))
    page = await doctor.post(f"/consultations/{case}/submit", {**REQUEST, "urgency": urgency})
    assert page.status == 200, page.text[-2000:]
    return f"/consultations/{case}"


async def people(house):  # noqa: F811
    """The asking doctor, who approves in their hospital, and the centre."""
    return [await house.visitor(one) for one in ("gaoyuan", "hejing", "chenyu")]


async def overdue(house):  # noqa: F811
    async with house.database.unit() as unit:
        return await tell_of_overdue(unit)


@pytest.mark.parametrize("urgency", ["immediate", "urgent"])
async def test_it_is_with_the_centre_at_once_and_waits_for_the_approver_too(house, urgency):  # noqa: F811
    doctor, lead, centre = await people(house)
    assert TO_DO not in await lead.get("/")
    case = await sent(doctor, urgency)
    assert 'data-state="triage"' in await centre.get(case)
    home, page = await lead.get("/"), await lead.get(case)
    assert (TO_DO in home, f'href="{case}"' in home, "还剩 1 天 0 小时" in page) == (True, True, True)
    assert {f"{case}/approve-afterwards", f"{case}/object"} <= set(page.forms())
    assert "已先行提交会诊中心，请在" in await lead.get("/notices")
    for one in (doctor, centre):
        assert f"{case}/object" not in (await one.get(case)).forms()
        assert "急会诊先行提交，院内审批后补" in await one.get(f"{case}/history")


async def test_what_is_not_urgent_is_approved_before_and_not_after(house):  # noqa: F811
    doctor, lead, _ = await people(house)
    case = await sent(doctor, "routine")
    assert TO_DO not in await lead.get("/")
    refused = await lead.post(f"{case}/approve-afterwards", headers=JSON)
    assert (refused.status, "consultation.nothing_to_approve" in refused) == (409, True)


async def test_where_nobody_approves_nothing_waits(house):  # noqa: F811
    doctor, _ = await house.visitor("wangfang"), await house.visitor("hejing")
    case = await sent(doctor)
    assert "院内审批后补" not in await doctor.get(f"{case}/history")


async def test_the_approver_approves_once_and_it_is_in_the_history(house):  # noqa: F811
    doctor, lead, centre = await people(house)
    case = await sent(doctor)
    approved = await lead.post(f"{case}/approve-afterwards")
    assert (approved.status, f"{case}/object" in approved.forms()) == (200, False)
    assert TO_DO not in await lead.get("/")
    assert "已补院内审批" in await doctor.get("/notices")
    history = await centre.get(f"{case}/history")
    assert ("急会诊补审批通过" in history, "何静" in history) == (True, True)
    assert (await lead.post(f"{case}/object", {"reason": "想想又不妥"}, headers=JSON)).status == 409
    async with house.database.unit(writes=False) as unit:
        acts = text("select count(*) from audit_records where action = 'consultation.approved_afterwards'")
        assert await unit.session.scalar(acts) == 1


async def test_an_objection_has_a_reason_and_doctor_and_centre_read_it(house):  # noqa: F811
    doctor, lead, centre = await people(house)
    case = await sent(doctor)
    empty = await lead.post(f"{case}/object", {"reason": ""})
    assert (empty.status, 'id="f-reason-error"' in empty) == (422, True)
    await lead.post(f"{case}/object", {"reason": "本院可以处理"})
    for one in (doctor, centre):
        assert "有异议：本院可以处理" in await one.get("/notices")
        page = await one.get(case)
        assert ("院内审批人有异议" in page, 'data-state="triage"' in page) == (True, True)


async def test_after_a_day_approver_and_centre_are_told_once(house):  # noqa: F811
    doctor, lead, centre = await people(house)
    first, answered, given_up = [await sent(doctor, name=name) for name in ("秦文远", "周立民", "何志强")]
    await lead.post(f"{answered}/approve-afterwards")
    await doctor.post(f"{given_up}/cancel", {"reason": "患者已转院"})
    house.clock.turn(timedelta(hours=23))
    assert await overdue(house) == 0
    house.clock.turn(timedelta(hours=2))
    assert (await overdue(house), await overdue(house)) == (1, 0)
    for one, login in ((lead, "hejing"), (centre, "chenyu")):
        await one.sign_in(login)
        assert (await one.get("/notices")).text.count(OVERDUE) == 1
    assert "已超时 1 小时 0 分" in await lead.get(first)


async def test_it_is_said_in_english_too(house):  # noqa: F811
    doctor, lead, _ = await people(house)
    case = await sent(doctor)
    await lead.post("/language", {"locale": "en"})
    assert "Urgent requests to approve afterwards" in await lead.get("/")
    page = await lead.get(case)
    for words in ("Approval of an urgent request", "the consultation does not wait for it", "approval to follow"):
        assert words in page
