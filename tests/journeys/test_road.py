"""From request to signed opinion to decision, over HTTP, on the real application and both stores."""

import random
import re
from datetime import UTC, date, datetime

import orjson
import pytest

from server.audit import service as audit
from server.core.clock import SetClock
from server.demo import PASSWORD
from server.patients.names import invent_id_no
from server.patients.papers import Sex
from tests.journeys.house import open_house

MONDAY_NINE = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
async def house(house_url, tmp_path):
    clock = SetClock(MONDAY_NINE)
    async with open_house(tmp_path / "data", database_url=house_url, clock=clock) as house:
        house.clock = clock
        yield house


STROKES = orjson.dumps(
    {"width": 400, "height": 150, "lines": [[[20 + 10 * n, 30 + 5 * (n % 7), 16 * n] for n in range(30)]]}
).decode()


async def a_patient(doctor, name="秦文远"):
    person = invent_id_no(random.Random(name), born=date(1959, 3, 7), sex=Sex.MALE)
    made = await doctor.post("/patients", {"name": name, "id_kind": "resident", "id_no": person})
    assert made.status == 200, made.text[-3000:]
    return re.search(r"/patients/([0-9a-f]{32})", made.path + made.text)[1]


async def a_request(doctor, patient, kinds=("consultation",), complaint="chest_pain"):
    """Begun by a template, with consent signed on the screen; not yet submitted."""
    page = await doctor.post("/consultations", {"complaint": complaint, "patient_id": patient})
    case = re.search(r"/consultations/([0-9a-f]{32})/edit", page.path)[1]
    consent = await doctor.get(f"/patients/{patient}/consent?for={case}")
    signing = re.search(r'name="signing" value="([^"]+)"', consent.text)[1]
    fields = {"subject": case, "signing": signing, "signer": "patient", "strokes": STROKES, "method": "on_screen"}
    ticks = [("kinds", kind) for kind in kinds]
    signed = await doctor.post(f"/patients/{patient}/consent", [*fields.items(), ("text", "zh"), *ticks])
    assert signed.status == 200, signed.text[-3000:]
    return case


REQUEST = {
    "complaint": "chest_pain",
    "urgency": "routine",
    "story": "活动后胸骨后压榨样痛 3 天，每次 5–10 分钟，休息可缓解。",
    "answer_relief": "含服硝酸甘油 2 分钟缓解",
    "systolic": "152",
    "diastolic": "94",
    "pulse": "88",
    "diagnosis": "冠心病，不稳定型心绞痛？",
    "question": "是否需要立即上转行冠脉造影？",
    "specialty": "心血管内科",
}


async def test_a_request_becomes_a_signed_opinion_and_a_decision(house):
    doctor, centre, expert = [await house.visitor(one) for one in ("wangfang", "chenyu", "zhaomin")]
    case = await a_request(doctor, await a_patient(doctor))

    saved = await doctor.post(f"/consultations/{case}/draft", {**REQUEST, "question": ""})
    assert saved.status == 200
    incomplete = await doctor.post(f"/consultations/{case}/submit", {**REQUEST, "question": ""})
    assert incomplete.status == 422
    assert "请写明想请专家解决的问题" in incomplete
    sent = await doctor.post(f"/consultations/{case}/submit", REQUEST)
    assert (sent.status, "中心初审" in sent) == (200, True), sent.text[-3000:]

    assert "是否需要立即上转" in await centre.get("/centre")
    drawer = await centre.get(f"/consultations/{case}/drawer")
    assert "秦文远" not in drawer
    post = re.search(r'name="post_id" value="([0-9a-f]{32})"(?:(?!post_id).)*?赵敏', drawer.text, re.DOTALL)[1]
    assert (await centre.post(f"/consultations/{case}/invite", {"post_id": post})).status == 200

    assert "待接受" in await expert.get("/")
    accepted = await expert.post(f"/consultations/{case}/accept")
    assert (accepted.status, "秦文远" in accepted) == (200, True), accepted.text[-2000:]

    drawer = await centre.get(f"/consultations/{case}/drawer")
    slot = re.search(r'name="slot"[^>]*value="([^"]+)"', drawer.text)[1]
    placed = await centre.post(f"/consultations/{case}/schedule", {"slot": slot, "minutes": "30"})
    assert (placed.status, "已排期" in placed) == (200, True), placed.text[-2000:]

    house.clock.at = datetime.fromisoformat(slot.replace(" ", "+"))
    for one in (doctor, expert):
        await one.sign_in("wangfang" if one is doctor else "zhaomin")  # the night passed: sessions are idle
    page = await expert.get(f"/consultations/{case}")
    room = page.link(r"/rooms/[0-9a-f]{32}")
    assert (await doctor.get(room)).status == 200
    for one in (doctor, expert):
        assert (await one.enter(room))["state"] == "in"
    assert "会诊中" in await doctor.get(f"/consultations/{case}")

    draft = {
        "findings": "心电图 V4–V6 ST 段压低 0.1 mV。",
        "diagnoses-0-text": "不稳定型心绞痛",
        "diagnoses-0-code": "I20.0",
    }
    await expert.get(f"/consultations/{case}/opinion")
    assert (await expert.post(f"/consultations/{case}/opinion/draft", draft)).status == 200
    assert "V4–V6" not in await doctor.get(f"/consultations/{case}")
    plan = {
        **draft,
        "plan": "当日转至市一院心内科，途中心电监护。",
        "medications-0-name": "阿司匹林",
        "medications-0-dose": "300 mg",
    }
    preview = await expert.get(f"/consultations/{case}/opinion/preview.pdf")
    assert preview.headers["Content-Type"] == "application/pdf", preview.text[:500]
    refused = await expert.post(f"/consultations/{case}/opinion/sign", {**plan, "secret": "not the password"})
    assert (refused.status, "密码不对" in refused) == (422, True)
    await expert.post(f"/consultations/{case}/end")
    signed = await expert.post(f"/consultations/{case}/opinion/sign", {**plan, "secret": PASSWORD})
    assert (signed.status, "意见已出具" in signed) == (200, True), signed.text[-3000:]

    mine = await doctor.get(f"/consultations/{case}")
    assert "当日转至市一院" in mine
    report = await doctor.get(f"/consultations/{case}/report.pdf")
    assert report.headers["Content-Type"] == "application/pdf"
    unreasoned = await doctor.post(f"/consultations/{case}/decide", {"adoption": "partly"})
    assert (unreasoned.status, "未完全采纳时请写明理由" in unreasoned) == (422, True)
    decided = await doctor.post(f"/consultations/{case}/decide", {"adoption": "adopted", "plan": "已联系 120 转运。"})
    assert (decided.status, "已归档" in decided) == (200, True), decided.text[-2000:]
    history = await doctor.get(f"/consultations/{case}/history")
    for move in ("提交申请", "已邀请专家", "专家接受", "时间已排定", "意见签名出具", "申请方作出决定", "归档"):
        assert move in history
    async with house.database.unit(writes=False) as unit:
        assert (await audit.verify(unit)).whole
