"""Another patient is chosen for a request: what the first one signed does not speak for the second."""

import pytest

from tests.journeys.house import open_house
from tests.journeys.test_road import REQUEST, a_patient, a_request


@pytest.fixture
async def house(stores, request, tmp_path):
    url = "" if stores == "sqlite" else request.getfixturevalue("empty_postgres_url")
    async with open_house(tmp_path / "data", database_url=url) as house:
        yield house


@pytest.fixture
async def doctor(house):
    return await house.visitor("wangfang")


async def chosen(doctor, case, patient, **fields):
    return await doctor.post(f"/consultations/{case}/patient", {"patient_id": patient, **fields})


async def test_what_one_patient_signed_is_not_consent_of_another(doctor):
    signed, other = await a_patient(doctor, "秦文远"), await a_patient(doctor, "周立民")
    case = await a_request(doctor, signed, kinds=("consultation", "recording"))
    assert "已知情同意" in await doctor.get(f"/consultations/{case}/edit")
    page = await chosen(doctor, case, other)
    assert ("<strong>周立民</strong>" in page, "已知情同意" in page) == (True, False)
    assert "已签署" not in await doctor.get(f"/patients/{other}/consent?for={case}")
    refused = await doctor.post(f"/consultations/{case}/submit", REQUEST)
    assert (refused.status, 'href="#f-consent"' in refused) == (422, True)
    assert "已知情同意" in await chosen(doctor, case, signed)
    assert (await doctor.post(f"/consultations/{case}/submit", REQUEST)).status == 200


async def test_a_request_that_was_read_keeps_its_patient(house, doctor):
    centre = await house.visitor("chenyu")
    signed, other = await a_patient(doctor, "秦文远"), await a_patient(doctor, "周立民")
    case = await a_request(doctor, signed)
    await doctor.post(f"/consultations/{case}/submit", REQUEST)
    await centre.post(f"/consultations/{case}/ask-more", {"reason": "请补心电图"})
    page = await doctor.get(f"/consultations/{case}/edit")
    assert ("补充资料" in page, "换一位患者" in page) == (True, False)
    refused = await chosen(doctor, case, other)
    assert (refused.status, "补充资料时不能更换患者" in refused) == (409, True)
    new = {"name": "何志强", "id_kind": "unknown", "sex": "male"}
    assert (await doctor.post(f"/consultations/{case}/new-patient", new)).status == 409
    assert "何志强" not in await doctor.get("/patients")
    assert "<strong>秦文远</strong>" in await doctor.get(f"/consultations/{case}/edit")
