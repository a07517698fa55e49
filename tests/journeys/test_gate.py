"""What a session needs before it begins: somebody with the patient, the expert as invited, the patient's consent."""

import asyncio
import re
from datetime import timedelta

from sqlalchemy import select

from server.accounts import service as accounts
from server.accounts.model import Person, Post
from server.accounts.roles import Role
from server.core.i18n import today
from tests.journeys.test_emergency_consent import sign
from tests.journeys.test_guests import invited
from tests.journeys.test_interrupted import shows
from tests.journeys.test_road import REQUEST, house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON, planned, withdraws

COMPANION, EXPERT, CONSENT = "申请医师或申请中写明的陪同医生", "专家以受邀的岗位登录", "患者已签署知情同意"
BEGUN = 'data-state="in_session"'


def missing(page):
    """Which of the three the page says is missing; None when the session does not wait for anything."""
    gate = re.search(r'<section class="gate".*?</section>', page.text, re.DOTALL)
    if gate is None:
        return None
    still = [line for line in re.findall(r"<li.*?</li>", gate[0], re.DOTALL) if "还缺" in line]
    return {word for word in (COMPANION, EXPERT, CONSENT) if any(word in line for line in still)}


async def waits_for(visitor, case, words):
    async with asyncio.timeout(5):
        while missing(await visitor.get(case)) != words:
            pass


async def patient_of(doctor, case):
    return (await doctor.get(case)).link(r"/patients/[0-9a-f]{32}/consents/[0-9a-f]{32}").split("/")[2]


async def test_each_side_reads_whom_the_session_waits_for(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    assert missing(await doctor.get(case)) is None
    await doctor.enter(room)
    for one in (doctor, expert):
        await waits_for(one, case, {EXPERT})
    assert (await doctor.says("leave"))["ok"]
    await waits_for(doctor, case, {COMPANION, EXPERT})
    await expert.enter(room)
    await waits_for(doctor, case, {COMPANION})
    house.clock.turn(timedelta(seconds=1))  # a stay is named by its moment
    await doctor.enter(room)
    await shows(doctor, case, BEGUN)
    assert missing(await doctor.get(case)) is None


async def test_the_expert_comes_in_by_the_post_that_was_invited_and_no_other(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    async with house.database.unit() as unit:
        person = await unit.session.scalar(select(Person).where(Person.login == "zhaomin"))
        invited_post = await unit.session.scalar(
            select(Post).where(Post.person_id == person.id, Post.role == Role.SPECIALIST)
        )
        other = await accounts.appoint(
            unit,
            person=person,
            institution_id=invited_post.institution_id,
            role=Role.COORDINATOR,
            starts=today(unit.now) - timedelta(days=1),
        )
    await doctor.enter(room)
    await expert.post("/posts/switch", {"post": other.id})
    door = await expert.get(room)
    assert (door.status, "请切换到受邀时的岗位再进入会诊室" in door, door.link(case)) == (409, True, case)
    assert (await expert.post(f"{room}/join", headers=JSON)).status == 409
    await expert.post("/posts/switch", {"post": invited_post.id})
    await expert.enter(room)
    await shows(doctor, case, BEGUN)


async def test_an_expert_whose_licence_ended_meanwhile_begins_nothing(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    async with house.database.unit() as unit:
        person = await unit.session.scalar(select(Person).where(Person.login == "zhaomin"))
        person.credential_ends = today(unit.now)
    for one in (doctor, expert):
        await one.enter(room)
    await waits_for(doctor, case, {EXPERT})


async def test_the_companion_named_in_the_request_stands_for_the_asking_doctor(house, monkeypatch):  # noqa: F811
    monkeypatch.setitem(REQUEST, "companion", "李强")
    _, expert, case, room = await planned(house)
    await expert.enter(room)
    for name, still in (("患者女儿", {COMPANION}), ("李强", None)):
        _, _, link = await invited(house, expert, room, name)
        await waits_for(expert, case, {COMPANION})
        assert (await expert.says("admit", {"who": f"guest:{link}"}))["ok"]
        await waits_for(expert, case, still)
    assert BEGUN in await expert.get(case)


async def test_nothing_begins_without_consent_and_all_waits_until_it_is_signed_anew(house, monkeypatch):  # noqa: F811
    monkeypatch.setitem(REQUEST, "companion", "李强")
    doctor, expert, case, room = await planned(house)
    await expert.enter(room)
    _, _, link = await invited(house, expert, room, "李强")
    await withdraws(doctor, case)
    assert (await doctor.get(room)).status == 409
    assert (await expert.says("admit", {"who": f"guest:{link}"}))["ok"]
    await waits_for(doctor, case, {CONSENT})
    assert missing(await expert.get(case)) == {CONSENT}
    await sign(doctor, await patient_of(doctor, case), case.split("/")[-1])
    await shows(doctor, case, BEGUN)
    assert missing(await doctor.get(case)) is None


async def test_an_emergency_exception_stands_for_consent(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    await expert.enter(room)
    await withdraws(doctor, case)
    await waits_for(doctor, case, {COMPANION, CONSENT})
    approval = {"approver": "赵院长", "approver_post": "副院长", "reason": "患者昏迷，家属无法取得联系"}
    patient = await patient_of(doctor, case)
    await doctor.post(
        f"/patients/{patient}/consent/emergency", {"subject": case.split("/")[-1], "text": "zh", **approval}
    )
    await waits_for(doctor, case, {COMPANION})
    await doctor.enter(room)
    await shows(doctor, case, BEGUN)


async def test_it_is_said_in_english_too(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    await doctor.enter(room)
    await waits_for(expert, case, {EXPERT})
    await doctor.post("/language", {"locale": "en"})
    page = await doctor.get(case)
    for words in ("The session begins by itself when all three are there", "or the accompanying doctor named"):
        assert words in page
