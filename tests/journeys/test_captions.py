"""What a teacher says is read in the hall, by whoever wants it and in the size they want; real Chromium and sound."""

import json
import wave
from contextlib import AsyncExitStack

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import fonts, launch, playwright  # noqa: F401 - fixtures among them
from tests.journeys.site import standing
from tests.journeys.test_hall import (  # noqa: F401 - fixtures among them
    LISTENER,
    LONG,
    PHONE,
    PRESENTER,
    TEACHER,
    WIDE,
    at,
    clerks,
    planned,
)
from tests.media.forwarders import KINDS
from tests.media.janus_node import SECRET, JanusNode, outer_address
from tests.media.speech_service import running

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

RATE = 48000
SAID = "患者欧阳明珠血压一百六"
"""What the service makes of the sound below."""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def voice(path):
    """A second of a voice's trembling at 600 Hz, a second of nothing, over and over: no filter takes it for noise."""
    at = np.arange(RATE) / RATE
    said = (0.5 + 0.5 * np.sin(2 * np.pi * 5 * at)) * np.sin(2 * np.pi * 600 * at)
    with wave.open(str(path), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes((12000 * np.concatenate([said, np.zeros(RATE)])).astype(np.int16).tobytes() * 10)
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service():
    async with running() as service:
        yield service


@pytest.fixture(scope="module", params=KINDS)
def carried(request):
    """The settings of what carries the hall."""
    if request.param == "embedded":
        yield {}
        return
    node = JanusNode(outer_address()).start()
    yield {"janus_urls": json.dumps([node.url]), "janus_secret": SECRET}
    node.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory, service, carried):
    async with standing(tmp_path_factory.mktemp("site"), speech_url=service.url, **carried) as site:
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def speakers(playwright, fonts, tmp_path_factory):  # noqa: F811
    sound = voice(tmp_path_factory.mktemp("sound") / "voice.wav")
    flags = ("--use-fake-device-for-media-stream=fps=8", "--allow-loopback-in-peer-connection")
    browser = await launch(playwright, fonts, *flags, f"--use-file-for-fake-audio-capture={sound}")
    yield browser
    await browser.close()


async def test_what_is_said_is_read_put_right_and_taken_away(speakers, site, clerks, service):  # noqa: F811
    address = await planned(clerks)
    async with AsyncExitStack() as stack:
        people = {}
        for login, viewport in ((TEACHER, WIDE), (LISTENER, PHONE)):
            people[login] = await stack.enter_async_context(at(speakers, site, clerks[login], login, viewport))
            await people[login].enter(site, address)
        teacher, listener = people[TEACHER].page, people[LISTENER].page
        assert not await listener.is_visible("#control-captions")

        # switched on, after reading what happens to the sound
        await people[TEACHER].show("lesson")
        await teacher.click("#captions-turn")
        await expect(teacher.locator("dialog[open]")).to_contain_text("本机构的语音模型")
        await teacher.get_by_role("dialog").get_by_role("button", name="开启字幕").click()
        line = listener.locator("#caption-lines li").last
        await expect(line).to_contain_text(SAID, timeout=LONG)
        await expect(line).to_contain_text("蔡明")
        assert await listener.evaluate(WIDER) <= 0

        # everybody for themselves
        await listener.click("#captions-size")
        await expect(listener.locator("#captions")).to_have_attribute("data-size", "2")
        await listener.click("#control-captions")
        await expect(listener.locator("#captions")).to_be_hidden()
        await listener.click("#control-captions")
        await expect(listener.locator("#captions")).to_be_visible()

        # a model that fails is said to pause; the lesson goes on
        await expect(listener.locator("#caption-lines li")).to_have_count(2, timeout=LONG)
        await service.feels(status=503)
        await expect(listener.locator("#captions-state")).to_contain_text("字幕暂停", timeout=LONG)
        await people[LISTENER].hears()

        # put right and taken away by the host
        await teacher.click("#captions-title")
        last = teacher.locator("#captions-list li").first
        await last.get_by_role("button", name="改正").click()
        await teacher.fill("#caption-text", "阿司匹林 100 mg")
        await teacher.get_by_role("button", name="保存").click()
        await expect(line).to_contain_text("阿司匹林 100 mg")
        count = await teacher.locator("#captions-list li").count()
        await teacher.locator("#captions-list li").nth(1).get_by_role("button", name="删除").click()
        await expect(teacher.locator("#captions-list li")).to_have_count(count - 1)

        # who comes late reads the last lines
        people[PRESENTER] = await stack.enter_async_context(at(speakers, site, clerks[PRESENTER], PRESENTER, WIDE))
        await people[PRESENTER].enter(site, address)
        await expect(people[PRESENTER].page.locator("#caption-lines")).to_contain_text("阿司匹林 100 mg")

        await service.feels(status=200)
        await expect(listener.locator("#caption-lines li").last).to_contain_text(SAID, timeout=LONG)
        await expect(listener.locator("#captions-state")).to_be_hidden()
        await teacher.click("#captions-turn")
        for page in (teacher, listener):
            await expect(page.locator("#captions")).to_be_hidden()
            await expect(page.locator("#control-captions")).to_be_hidden()
