"""A request that was not taken on is copied into a new one: its files and wishes come along, consent is signed anew."""

import asyncio
import re

from server.files import queries as files
from server.files.desk import DESK
from tests.journeys.test_road import REQUEST, a_patient, a_request
from tests.services import files_records as records


async def rejected(house, doctor):
    """A request with a film, a wished expert and a wished time that the centre did not take on; its id, the expert."""
    case = await a_request(doctor, await a_patient(doctor, "秦文远"))
    await doctor.attaches(f"consultation:{case}", "胸片.dcm", records.dicom(PatientName="Qin^Wenyuan"))
    page = await doctor.get(f"/consultations/{case}/edit")
    expert = re.search(r'<option value="([0-9a-f]{32})">赵敏', page.text)[1]
    wishes = {"wished_post_id": expert, "preferred_times": "周三下午"}
    assert (await doctor.post(f"/consultations/{case}/submit", {**REQUEST, **wishes})).status == 200
    centre = await house.visitor("chenyu")
    assert (await centre.post(f"/consultations/{case}/reject", {"reason": "资料不符"})).status == 200
    return case, expert


async def files_of(house, case):
    """Once all were looked at."""
    async with asyncio.timeout(60):
        while True:
            async with house.database.unit(writes=False) as unit:
                found = await files.of_subject(unit, "consultation", case)
            if all(one.status != "checking" for one in found):
                return found
            await asyncio.sleep(0.1)


async def test_a_copy_carries_files_and_wishes_and_asks_for_consent(house):
    doctor = await house.visitor("wangfang")
    case, expert = await rejected(house, doctor)
    page = await doctor.post(f"/consultations/{case}/copy")
    again = re.search(r"/consultations/([0-9a-f]{32})/edit", page.path)[1]
    assert "知情同意书须由患者重新签署" in page
    assert ("已知情同意" in page, f'<option value="{expert}" selected>' in page) == (False, True)
    assert ("周三下午" in page, REQUEST["question"] in page) == (True, True)
    assert (await doctor.post(f"/consultations/{again}/submit", REQUEST)).status == 422

    [original], [copy] = await files_of(house, case), await files_of(house, again)
    assert (copy.status, copy.sha256, copy.id != original.id) == ("ready", original.sha256, True)
    vault = house.app[DESK].vault
    assert await vault.digest(copy.id, copy.wrapped_key) == original.sha256
    shown = await doctor.get(f"/consultations/{again}/edit")
    assert ("胸片.dcm" in shown, f'data-withdraw="/files/{copy.id}/withdraw"' in shown) == (True, True)
    assert (await doctor.get(f"/files/{copy.id}/content")).status == 200
