"""The site on two nodes and a worker: people on different nodes walk the road together, and nodes die under them.

王芳 comes in by node one, 陈瑜, 赵敏 and the family by node two. PostgreSQL and Valkey are real, so are the browsers.
"""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import chromium, fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import BACK_WITHIN, until
from tests.journeys.cluster import standing
from tests.journeys.colleagues import Words, colleague
from tests.journeys.test_road_in_browsers import (
    BACK,
    decides,
    family_comes,
    is_muted,
    makes_room,
    meet,
    opinion_is_begun,
    opinion_is_signed,
    report_is_opened,
    request_is_placed,
    session_ends,
    talk,
    verifies,
)

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

STARTS = 120_000  # ms: for two more programs to start on a busy machine
MARKS = """killed => performance.getEntriesByType("mark")
  .map(({ name, startTime }) => [name, Math.round(performance.timeOrigin + startTime - killed)])
  .filter(([, after]) => after > 0)"""
QUESTION = "是否需要立即上转行冠脉造影？"
REMINDERS = """select p.login, n.says from notices n join people p on p.id = n.person_id
  where n.says = '会诊 %(number)s 即将开始：%(starts)s' order by p.login"""
SOON = "会诊 %(number)s 即将开始：%(starts)s"
UNREAD = "select count(*) from notices n join people p on p.id = n.person_id where n.read_at is null and p.login = $1"


@pytest_asyncio.fixture(loop_scope="session")
async def cluster(run, empty_postgres_url, redis_url, tmp_path):
    async with standing(tmp_path, empty_postgres_url, redis_url) as cluster:
        yield cluster


async def everybody(stack, chromium, cluster, say):  # noqa: F811
    return [
        await stack.enter_async_context(colleague(chromium, way, name, say, login))
        for way, name, login in (
            (cluster.by_one, "王芳", "wangfang"),
            (cluster.by_two, "陈瑜", "chenyu"),
            (cluster.by_two, "赵敏", "zhaomin"),
            (cluster.by_two, "患者女儿", None),
        )
    ]


# ---- the worker ----


async def both_are_reminded(cluster, doctor, expert):
    """The line under the bell comes by itself on either node, though neither of them sent it; the mail leads here."""
    both = {"wangfang": doctor, "zhaomin": expert}
    unread = [await cluster.one_value(UNREAD, login) for login in both]  # the bell itself may not have asked yet
    for program in (cluster.worker, cluster.other_worker):
        program.start()
    for one, before in zip(both.values(), unread, strict=True):
        await expect(one.page.locator("#bell .bell-count")).to_have_text(str(before + 1), timeout=STARTS)
    await reminded_once(cluster)


async def reminded_once(cluster):
    assert await cluster.rows(REMINDERS) == [("wangfang", SOON), ("zhaomin", SOON)]

    async def mails():
        return [one for one in cluster.mails() if "即将开始" in one[1]]

    letters = await until(mails, lambda sent: len(sent) >= 2)
    assert [to for to, _, _ in letters] == ["wangfang@demo.invalid", "zhaomin@demo.invalid"]
    assert all(f"{cluster.public_url}/consultations/" in body for _, _, body in letters), letters


async def worker_starts_again(cluster):
    """Killed and started: what went out does not go out again."""
    for program in (cluster.worker, cluster.other_worker):
        program.kill()
    cluster.worker.start()


# ---- nodes that die ----


async def node_dies(cluster, node, everybody, saying, record):
    """People of that node come back on the other; nobody lost a line, a picture or a connection.

    How soon they are back is recorded: 5 s is the aim. `saying` is who says what while it is down, in order.
    """
    read, connections = [await one.chat() for one in everybody], [await one.connections() for one in everybody]
    lines, said = read[0], sorted(line for _, line in saying)
    cluster.away, killed = True, time.time() * 1000
    node.kill()
    for one, line in saying:
        await one.says(line)
    now = await until(everybody[0].chat, lambda chat: len(chat) == len(lines) + len(said))
    assert (now[: len(lines)], sorted(now[len(lines) :])) == (lines, said)
    for one, known in zip(everybody, read, strict=True):  # who came late reads from then on
        await one.page.wait_for_selector("#banner", state="hidden")
        took = await one.page.evaluate(BACK) - killed
        assert took < BACK_WITHIN, (one.name, await one.page.evaluate(MARKS, killed))
        record(f"{one.name}: ms to be back", max(0, round(took)))  # below 0: was never away
        await one.reads(*known, *now[len(lines) :])
    assert [await one.connections() for one in everybody] == connections
    await all_see_each_other(everybody)
    cluster.away = False


async def all_see_each_other(everybody):
    for one in everybody:
        others = [other.name for other in everybody if other is not one]
        await until(one.people, lambda names, others=others: sorted(names) == sorted(others))
        await asyncio.gather(*(one.sees(name) for name in others))


async def attendance(cluster, case):
    """Each came once and went once, whatever happened to the nodes between."""
    meeting = await cluster.one_value("select meeting_id from consultations where id = $1", case.split("/")[-1])
    rows = await cluster.rows(
        """select kind, p.login from meeting_entries e left join people p on p.id = e.by
           where meeting_id = $1 and kind in ('joined', 'left') order by seq""",
        meeting,
    )
    assert sorted(rows, key=str) == sorted(
        [(kind, who) for kind in ("joined", "left") for who in ("wangfang", "zhaomin", None)], key=str
    )
    numbers = await cluster.rows("select seq from meeting_entries where meeting_id = $1 order by seq", meeting)
    assert [seq for (seq,) in numbers] == list(range(1, len(numbers) + 1))


# ---- the road ----


async def test_the_road_over_two_nodes(chromium, cluster, record_property, tmp_path):  # noqa: F811
    async with AsyncExitStack() as stack:
        doctor, centre, expert, family = await everybody(stack, chromium, cluster, Words("zh"))
        await both_are_reminded(cluster, doctor, expert)
        await makes_room(centre)
        case = await request_is_placed(doctor, centre, expert, "秦文远", QUESTION, minutes=2)
        await meet(doctor, expert)
        await talk(doctor, expert)
        await doctor.page.click("#control-mic")
        await is_muted(doctor, expert)
        await family_comes(doctor, expert, family)
        inside = (doctor, expert, family)
        lines = [(doctor, "停电了"), (expert, "还看得见"), (doctor, "继续")]
        await node_dies(cluster, cluster.two, inside, lines, record_property)
        await worker_starts_again(cluster)
        cluster.two.start()
        await cluster.two.ready()
        await node_dies(cluster, cluster.one, inside, [(expert, "又停了"), (doctor, "我在")], record_property)
        await opinion_is_begun(doctor, expert, case)
        await session_ends(doctor, expert)
        await expect(family.page.locator("#after-title")).to_have_text(family.say("会诊已结束"))
        await attendance(cluster, case)
        await opinion_is_signed(doctor, expert, cluster.by_one, case)
        pdf = await report_is_opened(doctor)
        await decides(doctor)
        await verifies(family, pdf, "intact", tmp_path)
        await reminded_once(cluster)
    assert "秦文远" not in cluster.said
    assert "Traceback" not in cluster.said, cluster.trouble
