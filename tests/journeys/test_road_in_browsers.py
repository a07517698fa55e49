"""From request to printed opinion, as three people at their computers live it: real Chromium and server.

The township doctor asks with an ECG and a radiograph, the centre places it, the specialist accepts; they meet in the
room with the patient's family, the server is killed and comes back, the opinion is signed, read, decided on, verified.
"""

import asyncio
import io
import random
import re
import time
import unicodedata
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect
from pydicom.data import get_testdata_file
from pypdf import PdfReader

from server.consultation.states import State
from server.core.i18n import BEIJING
from server.demo.stories import STORIES
from server.patients.names import invent_id_no
from server.patients.papers import Sex
from tests.browser.conftest import chromium, drop, fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import BACK_WITHIN, until
from tests.journeys.colleagues import Words, colleague
from tests.journeys.site import standing

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

ECG, FILM = "waveform_ecg.dcm", "RG1_UNCR.dcm"
UPCOMING = next(one.question for one in STORIES if one.until is State.SCHEDULED)
STORY = "活动后胸骨后压榨样痛 3 天，每次 5–10 分钟，休息可缓解。"
QUESTION = "是否需要立即上转行冠脉造影？"
PLAN = "当日转至市一院心内科，途中心电监护。"
BACK = "performance.timeOrigin + performance.getEntriesByName('room-in').at(-1).startTime"
SEATED = "performance.getEntriesByName('room-in').at(-1).startTime"
TWENTY_CLICKS = "button => { for (let click = 0; click < 20; click += 1) button.click(); }"
STATUSES = "tiles => tiles.map(tile => tile.dataset.status ?? 'sending')"
CHINESE = """() =>
  [...document.querySelectorAll("main :is(h1, h2, h3, legend, th, button:not([lang]), summary), nav a")]
  .map(one => one.innerText.trim()).filter(text => /[\\u4e00-\\u9fff]/.test(text))"""
LONG = 30_000  # ms: for what another person's click brings into a page on a busy machine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(chromium, tmp_path_factory):  # noqa: F811
    """The program with its demo; what the demo has planned for the next hour is put off."""
    async with standing(tmp_path_factory.mktemp("site"), told=False) as site:
        async with colleague(chromium, site, "陈瑜", Words("zh"), "chenyu") as centre:
            await makes_room(centre)
        yield site


# ---- asking ----


async def registers_and_signs(doctor, name, number):
    """A patient in one line, and their consent by mouse on the pad."""
    page, say = doctor.page, doctor.say
    await page.locator(".new-patient > summary").click()
    await page.fill("#f-name", name)
    await page.fill("#f-id_no", number)
    await expect(page.locator("#f-sex")).to_have_value("male")
    await expect(page.locator("#f-birth_date")).to_have_value("1959-03-07")
    await doctor.press("立即登记")
    await expect(page.locator(".chosen-patient strong")).to_have_text(name)
    await page.locator("#f-consent").click()
    await page.check("#f-kinds")
    await page.locator("canvas.signature-pad").scroll_into_view_if_needed()
    box = await page.locator("canvas.signature-pad").bounding_box()
    for row in (0.3, 0.6):
        await page.mouse.move(box["x"] + 40, box["y"] + box["height"] * row)
        await page.mouse.down()
        await page.mouse.move(box["x"] + 220, box["y"] + box["height"] * (row + 0.2), steps=12)
        await page.mouse.up()
    await doctor.press("确认签署")
    await expect(page.locator(".chosen-patient")).to_contain_text(say("已知情同意"))


async def writes(doctor, question):
    page, say = doctor.page, doctor.say
    await page.fill("#f-story", STORY)
    for name, value in (("systolic", "152"), ("diastolic", "94"), ("pulse", "88")):
        await page.fill(f"#f-{name}", value)
    await page.fill("#f-diagnosis", "冠心病，不稳定型心绞痛？")
    await page.fill("#f-question", question)
    await expect(page.locator("[data-saved]")).to_contain_text(say("已保存 %(hour)s", hour=""))
    await page.reload()
    assert [await page.input_value(f"#f-{name}") for name in ("story", "pulse", "question")] == [STORY, "88", question]


