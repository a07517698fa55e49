"""A lesson as five minutes of it are lived: a teacher, a second presenter, two listeners on phones, real Chromium.

Video moves, a listener raises a hand, is brought on the stage, is seen and heard; the server is killed and started.
"""

import asyncio
import re
import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from server.core.i18n import BEIJING
from tests.browser.conftest import fonts, launch, playwright, profile  # noqa: F401 - fixtures
from tests.browser.room.visitors import FRAMES, WATCH, until
from tests.journeys.house import Visitor
from tests.journeys.site import standing

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 780}
TEACHER, PRESENTER, LISTENER, ASKER = "caiming", "tangli", "jiaxin", "wangfang"
NAMES = {TEACHER: "蔡明", PRESENTER: "唐力", ASKER: "王芳"}
LONG = 30_000  # ms: for what another person's click brings into a page on a busy machine
HEARD = """async () => {
  let energy = 0;
  for (const pc of window.connections.filter(pc => pc.connectionState === "connected"))
    for (const report of (await pc.getStats()).values())
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
  return energy;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def slow_cameras(playwright, fonts):  # noqa: F811
    """Four people share the machine with their encoders: eight pictures a second are enough to be seen moving."""
    flags = ("--use-fake-device-for-media-stream=fps=8", "--allow-loopback-in-peer-connection")
    browser = await launch(playwright, fonts, *flags)
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory):
    async with standing(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest_asyncio.fixture(loop_scope="session")
async def clerks(site):
    """Everybody signed in once, without a browser."""
    async with AsyncExitStack() as stack:
        made = {}
        for login in (TEACHER, PRESENTER, LISTENER, ASKER):
            made[login] = Visitor(site.address)
            stack.push_async_callback(made[login].session.close)
            await made[login].sign_in(login)
        yield made


def post_of(page, name):
    return re.search(rf'<option value="([0-9a-f]{{32}})"[^>]*>{name}', page.text)[1]


async def planned(clerks, teachers=(TEACHER, PRESENTER), **more):
    """A lesson that begins in two minutes, published, both listeners enrolled: its address."""
    teacher = clerks[TEACHER]
    form = await teacher.get("/teaching/sessions/new")
    starts = datetime.now(BEIJING) + timedelta(minutes=2)
    fields = {
        "kind": "lecture",
        "title": "基层心电图判读",
        "starts": f"{starts:%Y-%m-%dT%H:%M}",
        "minutes": "60",
        **{role: post_of(form, NAMES[one]) for role, one in zip(("teacher", "coteacher"), teachers, strict=False)},
        "scope": "consortium",
        "capacity": "0",
        **more,
    }
    key = re.search(r'name="_key" value="([^"]+)"', form.text)
    made = await teacher.post("/teaching/sessions", fields | ({"_key": key[1]} if key else {}))
    assert "/teaching/sessions/" in made.path, made.text[-3000:]
    address = made.path.split("?")[0]
    done = await teacher.post(f"{address}/publish")
    assert done.status == 200, re.findall(r'role="alert".*', done.text)
    for login in (LISTENER, ASKER):
        assert (await clerks[login].post(f"{address}/enrol")).status == 200
    return address


class Person:
    def __init__(self, page, login):
        self.page, self.login = page, login

    async def enter(self, site, address):
        await self.page.goto(site.address + address)
        await self.page.click("a[href^='/rooms/']")
        await self.page.click("#enter")
        await self.page.wait_for_selector("#room[data-state=call]")
        await expect(self.page.locator("#scene-line-words")).to_have_text("已连接", timeout=LONG)

    def tile(self, login):
        name = self.page.locator(".face-name").get_by_text(NAMES[login], exact=True)
        return self.page.locator(".face:not([data-mine])", has=name)

    async def frames(self, login):
        tile = self.tile(login)
        return await tile.evaluate(FRAMES) if await tile.count() else 0

    async def sees(self, login):
        """The other's frames rise."""
        before = await self.frames(login)
        return await until(lambda: self.frames(login), lambda now: now > before + 5, 40)

    async def hears(self):
        before = await self.page.evaluate(HEARD)
        await until(lambda: self.page.evaluate(HEARD), lambda now: now > before, 30)

    async def show(self, tab):
        if not await self.page.is_visible(f"#tab-{tab}"):
            await self.page.click("#control-panel")
        await self.page.click(f"#tab-{tab}")

    async def says(self, text):
        await self.show("chat")
        await self.page.fill("#chat-text", text)
        await self.page.press("#chat-text", "Enter")


