"""A teacher shows the files of a released teaching case to all in the hall: its ECG, its radiograph, its photo."""

from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import fonts, playwright  # noqa: F401 - fixtures
from tests.browser.room.visitors import until
from tests.journeys.site import standing
from tests.journeys.test_hall import (  # noqa: F401 - fixtures among them
    LISTENER,
    LONG,
    PHONE,
    TEACHER,
    WIDE,
    at,
    clerks,
    planned,
    slow_cameras,
)
from tests.journeys.test_lesson import at_share, draws, slide

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

CASE = "以胸痛起病的不稳定型心绞痛"
SHADES = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory):
    """Its demo is loaded as at a first start: with the case that went through the darkroom."""
    async with standing(tmp_path_factory.mktemp("site"), told=False) as site:
        yield site


async def sees_a_picture(person):
    await slide(person, 1).to_be_visible(timeout=LONG)
    await until(lambda: person.page.locator("#slides-canvas").evaluate(SHADES), lambda shades: shades > 8, 30)


async def test_the_files_of_a_case_are_shown_in_step_and_drawn_on(slow_cameras, site, clerks):  # noqa: F811
    case = (await clerks[TEACHER].get("/teaching/cases")).link("/teaching/cases/[0-9a-f]{32}")
    address = await planned(clerks, (TEACHER,), case_ids=case.rsplit("/", 1)[1])
    assert f'href="{case}">{CASE}' in await clerks[LISTENER].get(address)
    async with AsyncExitStack() as stack:
        teacher, listener = [
            await stack.enter_async_context(at(slow_cameras, site, clerks[login], login, viewport))
            for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE))
        ]
        for person in (teacher, listener):
            await person.enter(site, address)
        for called in ("心电图 1", "影像 2", "照片 3"):
            await teacher.page.click("#control-slides")
            shown = teacher.page.locator(".material", has_text=called)
            await expect(shown).to_contain_text(CASE)
            await listener.page.route("**/derived/frames", lambda route: route.abort())
            await shown.click()
            await sees_a_picture(teacher)
            if called == "影像 2":
                await expect(listener.page.locator("#slides-said")).to_have_text(
                    "这一页没有打开，正在重试…", timeout=LONG
                )
                assert await listener.page.locator("#slides-canvas").evaluate("canvas => canvas.width") == 0
                await listener.page.unroute("**/derived/frames")
            await sees_a_picture(listener)
        await draws(teacher)
        await expect(listener.page.locator("#slides-ink polyline.ink-red")).to_have_count(1, timeout=LONG)
        await teacher.page.click("#slides-pointer-tool")
        await teacher.page.mouse.move(*await at_share(teacher.page, 0.5, 0.25))
        await expect(listener.page.locator("#slides-pointer")).to_be_visible(timeout=LONG)
