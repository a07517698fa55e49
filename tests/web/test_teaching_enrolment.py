"""Planning, publishing and enrolling, over HTTP: what each role sees and is refused."""

import asyncio
import re

import pytest

from server.accounts.roles import Role
from tests.web.accounts_site import said_at
from tests.web.teaching_site import LESSON, planned, post_of, published, session_at, turn_to

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


async def test_a_plan_is_seen_by_its_planner_only_until_it_is_published(site, teacher, learner):
    address = await planned(site, teacher)
    assert "基层心电图判读" in await teacher.get("/teaching?view=prepared")
    assert "基层心电图判读" not in await learner.get("/teaching")
    assert (await learner.get(address)).status == 404

    await teacher.post(f"{address}/publish")

    page = await learner.get("/teaching")
    assert "基层心电图判读" in page
    assert "11月25日 周三 14:30" in page
    assert "蔡明 主任医师" in page
    assert (await (await site.signed_in("outsider")).get(address)).status == 404


async def test_publishing_takes_the_teachers_time_and_invites_them(site, teacher):
    address = await published(site, teacher)
    assert "14:30–15:30" in re.sub(r"<[^>]+>", "", (await teacher.get("/schedule?week=2026-11-25")).text)
    letters = [one for one in await site.letters() if one.to == "cai@example.com"]
    assert "请您授课：基层心电图判读" in letters[0].subject
    invitation = letters[0].attachments[0]
    assert b"METHOD:REQUEST" in invitation.content
    assert invitation.media_type == "text/calendar; method=REQUEST; charset=utf-8"

    again = await planned(site, teacher, starts="2026-11-25T15:00", title="同时的另一场")
    refused = await teacher.post(f"{again}/publish", headers={"Accept": "application/json"})
    assert refused.status == 409
    assert "蔡明 在这个时间已有安排" in refused
    assert (await session_at(site, again)).state.value == "planned"
    assert (await session_at(site, address)).state.value == "published"


async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(site, teacher):
    page = await teacher.get("/teaching/sessions/new")
    wrong = {
        **LESSON,
        "teacher": await post_of(site, "teacher"),
        "about": "患者电话 13800001111",
        "agenda": "先讲课",
        "capacity": "很多",
        "credit_class": "first",
    }
    refused = await teacher.submit(page, "/teaching/sessions", **wrong)
    assert refused.status == 422
    assert "去标识" in said_at(refused, "about")
    assert "每行写" in said_at(refused, "agenda")
    assert "整数" in said_at(refused, "capacity")
    assert 'value="基层心电图判读"' in refused
    lacking = await teacher.submit(page, "/teaching/sessions", **{**wrong, "about": "", "agenda": "", "capacity": "9"})
    assert said_at(lacking, "credits") == "授学分时请填写分值"
    assert said_at(lacking, "project_no") == "授学分时请填写项目编号"
    plain = {"about": "", "agenda": "", "capacity": "9", "credit_class": "none", "starts": "2026-11-20T14:30"}
    past = await teacher.submit(page, "/teaching/sessions", **{**wrong, **plain})
    assert "已经过去" in said_at(past, "starts")
    foreign = await teacher.submit(page, "/teaching/sessions", **{**LESSON, "teacher": await post_of(site, "outsider")})
    assert said_at(foreign, "teacher") == "请从所列选项中选择"


async def test_the_waiting_list_moves_up_in_the_order_of_asking(site, teacher):
    address = await published(site, teacher, capacity="1")
    people = [await site.signed_in(f"learner{number}") for number in (1, 2, 3)]
    pages = [await one.post(f"{address}/enrol") for one in people]
    assert "报名成功" in pages[0]
    assert "您已进入候补" in pages[1]
    assert "2 人候补" in await teacher.get(address)

    await people[0].post(f"{address}/withdraw")

    assert "已报名" in await people[1].get(address)
    assert "候补中" in await people[2].get(address)
    assert "候补成功，您已有名额：基层心电图判读" in await people[1].get("/notices")
    again = await people[0].post(f"{address}/enrol")
    assert "您已进入候补" in again  # whoever gave the seat up queues again, at the end
    roster = await teacher.get(f"{address}/roster")
    assert re.findall(r"学员\d", roster.text) == ["学员2", "学员3", "学员1"]