@asynccontextmanager
async def at(browser, site, clerk, login, viewport):
    jar = [{"name": one.key, "value": one.value, "url": site.address} for one in clerk.session.cookie_jar]
    async with profile(browser, permissions=["camera", "microphone"], viewport=viewport) as context:
        await context.add_cookies(jar)
        await context.add_init_script(WATCH)
        context.set_default_timeout(LONG)
        yield Person(await context.new_page(), login)


def facts(site, room):
    """Who came and went, by the log: (kind, stay)."""
    with closing(sqlite3.connect(f"file:{site.data / 'lianzhen.sqlite'}?mode=ro", uri=True)) as store:
        return store.execute(
            "select kind, stay from meeting_entries where meeting_id = ? and kind in ('joined', 'left') order by seq",
            [room],
        ).fetchall()


async def test_a_lesson_from_lobby_to_leaving(slow_cameras, site, clerks):
    address = await planned(clerks)
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (PRESENTER, WIDE), (LISTENER, PHONE), (ASKER, PHONE)):
            person = at(slow_cameras, site, clerks[login], login, viewport)
            people[login] = await stack.enter_async_context(person)
            await people[login].enter(site, address)
        teacher, listener, asker = people[TEACHER], people[LISTENER], people[ASKER]
        room = listener.page.url.split("/rooms/")[1].split("?")[0]
        await listener.sees(TEACHER)
        await listener.sees(PRESENTER)
        await listener.hears()
        await people[PRESENTER].sees(TEACHER)
        await expect(teacher.page.locator("#hall-count")).to_have_text("2 人听课")
        assert not await listener.page.is_visible("#control-mic")

        await asker.page.click("#control-hand")
        await teacher.show("people")
        await expect(teacher.page.locator("#hands-list li")).to_have_count(1)
        await teacher.page.locator("#hands-list").get_by_role("button", name="请上台").click()
        await expect(asker.page.locator("#control-mic")).to_be_visible()
        await listener.sees(ASKER)
        await teacher.sees(ASKER)
        await expect(listener.page.locator("#hall-count")).to_have_text("1 人听课")

        site.kill()
        site.start()
        await site.ready()
        site.away = False
        for person, others in ((listener, (TEACHER, PRESENTER, ASKER)), (teacher, (PRESENTER, ASKER))):
            await expect(person.page.locator("#scene-line-words")).to_have_text("已连接", timeout=LONG)
            for other in others:
                await person.sees(other)
        await listener.hears()
        await listener.says("听得清楚")
        await teacher.show("chat")
        await expect(teacher.page.locator(".chat-text")).to_have_text(["听得清楚"])

        await teacher.show("people")
        row = teacher.page.locator("#stage-list li", has_text=NAMES[ASKER])
        await row.get_by_role("button", name="请下台").click()
        await expect(asker.page.locator("#control-hand")).to_be_visible()
        await expect(listener.tile(ASKER)).to_have_count(0)
        await listener.page.reload()
        await listener.sees(TEACHER)

        await asker.page.click("#control-leave")
        await asker.page.wait_for_url("**/teaching/sessions/**")
        stays = await until(lambda: asyncio.to_thread(facts, site, room), lambda now: now[-1][0] == "left")
        joined = [stay for kind, stay in stays if kind == "joined"]
        left = [stay for kind, stay in stays if kind == "left"]
        assert len(set(joined)) == len(joined), "an attendance is begun once"
        assert len(joined) - len(left) == 3, "three are there still"
        assert set(left) <= set(joined)
