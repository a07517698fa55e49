"""The browser the other browser tests stand on."""

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.browser.conftest import profile

STRICT = {"Content-Security-Policy": "default-src 'self'"}


@pytest_asyncio.fixture(loop_scope="session")
async def site():
    async def answer(request):
        return web.Response(text=request.query.get("html", "<p>会诊</p>"), content_type="text/html", headers=STRICT)

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_there_is_a_camera_with_a_picture_and_a_microphone(page, site):
    await page.goto(site)
    assert await page.evaluate(
        """async () => {
            const stream = await navigator.mediaDevices.getUserMedia({video: true, audio: true});
            const kinds = stream.getTracks().map((track) => track.kind).sort();
            stream.getTracks().forEach((track) => track.stop());
            return kinds;
        }"""
    ) == ["audio", "video"]


async def test_chinese_has_letters_of_its_own(page, site):
    await page.goto(site)
    drawn = """(text) => { const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
        pen.font = "100px sans-serif"; pen.fillText(text, 0, 100); return canvas.toDataURL(); }"""
    assert len({await page.evaluate(drawn, letter) for letter in "会诊\ue000"}) == 3, "boxes instead of letters"


@pytest.mark.parametrize(
    ("html", "offence"),
    [
        ("<img src='http://elsewhere.example/x.png'>", "elsewhere.example"),
        ("<script>1</script>", "policy"),
    ],
)
async def test_a_page_that_does_what_none_may_is_seen(chromium, site, html, offence):
    with pytest.raises(AssertionError, match=offence):
        async with profile(chromium) as context:
            page = await context.new_page()
            await page.goto(f"{site}?html={html}")
