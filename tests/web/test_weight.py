"""What a page weighs on the line: text leaves compressed, and no secret in it is the same twice."""

import gzip
import re

import aiohttp
import pytest

from tests.web.accounts_site import open_site

TOKEN = re.compile(r'<meta name="csrf" content="([0-9a-f]+)"')


@pytest.fixture
async def site(sqlite_url, clock, tmp_path):
    async with open_site(tmp_path / "data", sqlite_url, clock) as site:
        yield site


async def fetched(site, path, accepted):
    """Status, headers and the bytes as they came over the line."""
    async with (
        aiohttp.ClientSession(site.url, auto_decompress=False) as line,
        line.get(path, headers={"Accept-Encoding": accepted}) as response,
    ):
        return response.status, response.headers, await response.read()


SMALL = 2048  # bytes: a shared piece of a few lines has little to give


async def test_a_page_comes_compressed_to_whoever_takes_it(site):
    status, headers, plain = await fetched(site, "/sign-in", "identity")
    assert (status, headers.get("Content-Encoding")) == (200, None)
    status, headers, body = await fetched(site, "/sign-in", "gzip, br")
    assert (status, headers["Content-Encoding"], headers["Vary"]) == (200, "gzip", "Accept-Encoding")
    shown = gzip.decompress(body).decode()
    assert TOKEN.sub("", shown)[:200] == TOKEN.sub("", plain.decode())[:200]
    assert len(body) < len(plain) / 2


async def test_styles_and_scripts_were_compressed_when_they_were_built(site):
    _, _, page = await fetched(site, "/sign-in", "identity")
    for address in re.findall(r'(?:href|src)="(/static/dist/[^"]+)"', page.decode()):
        _, _, plain = await fetched(site, address, "identity")
        _, headers, body = await fetched(site, address, "gzip, br")
        assert headers["Content-Encoding"] in ("br", "gzip")
        assert len(body) < len(plain) / (2 if len(plain) > SMALL else 1), address


async def test_the_form_token_is_another_one_on_every_page_and_each_of_them_holds(site):
    browser = await site.signed_in("doctor")
    tokens = [TOKEN.search((await browser.get("/me")).text)[1] for _ in range(3)]
    assert len(set(tokens)) == 3
    for token in tokens:
        browser.token = token
        assert (await browser.post("/language", {"locale": "en"})).status < 400
    browser.token = tokens[0][:32] + tokens[1][32:]
    assert (await browser.post("/language", {"locale": "zh"})).status == 403


async def test_a_token_of_somebody_else_does_not_hold(site):
    mine, theirs = await site.signed_in("doctor"), await site.signed_in("keeper")
    await theirs.get("/me")
    await mine.get("/me")
    mine.token = theirs.token
    assert (await mine.post("/sign-out")).status == 403
    assert (await mine.get("/me")).path == "/me"