async def attaches(doctor):
    page = doctor.page
    async with page.expect_file_chooser() as chosen:
        await page.click("[data-pick=files]")
    await (await chosen.value).set_files([get_testdata_file(name) for name in (ECG, FILM)])
    tiles = page.locator(".request-files .tile")
    looked_at = {"ready", "refused"}
    seen = await until(
        lambda: tiles.evaluate_all(STATUSES), lambda now: len(now) == 2 and looked_at.issuperset(now), 60
    )
    assert seen == ["ready", "ready"], await tiles.all_text_contents()


async def asks(doctor, name, question):
    """The whole request. Returns the address of the case."""
    began = time.monotonic()
    await doctor.open("/")
    await doctor.follow("发起会诊")
    await doctor.page.locator("button.complaint[value=chest_pain]").click()
    number = invent_id_no(random.Random(name), born=date(1959, 3, 7), sex=Sex.MALE)
    await registers_and_signs(doctor, name, number)
    await writes(doctor, question)
    await attaches(doctor)
    for file in (ECG, FILM):
        await doctor.looks_at(file)
    await doctor.press("提交会诊中心")
    await expect(doctor.page.locator(".notice")).to_contain_text(doctor.say("已提交会诊中心"))
    doctor.took["asking"] = time.monotonic() - began
    return re.search(r"/consultations/[0-9a-f]{32}", doctor.page.url)[0]


# ---- placing ----


async def stays(page):
    """From now on a reload of this page would be noticed."""
    await page.evaluate("window.stayed = true")


async def invites(centre, question, expert):
    row = centre.page.locator("#board tr", has_text=question)
    await row.locator("a[data-row-link]").click(timeout=LONG)
    await centre.page.locator(".candidate", has_text=expert).locator("input").check()
    await centre.press("发出邀请")
    await expect(row.locator("[data-state=inviting]")).to_be_visible()


async def accepts(expert, question):
    await expert.page.locator(".case-card", has_text=question).locator("a.case-card-link").click(timeout=LONG)
    await expert.press("接受会诊")
    await expect(expert.page.locator(".case-head [data-state=scheduling]")).to_be_visible()
    for file in (FILM, ECG):
        await expert.looks_at(file)


async def makes_room(centre):
    """The demo has a session of the same two people in ten minutes: it is put off until tomorrow."""
    row = centre.page.locator("#board tr", has_text=UPCOMING)
    await row.locator("a[data-row-link]").click()
    async with centre.page.expect_response("**/schedule"):
        await chooses(centre, timedelta(days=1), "改期")


async def schedules(centre, question, minutes):
    """By a time typed in, so near that the room is open."""
    row = centre.page.locator("#board tr", has_text=question)
    await expect(row.locator("[data-state=scheduling]")).to_be_visible(timeout=LONG)
    await row.locator("a[data-row-link]").click()
    await chooses(centre, timedelta(minutes=minutes), "确定时间")
    await expect(row.locator("[data-state=scheduled]")).to_be_visible()


async def chooses(centre, ahead, word):
    at = datetime.now(BEIJING) + ahead
    await centre.page.locator(".other-time > summary").click()
    await centre.page.fill("#f-day", f"{at:%Y-%m-%d}")
    await centre.page.fill("#f-at", f"{at:%H:%M}")
    await centre.page.fill("#f-minutes", "15")
    await centre.press(word)


# ---- meeting ----


async def meet(doctor, expert):
    for one in (doctor, expert):
        await expect(one.page.get_by_role("link", name=one.say("进入会诊室")).first).to_be_visible(timeout=LONG)
        assert await one.page.evaluate("window.stayed"), "the page was loaded anew"
        await one.goes_in()
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name))


