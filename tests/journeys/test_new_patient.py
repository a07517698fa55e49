"""A patient who is not on file is registered from within the request, in one line."""

import random
import re
from datetime import date

from server.patients.names import invent_id_no
from server.patients.papers import Sex

NUMBER = invent_id_no(random.Random("秦文远"), born=date(1959, 3, 7), sex=Sex.MALE)


async def a_request(doctor):
    page = await doctor.post("/consultations", {"complaint": "chest_pain"})
    return re.search(r"/consultations/[0-9a-f]{32}", page.path)[0]


async def test_a_new_patient_is_registered_and_chosen_in_one_line(house):
    doctor, other = await house.visitor("wangfang"), await house.visitor("zhaomin")
    case = await a_request(doctor)
    wrong = await doctor.post(
        f"{case}/new-patient", {"name": "秦文远", "id_kind": "resident", "id_no": NUMBER[:-1] + "?"}
    )
    assert (wrong.status, 'value="秦文远"' in wrong) == (422, True), wrong.text[-3000:]
    fields = {"name": "秦文远", "id_kind": "resident", "id_no": NUMBER}
    assert (await other.post(f"{case}/new-patient", fields)).status == 404
    chosen = await doctor.post(f"{case}/new-patient", fields)
    assert (chosen.status, chosen.path) == (200, f"{case}/edit")
    assert "<strong>秦文远</strong> <span>男</span>" in chosen

    again = await a_request(doctor)
    known = await doctor.post(f"{again}/new-patient", fields)
    assert (known.status, "本院已登记过这个证件号" in known) == (422, True)
    patient = re.search(r'name="patient_id" value="([0-9a-f]{32})"', known.text)[1]
    assert "<strong>秦文远</strong>" in await doctor.post(f"{again}/patient", {"patient_id": patient})


async def test_a_patient_on_file_is_found_while_one_types_and_chosen(house):
    doctor = await house.visitor("wangfang")
    await doctor.post("/patients", {"name": "秦文远", "id_kind": "resident", "id_no": NUMBER})
    case = await a_request(doctor)
    for typed in ("秦文", "qwy", NUMBER):
        found = await doctor.get(f"{case}/patients", params={"q": typed})
        assert re.search(r"<strong>秦文远</strong> 男 \d+岁", found.text), found.text[-2000:]
    patient = re.search(r'name="patient_id" value="([0-9a-f]{32})"', found.text)[1]
    assert "<strong>秦文远</strong>" in await doctor.post(f"{case}/patient", {"patient_id": patient})
    assert "请登记新患者" in await doctor.get(f"{case}/patients", params={"q": "没有这个人"})
