"""Where one is signed in: another browser is put out, this one stays; a new password puts out all others."""

import asyncio
import re

import pytest
from yarl import URL

from tests.web.accounts_site import PASSWORD, open_site

NEW = "山重水复疑无路-2026"


@pytest.fixture
async def browsers(database_url, clock, tmp_path):
    """Three browsers of one doctor, and one of somebody else."""
    async with open_site(tmp_path / "data", database_url, clock) as site:
        yield [await site.signed_in(login) for login in ("doctor", "doctor", "doctor", "keeper")]


async def signed_in(browsers):
    return [(await one.get("/me")).path == "/me" for one in browsers]


async def listed(browser):
    """The sign-ins that the page offers to end."""
    return re.findall(r'action="(/me/sign-ins/[0-9a-f]{32}/revoke)"', (await browser.get("/me")).text)


async def test_a_browser_taken_from_the_list_is_out_and_the_others_stay(browsers):
    here, *_ = browsers
    others = await listed(here)
    assert len(others) == 2
    done = await here.post(others[0])
    assert (done.status, "已退出那个浏览器上的登录" in done) == (200, True)
    assert await listed(here) == others[1:]
    assert sorted(await signed_in(browsers)) == [False, True, True, True]
    assert (await signed_in(browsers))[0]


async def test_nobody_ends_the_sign_in_of_another(browsers):
    here, *_, keeper = browsers
    others = await listed(here)
    assert (await keeper.post(others[0])).status == 404
    assert await signed_in(browsers) == [True] * 4


async def test_a_changed_password_leaves_only_this_browser_signed_in(browsers):
    here, *_ = browsers
    await here.get("/me")
    page = await here.post("/me/password", {"current": PASSWORD, "password": NEW, "again": NEW})
    assert (page.status, "其他浏览器上的登录都已退出" in page) == (200, True), page.text[-2000:]
    assert await signed_in(browsers) == [True, False, False, True]
    assert await listed(here) == []


async def statuses(address, cookies):
    """What each of these bytes is answered as a cookie, all at once."""

    async def asked(cookie):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET /me HTTP/1.1\r\nHost: %s\r\nCookie: lianzhen_session=" % address.authority.encode())
        writer.write(cookie + b"\r\nAccept: application/json\r\nConnection: close\r\n\r\n")
        line = await reader.readline()
        writer.close()
        return int(line.split()[1])

    return await asyncio.gather(*map(asked, cookies))


async def test_a_cookie_in_no_letters_of_ours_is_a_strangers_and_spoils_nobody_elses_request(browsers):
    here, *_ = browsers
    own = next(one.value for one in here.session.cookie_jar if one.key == "lianzhen_session").encode()
    assert await statuses(URL(str(here.url)), [own, b"\xff", own, "签".encode(), own]) == [200, 401, 200, 401, 200]
