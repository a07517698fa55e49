"""A consultation that began without consent, by approval: whoever asked for it is reminded until it is signed for."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from server.consultation.duties import remind_of_consents
from server.core.clock import SetClock
from tests.journeys.house import open_house
from tests.journeys.test_road import REQUEST, STROKES, a_patient

MONDAY_NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TO_SIGN, TO_DO = "待补签知情同意", "这次会诊以紧急例外开始，请尽快补签"
REMINDER = "以紧急例外开始，知情同意书请在"


@pytest.fixture
async def house(house_url, tmp_path):
    clock = SetClock(MONDAY_NINE)
    async with open_house(tmp_path / "data", database_url=house_url, clock=clock) as house:
        house.clock = clock
        yield house


async def an_exception(doctor, patient):
    """A request submitted though nobody could sign; its id."""
    page = await doctor.post("/consultations", {"complaint": "chest_pain", "patient_id": patient})
    case = re.search(r"/consultations/([0-9a-f]{32})/edit", page.path)[1]
    approval = {"approver": "赵院长", "approver_post": "副院长", "reason": "患者昏迷，家属无法取得联系"}
    page = await doctor.post(f"/patients/{patient}/consent/emergency", {"subject": case, "text": "zh", **approval})
    assert ("紧急例外，待补签" in page, "已知情同意" in page) == (True, False)
    assert (await doctor.post(f"/consultations/{case}/submit", REQUEST)).status == 200
    return case


async def sign(doctor, patient, case):
    page = await doctor.get(f"/patients/{patient}/consent?for={case}")
    signing = re.search(r'name="signing" value="([^"]+)"', page.text)[1]
    fields = {"subject": case, "text": "zh", "signing": signing, "signer": "patient", "method": "on_screen"}
    return await doctor.post(f"/patients/{patient}/consent", {**fields, "strokes": STROKES, "kinds": "consultation"})


async def remind(house):
    async with house.database.unit() as unit:
        return await remind_of_consents(unit)


async def test_what_is_to_be_signed_is_on_the_home_and_the_case_until_it_is(house):
    doctor, other = await house.visitor("wangfang"), await house.visitor("chenyu")
    patient = await a_patient(doctor)
    assert TO_SIGN not in await doctor.get("/")
    case = await an_exception(doctor, patient)
    link = f"/patients/{patient}/consent?for={case}"
    for page in (await doctor.get("/"), await doctor.get(f"/consultations/{case}")):
        assert (TO_SIGN in page or TO_DO in page, f'href="{link}"' in page) == (True, True)
    assert TO_DO not in await other.get(f"/consultations/{case}")
    signed = await sign(doctor, patient, case)
    assert (signed.path, TO_DO in signed) == (f"/consultations/{case}", False)
    assert TO_SIGN not in await doctor.get("/")


async def test_whoever_asked_is_reminded_once_before_the_time_is_up(house):
    doctor = await house.visitor("wangfang")
    patients = [await a_patient(doctor, name) for name in ("秦文远", "周立民", "何志强")]
    _, signed, given_up = [await an_exception(doctor, patient) for patient in patients]
    await sign(doctor, patients[1], signed)
    await doctor.post(f"/consultations/{given_up}/cancel", {"reason": "患者已转院"})
    house.clock.turn(timedelta(hours=19))
    assert await remind(house) == 0
    house.clock.turn(timedelta(hours=2))
    await remind(house)
    assert await remind(house) == 0
    await doctor.sign_in("wangfang")
    assert (await doctor.get("/notices")).text.count(REMINDER) == 1
