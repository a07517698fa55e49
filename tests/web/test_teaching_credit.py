"""From the room's log to a certificate that anybody can verify; the authority's file; who is due."""

import io
import json
import re
import zipfile

import pytest
from icalendar import Calendar

from server.core import sheets
from server.scheduling.working_calendar import CHINA
from tests.web.accounts_site import PASSWORD, said_at
from tests.web.teaching_site import MINUTE, comes, leaves, planned, published, says, session_at, turn_to

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

PAPER = "室性心动过速的特征\n* 宽 QRS\n窄 QRS\n\n须立即上报的\n*ST 段抬高\n*三度阻滞\n偶发早搏"
CREDIT = {"credit_class": "second", "credits": "1.5", "project_no": "2026-03-01-001"}


async def held(site, **changes):
    """A lecture of Monday the 7th of December that three learners came to: all of it, half of it, not at all."""
    teacher = await site.signed_in("teacher")
    address = await planned(site, teacher, starts="2026-12-07T14:30", **{**CREDIT, **changes})
    await teacher.post(f"{address}/file", {"filing_no": "浙卫继 1", "filed_on": "2026-11-23"})
    await teacher.post(f"{address}/publish")
    assert "试卷已保存" in await teacher.post(f"{address}/paper", {"paper": PAPER, "attempts": "2"})
    for login in ("learner1", "learner2", "villager"):
        assert "报名成功" in await (await site.signed_in(login)).post(f"{address}/enrol")
    await _taught(site, address)
    return address


async def _taught(site, address):
    site.clock.turn(CHINA.at(CHINA.day_of(site.clock.now()).replace(month=12, day=7), 14 * 60 + 30) - site.clock.now())
    session = await session_at(site, address)
    await comes(site, session, "learner1", "a")
    await comes(site, session, "learner2", "b")
    teacher = await site.signed_in("teacher")
    assert "直播中" in await teacher.post(f"{address}/move", {"move": "begin"})
    for minute in range(1, 4):
        site.clock.turn(MINUTE * 10)
        assert "抽查已发出" in await teacher.post(f"{address}/check")
        first = await site.signed_in("learner1")
        assert "抽查：请确认您在听课" in await first.get(address)
        assert "已签到" in await first.post(f"{address}/here")
        assert "抽查：请确认您在听课" not in await first.get(address)
        if minute == 3:
            await leaves(site, session, "learner2", "b")
    site.clock.turn(MINUTE * 30)
    await leaves(site, session, "learner1", "a")
    teacher = await site.signed_in("teacher")
    assert "已结束" in await teacher.post(f"{address}/move", {"move": "end"})