async def talk(doctor, expert):
    await doctor.says("血压 152/94，胸痛再发")
    await expert.reads("血压 152/94，胸痛再发")
    await expert.says("请复查 18 导联心电图")
    await doctor.reads("血压 152/94，胸痛再发", "请复查 18 导联心电图")


async def look_at_files(doctor, expert):
    """Of the case, beside the video, which goes on meanwhile."""
    connections = await doctor.connections()
    await doctor.show("case")
    for file in (FILM, ECG):
        await doctor.looks_at(file)
        await doctor.sees(expert.name)
    assert await doctor.connections() == connections


async def family_comes(doctor, expert, family):
    """By a one-time link: they wait until somebody lets them in."""
    await doctor.page.click("#more summary")
    await doctor.page.click("#more-family")
    await doctor.page.locator("#invite-code").wait_for()
    link = await doctor.page.input_value("#invite-link")
    await doctor.page.keyboard.press("Escape")
    await family.page.goto(link)
    await family.page.fill("#guest-name", family.name)
    await family.page.click("#enter")
    await expect(family.page.locator("#after-title")).to_have_text(family.say("请稍候"))
    await doctor.show("people")
    await doctor.press("准许进入", doctor.page.locator("#waiting"))
    await family.inside()
    await asyncio.gather(doctor.sees(family.name), expert.sees(family.name), family.sees(expert.name))


async def is_muted(doctor, expert):
    words = expert.tile(doctor.name).locator(".face-mic-words")
    await expect(words).to_have_text(expert.say("已静音"))
    assert await doctor.pressed("mic")


async def server_dies(site, doctor, expert, family):
    """Media goes on meanwhile; afterwards everything is as it was, and what was written meanwhile is there once."""
    everybody = (doctor, expert, family)
    lines = await doctor.chat()
    connections = [await one.connections() for one in everybody]
    site.kill()
    await asyncio.gather(*(one.page.wait_for_selector("#banner:not([hidden])", timeout=LONG) for one in everybody))
    await doctor.says("停电了")
    await expert.says("还看得见")
    await doctor.says("继续")
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name), expert.sees(family.name))
    site.start()
    await site.ready()
    ready = time.time() * 1000
    for one in everybody:
        await one.page.wait_for_selector("#banner", state="hidden")
        assert await one.page.evaluate(BACK) - ready < BACK_WITHIN, one.name
    now = await until(doctor.chat, lambda chat: len(chat) == len(lines) + 3)
    assert (now[: len(lines)], sorted(now[len(lines) :])) == (lines, sorted(["停电了", "继续", "还看得见"]))
    assert now.index("停电了") < now.index("继续")
    await expert.reads(*now)
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name), family.sees(doctor.name))
    assert [await one.connections() for one in everybody] == connections
    assert sorted(await doctor.people()) == sorted([expert.name, family.name])
    await is_muted(doctor, expert)
    site.away = False


async def doctor_reloads(doctor, expert):
    lines = await doctor.chat()
    await doctor.page.reload()
    await doctor.inside()
    assert await doctor.page.evaluate(SEATED) < BACK_WITHIN
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name))
    await is_muted(doctor, expert)
    await doctor.show("chat")
    await doctor.reads(*lines)


# ---- opinion, decision ----


async def opinion_is_begun(doctor, expert, case):
    """While talking, beside the video; nobody else sees any of it."""
    await expert.show("opinion")
    form = expert.page.locator("#side-opinion form")
    await form.locator("[name=findings]").fill("V4–V6 ST 段压低 0.1 mV。")
    await form.locator("[name=diagnoses-0-text]").fill("不稳定型心绞痛")
    await expect(form.locator("[data-saved]")).to_contain_text(expert.say("已保存 %(hour)s", hour=""), timeout=LONG)
    assert "V4–V6" not in await (await doctor.page.request.get(doctor.house.address + case)).text()


async def session_ends(doctor, expert):
    await expert.page.click("#control-leave")
    await expert.page.locator("dialog[open] .btn-danger").click()
    for one in (doctor, expert):
        await expect(one.page.locator("#after-title")).to_have_text(one.say("会诊已结束"))
        await one.page.click("#after-back")


