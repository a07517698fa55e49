"""No service without an agreement in force: no expert is offered, wished for nor asked. Both stores."""

from datetime import date

from sqlalchemy import delete, select, update

from server.accounts.model import Post
from server.directory.kinds import AgreementState
from server.directory.model import Agreement, Institution
from tests.journeys.openings import post_of_the_expert
from tests.journeys.test_road import REQUEST, a_patient, a_request, house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON
from tests.web.accounts_site import said_at

NO_AGREEMENT = "两院之间没有生效的合作协议，不能开展此项服务"
IN_FORCE = {"state": AgreementState.IN_FORCE, "ends": date(2030, 1, 1)}
OUT_OF_FORCE = (
    {"state": AgreementState.DRAFT},
    {"state": AgreementState.SUSPENDED},
    {"state": AgreementState.TERMINATED},
    {"ends": date(2026, 11, 23)},
    {"starts": date(2026, 11, 24)},
    {"services": ["teaching"]},
)


async def test_without_an_agreement_in_force_no_expert_is_offered_nor_asked(house):  # noqa: F811
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    draft, case = await two_requests(doctor)
    post = await post_of_the_expert(centre, case)
    assert f'value="{post}"' in await doctor.get(f"{draft}/edit")
    for standing in OUT_OF_FORCE:
        await change(house, post, update(Agreement).values(**standing))
        await refused(doctor, draft, centre, case, post)
        await change(house, post, update(Agreement).values(**IN_FORCE))
    await change(house, post, delete(Agreement))
    await refused(doctor, draft, centre, case, post)


async def test_no_expert_of_a_hospital_that_has_suspended_its_service_is_offered_nor_asked(house):  # noqa: F811
    doctor, centre = await house.visitor("wangfang"), await house.visitor("chenyu")
    draft, case = await two_requests(doctor)
    post = await post_of_the_expert(centre, case)
    hospital = select(Post.institution_id).where(Post.id == post).scalar_subquery()
    async with house.database.unit() as unit:
        await unit.session.execute(update(Institution).where(Institution.id == hospital).values(suspended=True))
    await refused(doctor, draft, centre, case, post, "已暂停远程医疗服务")


async def two_requests(doctor):
    """The addresses of a draft, and of one that waits in the centre."""
    patient = await a_patient(doctor)
    draft, case = [f"/consultations/{await a_request(doctor, patient)}" for _ in range(2)]
    assert (await doctor.post(f"{case}/submit", REQUEST)).status == 200
    return draft, case


async def change(house, post, what):  # noqa: F811
    """Something done to every agreement with the expert's hospital."""
    async with house.database.unit() as unit:
        hospital = select(Post.institution_id).where(Post.id == post).scalar_subquery()
        await unit.session.execute(what.where(Agreement.invited_id == hospital))


async def refused(doctor, draft, centre, case, post, why=NO_AGREEMENT):
    for page in (await centre.get(f"{case}/drawer"), await doctor.get(f"{draft}/edit")):
        assert (page.status, f'value="{post}"' in page) == (200, False)
    wish = await doctor.post(f"{draft}/submit", {**REQUEST, "wished_post_id": post})
    assert (wish.status, "这位专家现在不能受邀" in said_at(wish, "wished_post_id")) == (422, True)
    asked = await centre.post(f"{case}/invite", {"post_id": post}, headers=JSON)
    assert (asked.status, why in asked) == (409, True), asked.text
    assert why in await centre.post(f"{case}/invite", {"post_id": post})