async def test_from_the_log_to_a_certificate_that_a_stranger_verifies(site):
    address = await held(site)
    learner, teacher = await site.signed_in("learner1"), await site.signed_in("teacher")
    quiz = await learner.get(f"{address}/quiz")
    assert "须立即上报的" in quiz
    half = await learner.post(f"{address}/quiz", [("q0", "0"), ("q1", "0")])
    assert "最好成绩 50 分，要求 60 分" in half
    assert "已通过：100 分" in await learner.post(f"{address}/quiz", [("q0", "0"), ("q1", "0"), ("q1", "1")])
    spent = await learner.post(f"{address}/quiz", {"q0": "0"}, headers={"Accept": "application/json"})
    assert (spent.status, "用完 2 次机会" in spent.text) == (409, True)

    roster = await teacher.post(f"{address}/process")
    row = row_of(roster, "学员1")
    assert ("60 / 60" in row, "3 / 3" in row, "100" in row, "达标" in row) == (True, True, True, True)
    short = row_of(roster, "学员2")
    assert "30 / 60" in short
    assert "出勤 50%，要求 80%；抽查答到 0 / 3；测验 — 分，要求 60 分" in short
    assert "0 / 60" in row_of(roster, "孙丽")
    assert "已用原始进出记录重新核算一遍，与登记的一致" in roster

    assert "学分已授予" in await teacher.post(f"{address}/credit")
    assert "您在“基层心电图判读”的学分已登记：1.5 分" in await learner.get("/notices")
    wrong = await teacher.post(f"{address}/certificates", {"secret": "不是密码"})
    assert (wrong.status, said_at(wrong, "secret")) == (422, "密码不对")
    signed = await teacher.post(f"{address}/certificates", {"secret": PASSWORD})
    assert "证书已签发" in signed
    assert (await teacher.post(f"{address}/certificates", {"secret": PASSWORD})).status == 409

    record = await learner.get("/teaching/mine")
    assert "II类学分 1.5 分" in record
    pdf = await bytes_of(learner, f"{address}/certificate.pdf")
    assert pdf.startswith(b"%PDF")
    text = text_of(pdf)
    number = re.search(r"PXA0\d{12}", text)[0]
    assert ("学员 1" in text, "基层心电图判读" in text, "2026-03-01-001" in text) == (True, True, True)

    stranger = site.visitor()
    code = re.search(r"(\w{4}-\w{4}-\w{4})", text)[1]
    shown = await stranger.get(f"/verify?code={code}")
    assert (number in shown, "本平台签发的有效证书" in shown) == (True, True)
    assert ("学*" in shown, "学员1" in shown, "II类学分 1.5 分" in shown) == (True, False, True)
    assert "文件完好" in await checked(stranger, pdf)
    assert "文件与签发时不一致" in await checked(stranger, pdf.replace(b"/Type", b"/Typf", 1))

    assert (await (await site.signed_in("learner2")).get(f"{address}/certificate.pdf")).status == 409
    nosy = await (await site.signed_in("learner2")).get(f"{address}/certificate.pdf?of={site.people['learner1'].id}")
    assert nosy.status == 404


def row_of(page, name):
    found = next(row for row in re.findall(r"<tr data-row>.*?</tr>", page.text, re.DOTALL) if name in row)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found))


def text_of(pdf):
    from pypdf import PdfReader

    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def bytes_of(visitor, path):
    async with visitor.session.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.read()


async def checked(visitor, pdf):
    import aiohttp

    form = aiohttp.FormData()
    form.add_field("file", pdf, filename="a.pdf", content_type="application/pdf")
    async with visitor.session.post("/verify", data=form) as response:
        return await response.text()


async def test_what_was_credited_is_what_the_facts_give_after_a_crash_in_the_reckoning(site):
    from server.teaching import crediting, queries

    address = await held(site)
    id = address.rsplit("/", 1)[1]
    with pytest.raises(RuntimeError):
        async with site.database.unit() as unit:
            await crediting.process(unit, session=await queries.session(unit, id))
            raise RuntimeError("the power went")
    assert (await session_at(site, address)).state.value == "ended"
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/process")
    await comes(site, await session_at(site, address), "villager", "late")  # a line that came after the reckoning
    async with site.database.unit() as unit:
        session = await queries.session(unit, id)
        assert await crediting.differences(unit, session) == []
        (await queries.attendance_of(unit, id, site.people["learner2"].id)).seconds += 600
        assert await crediting.differences(unit, session) == ["学员2"]
        unit.undo()


