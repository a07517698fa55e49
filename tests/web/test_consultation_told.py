"""Whoever must act reads on the page what is asked of them, by whom and since when."""

import html
import re
from datetime import date, timedelta

import pytest
import typst
from sqlalchemy import insert, select, text, update

from server.accounts.model import Person
from server.consultation import complaints, queries
from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Opinion
from server.consultation.states import State
from server.core.clock import SetClock
from server.files.model import Attachment
from server.meeting import service as meetings
from tests.journeys.house import open_house
from tests.journeys.test_road import MONDAY_NINE, REQUEST, a_patient, a_request
from tests.journeys.test_session import paper


@pytest.fixture
async def house(house_url, tmp_path):
    clock = SetClock(MONDAY_NINE)
    async with open_house(tmp_path / "data", database_url=house_url, clock=clock) as house:
        house.clock = clock
        yield house


async def a_sent_case(doctor):
    case = await a_request(doctor, await a_patient(doctor))
    assert (await doctor.post(f"/consultations/{case}/submit", REQUEST)).status == 200
    return case


def notice_of(page):
    found = re.search(r'<section class="notice tone-soon".*?</section>', page.text, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[0]).split() if found else []


async def test_what_the_centre_asks_for_stands_over_the_request(house):
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    case = await a_sent_case(doctor)
    await centre.post(f"/consultations/{case}/ask-more", {"reason": "请补 18 导联心电图"})
    said = notice_of(await doctor.get(f"/consultations/{case}/edit"))
    assert said[:4] == ["会诊中心请您补充资料", "请补", "18", "导联心电图"]
    assert {"陈瑜", "09:00"} <= set(said)


async def test_why_the_approver_returned_it_stands_over_the_draft_until_it_is_sent_again(house):
    doctor, lead = await house.visitor("gaoyuan"), await house.visitor("hejing")
    case = await a_sent_case(doctor)
    await lead.post(f"/consultations/{case}/return", {"reason": "先请本院心内科看过"})
    said = notice_of(await doctor.get(f"/consultations/{case}"))
    assert said[:2] == ["院内审批人退回了这份申请", "先请本院心内科看过"]
    assert {"何静", "09:00"} <= set(said)
    again = await doctor.post(f"/consultations/{case}/submit", REQUEST)
    assert notice_of(again) == []


async def copy_of(house, case, times):
    """So many further cases like this one, in the same state."""
    async with house.database.unit() as unit:
        row = await unit.session.get(Consultation, case)
        kept = {column.key: getattr(row, column.key) for column in Consultation.__table__.columns}
        again = [{**kept, "id": unit.new_id(), "number": None} for _ in range(times)]
        await unit.session.execute(insert(Consultation), again)


async def test_the_board_says_since_when_and_for_whom_a_case_waits(house):
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    case = await a_sent_case(doctor)
    house.clock.at += timedelta(minutes=12)
    row = re.search(rf'<tr id="case-{case}".*?</tr>', (await centre.get("/centre")).text, re.DOTALL)[0]
    said = re.sub(r"<[^>]+>|\s+", " ", row)
    assert re.search(r"中心初审\s+会诊中心 ·\s+已等 12 分", said), said


async def test_more_cases_than_a_list_shows_are_counted_all_the_same(house):
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    await copy_of(house, await a_sent_case(doctor), 210)
    board = await centre.get("/centre?view=triage")
    shown, there = map(int, re.search(r"前 (\d+) 条，共 (\d+) 条", board.text).groups())
    heads = re.findall(r'<span class="(?:page|tab)-count">(\d+)<', board.text)
    assert (shown, there > 210, heads.count(str(there))) == (200, True, 3)

    mine = await doctor.get("/")
    waiting = re.search(r"等待对方</h2>\s*<span[^>]*>(\d+)<", mine.text)[1]
    assert (int(waiting) > 210, 'href="/consultations">全部' in mine) == (True, True)


async def test_what_waits_for_the_centre_is_not_called_the_other_sides(house):
    expert = await house.visitor("zhaomin")
    page = await expert.get("/")
    assert "待中心排期" in page


async def a_case(house, state):
    async with house.database.unit(writes=False) as unit:
        return await unit.session.scalar(select(Consultation.id).where(Consultation.state == state))


async def sides_of(house, case):
    """The asking doctor and the expert of a case, signed in."""
    async with house.database.unit(writes=False) as unit:
        row = await unit.session.get(Consultation, case)
        people = [await unit.session.get(Person, id) for id in (row.applicant_person_id, row.specialist_person_id)]
    return [await house.visitor(one.login) for one in people]


async def a_closed_case(house, days_ago):
    case = await a_case(house, State.CLOSED)
    async with house.database.unit() as unit:
        (await unit.session.get(Consultation, case)).closed_at = unit.now - timedelta(days=days_ago)
    return case


async def test_a_week_after_the_end_nobody_rates_any_more(house):
    case = await a_closed_case(house, days_ago=7)
    doctor, _ = await sides_of(house, case)
    assert "评价这次会诊" not in await doctor.get(f"/consultations/{case}")
    late = await doctor.post(f"/consultations/{case}/rate", {"stars": "5"}, headers={"Accept": "application/json"})
    assert (late.status, "不能再评价" in late.text) == (409, True)