async def test_of_many_at_once_no_more_than_the_seats_get_one(site, teacher):
    address = await published(site, teacher, capacity="2")
    people = [await site.signed_in(f"learner{number}") for number in (1, 2, 3, 4)]
    asked = [one.post(f"{address}/enrol") for one in people for _ in range(3)]
    assert {page.status for page in await asyncio.gather(*asked)} == {200}
    states = re.findall(r'data-state="(enrolled|waiting)"', (await teacher.get(f"{address}/roster")).text)
    assert sorted(states) == ["enrolled", "enrolled", "waiting", "waiting"]


async def test_more_seats_let_in_those_who_wait(site, teacher, learner):
    address = await published(site, teacher, capacity="1")
    await (await site.signed_in("learner2")).post(f"{address}/enrol")
    assert "候补中" in await learner.post(f"{address}/enrol")
    page = await teacher.get(f"{address}/edit")
    fields = {**LESSON, "teacher": await post_of(site, "teacher"), "capacity": "5"}
    assert (await teacher.submit(page, f"{address}/edit", **fields)).status == 200
    assert "已报名" in await learner.get(address)
    page = await teacher.get(f"{address}/edit")
    fewer = await teacher.submit(page, f"{address}/edit", **{**fields, "capacity": "1"})
    assert said_at(fewer, "capacity") == "已有 2 人报名，名额不能少于这个数"


async def test_a_session_for_some_is_refused_to_others_with_the_reason(site, teacher, learner):
    address = await published(site, teacher, scope="institutions", institutions=site.places["A2"].id)
    page = await learner.get(address)
    assert "这场教学的对象不包括您" in page
    assert "湖头卫生院" in page
    refused = await learner.post(f"{address}/enrol", headers={"Accept": "application/json"})
    assert refused.status == 403
    assert "这场教学的对象不包括您" in refused
    assert "报名成功" in await (await site.signed_in("villager")).post(f"{address}/enrol")


async def test_enrolment_closed_by_hand_stays_closed_while_people_gather(site, teacher):
    address = await published(site, teacher)
    await teacher.post(f"{address}/move", {"move": "close_enrolment"})
    turn_to(site, 25, 14, 20)
    await (await site.signed_in("teacher")).post(f"{address}/move", {"move": "open_lobby"})
    assert (await session_at(site, address)).state.value == "lobby"
    learner = await site.signed_in("learner1")
    assert f'action="{address}/enrol"' not in await learner.get(address)
    refused = await learner.post(f"{address}/enrol", headers={"Accept": "application/json"})
    assert (refused.status, "teaching.enrolment_shut" in refused) == (409, True)


async def test_credit_needs_a_filing_ten_working_days_ahead(site, teacher):
    credit = {"credit_class": "second", "credits": "2.5", "project_no": "2026-03-01-001"}
    soon = await planned(site, teacher, **credit)
    assert "授学分的教学要先备案" in await teacher.get(soon)
    assert (await teacher.post(f"{soon}/publish")).status == 409
    late = await teacher.post(f"{soon}/file", {"filing_no": "浙卫继 1", "filed_on": "2026-11-23"})
    assert "备案须早于开始 10 个工作日；最早可在 2026-12-07 开始" in said_at(late, "filed_on")

    later = await planned(site, teacher, starts="2026-12-07T14:30", **credit)
    assert "备案已登记" in await teacher.post(f"{later}/file", {"filing_no": "浙卫继 1", "filed_on": "2026-11-23"})
    assert "II类学分 2.5 分" in await teacher.post(f"{later}/publish")


async def test_real_patients_are_released_by_another_person(site, teacher):
    address = await planned(site, teacher, material="deidentified", cases="男，60 余岁，反复胸痛")
    assert (await teacher.post(f"{address}/publish")).status == 409
    assert (await teacher.post(f"{address}/release")).status == 404
    coordinator = await site.signed_in("coordinator")
    assert "已放行" in await coordinator.post(f"{address}/release")
    assert "teaching.material_released" in await site.acts()
    assert (await teacher.post(f"{address}/publish")).status == 200