async def test_what_is_asked_in_the_hall_counts_where_there_is_no_paper(site):
    """The room writes the log; the mark is reckoned from it, credited, and in the authority's file."""
    from server.teaching import crediting, queries

    teacher = await site.signed_in("teacher")
    address = await planned(site, teacher, starts="2026-12-07T14:30", **CREDIT)
    await teacher.post(f"{address}/file", {"filing_no": "浙卫继 1", "filed_on": "2026-11-23"})
    await teacher.post(f"{address}/publish")
    for login in ("learner1", "learner2"):
        await (await site.signed_in(login)).post(f"{address}/enrol")
    site.clock.turn(CHINA.at(CHINA.day_of(site.clock.now()).replace(month=12, day=7), 14 * 60 + 30) - site.clock.now())
    session = await session_at(site, address)
    for login in ("learner1", "learner2"):
        await comes(site, session, login, login)
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/move", {"move": "begin"})
    site.clock.turn(MINUTE)
    for poll, right, marks in (("p1", [1], 60), ("p2", [0, 2], 40)):
        asked = {"text": "首选？", "options": ["甲", "乙", "丙"], "many": True, "right": right, "marks": marks}
        await says(site, session, "poll", "teacher", poll, **asked)
        await says(site, session, "chose", "learner1", poll, choice=right)
        await says(site, session, "revealed", "teacher", poll)
    await says(site, session, "chose", "learner2", "p1", choice=[1])
    site.clock.turn(MINUTE * 59)
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/move", {"move": "end"})
    await teacher.post(f"{address}/process")
    id = address.rsplit("/", 1)[1]
    async with site.database.unit(writes=False) as unit:
        kept = await queries.attendances(unit, id)
        found = {login: kept[site.people[login].id] for login in ("learner1", "learner2")}
        assert [(one.score, one.met) for one in found.values()] == [(100, True), (None, False)], (
            "too late is not at all"
        )
        assert found["learner2"].short_of == ["quiz"]
        assert await crediting.differences(unit, await queries.session(unit, id)) == []
    packed = zipfile.ZipFile(io.BytesIO(await bytes_of(teacher, f"{address}/bundle.zip")))
    assert sheets.read(packed.read("7-hall.xlsx"))[1:] == [
        ["Q1", "首选？", "学员1", "乙", "60", "60"],
        ["Q2", "首选？", "学员1", "甲; 丙", "40", "40"],
    ]
    assert '"choice": [0, 2]' in packed.read("4-log.csv").decode().replace('""', '"')


async def test_polls_are_counted_and_nobody_is_named_with_what_they_chose(site):
    address = await published(site, await site.signed_in("teacher"))
    turn_to(site, 25, 14, 30)
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/move", {"move": "begin"})
    session = await session_at(site, address)
    asked = {"text": "讲清楚了吗？", "options": ["听懂了", "再讲一遍"], "many": False, "right": [], "marks": 0}
    await says(site, session, "poll", "teacher", "p1", **asked)
    for login, choice in (("learner1", [0]), ("learner2", [1]), ("villager", [1])):
        await says(site, session, "chose", login, "p1", choice=choice)
    await says(site, session, "revealed", "teacher", "p1")
    await teacher.post(f"{address}/move", {"move": "end"})
    packed = zipfile.ZipFile(io.BytesIO(await bytes_of(teacher, f"{address}/bundle.zip")))
    assert sheets.read(packed.read("9-polls.xlsx"))[1:] == [
        ["1", "讲清楚了吗？", "听懂了", "1", "3"],
        ["1", "讲清楚了吗？", "再讲一遍", "2", "3"],
    ]
    assert len(sheets.read(packed.read("7-hall.xlsx"))) == 1
    log = packed.read("4-log.csv").decode()
    assert log.count("chose") == 3
    assert not [one for one in ("learner1", "learner2", "villager") if site.people[one].id in log]


