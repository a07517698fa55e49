"""A session ended before it began, and one whose patient withdraws consent: over HTTP and sockets, both stores."""

import asyncio
import io
import re
import time

import orjson
from pypdf import PdfReader
from sqlalchemy import text

from tests.journeys.openings import placed, time_comes
from tests.journeys.test_road import house  # noqa: F401 - the fixture

JSON = {"Accept": "application/json"}


async def until(look, within=30.0):
    """As soon as it is so; the seconds it took."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < within, "it never became so"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def planned(house, kinds=("consultation",)):  # noqa: F811
    """A consultation whose hour has come: doctor, expert, its address, its room."""
    doctor, _, expert, case, begins = await placed(house, kinds)
    await time_comes(house, begins, doctor, expert)
    room = (await expert.get(case)).link(r"/rooms/[0-9a-f]{32}")
    return doctor, expert, case, room


async def withdraws(doctor, case, kind="远程会诊"):
    page = await doctor.get(case)
    document = await doctor.get(page.link(r"/patients/[0-9a-f]{32}/consents/[0-9a-f]{32}"))
    form = rf"患者撤回同意：{kind}.*?action=\"(/consents/[0-9a-f]{{32}}/withdraw)\""
    form = re.search(form, document.text, re.DOTALL)
    done = await doctor.post(form[1], {"said": "患者本人当面表示不再同意"})
    assert (done.status, "已撤回" in done) == (200, True), done.text[-2000:]


async def paper(visitor, path):
    """The text of a PDF, its spaces and line ends aside."""
    async with visitor.session.get(path) as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf"), await answer.text()
        reader = PdfReader(io.BytesIO(await answer.read()))
    return re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))


async def acts(house, action):  # noqa: F811
    async with house.database.unit(writes=False) as unit:
        return await unit.session.scalar(text("select count(*) from audit_records where action = :a"), {"a": action})


# ---- paper


async def test_a_case_and_its_consent_go_to_paper_and_that_is_on_record(house):  # noqa: F811
    doctor, expert, case, _ = await planned(house, ("consultation", "teaching"))
    history = await paper(doctor, (await doctor.get(f"{case}/history")).link(rf"{case}/history\.pdf"))
    for part in ("秦文远", "是否需要立即上转行冠脉造影？", "152mmHg", "时间已排定", "打印"):
        assert part in history, history
    assert await acts(house, "consultation.print") == 1
    signed = (await doctor.get(case)).link(r"/patients/[0-9a-f]{32}/consents/[0-9a-f]{32}")
    link = (await doctor.get(signed)).link(r"/patients/[0-9a-f]{32}/consents/[0-9a-f]{32}/paper\.pdf")
    await withdraws(doctor, case, "教学使用")
    consent = await paper(doctor, link)
    for part in ("秦文远", "患者本人", "已于此时撤回", "我已阅读并理解以上内容，同意远程会诊"):
        assert part in consent, consent
    assert await acts(house, "consent.print") == 1
    assert (await expert.get(link)).status == 404
    stranger = await house.visitor("yangxue")
    assert (await stranger.get(f"{case}/history.pdf")).status == 404


# ---- ending


async def test_a_session_that_never_began_is_not_ended_and_the_room_stays(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    await doctor.enter(room)
    assert await doctor.says("end") == {"ok": False, "error": {"code": "room.not_begun"}}
    await expert.enter(room)
    await until(lambda: len(doctor.events("joined")) == 1)
    assert "会诊中" in await doctor.get(case)
    assert (await doctor.says("end"))["ok"]
    await until(lambda: ("closed", {"reason": "ended"}) in expert.heard)
    assert "待出具意见" in await doctor.get(case)


async def test_a_session_ended_on_the_page_of_the_case_ends_in_the_room(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    for one in (doctor, expert):
        await one.enter(room)
    ended = await expert.post(f"{case}/end")
    assert (ended.status, "待出具意见" in ended) == (200, True), ended.text[-2000:]
    for one in (doctor, expert):
        await until(lambda one=one: ("closed", {"reason": "ended"}) in one.heard)


# ---- consent


async def test_everybody_in_the_room_sees_within_two_seconds_that_consent_was_withdrawn(house):  # noqa: F811
    doctor, expert, case, room = await planned(house, ("consultation", "recording", "teaching"))
    for one in (doctor, expert):
        assert (await one.enter(room))["room"]["withdrawn"] == []
    await withdraws(doctor, case)
    over = [{"of": kind, "on": False} for kind in ("consultation", "recording", "teaching")]
    for one in (doctor, expert):
        took = await until(lambda one=one: len(one.events("consent")) == 3, within=2)
        assert took < 2
        assert sorted(one.events("consent"), key=lambda body: body["of"]) == over
        assert "患者已撤回对会诊的同意" in await one.get(case)
    assert "患者已撤回对会诊的同意" in await expert.get(f"{case}/summary")
    again = await expert.enter(room)
    assert again["room"]["withdrawn"] == ["consultation", "recording", "teaching"]
    assert (await doctor.says("end"))["ok"]
    assert "待出具意见" in await doctor.get(case)


async def test_a_permission_to_record_ends_by_itself(house):  # noqa: F811
    doctor, expert, case, room = await planned(house, ("consultation", "recording"))
    for one in (doctor, expert):
        await one.enter(room)
    await withdraws(doctor, case, "录音录像")
    await until(lambda: expert.events("consent") == [{"of": "recording", "on": False}])
    assert "患者已撤回对会诊的同意" not in await expert.get(case)


async def test_nothing_begins_without_consent(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    await withdraws(doctor, case)
    refused = await expert.post(f"{room}/join", headers=JSON)
    assert (refused.status, orjson.loads(refused.text)["code"]) == (409, "consent.withdrawn")
    assert "患者已撤回同意" in await doctor.get(room)
