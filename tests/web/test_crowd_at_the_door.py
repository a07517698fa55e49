"""Many at one door at one moment: each gets in, or is refused, by their own right, as if they had come alone."""

import asyncio

import orjson
import pytest
from sqlalchemy import select

from server.audit.model import AuditRecord
from server.meeting.admission import ADMISSIONS
from signaling.ports import Grant
from tests.web.teaching_site import comes, open_school, published, session_at, turn_to
from tests.web.test_query_counts import counted

JSON = {"Accept": "application/json"}
LEARNERS = ("learner1", "learner2", "learner3", "learner4", "villager")


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_school(tmp_path / "site", database_url, clock) as site:
        yield site


@pytest.fixture
async def lesson(site):
    """In its lobby; learner1 to learner3 are enrolled, of whom a host has sent the third away."""
    teacher = await site.signed_in("teacher")
    address = await published(site, teacher)
    for login in ("learner1", "learner2", "learner3"):
        await (await site.signed_in(login)).post(f"{address}/enrol")
    turn_to(site, 25, 14, 20)
    session = await session_at(site, address)
    await comes(site, session, "teacher", "away", kind="removed", who=site.people["learner3"].id)
    return session


def grant(site, room, login):
    who = site.people[login].id
    return Grant(room=room, participant=who, person=who, name=login, title="", role="学员", hall=True)


async def test_each_has_a_ticket_of_their_own_or_is_refused_by_their_own_right(site, lesson):
    comers = [await site.signed_in(login) for login in ("teacher", *LEARNERS, "outsider")]
    rooms = [lesson.meeting_id] * len(comers) + ["0" * 32]
    answers = await asyncio.gather(
        *(one.post(f"/rooms/{room}/join", headers=JSON) for one, room in zip([*comers, comers[0]], rooms, strict=True))
    )
    assert [one.status for one in answers] == [200, 200, 200, 403, 404, 404, 404, 404]
    inside = [site.people[login].id for login in ("teacher", "learner1", "learner2")]
    told = [orjson.loads(one.text) for one in answers[:3]]
    assert [one["participant"] for one in told] == inside
    assert len({one["ticket"] for one in told}) == 3
    async with site.database.unit(writes=False) as unit:
        acts = select(AuditRecord).where(AuditRecord.action == "meeting.ticket")
        recorded = [(one.person_id, one.object_id) for one in await unit.session.scalars(acts)]
    assert sorted(recorded) == sorted((who, lesson.meeting_id) for who in inside)


async def test_a_right_that_ended_holds_for_nobody_who_asks_afterwards(site, lesson):
    async def hold(*logins):
        asked = (grant(site, lesson.meeting_id, login) for login in logins)
        return await asyncio.gather(*map(site.app[ADMISSIONS].still_holds, asked))

    assert await hold("learner1", "learner4", "teacher", "outsider") == [True, False, True, False]
    learner = await site.signed_in("learner1")
    await learner.post(f"/teaching/sessions/{lesson.id}/withdraw")
    assert await hold("learner1", "learner2", "teacher") == [False, True, True]


async def test_a_crowd_is_asked_about_in_as_many_questions_as_one(site, lesson):
    async def hold(logins):
        with counted(site.database.engine) as asked:
            await asyncio.gather(
                *(site.app[ADMISSIONS].still_holds(grant(site, lesson.meeting_id, login)) for login in logins)
            )
        return len(asked)

    assert await hold(["learner1"]) == await hold(LEARNERS) > 0