async def test_the_authoritys_file_holds_what_it_asks_for(site):
    address = await held(site)
    teacher = await site.signed_in("teacher")
    await (await site.signed_in("learner1")).post(f"{address}/quiz", [("q0", "0"), ("q1", "0"), ("q1", "1")])
    assert said_at(await (await site.signed_in("learner1")).post(f"{address}/feedback", {"content": "5"}), "teaching")
    marks = {"content": "5", "teaching": "4", "technique": "3", "words": "听得清楚"}
    assert "您的评价已收到" in await (await site.signed_in("learner1")).post(f"{address}/feedback", marks)
    await teacher.post(f"{address}/process")
    assert "听得清楚" in await teacher.get(f"{address}/roster")

    packed = zipfile.ZipFile(io.BytesIO(await bytes_of(teacher, f"{address}/bundle.zip")))
    listed = json.loads(packed.read("manifest.json"))["sha256"]
    assert set(listed) == set(packed.namelist()) - {"manifest.json"}
    facts = dict(sheets.read(packed.read("1-filing.xlsx"))[1:])
    assert (facts["项目编号"], facts["备案号"], facts["实际开始"]) == (
        "2026-03-01-001",
        "浙卫继 1",
        "2026-12-07 14:30:00",
    )
    attended = {row[0]: row for row in sheets.read(packed.read("3-attendance.xlsx"))}
    assert attended["学员1"][2:8] == ["60", "60", "100", "3/3", "100", "达标"]
    assert sheets.read(packed.read("5-papers.xlsx"))[1][4:] == ["宽 QRS", "ST 段抬高; 三度阻滞"]
    assert b"joined" in packed.read("4-log.csv")
    assert "teaching.bundle" in await site.acts()
    assert (await (await site.signed_in("learner1")).get(f"{address}/bundle.zip")).status == 404


async def test_village_doctors_fall_due_and_learning_puts_it_off(site):
    dean = await site.signed_in("dean")
    page = await dean.get("/teaching/due")
    assert "孙丽" in page
    assert "2028-01-01" in page  # two years after the first post
    assert "没有记录" in page
    address = await held(site, village_doctors_due="", min_percent="0", checks_of_three="0", pass_mark="0")
    villager = await site.signed_in("villager")
    await villager.post(f"{address}/quiz", {"q0": "0"})
    teacher = await site.signed_in("teacher")
    await teacher.post(f"{address}/process")
    await teacher.post(f"{address}/credit")
    assert "2028-12-07" in await (await site.signed_in("dean")).get("/teaching/due")
    assert "2028-12-07" in await villager.get("/teaching/mine")
    assert "孙丽" in await (await site.signed_in("keeper")).get("/teaching/records")
    assert "孙丽" not in await (await site.signed_in("warden")).get("/teaching/records")


async def test_a_course_opens_its_next_phase_to_who_passed_the_gate(site):
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner1")
    course = await teacher.post("/teaching/courses", {"kind": "course", "title": "儿科急症", "phases": "发热\n脱水"})
    home = course.url.path
    id = home.rsplit("/", 1)[1]
    wrong = await teacher.post(f"{home}/gates/0/paper", {"paper": "只有题干"})
    assert said_at(wrong, "paper") == "第 1 题：至少两个选项，并用 * 标出正确的"
    assert (await teacher.post(f"{home}/gates/0/paper", {"paper": PAPER, "attempts": "3"})).status == 200
    first = await published(site, teacher, course=id, phase="1", title="发热一讲")
    second = await published(site, teacher, course=id, phase="2", title="脱水一讲", starts="2026-11-26T14:30")

    assert "先通过上一阶段考试" in await learner.get(home)
    assert "报名成功" in await learner.post(f"{first}/enrol")
    shut = await learner.post(f"{second}/enrol", headers={"Accept": "application/json"})
    assert (shut.status, "请先通过上一阶段“发热”的考试" in shut.text) == (409, True)
    assert "最好成绩 0 分" in await learner.post(f"{home}/gates/0", {"q0": "1"})
    assert "已通过：100 分" in await learner.post(f"{home}/gates/0", [("q0", "0"), ("q1", "0"), ("q1", "1")])
    assert "先通过上一阶段考试" not in await learner.post(f"{home}/enrol")
    assert "已报名" in await learner.get(second)
    kept = await teacher.post(f"{home}/gates/0/paper", {"paper": PAPER.replace("宽", "很宽"), "attempts": "3"})
    assert kept.status == 409  # the papers that were handed in stay what they were


