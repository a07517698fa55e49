"""Nobody approves what they asked for themselves, whatever posts they hold (assurance C, `*`)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from server.accounts import service as accounts
from server.accounts.model import Person, Post
from server.accounts.roles import Role
from server.accounts.service import today
from server.consultation.submitting import hand_on
from tests.journeys.test_late_approval import OVERDUE, TO_DO, overdue, sent
from tests.journeys.test_road import a_patient, house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON

SAYS = "您自己提出的申请，须由另一位审批人审批"


@pytest.fixture
async def asking_approver(house):  # noqa: F811
    """The asking doctor of the county hospital, who approves there too; beside them its approver."""
    async with house.database.unit() as unit:
        person = await unit.session.scalar(select(Person).where(Person.login == "gaoyuan"))
        asks = await unit.session.scalar(select(Post).where(Post.person_id == person.id))
        day = today(unit.now) - timedelta(days=1)
        where = {"person": person, "institution_id": asks.institution_id}
        approves = await accounts.appoint(unit, **where, role=Role.DEPT_LEAD, starts=day)
    doctor = await house.visitor("gaoyuan")
    doctor.posts = {"asks": asks.id, "approves": approves.id}
    await act(doctor, "asks")
    return doctor


async def act(doctor, post):
    await doctor.post("/posts/switch", {"post": doctor.posts[post]})


@pytest.mark.parametrize(
    ("urgency", "to_approve", "to_decline"),
    [("routine", "approve", "return"), ("urgent", "approve-afterwards", "object")],
)
async def test_whoever_asked_is_told_that_another_approves(
    house,  # noqa: F811
    asking_approver,
    urgency,
    to_approve,
    to_decline,
):
    doctor, lead = asking_approver, await house.visitor("hejing")
    case = await sent(doctor, urgency)
    await act(doctor, "approves")
    page = await doctor.get(case)
    buttons = {f"{case}/{to_approve}", f"{case}/{to_decline}"}
    assert (SAYS in page, buttons & set(page.forms()), TO_DO in await doctor.get("/")) == (True, set(), False)
    for step, fields in ((to_approve, {}), (to_decline, {"reason": "不必会诊"})):
        refused = await doctor.post(f"{case}/{step}", fields, headers=JSON)
        assert (refused.status, "consultation.own_approval" in refused) == (409, True)
    told = await doctor.post(f"{case}/{to_approve}")
    assert (told.status, SAYS in told) == (409, True)
    page = await lead.get(case)
    assert (SAYS in page, buttons <= set(page.forms())) == (False, True)
    await lead.post(f"{case}/{to_approve}")
    assert 'data-state="triage"' in await lead.get(case)


async def the_other_approver_leaves(house):  # noqa: F811
    async with house.database.unit() as unit:
        lead = await unit.session.scalar(select(Person).where(Person.login == "hejing"))
        post = await unit.session.scalar(select(Post).where(Post.person_id == lead.id))
        post.ends = today(unit.now)


async def test_where_nobody_else_approves_the_centre_is_the_second_person(house, asking_approver):  # noqa: F811
    await the_other_approver_leaves(house)
    case = await sent(asking_approver, "routine")
    assert 'data-state="triage"' in await asking_approver.get(case)


async def test_what_waits_for_an_approver_who_leaves_goes_on_to_the_centre(house, asking_approver):  # noqa: F811
    doctor, centre = asking_approver, await house.visitor("chenyu")
    case = await sent(doctor, "routine")
    assert await handed_on(house) == 0, "somebody else approves"
    await the_other_approver_leaves(house)
    await handed_on(house)
    page = await doctor.get(case)
    assert 'data-state="triage"' in page
    assert "院内没有其他审批人，转会诊中心" in await doctor.get(f"{case}/history")
    assert "院内没有其他审批人，会诊申请" in await doctor.get("/notices")
    assert "待初审" in await centre.get("/notices")


async def handed_on(house):  # noqa: F811
    async with house.database.unit() as unit:
        return await hand_on(unit)


async def test_ones_own_request_is_not_among_those_to_approve(house, asking_approver):  # noqa: F811
    doctor, lead = asking_approver, await house.visitor("hejing")
    case = await sent(doctor, "routine")
    await act(doctor, "approves")
    home = await doctor.get("/")
    assert ("没有待审批的申请" in home, f'href="{case}"' in home) == (True, True), "it stands further down"
    home = await lead.get("/")
    assert ("没有待审批的申请" in home, f'href="{case}"' in home) == (False, True)


async def test_who_asked_is_not_told_to_approve_what_is_overdue(house, asking_approver):  # noqa: F811
    lead = await house.visitor("hejing")
    await sent(asking_approver, "urgent")
    house.clock.turn(timedelta(hours=25))
    await overdue(house)
    for one, times in ((lead, 1), (asking_approver, 0)):
        await one.sign_in()
        assert (await one.get("/notices")).text.count(OVERDUE) == times


async def test_the_asking_doctor_is_no_approver_of_an_emergency(house):  # noqa: F811
    doctor = await house.visitor("wangfang")
    patient = await a_patient(doctor)
    page = await doctor.post("/consultations", {"complaint": "chest_pain", "patient_id": patient})
    case = page.path.split("/")[2]
    typed = {"subject": case, "text": "zh", "approver_post": "院长", "reason": "患者昏迷，家属无法取得联系"}
    own = await doctor.post(f"/patients/{patient}/consent/emergency", {**typed, "approver": "王 芳"})
    assert (own.status, 'id="f-approver-error"' in own, "批准人不能是申请会诊的医师本人" in own) == (422, True, True)
    namesake = await doctor.post(f"/patients/{patient}/consent/emergency", {**typed, "approver": "王芳（院长）"})
    assert (namesake.status, "紧急例外，待补签" in namesake) == (200, True)
