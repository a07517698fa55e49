"""青山县's people who teach and learn, on the site of the accounts' tests."""

from contextlib import asynccontextmanager
from datetime import date, timedelta

from server.accounts.roles import CredentialKind, Role
from server.meeting import service as meetings
from server.scheduling.working_calendar import CHINA
from tests.web.accounts_site import open_site

LESSON = {
    "kind": "lecture",
    "title": "基层心电图判读",
    "about": "常见心律失常的识别与处理",
    "specialty": "心血管内科",
    "starts": "2026-11-25T14:30",
    "minutes": "60",
    "agenda": "20 心电图基础 / 蔡明\n40 病例讨论",
    "scope": "consortium",
    "capacity": "0",
}
"""Wednesday 14:30; the clock stands at Monday 09:00."""


@asynccontextmanager
async def open_school(folder, database_url, clock, **options):
    async with open_site(folder, database_url, clock, **options) as site:
        await site.enrol("teacher", "蔡明", Role.TEACHER, "A0", email="cai@example.com", title="主任医师")
        await site.enrol("dean", "苏梅", Role.TEACHING_ADMIN, "A0")
        await site.enrol("coordinator", "陈瑜", Role.COORDINATOR, "A0")
        for number in range(1, 5):
            await site.enrol(f"learner{number}", f"学员{number}", Role.TRAINEE, "A1", title="住院医师")
        villager = {"credential": CredentialKind.VILLAGE_DOCTOR, "title": "乡村医生"}
        await site.enrol("villager", "孙丽", Role.APPLICANT, "A2", **villager)
        await site.enrol("outsider", "何远", Role.TRAINEE, "B0")
        yield site


async def post_of(site, login):
    from server.accounts import queries

    async with site.database.unit(writes=False) as unit:
        return (await queries.posts_of(unit, site.people[login].id, CHINA.day_of(site.clock.now())))[0].id


async def planned(site, planner, **changes):
    """A session planned through the form; its address."""
    fields = {**LESSON, "teacher": await post_of(site, "teacher"), **changes}
    page = await planner.get("/teaching/sessions/new")
    assert page.status == 200, page.text[:300]
    done = await planner.submit(page, "/teaching/sessions", **fields)
    assert done.status == 200, done.text
    return done.url.path


async def published(site, planner, **changes):
    address = await planned(site, planner, **changes)
    done = await planner.post(f"{address}/publish")
    assert done.status == 200, done.text
    return address


async def session_at(site, address):
    from server.teaching import queries

    async with site.database.unit(writes=False) as unit:
        return await queries.session(unit, address.rsplit("/", 1)[1])


async def comes(site, session, login, stay, **more):
    """A line of the room's log, as the room writes it: somebody came (or left, `kind`)."""
    kind = more.pop("kind", "joined")
    async with site.database.unit() as unit:
        await meetings.write(
            unit,
            meeting_id=session.meeting_id,
            kind=kind,
            by=site.people[login].id,
            body={"stay": stay, "name": login, **more},
            key=f"{kind}:{stay}",
        )


async def says(site, session, kind, login, poll, **more):
    """A line about a question put in the hall, as the room writes it."""
    async with site.database.unit() as unit:
        who = site.people[login].id
        body, key = {"poll": poll, **more}, f"{kind}:{poll}:{who}"
        await meetings.write(unit, meeting_id=session.meeting_id, kind=kind, by=who, body=body, key=key)


async def leaves(site, session, login, stay):
    await comes(site, session, login, stay, kind="left")


def turn_to(site, day, hour, minute=0, *, month=11):
    """Sets the clock forward to a time of November 2026 (or another month) in Beijing."""
    target = CHINA.at(date(2026, month, day), hour * 60 + minute)
    site.clock.turn(target - site.clock.now())


MINUTE = timedelta(minutes=1)