async def test_one_calendar_for_clinic_and_teaching_in_pages_and_on_the_phone(site):
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner1")
    address = await published(site, teacher)
    await learner.post(f"{address}/enrol")
    for view in ("month", "week", "list"):
        page = await learner.get(f"/teaching/calendar?view={view}&day=2026-11-25")
        assert "基层心电图判读" in page, view
        assert "cal-mine" in page, view
    assert "还没有登记教室" in await learner.get("/teaching/calendar?view=rooms")
    assert "这段时间没有教学" in await learner.get("/teaching/calendar?view=week&day=2027-03-01")

    shown = await learner.post("/calendar")
    path = re.search(r"/calendar/[\w-]+\.ics", shown.text)[0]
    for visitor in (site.visitor(), learner):
        events = Calendar.from_ical(await bytes_of(visitor, path)).walk("VEVENT")
        assert [str(one["summary"]) for one in events] == ["基层心电图判读"]
    await learner.post("/calendar")
    assert (await site.visitor().get(path)).status == 404
    mine = await teacher.post("/calendar")
    held_by = re.search(r"/calendar/[\w-]+\.ics", mine.text)[0]
    assert b"SUMMARY" in await bytes_of(site.visitor(), held_by)


async def test_reminders_go_out_a_day_and_a_quarter_of_an_hour_before_to_those_with_a_seat(site):
    from server.consultation.duties import remind
    from server.teaching.duties import remind_of_teaching

    teacher = await site.signed_in("teacher")
    address = await published(site, teacher, capacity="1")
    await (await site.signed_in("learner1")).post(f"{address}/enrol")
    await (await site.signed_in("learner2")).post(f"{address}/enrol")
    turn_to(site, 24, 15)
    for _ in range(2):
        async with site.database.unit() as unit:
            await remind(unit)  # consultations' own reminders leave these alone
            await remind_of_teaching(unit)
    first = await (await site.signed_in("learner1")).get("/notices")
    assert first.text.count("教学明天开始：基层心电图判读") == 1
    assert "教学明天开始" not in await (await site.signed_in("learner2")).get("/notices")
    assert "教学明天开始" in await (await site.signed_in("teacher")).get("/notices")


async def test_a_session_opens_begins_and_ends_by_the_clock_and_who_is_there(site):
    from server.teaching.duties import begin_and_end, open_lobbies

    teacher = await site.signed_in("teacher")
    address = await published(site, teacher)

    async def tick():
        async with site.database.unit() as unit:
            await open_lobbies(unit)
            await begin_and_end(unit)
        return (await session_at(site, address)).state.value

    assert await tick() == "published"
    turn_to(site, 25, 14, 10)
    assert await tick() == "lobby"
    await comes(site, await session_at(site, address), "teacher", "t")
    assert await tick() == "lobby"
    turn_to(site, 25, 14, 30)
    assert await tick() == "live"
    await leaves(site, await session_at(site, address), "teacher", "t")
    assert await tick() == "live"
    turn_to(site, 25, 16, 1)
    assert await tick() == "ended"


async def test_the_plans_own_checks_are_asked_by_the_clock_once_each(site):
    from server.meeting import queries as meetings
    from server.teaching.duties import check_by_plan

    teacher = await site.signed_in("teacher")
    address = await published(site, teacher, planned_checks="3")
    turn_to(site, 25, 14, 30)
    session = await session_at(site, address)
    await comes(site, session, "teacher", "t")
    assert "直播中" in await (await site.signed_in("teacher")).post(f"{address}/move", {"move": "begin"})

    async def asked():
        async with site.database.unit() as unit:
            await check_by_plan(unit)
            return [one.key for one in await meetings.entries_of(unit, session.meeting_id, ["check"])]

    when, session = {}, await session_at(site, address)
    for minute in range(session.minutes):
        for key in await asked():
            when.setdefault(key, minute)
        site.clock.turn(MINUTE)
    assert list(when) == ["check:planned-0", "check:planned-1", "check:planned-2"]
    assert [minute * 3 // session.minutes for minute in when.values()] == [0, 1, 2]
