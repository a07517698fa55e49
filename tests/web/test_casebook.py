"""From a closed consultation to a teaching case over HTTP: two people, and nothing of who it was for who learns."""

import pytest

from server.accounts import queries as accounts_queries
from server.accounts import service as accounts
from server.accounts.roles import Role
from server.consultation import queries as consultations
from server.consultation.states import State
from server.patients.consent import queries as consents_queries
from server.patients.consent.model import ConsentKind
from server.scheduling.working_calendar import CHINA
from tests.web.casebook_site import (
    ALL_CHECKED,
    OF_WHOM,
    TITLE,
    a_closed_case,
    open_casebook,
    proposed,
    released,
    sends,
    texts_on,
)

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_casebook(tmp_path / "site", database_url, clock) as site:
        yield site


async def test_one_step_and_one_review_make_a_case_that_names_nobody(site):
    case = await a_closed_case(site)
    expert, teacher, learner = [await site.signed_in(one) for one in ("expert", "teacher", "learner1")]
    address = await proposed(site, expert, case)
    assert (await learner.get(address)).status == 404
    assert TITLE not in await learner.get("/teaching/cases")

    review = await teacher.get(f"{address}/review")
    assert '<mark class="casebook-gone">秦文远</mark>' in review
    done = await released(site, teacher, address)
    assert (done.status, "已发布，学员可以阅读" in done) == (200, True), done.text[-3000:]

    page = await learner.get(address)
    assert page.status == 200
    assert [told for told in OF_WHOM if told in page.text] == []
    for stays in ("活动后胸痛 3 天", "V4–V6 ST 段压低 0.1 mV", "不稳定型心绞痛", "BP 152/94 mmHg", "76岁", "[姓名]"):
        assert stays in page, stays
    assert TITLE in await learner.get("/teaching/cases?q=心绞痛")
    assert TITLE not in await learner.get("/teaching/cases?q=肺炎")
    assert (await (await site.signed_in("outsider")).get(address)).status == 404


async def _posts(site, login):
    async with site.database.unit(writes=False) as unit:
        return await accounts_queries.posts_of(unit, site.people[login].id, CHINA.day_of(site.clock.now()))


async def _also_teaches(site, login):
    (post,) = await _posts(site, login)
    async with site.database.unit() as unit:
        person = await accounts_queries.person(unit, site.people[login].id)
        await accounts.appoint(
            unit, person=person, institution_id=post.institution_id, role=Role.TEACHER, starts=post.starts
        )


async def test_whoever_proposed_a_case_never_reviews_it(site):
    case = await a_closed_case(site)
    expert = await site.signed_in("expert")
    address = await proposed(site, expert, case)
    await _also_teaches(site, "expert")
    posts = await _posts(site, "expert")
    switched = await sends(expert, "/posts/switch", post=next(one.id for one in posts if one.role is Role.TEACHER))
    assert switched.status == 200
    refused = await sends(expert, f"{address}/release", title=TITLE, texts=["x"], checked=ALL_CHECKED)
    assert (refused.status, "提议人不能复核自己的病例" in refused) == (409, True)


async def test_what_still_names_somebody_is_not_released_and_what_was_typed_is_kept(site):
    case = await a_closed_case(site)
    address = await proposed(site, await site.signed_in("expert"), case)
    manager = await site.signed_in("manager")
    texts = texts_on(await manager.get(f"{address}/review"))
    texts[2] = "秦　文远，另有说明"
    refused = await released(site, manager, address, texts=texts)
    assert (refused.status, "这里还有能认出患者的内容" in refused) == (422, True)
    assert "秦　文远，另有说明" in refused
    unchecked = await released(site, manager, address, checked=["names"])
    assert (unchecked.status, "请逐项核对后勾选" in unchecked) == (422, True)
    named = await released(site, manager, address, title="秦文远的心电图")
    assert named.status == 422


async def test_a_case_that_was_sent_back_is_changed_and_handed_over_again(site):
    case = await a_closed_case(site)
    expert, teacher = await site.signed_in("expert"), await site.signed_in("teacher")
    address = await proposed(site, expert, case)
    assert (await sends(teacher, f"{address}/send-back", reason="")).status == 422
    assert (await sends(teacher, f"{address}/send-back", reason="请写清查体")).status == 200
    page = await expert.get(f"{address}/edit")
    assert "请写清查体" in page
    texts = texts_on(page)
    done = await sends(expert, f"{address}/edit", title=TITLE, points="", texts=[*texts[:-1], "补充：双肺无啰音"])
    assert (done.status, "已保存，等待复核" in done) == (200, True), done.text[-3000:]
    assert "补充：双肺无啰音" in await teacher.get(f"{address}/review")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"teaching": False}, "患者没有单独同意教学使用"), ({"state": State.FOLLOW_UP}, "会诊归档以后才能提议")],
)
async def test_without_the_patients_own_tick_or_before_the_end_nothing_is_proposed(site, wrong, says):
    case = await a_closed_case(site, **wrong)
    expert = await site.signed_in("expert")
    refused = await sends(expert, f"/consultations/{case}/teaching-case", title=TITLE)
    assert (refused.status, says in refused) == (409, True)


async def test_who_no_longer_agrees_is_no_longer_taught_with(site):
    case = await a_closed_case(site)
    address = await proposed(site, await site.signed_in("expert"), case)
    assert (await released(site, await site.signed_in("teacher"), address)).status == 200
    learner, doctor = await site.signed_in("learner1"), await site.signed_in("asker")
    assert (await learner.get(address)).status == 200
    async with site.database.unit(writes=False) as unit:
        of = {"subject_id": case, "patient_id": (await consultations.by_id(unit, case)).patient_id}
        (consent,) = await consents_queries.standing(unit, **of, kind=ConsentKind.TEACHING)

    withdrawn = await sends(doctor, f"/consents/{consent.id}/withdraw", said="本人电话告知")
    assert withdrawn.status == 200, withdrawn.text[-2000:]

    assert (await learner.get(address)).status == 404
    assert TITLE not in await learner.get("/teaching/cases")
    assert "胸痛 3 天" not in await (await site.signed_in("expert")).get(address)
