"""Another patient is chosen for a request: what the first one signed does not speak for the second."""

import asyncio
import re

import pytest

from tests.journeys.test_road import REQUEST, a_patient, a_request
from tests.services import files_records as records


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


async def a_request_with_a_film(doctor, patient, name):
    case = await a_request(doctor, patient)
    film = await doctor.attaches(f"consultation:{case}", "胸片.dcm", records.dicom(PatientName=name))
    return case, film


async def tile(doctor, film):
    """Of a file, once it has been looked at again."""
    async with asyncio.timeout(60):
        while True:
            shown = await doctor.get(f"/files/{film}/tile")
            if 'data-status="ready"' in shown:
                return shown
            await asyncio.sleep(0.1)


async def test_files_of_another_patient_are_asked_about_and_can_be_put_back(doctor):
    first, other = await a_patient(doctor, "秦文远"), await a_patient(doctor, "周立民")
    case, film = await a_request_with_a_film(doctor, first, "Qin^Wenyuan")
    asked = await chosen(doctor, case, other)
    assert ("附件是为 秦文远 添加的" in asked, "胸片.dcm" in asked) == (True, True)
    assert "<strong>秦文远</strong>" in await doctor.get(f"/consultations/{case}/edit")

    page = await chosen(doctor, case, other, fate="withdraw")
    assert ("<strong>周立民</strong>" in page, f"/files/{film}/put-back" in page) == (True, True)
    assert f'id="file-{film}"' not in page
    assert (await doctor.post(f"/files/{film}/put-back")).status == 200
    assert "文件里的患者与本例不符" in await tile(doctor, film)


async def test_files_that_are_kept_are_held_against_the_new_patient(doctor):
    wrong, right = await a_patient(doctor, "秦文远"), await a_patient(doctor, "周立民")
    case, film = await a_request_with_a_film(doctor, wrong, "Zhou^Limin")
    assert "文件里的患者与本例不符" in await tile(doctor, film)
    assert "胸片.dcm" in await chosen(doctor, case, right, fate="keep")
    assert "文件里的患者与本例不符" not in await tile(doctor, film)
    assert (await doctor.get(f"/files/{film}/view")).status == 200


async def test_somebody_registered_for_a_request_with_files_is_asked_about_too(doctor):
    case, _ = await a_request_with_a_film(doctor, await a_patient(doctor, "秦文远"), "Qin^Wenyuan")
    new = {"name": "何志强", "id_kind": "unknown", "sex": "male"}
    asked = await doctor.post(f"/consultations/{case}/new-patient", new)
    assert (asked.status, "附件是为 秦文远 添加的" in asked) == (200, True)
    other = re.search(r'name="patient_id" value="([0-9a-f]{32})"', asked.text)[1]
    assert "<strong>何志强</strong>" in await chosen(doctor, case, other, fate="withdraw")
