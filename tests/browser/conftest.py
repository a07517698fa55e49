"""Real Chromium, with a camera and a microphone that play a test picture and a beep.

All browser tests of a run share one browser and one event loop; each has profiles (contexts) of its own. A profile
watches over its pages: a request to a foreign host, a script error or a violation of the content security policy
fails the test, however well it went otherwise.
"""

import importlib.util
import os
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from server.core.clock import SetClock
from tests.journeys.house import open_house
from tests.journeys.test_road import MONDAY_NINE
from tests.node import node
from tests.parts import CHROMIUM, path_of

HERE = Path(__file__).parent
CALLS = {HERE / "room", HERE / "test_forwarder.py", HERE / "test_janus.py"}
OWN_HOSTS = {"127.0.0.1", "localhost", "::1", ""}
FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # its address bar makes two pages of suggestions for every profile: twice the work of a page that is tested
    "--disable-features=WebRtcHideLocalIpsWithMdns,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir></fontconfig>
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            in_call = CALLS & {item.path, *item.path.parents}
            item.add_marker(pytest.mark.call if in_call else pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def fonts(tmp_path_factory):
    """Chinese letters even where the machine has no font for them: those of the documents' own package."""
    package = importlib.util.find_spec("noto_cjk_sans_otc").submodule_search_locations[0]
    path = tmp_path_factory.mktemp("fonts") / "fonts.conf"
    path.write_text(FONTS.format(fonts=package))
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright():
    # the Node inside Playwright wants libatomic, which a bare system lacks
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node())
    async with async_playwright() as driver:
        yield driver


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(playwright, fonts):
    """One headless Chromium for all tests of a worker."""
    browser = await launch(playwright, fonts)
    yield browser
    await browser.close()


async def launch(playwright, fonts, *flags, **options):
    environment = {"FONTCONFIG_FILE": str(fonts)}
    return await playwright.chromium.launch(
        executable_path=path_of(CHROMIUM), args=[*FLAGS, *flags], env=environment, **options
    )


class Watch:
    """What no page of ours may do, seen in any page of a profile."""

    def __init__(self, context):
        self.offences = []
        context.on("request", self._request)
        context.on("weberror", lambda error: self.offences.append(f"script error: {error.error}"))
        context.on("console", self._console)

    def _request(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and (address.hostname or "") not in OWN_HOSTS:
            self.offences.append(f"foreign host: {request.url}")

    def _console(self, message):
        if message.type == "error" and "Content Security Policy" in message.text:
            self.offences.append(f"policy: {message.text}")


@asynccontextmanager
async def profile(browser, **options):
    """A fresh profile, Chinese unless told otherwise. Fails at the end if its pages did what none may."""
    context = await browser.new_context(**{"locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options)
    context.set_default_timeout(10_000)
    watch = Watch(context)
    try:
        yield context
    finally:
        await context.close()
    assert watch.offences == []


async def drop(page, place, paths):
    """As a hand at the mouse drops them: files and folders of the disk."""
    box = await page.locator(place).bounding_box()
    mouse = await page.context.new_cdp_session(page)
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        await mouse.send("Input.dispatchDragEvent", {"type": step, "x": box["x"] + 9, "y": box["y"] + 9, "data": data})


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium):
    """One page in a profile of its own."""
    async with profile(chromium) as context:
        yield await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path):
    """The whole application with its demo, whose clock is turned by hand; other tests open one of their own."""
    clock = SetClock(MONDAY_NINE)
    async with open_house(tmp_path / "data", clock=clock) as house:
        house.clock = clock
        yield house


@asynccontextmanager
async def browser_of(house, visitor, chromium, **options):
    """A page of somebody who is signed in there, in a profile of its own."""
    async with profile(chromium, **options) as context:
        cookies = visitor.session.cookie_jar
        await context.add_cookies([{"name": one.key, "value": one.value, "url": house.url} for one in cookies])
        yield await context.new_page()
