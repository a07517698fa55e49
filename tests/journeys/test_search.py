"""The search in the page's head: by whom a case is about and by its numbers, for each role what it may find."""

import random
import re
from datetime import date

import pytest

from server.audit import queries as audit
from server.consultation import queries as consultations
from server.documents import queries as documents
from server.patients.names import invent_id_no
from server.patients.papers import Sex
from tests.journeys.test_road import REQUEST, a_patient, a_request

BY_PATIENT, BY_NUMBER = 'placeholder="查找患者、会诊号、报告号"', 'placeholder="查找会诊号、报告号"'
ASKED_BY = ("秦文远", "qwy", invent_id_no(random.Random("秦文远"), born=date(1959, 3, 7), sex=Sex.MALE))


@pytest.fixture
async def case(house):
    """Asked for by Wang Fang, waiting in the centre; its number is looked up where it is needed."""
    doctor = await house.visitor("wangfang")
    case = await a_request(doctor, await a_patient(doctor, "秦文远"))
    assert (await doctor.post(f"/consultations/{case}/submit", REQUEST)).status == 200
    return case


async def found(visitor, *texts):
    """What each text finds: ids of consultations."""
    pages = [await visitor.post("/search", {"q": text}) for text in texts]
    assert {page.status for page in pages} == {200}
    return [set(re.findall(r'href="/consultations/([0-9a-f]{32})"', page.text)) for page in pages]


async def number_of(visitor, case):
    return re.search(r"SQ[\w-]+\d", (await visitor.get(f"/consultations/{case}")).text)[0]


async def test_who_asks_and_the_centre_find_a_case_by_its_patient(house, case):
    for login in ("wangfang", "chenyu"):
        visitor = await house.visitor(login)
        assert BY_PATIENT in await visitor.get("/consultations")
        number = await number_of(visitor, case)
        assert await found(visitor, *ASKED_BY, number, number.lower()) == [{case}] * 5
    other = await house.visitor("liuqiang")
    assert await found(other, *ASKED_BY, number) == [set()] * 4


async def test_the_number_on_a_printed_report_finds_its_case(house):
    async with house.database.unit(writes=False) as unit:
        report = (await documents.page(unit, "", 1))[0]
    assert report.number.startswith("HZ")
    for login, finds in (("chenyu", {report.subject_id}), ("panhong", {report.subject_id}), ("linjun", set())):
        assert await found(await house.visitor(login), report.number, report.number.lower()) == [finds] * 2


async def test_whoever_was_asked_for_by_name_is_on_record(house, case):
    centre = await house.visitor("chenyu")
    before = await names_read(house, case)
    assert await found(centre, *ASKED_BY) == [{case}] * 3
    assert await names_read(house, case) - before == 3


async def names_read(house, case):
    """How often, by the audit, somebody read the name of the case's patient."""
    async with house.database.unit(writes=False) as unit:
        patient = (await consultations.by_id(unit, case)).patient_id
        return len(await audit.latest(unit, audit.Sought(action="patient.read", patient_id=patient)))


async def test_an_expert_finds_by_patient_the_cases_they_are_consulted_in_and_no_other(house, case):
    centre, expert = await house.visitor("chenyu"), await house.visitor("zhaomin")
    assert await found(expert, *ASKED_BY) == [set()] * 3
    drawer = await centre.get(f"/consultations/{case}/drawer")
    post = re.search(r'name="post_id" value="([0-9a-f]{32})"(?:(?!post_id).)*?赵敏', drawer.text, re.DOTALL)[1]
    await centre.post(f"/consultations/{case}/invite", {"post_id": post})
    assert (await expert.post(f"/consultations/{case}/accept")).status == 200
    assert await found(expert, *ASKED_BY) == [{case}] * 3


async def test_who_reads_no_chart_finds_by_number_alone(house, case):
    officer, centre = await house.visitor("panhong"), await house.visitor("chenyu")
    assert BY_NUMBER in await officer.get("/consultations")
    assert await found(officer, *ASKED_BY, await number_of(centre, case)) == [set(), set(), set(), {case}]
    assert "您的岗位可按会诊号、报告号查找" in await officer.post("/search", {"q": "秦文远"})


async def test_who_opens_no_case_is_offered_no_search_and_no_dead_link(house, case):
    for login in ("lihua", "guowei"):
        visitor = await house.visitor(login)
        page = await visitor.get("/consultations?tab=all")
        assert ("case-patient" in page, 'role="search"' in page) == (True, False)
        assert not re.search(r'href="/consultations/[0-9a-f]{32}"', page.text)
        assert (await visitor.post("/search", {"q": "秦文远"})).status == 404
