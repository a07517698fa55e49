"""What cannot be taken is refused at its field, on either store; what was typed is kept."""

import re

import orjson
import pytest

from server.consultation.model import Consultation
from server.consultation.states import State
from server.core.clock import SetClock
from tests.journeys.house import open_house
from tests.journeys.test_road import MONDAY_NINE, REQUEST, a_patient, a_request
from tests.web.test_consultation_told import a_case, sides_of

JSON = {"Content-Type": "application/json", "Accept": "application/json"}


@pytest.fixture
async def house(stores, request, tmp_path):
    url = "" if stores == "sqlite" else request.getfixturevalue("empty_postgres_url")
    async with open_house(tmp_path / "data", database_url=url, clock=SetClock(MONDAY_NINE)) as house:
        yield house


async def told(visitor, path, body):
    """The answer of the API."""
    headers = {**JSON, "Origin": visitor.url, "X-CSRF": visitor.token}
    async with visitor.session.post(path, data=orjson.dumps(body), headers=headers) as response:
        return response.status, response.content_type, orjson.loads(await response.read())


NOT_INVITABLE = "这位专家现在不能受邀，请另选，或由会诊中心安排"


async def test_a_wish_for_somebody_who_cannot_be_invited_is_refused_at_its_field(house):
    doctor = await house.visitor("wangfang")
    case = await a_request(doctor, await a_patient(doctor))
    wish = {**REQUEST, "wished_post_id": "0" * 32}
    saved = await doctor.post(f"/consultations/{case}/draft", wish, headers={"Accept": "application/json"})
    assert (saved.status, orjson.loads(saved.text)["errors"]) == (422, {"wished_post_id": NOT_INVITABLE})
    status, kind, problem = await told(doctor, f"/api/consultations/{case}/draft", {"wished_post_id": "nobody"})
    assert (status, kind, problem["errors"]) == (
        422,
        "application/problem+json",
        {"wished_post_id": NOT_INVITABLE},
    )
    for verb in ("submit", "complaint"):
        page = await doctor.post(f"/consultations/{case}/{verb}", wish)
        assert (page.status, NOT_INVITABLE in page, REQUEST["story"] in page) == (422, True, True)
        assert 'id="f-wished_post_id-error"' in page


@pytest.mark.parametrize(
    ("day", "field", "says"),
    [("9999-12-31", "day", "请核对年份"), ("2099-12-31", "slot", "会诊时间太远，请选一年以内的时间")],
)
async def test_a_time_centuries_or_years_away_is_refused_at_its_field(house, day, field, says):
    centre = await house.visitor("chenyu")
    case = await a_case(house, State.SCHEDULED)
    page = await centre.post(f"/consultations/{case}/schedule", {"day": day, "at": "23:59", "reason": "改期"})
    assert (page.status, says in page, f'value="{day}"' in page) == (422, True, True)
    assert f'href="#f-{field}"' in page


async def test_a_short_reason_for_amending_is_refused_at_its_field_and_kept(house):
    _, expert = await sides_of(house, case := await a_case(house, State.ISSUED))
    page = await expert.post(f"/consultations/{case}/opinion/amend", {"why": "错"})
    assert (page.status, 'id="f-why-error"' in page, 'value="错"' in page) == (422, True, True)
    assert "太短，至少 2 个字" in page


@pytest.mark.parametrize("said", ["", "   ", "不"])
async def test_a_withdrawal_that_says_nothing_is_refused_at_its_field(house, said):
    doctor = await house.visitor("wangfang")
    patient = await a_patient(doctor)
    await a_request(doctor, patient)
    signed = re.search(rf"/patients/{patient}/consents/[0-9a-f]{{32}}", (await doctor.get(f"/patients/{patient}")).text)
    document = await doctor.get(signed[0])
    consent = re.search(r"/consents/([0-9a-f]{32})/withdraw", document.text)[1]
    page = await doctor.post(f"/consents/{consent}/withdraw", {"said": said})
    assert (page.status, f'id="said-{consent}-error"' in page, f">{said}</textarea>" in page) == (422, True, True)


async def kept(house, case, part):
    async with house.database.unit(writes=False) as unit:
        return (await unit.session.get(Consultation, case)).story[part]


async def test_control_characters_pasted_along_are_left_out_and_line_ends_kept(house):
    doctor = await house.visitor("wangfang")
    case = await a_request(doctor, await a_patient(doctor))
    typed = {**REQUEST, "story": "胸痛\0三天\x0b\n\t休息可缓解", "companion": "李\0强"}
    assert (await doctor.post(f"/consultations/{case}/draft", typed)).status == 200
    assert await kept(house, case, "story") == "胸痛三天\n\t休息可缓解"
    assert (await told(doctor, f"/api/consultations/{case}/draft", {"findings": "心音\0低钝"}))[0] == 200
    assert await kept(house, case, "findings") == "心音低钝"
    assert (await doctor.get("/consultations/a%00b")).status == 404
    assert (await doctor.get("/consultations?before=a%00b")).status == 404


async def test_what_was_moved_twice_offers_no_third_time_and_says_why(house):
    centre = await house.visitor("chenyu")
    case = await a_case(house, State.SCHEDULED)
    async with house.database.unit() as unit:
        (await unit.session.get(Consultation, case)).reschedules = 2
    drawer = await centre.get(f"/consultations/{case}/drawer")
    assert ("已经改期 2 次，不能再改" in drawer, f"/consultations/{case}/schedule" in drawer.forms()) == (True, False)
    page = await centre.post(f"/consultations/{case}/schedule", {"day": "2026-12-01", "at": "10:00"})
    assert (page.status, "已经改期 2 次，请取消后重新申请" in page) == (422, True)


async def test_the_board_counts_what_is_late(house):
    centre = await house.visitor("chenyu")
    board = await centre.get("/centre")
    tab = re.search(r'view=late"[^>]*>[^<]*<span class="tab-count">(\d+)<', board.text)[1]
    late = await centre.get("/centre?view=late")
    assert int(tab) == len(re.findall(r'id="case-[0-9a-f]{32}"', late.text))
