"""From a closed consultation to a teaching case over HTTP: two people, and nothing of who it was for who learns."""

import re
from datetime import timedelta

import pytest

from server.accounts import queries as accounts_queries
from server.accounts import service as accounts
from server.accounts.roles import Role
from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Opinion
from server.consultation.states import State
from server.patients import service as patients
from server.patients.consent import queries as consents_queries
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind, Signer
from server.patients.consent.signature import read_strokes
from server.patients.consent.signing import Shown, SignedBy
from server.patients.particulars import Particulars, read_registrant
from server.scheduling.working_calendar import CHINA
from tests.contracts.access_world import STROKES
from tests.web.teaching_site import open_school

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

STORY = "秦文远（Qin Wenyuan，电话 138 1234 5678，住院号：778812）2026年11月20日在城东医院就诊，活动后胸痛 3 天。"
OF_WHOM = ("秦文远", "Wenyuan", "1234", "778812", "城东医院", "11月20日", "11010519491231002X")
ALL_CHECKED = ("names", "numbers", "places", "dates", "rare")
TITLE = "以胸痛起病的不稳定型心绞痛"


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_school(tmp_path / "site", database_url, clock) as site:
        await site.enrol("asker", "王芳", Role.APPLICANT, "A1", title="主治医师")
        await site.enrol("expert", "赵敏", Role.SPECIALIST, "A0", title="主任医师")
        await site.enrol("manager", "林岚", Role.CONS_ADMIN, "A0")
        yield site


async def sends(visitor, path, **fields):
    """A form; a list is sent under one name, a field for each."""
    pairs = [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    return await visitor.post(path, pairs)


async def a_closed_case(site, *, teaching=True, state=State.CLOSED):
    """Of the doctor and the expert; the patient has ticked use in teaching, or not. The id."""
    day = CHINA.day_of(site.clock.now())
    async with site.database.unit() as unit:
        asking = (await accounts_queries.posts_of(unit, site.people["asker"].id, day))[0]
        expert = (await accounts_queries.posts_of(unit, site.people["expert"].id, day))[0]
        unit.signed_in = await accounts.actor_at(unit, asking)
        typed = Particulars(name="秦文远", id_no="11010519491231002X", phone="13812345678")
        patient = await patients.register(unit, registrant=read_registrant(typed, now=unit.now))
        case = Consultation(
            id=unit.new_id(),
            number="HZ310901101202611200001",
            state=state,
            consortium_id=min(unit.actor.consortium_ids),
            inviting_id=asking.institution_id,
            applicant_post_id=asking.id,
            applicant_person_id=asking.person_id,
            patient_id=patient.id,
            question="秦先生是否需要急诊造影？",
            story={"story": STORY, "vitals": {"systolic": 152, "diastolic": 94}},
            specialty="心血管内科",
            invited_id=expert.institution_id,
            specialist_post_id=expert.id,
            specialist_person_id=expert.person_id,
            created_at=unit.now,
            state_since=unit.now,
            submitted_at=unit.now - timedelta(days=2),
        )
        unit.session.add(case)
        await unit.session.flush()
        sections = {
            "findings": "V4–V6 ST 段压低 0.1 mV",
            "plan": "请王芳医生今日转院",
            "diagnoses": [{"text": "不稳定型心绞痛"}],
        }
        unit.session.add(
            Opinion(
                id=unit.new_id(),
                consultation_id=case.id,
                author_post_id=expert.id,
                author_person_id=expert.person_id,
                state=OpinionState.SIGNED,
                sections=sections,
                created_at=unit.now,
                saved_at=unit.now,
            )
        )
        kinds = [ConsentKind.CONSULTATION, *([ConsentKind.TEACHING] if teaching else [])]
        shown = Shown(locale="zh", fee="595 元")
        signed_by, proof = SignedBy(signer=Signer.PATIENT), read_strokes(STROKES)
        await consents.record(
            unit, patient=patient, subject_id=case.id, kinds=kinds, signed_by=signed_by, proof=proof, shown=shown
        )
    return case.id


async def proposed(site, expert, case):
    done = await sends(expert, f"/consultations/{case}/teaching-case", title=TITLE, points="先看心电图，再谈造影")
    assert done.status == 200, done.text[-3000:]
    return done.url.path


def texts_on(page):
    import html

    return [html.unescape(text) for text in re.findall(r'name="texts"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)]


async def released(site, reviewer, address, **changes):
    page = await reviewer.get(f"{address}/review")
    fields = {"title": TITLE, "points": "", "texts": texts_on(page), "checked": ALL_CHECKED, **changes}
    return await sends(reviewer, f"{address}/release", **fields)


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
        (consent,) = await consents_queries.standing(unit, case, ConsentKind.TEACHING)

    withdrawn = await sends(doctor, f"/consents/{consent.id}/withdraw", said="本人电话告知")
    assert withdrawn.status == 200, withdrawn.text[-2000:]

    assert (await learner.get(address)).status == 404
    assert TITLE not in await learner.get("/teaching/cases")
    assert "胸痛 3 天" not in await (await site.signed_in("expert")).get(address)