async def opinion_is_signed(doctor, expert, site, case):
    """Twenty clicks, one signature; the doctor's page shows it by itself."""
    await stays(doctor.page)
    await expert.follow("书写意见")
    form = expert.page.locator("#opinion-form")
    assert await form.locator("[name=findings]").input_value() == "V4–V6 ST 段压低 0.1 mV。"
    await form.locator("[name=plan]").fill(PLAN)
    await form.locator("[name=secret]").fill(expert.password)
    await form.get_by_role("button", name=expert.say("签名并出具")).evaluate(TWENTY_CLICKS)
    await expect(expert.page.locator(".opinion-panel")).to_contain_text(PLAN, timeout=LONG)
    await expect(doctor.page.locator(".opinion-panel")).to_contain_text(PLAN, timeout=LONG)
    assert await doctor.page.evaluate("window.stayed"), "the page was loaded anew"
    assert await site.signed(case.split("/")[-1]) == 1


async def opinion_is_signed_in_the_room(doctor, expert, site, case):
    """A mistyped password leaves the call as it is; the right one ends it for everybody, which is asked before."""
    form = expert.page.locator("#side-opinion form")
    connections = await expert.connections()
    await form.locator("[name=plan]").fill(PLAN)
    await signs(expert, form, "mistyped")
    await expect(form.locator("#f-secret-error")).to_have_text(expert.say("密码不对"), timeout=LONG)
    assert await form.locator("[name=plan]").input_value() == PLAN
    await asyncio.gather(doctor.sees(expert.name), expert.sees(doctor.name))
    assert await expert.connections() == connections
    await signs(expert, form, expert.password)
    await expect(expert.page.locator(".opinion-panel")).to_contain_text(PLAN, timeout=LONG)
    await expect(expert.page.locator(".notice-actions a")).to_be_visible()
    await expect(doctor.page.locator("#after-title")).to_have_text(doctor.say("会诊已结束"))
    await doctor.page.click("#after-back")
    assert await site.signed(case.split("/")[-1]) == 1


async def signs(expert, form, password):
    await form.locator("[name=secret]").fill(password)
    await form.get_by_role("button", name=expert.say("签名并出具")).click()
    question = expert.page.locator("dialog[open]")
    await expect(question).to_contain_text(expert.say("签名将结束会诊：意见立即出具，会诊室对所有人关闭。"))
    await question.locator(".btn-danger").click()


async def report_is_opened(doctor):
    """In a page of its own, to be printed from there. The PDF."""
    context = doctor.page.context
    async with context.expect_page() as opened:
        await doctor.follow("打开并打印报告单")
    paper = await opened.value
    await paper.wait_for_url("**/report.pdf")
    report = await context.request.get(paper.url)
    await paper.close()
    assert report.headers["content-type"] == "application/pdf"
    pdf = await report.body()
    assert PLAN in text_of(pdf)
    return pdf


def text_of(pdf):
    return re.sub(r"\s*\n\s*", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


async def decides(doctor):
    decide = doctor.page.locator("#decide")
    await decide.get_by_label(doctor.say("采纳"), exact=True).check()
    await decide.locator("[name=plan]").fill("已联系 120 转运。")
    await doctor.press("确认决定")
    await expect(doctor.page.locator(".case-head [data-state=closed]")).to_have_text(doctor.say("已归档"))


async def prints(doctor, name):
    """The whole history, on paper. Chromium writes some letters as the radicals they look like."""
    await doctor.follow("全部经过")
    await expect(doctor.page.get_by_text(doctor.say("申请方作出决定")).first).to_be_visible()
    await doctor.page.wait_for_load_state()
    text = unicodedata.normalize("NFKC", text_of(await doctor.page.pdf()))
    assert name in text
    for move in ("提交申请", "专家接受", "申请方作出决定"):
        assert doctor.say(move) in text, text


async def verifies(stranger, pdf, standing, tmp_path):
    """The file is let go somewhere on the panel."""
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf)
    await stranger.open("/verify")
    await drop(stranger.page, "#verify-title", [path])
    await stranger.press("核验文件")
    await expect(stranger.page.locator("[data-standing]")).to_have_attribute("data-standing", standing)


