"""Teaching cases in a lesson: chosen in its plan, read by who may, shown in its hall, gone when they are taken back."""

import json
import re

import pytest

from server.casebook.model import TeachingCase
from server.consultation.model import Consultation
from server.patients.model import Patient
from server.teaching import consenting
from server.teaching.hearing import shown
from server.teaching.linked import OfItsPatient
from server.teaching.model import SessionPatient, TeachingSession
from tests.web.accounts_site import said_at
from tests.web.casebook_plants import photo
from tests.web.casebook_site import (
    TITLE,
    a_closed_case,
    attach,
    confirmed,
    copies_on,
    files_of,
    open_casebook,
    proposed,
    released,
)
from tests.web.teaching_site import LESSON, planned, post_of, published, session_at
from tests.web.test_teaching_library import recorded
from tests.web.test_teaching_series import FRIDAYS, sessions_on

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

NO_SUCH_CASE = "没有这个已发布的教学病例，请重新查找"


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_casebook(tmp_path / "site", database_url, clock) as site:
        yield site


@pytest.fixture
async def teacher(site):
    return await site.signed_in("teacher")


async def under_review(site, *contents):
    """The address of a case that its teacher has not let out yet."""
    consultation = await a_closed_case(site)
    for content in contents:
        await attach(site, consultation, content)
    return await proposed(site, await site.signed_in("expert"), consultation)


async def let_out(site, teacher, *contents):
    case = await under_review(site, *contents)
    if contents:
        for copy, _ in await copies_on(teacher, case, wanted=["open"]):
            await confirmed(teacher, copy)
        await copies_on(teacher, case, wanted=["ready"])
    assert (await released(site, teacher, case)).status == 200
    return case


def id_of(address):
    return address.rsplit("/", 1)[1]


async def offered(visitor, words):
    answer = await visitor.get(f"/teaching/cases/search?q={words}")
    return [(one["label"], one["note"]) for one in json.loads(answer.text)["options"]]


async def planning(site, teacher, **fields):
    page = await teacher.get("/teaching/sessions/new")
    return await teacher.submit(
        page, "/teaching/sessions", **{**LESSON, "teacher": await post_of(site, "teacher"), **fields}
    )


async def amended(site, teacher, address, **changes):
    page = await teacher.get(f"{address}/edit")
    fields = {**LESSON, "teacher": await post_of(site, "teacher"), **changes}
    return await teacher.submit(page, f"{address}/edit", **fields)


# ---- choosing


async def test_released_cases_are_offered_by_their_title_and_specialty(site, teacher):
    case = await under_review(site)
    assert await offered(teacher, "心绞痛") == []
    await released(site, teacher, case)
    assert await offered(teacher, "心绞痛") == await offered(teacher, "心血管") == [(TITLE, "心血管内科")]
    assert await offered(teacher, "骨折") == await offered(teacher, "") == []
    assert await offered(await site.signed_in("outsider"), "心绞痛") == []
    assert (await (await site.signed_in("warden")).get("/teaching/cases/search?q=心绞痛")).status == 404


async def test_a_chosen_case_is_named_on_the_page_and_opened_by_whoever_may_read_it(site, teacher):
    case = await let_out(site, teacher)
    address = await published(site, teacher, case_ids=id_of(case), cases="女，40 岁，反复晕厥")
    assert f'value="{id_of(case)}" id="f-case_ids" checked' in await teacher.get(f"{address}/edit")
    learner = await site.signed_in("learner1")
    page = await learner.get(address)
    assert f'<a href="{case}">{TITLE}</a>' in page
    assert "女，40 岁，反复晕厥" in page
    assert f'<a href="{address}">{LESSON["title"]}</a>' in await learner.get(case)
    warden = await (await site.signed_in("warden")).get(address)
    assert (warden.status, TITLE in warden, case in warden) == (200, False, False)


async def test_a_session_that_is_not_published_is_named_on_the_case_to_its_planners_alone(site, teacher):
    case = await let_out(site, teacher)
    address = await planned(site, teacher, case_ids=id_of(case))
    assert address in await teacher.get(case)
    assert address not in await (await site.signed_in("learner1")).get(case)


async def test_what_is_not_released_is_refused_as_what_there_is_not(site, teacher):
    unreleased = id_of(await under_review(site))
    refusals = [await planning(site, teacher, case_ids=id, about="带着问题来") for id in (unreleased, "0" * 32, "1")]
    assert [(one.status, said_at(one, "case_words")) for one in refusals] == [(422, NO_SUCH_CASE)] * 3
    assert all("带着问题来" in one and TITLE not in one for one in refusals)
    address = await planned(site, teacher)
    refused = await amended(site, teacher, address, case_ids=unreleased)
    assert (refused.status, said_at(refused, "case_words")) == (422, NO_SUCH_CASE)
    many = [*LESSON.items(), ("teacher", await post_of(site, "teacher")), *[("case_ids", f"{n}") for n in range(21)]]
    assert "最多选 20 项" in await teacher.post("/teaching/sessions", many)


async def test_a_case_that_the_editor_cannot_read_stays_when_they_save(site, teacher):
    case = await let_out(site, teacher)
    address = await planned(site, teacher, case_ids=id_of(case))
    async with site.database.unit() as unit:
        found = await unit.session.get(TeachingCase, id_of(case))
        home, found.consortium_id = found.consortium_id, None
    assert id_of(case) not in await teacher.get(f"{address}/edit")
    assert (await amended(site, teacher, address, about="另一位教师改了简介")).status == 200
    acts = await site.acts()
    assert (acts.count("teaching.case_chosen"), "teaching.case_dropped" in acts) == (1, False)
    async with site.database.unit() as unit:
        (await unit.session.get(TeachingCase, id_of(case))).consortium_id = home
    assert TITLE in await teacher.get(address)