async def test_both_sides_read_how_each_rated_it(house):
    case = await a_closed_case(house, days_ago=6)
    doctor, expert = await sides_of(house, case)
    await doctor.post(f"/consultations/{case}/rate", {"stars": "5", "words": "意见很具体"})
    await expert.post(f"/consultations/{case}/rate", {"stars": "3", "words": "心电图没有标尺"})
    for one in (doctor, expert):
        for page in (f"/consultations/{case}", f"/consultations/{case}/history"):
            said = (await one.get(page)).text
            assert ("意见很具体" in said, "心电图没有标尺" in said, "3 分（满分 5 分）" in said) == (True, True, True)


async def test_nothing_is_rated_before_an_opinion_is_signed(house):
    case = await a_case(house, State.SCHEDULED)
    doctor, _ = await sides_of(house, case)
    refused = await doctor.post(f"/consultations/{case}/rate", {"stars": "5"}, headers={"Accept": "application/json"})
    assert (refused.status, "还没有已签名的意见" in refused.text) == (409, True)


async def test_another_time_needs_a_reason(house):
    case = await a_case(house, State.SCHEDULED)
    async with house.database.unit() as unit:
        (await unit.session.get(Consultation, case)).state = State.INTERRUPTED
    centre = await house.visitor("chenyu")
    page = await centre.post(f"/consultations/{case}/rebook", {"reason": ""})
    assert (page.status, 'id="f-reason-error"' in page.text) == (422, True)
    assert (await centre.post(f"/consultations/{case}/rebook", {"reason": "线路中断"})).status == 200


async def test_a_rating_without_stars_is_refused_at_the_field_and_keeps_what_was_typed(house):
    case = await a_case(house, State.ISSUED)
    doctor, _ = await sides_of(house, case)
    again = await doctor.post(f"/consultations/{case}/rate", {"stars": "", "words": "很有帮助"})
    assert (again.status, 'id="f-stars-error"' in again, "很有帮助</textarea>" in again) == (422, True, True)


async def an_eventful_case(house):
    """A closed case, with a word in its room, an opinion that another replaced, and a day to look again."""
    case = await a_case(house, State.CLOSED)
    async with house.database.unit() as unit:
        row = await unit.session.get(Consultation, case)
        row.story = {**row.story, "answers": {complaints.PROMPTS[row.complaint][0][0]: "含服后两分钟缓解"}}
        body = {"text": "请把探头再往左移一点", "name": "赵敏"}
        await meetings.write(unit, meeting_id=row.meeting_id, kind="chat", by="someone", body=body, key="chat:1")
        decision = (await queries.decisions(unit, case))[0]
        decision.follow_up_on = date(2026, 12, 24)
        signed = await queries.signed(unit, case)
        kept = {column.key: getattr(signed, column.key) for column in Opinion.__table__.columns}
        sections = {**signed.sections, "plan": "先观察两天"}
        old = {"id": unit.new_id(), "edition": 7, "state": OpinionState.SUPERSEDED, "sections": sections}
        await unit.session.execute(insert(Opinion), [{**kept, **old}])
    return case


async def attached(house, doctor, case, name):
    """A file that was sent while the case was still to be added to."""
    begun = await doctor.post("/consultations", {"complaint": "blank"})
    draft = re.search(r"/consultations/([0-9a-f]{32})/edit", begun.path)[1]
    file = await doctor.attaches(f"consultation:{draft}", name, typst.compile("心电图".encode()))
    async with house.database.unit() as unit:
        await unit.session.execute(update(Attachment).where(Attachment.id == file).values(subject_id=case))


async def test_the_history_is_whole_on_the_page_and_on_paper(house):
    case = await an_eventful_case(house)
    doctor, _ = await sides_of(house, case)
    await attached(house, doctor, case, "外院心电图.pdf")
    page = await doctor.get(f"/consultations/{case}/history")
    words = re.sub(r"<[^>]+>|\s", "", html.unescape(page.text))
    printed = await paper(doctor, f"/consultations/{case}/history.pdf")
    for told in (
        *("含服后两分钟缓解", "外院心电图.pdf", "知情同意", "邀请记录", "已接受", "请把探头再往左移一点"),
        *("第7版（已被代替）", "先观察两天", "随访日期2026年12月24日", "双方评价", "意见具体，能照着做。"),
    ):
        assert (told, told in words, told in printed) == (told, True, True)


async def test_what_was_written_in_the_room_is_for_those_who_might_have_been_there_and_its_reading_on_record(house):
    case = await an_eventful_case(house)
    doctor, quality = (await sides_of(house, case))[0], await house.visitor("panhong")
    said = "请把探头再往左移一点"
    assert [said in await one.get(f"/consultations/{case}/history") for one in (doctor, quality)] == [True, False]
    async with house.database.unit(writes=False) as unit:
        read = text("select seq from audit_records where action = 'consultation.read' and fields like '%chat%'")
        assert len((await unit.session.execute(read)).all()) == 1