async def test_clashes_are_seen_before_enrolling(site, teacher, learner):
    first = await published(site, teacher)
    await learner.post(f"{first}/enrol")
    await site.enrol("second", "宋怡", Role.TEACHER, "A0")
    same = await published(site, teacher, title="儿科危重识别", teacher=await post_of(site, "second"))
    page = await learner.get(same)
    assert "这个时间您还有别的安排" in page
    assert "基层心电图判读" in page
    other = await published(site, teacher, title="儿科危重识别", starts="2026-11-25T15:30")
    assert "这个时间您还有别的安排" not in await learner.get(other)
    page = await teacher.get(f"{other}/edit")
    fields = {
        **LESSON,
        "teacher": await post_of(site, "teacher"),
        "title": "儿科危重识别",
        "starts": "2026-11-25T15:00",
    }
    busy = await teacher.submit(page, f"{other}/edit", **fields)
    assert "蔡明 在这个时间已有安排" in said_at(busy, "starts")


async def test_another_time_tells_everybody_and_moves_the_booking(site, teacher, learner):
    address = await published(site, teacher)
    await learner.post(f"{address}/enrol")
    page = await teacher.get(f"{address}/edit")
    fields = {**LESSON, "teacher": await post_of(site, "teacher"), "starts": "2026-11-26T09:00"}
    assert (await teacher.submit(page, f"{address}/edit", **fields)).status == 200
    assert "教学改期：基层心电图判读，新时间 2026年11月26日 周四 09:00" in await learner.get("/notices")
    assert "09:00–10:00" in re.sub(r"<[^>]+>", "", (await teacher.get("/schedule?week=2026-11-25")).text)


async def test_cancelling_asks_why_tells_why_and_frees_the_time(site, teacher, learner):
    address = await published(site, teacher)
    await learner.post(f"{address}/enrol")
    assert said_at(await teacher.post(f"{address}/cancel", {"reason": ""}), "reason") == "请填写"
    await teacher.post(f"{address}/cancel", {"reason": "授课教师出急诊"})
    assert "授课教师出急诊" in await learner.get("/notices")
    assert (await learner.post(f"{address}/enrol")).status == 409
    assert "已取消" in await learner.get(address)
    assert (await published(site, teacher, title="同一时间再开")).startswith("/teaching/sessions/")


async def test_a_weekly_series_leaves_out_public_holidays(site, teacher):
    await planned(site, teacher, starts="2026-12-18T14:30", weeks="3", title="周五心电图")
    page = await teacher.get("/teaching?view=prepared")
    assert re.findall(r"(\d+月\d+日) 周五 14:30", page.text) == ["12月18日", "12月25日", "1月8日"]


async def test_whoever_teaches_hosts_and_whoever_is_enrolled_comes_in(site, teacher, learner):
    address = await published(site, teacher)
    room = f"/rooms/{(await session_at(site, address)).meeting_id}"
    turn_to(site, 25, 14, 5)
    teacher, learner = await site.signed_in("teacher"), await site.signed_in("learner1")
    assert (await learner.post(f"{room}/join")).status == 404
    await learner.post(f"{address}/enrol")
    assert (await teacher.post(f"{room}/join")).status == 200
    early = await learner.post(f"{room}/join")
    assert (early.status, "20 分钟" in early) == (409, True)
    assert f'href="{room}"' not in await learner.get(address)
    turn_to(site, 25, 14, 10)
    hall = [await one.get(room) for one in (teacher, learner)]
    assert ["打开您的摄像头" in page for page in hall] == [True, False]
    assert (await learner.post(f"{room}/join")).status == 200
    assert (await teacher.post(f"{room}/join")).status == 200
    assert f'href="{room}"' in await learner.get(address)


async def test_the_code_on_the_page_leads_to_it(site, teacher, learner):
    address = await published(site, teacher)
    code = await learner.get(f"{address}/qr.svg")
    assert code.headers["Content-Type"].startswith("image/svg+xml")
    assert "<svg" in code
    assert (await (await site.signed_in("outsider")).get(f"{address}/qr.svg")).status == 404