def one_byte_changed(pdf):
    return pdf[: len(pdf) // 2] + bytes([pdf[len(pdf) // 2] ^ 1]) + pdf[len(pdf) // 2 + 1 :]


# ---- the road ----


async def everybody(stack, chromium, site, say):  # noqa: F811
    """王芳 asks, 陈瑜 places, 赵敏 answers; and somebody who never signs in."""
    return [
        await stack.enter_async_context(colleague(chromium, site, name, say, login))
        for name, login in (("王芳", "wangfang"), ("陈瑜", "chenyu"), ("赵敏", "zhaomin"), ("患者女儿", None))
    ]


async def request_is_placed(doctor, centre, expert, name, question, minutes):
    """Asked, placed, accepted, scheduled; every page but the asking doctor's sees it come by itself."""
    for one in (centre, expert):
        await stays(one.page)
    case = await asks(doctor, name, question)
    await stays(doctor.page)
    await expect(centre.page.locator("#board")).to_contain_text(question, timeout=LONG)
    assert await centre.page.evaluate("window.stayed"), "the page was loaded anew"
    await invites(centre, question, expert.name)
    await expect(expert.page.locator(".case-card", has_text=question)).to_be_visible(timeout=LONG)
    assert await expert.page.evaluate("window.stayed"), "the page was loaded anew"
    await accepts(expert, question)
    await stays(expert.page)
    await schedules(centre, question, minutes)
    return case


async def test_from_request_to_printed_opinion(chromium, site, record_property, tmp_path):  # noqa: F811
    async with AsyncExitStack() as stack:
        doctor, centre, expert, family = await everybody(stack, chromium, site, Words("zh"))
        case = await request_is_placed(doctor, centre, expert, "秦文远", QUESTION, minutes=2)
        record_property("seconds of asking", doctor.took["asking"])
        await meet(doctor, expert)
        await talk(doctor, expert)
        await look_at_files(doctor, expert)
        await doctor.page.click("#control-mic")
        await is_muted(doctor, expert)
        await family_comes(doctor, expert, family)
        await server_dies(site, doctor, expert, family)
        await doctor_reloads(doctor, expert)
        await opinion_is_begun(doctor, expert, case)
        await session_ends(doctor, expert)
        await expect(family.page.locator("#after-title")).to_have_text(family.say("会诊已结束"))
        await opinion_is_signed(doctor, expert, site, case)
        pdf = await report_is_opened(doctor)
        await decides(doctor)
        await prints(doctor, "秦文远")
        await verifies(family, pdf, "intact", tmp_path)
        await verifies(family, one_byte_changed(pdf), "changed", tmp_path)
    said = await asyncio.to_thread(Path(site.said).read_text)
    assert "秦文远" not in said
    assert "Traceback" not in said, said[-4000:]


async def test_the_same_road_in_english(chromium, site, tmp_path):  # noqa: F811
    async with AsyncExitStack() as stack:
        doctor, centre, expert, stranger = await everybody(stack, chromium, site, Words("en"))
        question = "Transfer at once for coronary angiography?"
        case = await request_is_placed(doctor, centre, expert, "秦文达", question, minutes=19)
        await meet(doctor, expert)
        await talk(doctor, expert)
        await look_at_files(doctor, expert)
        await opinion_is_begun(doctor, expert, case)
        await opinion_is_signed_in_the_room(doctor, expert, site, case)
        pdf = await report_is_opened(doctor)
        await decides(doctor)
        await verifies(stranger, pdf, "intact", tmp_path)
        for one in (doctor, expert, centre, stranger):
            assert await one.page.get_attribute("html", "lang") == "en"
            assert await one.page.evaluate(CHINESE) == []