async def test_a_case_and_its_patient_are_not_shown_in_one_session(site, teacher):
    case = await let_out(site, teacher)
    with_patient, with_case = [await planned(site, teacher, **more) for more in ({}, {"case_ids": id_of(case)})]
    async with site.database.unit() as unit:
        consultation = (await unit.session.get(TeachingCase, id_of(case))).consultation_id
        patient = await unit.session.get(Patient, (await unit.session.get(Consultation, consultation)).patient_id)
        session = await unit.session.get(TeachingSession, id_of(with_patient))
        by = {"named_at": unit.now, "named_by": session.organiser_id}
        unit.session.add(SessionPatient(session_id=session.id, patient_id=patient.id, **by))
        other = await unit.session.get(TeachingSession, id_of(with_case))
        with pytest.raises(OfItsPatient):
            await consenting.name(unit, session=other, patient=patient)
    refused = await amended(site, teacher, with_patient, case_ids=id_of(case), about="带着问题来")
    assert (refused.status, "认出病例" in said_at(refused, "case_words"), "带着问题来" in refused) == (422, True, True)


async def test_without_scripts_the_cases_found_are_offered_to_be_ticked(site, teacher):
    case = await let_out(site, teacher)
    page = await planning(site, teacher, case_words="心绞痛")
    assert (page.status, said_at(page, "case_words")) == (422, "请勾选找到的病例，或清空这里")
    assert re.search(rf'value="{id_of(case)}" id="f-case_ids">', page.text)
    nothing = await planning(site, teacher, case_words="骨折")
    assert (nothing.status, 'id="f-case_ids"' in nothing) == (422, False)


async def test_a_series_discusses_what_was_chosen_and_a_change_reaches_those_that_follow(site, teacher):
    case = await let_out(site, teacher)
    sessions = sessions_on(await planning(site, teacher, **FRIDAYS, case_ids=id_of(case)))
    assert [TITLE in await teacher.get(one) for one in sessions] == [True, True, True]
    course = (await session_at(site, sessions[0])).course_id
    fields = {**FRIDAYS, "starts": "2026-12-11T14:30", "course": course}
    kept = await amended(site, teacher, sessions[1], **fields, case_ids=id_of(case), capacity="30", reach="following")
    assert "已保存，以后各场一并修改" in kept
    assert [TITLE in await teacher.get(one) for one in sessions] == [True, True, True]
    await amended(site, teacher, sessions[1], **fields, capacity="30", reach="following")
    assert [TITLE in await teacher.get(one) for one in sessions] == [True, False, False]


# ---- taken back


async def test_a_withdrawn_case_is_gone_and_its_organiser_told(site, teacher):
    case = await let_out(site, teacher)
    address = await published(site, teacher, case_ids=id_of(case))
    await teacher.post(f"{case}/withdraw")
    learner = await (await site.signed_in("learner1")).get(address)
    assert ("1 个教学病例已撤回" in learner, TITLE in learner, case in learner) == (True, False, False)
    assert "请在“修改”里另选" not in learner
    assert "请在“修改”里另选" in await teacher.get(address)
    refused = await amended(site, teacher, address, case_ids=id_of(case))
    assert (refused.status, said_at(refused, "case_words")) == (422, NO_SUCH_CASE)
    assert id_of(case) not in await teacher.get(f"{address}/edit")
    await amended(site, teacher, address)
    assert "已撤回" not in await teacher.get(address)


async def test_a_recording_is_found_by_its_case_and_watched_by_nobody_once_that_is_withdrawn(site, teacher):
    case = await let_out(site, teacher)
    _, recording = await recorded(site, case_ids=id_of(case))
    learner = await site.signed_in("learner1")
    assert LESSON["title"] in await learner.get("/teaching/library?q=不稳定型心绞痛")
    assert (await learner.get(recording)).status == 200
    await (await site.signed_in("teacher")).post(f"{case}/withdraw")
    assert "没有找到" in await learner.get("/teaching/library?q=不稳定型心绞痛")
    assert (await learner.get(recording)).status == 404


# ---- in the hall


async def test_its_files_are_among_what_is_shown_in_the_hall(site, teacher):
    case = await let_out(site, teacher, photo())
    address = await published(site, teacher, case_ids=id_of(case))
    learner, other = await site.signed_in("learner1"), await site.signed_in("learner2")
    assert (await other.get(f"{address}/materials")).status == 404
    await learner.post(f"{address}/enrol")
    for visitor in (teacher, learner):
        materials = await visitor.get(f"{address}/materials")
        assert f'data-of="{TITLE}"' in materials
        assert re.findall(r'href="/files/(\w{32})"', materials.text) == await files_of(visitor, case)
    await teacher.post(f"{case}/withdraw")
    materials = await learner.get(f"{address}/materials")
    assert (materials.status, "data-of" in materials, "/files/" in materials) == (200, False, False)


async def test_captions_name_nobody_whom_a_chosen_case_is_about(site, teacher):
    case = await let_out(site, teacher)
    chosen, other = [
        await session_at(site, await planned(site, teacher, **more)) for more in ({"case_ids": id_of(case)}, {})
    ]
    async with site.database.unit(writes=False) as unit:
        said = [await shown(unit, one, "患者秦文远血压高") for one in (chosen, other)]
    assert said == ["患者[姓名]血压高", "患者秦文远血压高"]
