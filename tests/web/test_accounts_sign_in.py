"""Signing in by password and second factor, proving oneself again, and what ends a sign-in."""

import asyncio
import re
from datetime import timedelta

import aiohttp
import pyotp
import pytest
from sqlalchemy import select

from server.accounts.model import ABSOLUTE, IDLE, SignIn
from tests.web.accounts_site import PASSWORD, open_site, said_at, typed_in


@pytest.fixture
async def site(database_url, clock, tmp_path):
    async with open_site(tmp_path / "data", database_url, clock) as site:
        yield site


@pytest.fixture
async def strict_site(database_url, clock, tmp_path):
    async with open_site(tmp_path / "data", database_url, clock, second_factor=True) as site:
        yield site


async def set_up_codes(site, browser, path="/second-factor"):
    """An authenticator app set up through the page; the app, and the recovery codes shown."""
    page = await browser.get(path)
    app = pyotp.TOTP(re.search(r'account-secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", ""))
    done = await browser.submit(page, "/second-factor/totp", code=app.at(site.clock.now()))
    assert done.status == 200, done.text
    return app, re.findall(r"<li><code>([A-Z0-9-]{14})</code>", done.text)


async def half_way(site, login="doctor"):
    browser = site.visitor()
    await browser.get("/sign-in")
    page = await browser.post("/sign-in", {"login": login, "password": PASSWORD, "next": "/me?a=1&b=2"})
    assert page.path.startswith("/sign-in/second-factor"), page.path
    return browser, page


# ---- the password


async def test_a_password_lets_in_and_back_to_where_one_was_going(site):
    browser = site.visitor()
    door = await browser.get("/me")
    assert door.path == "/sign-in?next=/me"
    page = await browser.submit(door, "/sign-in", login=" Doctor ", password=PASSWORD)
    assert (page.status, page.path) == (200, "/me")


async def test_the_known_and_the_unknown_are_told_the_same(site):
    told = []
    for login in ("doctor", "nobody"):
        browser = site.visitor()
        await browser.get("/sign-in")
        page = await browser.post("/sign-in", {"login": login, "password": "wrong"})
        told.append((page.status, re.sub(r"[0-9a-f]{32,64}|doctor|nobody", "", page.text)))
    assert told[0] == told[1]
    assert told[0][0] == 422


async def test_what_was_refused_is_on_record_for_a_known_name_and_for_none(site):
    await set_up_codes(site, await site.signed_in("doctor"))
    browser, page = await half_way(site)
    await browser.submit(page, "/sign-in/second-factor", code="000000")
    for login in ("doctor", "nobody"):
        await browser.post("/sign-in", {"login": login, "password": "wrong"})
    refused = [act for act in await site.acts() if act.endswith("_refused")]
    assert refused == ["accounts.factor_refused", "accounts.password_refused", "accounts.password_refused"]


async def test_five_wrong_guesses_shut_the_door_for_a_quarter_of_an_hour(site):
    browser = site.visitor()
    await browser.get("/sign-in")
    wrong = [(await browser.post("/sign-in", {"login": "doctor", "password": f"{n}"})).status for n in range(6)]
    assert wrong == [422] * 5 + [429]
    assert (await browser.post("/sign-in", {"login": "doctor", "password": PASSWORD})).status == 429


async def test_strangers_guesses_do_not_lock_out_a_known_browser(site):
    own = await site.signed_in("doctor")
    await own.post("/sign-out")
    stranger = site.visitor()
    await stranger.get("/sign-in")
    for _ in range(6):
        await stranger.post("/sign-in", {"login": "doctor", "password": "guess"})
    page = await own.sign_in("doctor", PASSWORD)
    assert page.status == 200


async def test_a_page_of_another_site_is_not_gone_on_to(site):
    for address in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example/a.zip",
        "/\r\n/a.zip",
    ):
        browser = site.visitor()
        await browser.get("/sign-in")
        page = await browser.post("/sign-in", {"login": "doctor", "password": PASSWORD, "next": address})
        assert page.path == "/"


# ---- the second factor


async def test_an_app_is_set_up_and_asked_for_at_the_next_sign_in(site):
    app, codes = await set_up_codes(site, await site.signed_in("doctor"))
    assert len(set(codes)) == 10
    browser, page = await half_way(site)
    assert (await browser.get("/me")).path.startswith("/sign-in")
    site.clock.turn(timedelta(seconds=30))
    wrong = await browser.submit(page, "/sign-in/second-factor", code="000000")
    assert (wrong.status, said_at(wrong, "code")) == (422, "验证码不对，或已经用过；请等下一个")
    right = await browser.submit(wrong, "/sign-in/second-factor", code=app.at(site.clock.now()))
    assert (right.status, right.path) == (200, "/me?a=1&b=2")
    assert [letter.to for letter in await site.letters()] == ["lin@example.com"]


async def test_a_code_counts_once_however_many_send_it_at_once(site):
    app, _ = await set_up_codes(site, await site.signed_in("doctor"))
    site.clock.turn(timedelta(seconds=30))
    code = app.at(site.clock.now())
    browsers = [await half_way(site) for _ in range(4)]
    answers = await asyncio.gather(*(one.submit(page, "/sign-in/second-factor", code=code) for one, page in browsers))
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422]


async def test_a_code_is_good_five_seconds_beyond_its_step_and_no_longer(site):
    app, _ = await set_up_codes(site, await site.signed_in("doctor"))
    site.clock.turn(timedelta(minutes=2))
    late = app.at(site.clock.now())
    step_ends = 30 - site.clock.now().timestamp() % 30
    for beyond, status in ((6, 422), (4, 200)):
        browser, page = await half_way(site)
        before = site.clock.now()
        site.clock.turn(timedelta(seconds=step_ends + beyond))
        assert (await browser.submit(page, "/sign-in/second-factor", code=late)).status == status
        site.clock.at = before


async def test_a_recovery_code_opens_once(site):
    _, codes = await set_up_codes(site, await site.signed_in("doctor"))
    browser, _ = await half_way(site)
    page = await browser.get("/sign-in/recovery")
    assert (await browser.submit(page, "/sign-in/recovery", recovery_code=codes[3].lower())).status == 200
    again, _ = await half_way(site)
    page = await again.get("/sign-in/recovery")
    used = await again.submit(page, "/sign-in/recovery", recovery_code=codes[3])
    assert (used.status, said_at(used, "recovery_code")) == (422, "恢复码不对，或已经用过")
    assert "还剩 9 个" in await browser.get("/me")


async def test_guesses_at_the_second_factor_are_counted(site):
    app, _ = await set_up_codes(site, await site.signed_in("doctor"))
    browser, page = await half_way(site)
    site.clock.turn(timedelta(seconds=30))
    guesses = [(await browser.submit(page, "/sign-in/second-factor", code=f"{n:06}")).status for n in range(5)]
    assert guesses == [422] * 5
    assert (await browser.submit(page, "/sign-in/second-factor", code=app.at(site.clock.now()))).status == 429


async def test_a_password_alone_sets_up_no_further_factor(site):
    await set_up_codes(site, await site.signed_in("doctor"))
    browser, _ = await half_way(site)
    assert (await browser.get("/second-factor")).path.startswith("/sign-in/second-factor")
    refused = await browser.post("/second-factor/totp", {"code": "123456", "sealed": "x"})
    assert "/second-factor" not in refused.path


async def test_where_the_site_demands_it_one_sets_it_up_before_anything_else(strict_site):
    browser = strict_site.visitor()
    await browser.get("/sign-in")
    page = await browser.post("/sign-in", {"login": "doctor", "password": PASSWORD, "next": "/me"})
    assert page.path == "/second-factor?next=/me"
    assert (await browser.get("/me")).path.startswith("/sign-in")
    _, codes = await set_up_codes(strict_site, browser, "/second-factor?next=/me")
    assert len(codes) == 10
    mine = await browser.get("/me")
    assert (mine.status, mine.path, "已启用" in mine) == (200, "/me", True)
    last = await browser.post("/second-factor/totp/remove", headers={"Accept": "application/json"})
    assert (last.status, "不能移除最后一种方式" in last) == (409, True)


async def test_codes_are_renewed_and_the_old_ones_count_no_more(site):
    browser = await site.signed_in("doctor")
    _, before = await set_up_codes(site, browser)
    page = await browser.post("/second-factor/codes")
    after = re.findall(r"<li><code>([A-Z0-9-]{14})</code>", page.text)
    assert len(after) == 10
    assert set(before).isdisjoint(after)
    stale, _ = await half_way(site)
    page = await stale.get("/sign-in/recovery")
    assert (await stale.submit(page, "/sign-in/recovery", recovery_code=before[0])).status == 422


# ---- proving oneself again


async def test_after_five_minutes_one_proves_oneself_again(site):
    browser = await site.signed_in("doctor")
    site.clock.turn(timedelta(minutes=6))
    page = await browser.get("/second-factor")
    assert page.path == "/reauthenticate?next=/second-factor"
    wrong = await browser.submit(page, "/reauthenticate", password="wrong")
    assert (wrong.status, said_at(wrong, "password")) == (422, "密码不对")
    right = await browser.submit(wrong, "/reauthenticate", password=PASSWORD)
    assert (right.status, right.path) == (200, "/second-factor")


async def test_who_has_codes_gives_one_then_too(site):
    browser = await site.signed_in("doctor")
    app, _ = await set_up_codes(site, browser)
    site.clock.turn(timedelta(minutes=6))
    page = await browser.get("/second-factor")
    wrong = await browser.submit(page, "/reauthenticate", password=PASSWORD, code="000000")
    assert (wrong.status, said_at(wrong, "code")) == (422, "验证码不对，或已经用过；请等下一个")
    right = await browser.submit(wrong, "/reauthenticate", password=PASSWORD, code=app.at(site.clock.now()))
    assert right.path == "/second-factor"


def copied(site, browser):
    """Another browser with the cookies that this one has now."""
    other = site.visitor()
    other.session.cookie_jar.update_cookies({one.key: one.value for one in browser.session.cookie_jar})
    return other


async def proved_and_lost(site):
    """Whoever proved who they are, and a browser that never got the answer."""
    browser = await site.signed_in("doctor")
    site.clock.turn(timedelta(minutes=6))
    lost, page = copied(site, browser), await browser.get("/reauthenticate?next=/me")
    assert (await browser.submit(page, "/reauthenticate", password=PASSWORD)).path == "/me"
    return browser, lost


async def test_the_cookie_of_before_is_worth_no_proof_and_after_a_minute_nothing(site):
    browser, thief = await proved_and_lost(site)
    assert (await browser.get("/second-factor")).path == "/second-factor"
    assert (await thief.get("/second-factor")).path == "/reauthenticate?next=/second-factor"
    wrong = await thief.post("/reauthenticate", {"password": "guess", "next": "/me"})
    assert (wrong.status, said_at(wrong, "password")) == (422, "密码不对")
    site.clock.turn(timedelta(seconds=61))
    assert (await thief.get("/me")).path.startswith("/sign-in")
    assert (await browser.get("/me")).path == "/me"


async def test_a_proof_whose_answer_was_lost_is_given_once_more(site):
    browser, lost = await proved_and_lost(site)
    page = await lost.get("/reauthenticate?next=/second-factor")
    assert (await lost.submit(page, "/reauthenticate", password=PASSWORD)).path == "/second-factor"
    site.clock.turn(timedelta(minutes=2))
    for one in (browser, lost):
        assert (await one.get("/second-factor")).path == "/second-factor", "it is the same cookie"


async def test_a_code_whose_answer_was_lost_counts_once_more_and_there_alone(site):
    browser = await site.signed_in("doctor")
    app, _ = await set_up_codes(site, browser)
    site.clock.turn(timedelta(minutes=6))
    lost, code = copied(site, browser), app.at(site.clock.now())
    statuses = []
    for one in (browser, browser, lost):
        page = await one.get("/reauthenticate?next=/me")
        statuses.append((await one.submit(page, "/reauthenticate", password=PASSWORD, code=code)).status)
    elsewhere, page = await half_way(site)
    statuses.append((await elsewhere.submit(page, "/sign-in/second-factor", code=code)).status)
    assert statuses == [200, 422, 200, 422]


async def test_the_cookie_of_two_proofs_ago_is_worth_nothing(site):
    browser, lost = await proved_and_lost(site)
    page = await browser.get("/reauthenticate?next=/me")
    await browser.submit(page, "/reauthenticate", password=PASSWORD)
    assert (await lost.get("/me")).path.startswith("/sign-in")


async def test_who_signs_out_ends_the_cookie_of_before_too(site):
    browser, lost = await proved_and_lost(site)
    await browser.post("/sign-out")
    for one in (browser, lost):
        assert (await one.get("/me")).path.startswith("/sign-in")


# ---- how long it lasts


async def test_fifteen_idle_minutes_lock_the_pages_and_leave_the_call(site):
    browser = await site.signed_in("doctor")
    site.clock.turn(IDLE - timedelta(seconds=1))
    assert (await browser.get("/me")).path == "/me"
    token_of_the_rooms_page = browser.token
    site.clock.turn(IDLE)
    assert (await browser.get("/me")).path.startswith("/sign-in")
    browser.token = token_of_the_rooms_page
    json = {"Accept": "application/json"}
    assert (await browser.post(f"/rooms/{'f' * 32}/join", headers=json)).status == 404  # asked of whom it knows
    assert (await browser.get("/me")).path.startswith("/sign-in")  # and that unlocks nothing


async def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(site):
    browser = await site.signed_in("doctor")
    for _ in range(4):
        site.clock.turn(timedelta(minutes=4))
        await browser.get("/notices", headers={"X-Background": "1"})
    assert (await browser.get("/me")).path.startswith("/sign-in")


async def test_after_twelve_hours_even_the_busy_sign_in_again(site):
    browser = await site.signed_in("doctor")
    for _ in range(int(ABSOLUTE / timedelta(minutes=10))):
        assert (await browser.get("/me")).path == "/me"
        site.clock.turn(timedelta(minutes=10))
    assert (await browser.get("/me")).path.startswith("/sign-in")


async def test_cookies_are_kept_from_scripts_and_other_sites(site):
    browser = site.visitor()
    await browser.get("/sign-in")
    fields = {"login": "doctor", "password": PASSWORD}
    page = await browser.post("/sign-in", fields, allow_redirects=False)
    cookie = next(one for one in page.headers.getall("Set-Cookie") if one.startswith("lianzhen_session="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    token = cookie.partition("=")[2].partition(";")[0]
    async with site.database.unit(writes=False) as unit:
        kept = (await unit.session.scalars(select(SignIn))).all()
    assert token.encode() not in b"".join(one.digest for one in kept)


# ---- what was typed is kept while one proves oneself


NEW_POST = {"role": "specialist", "starts": "2027-01-01", "ends": "2027-12-31"}


async def late_post(site, keeper, person="doctor", later=timedelta(minutes=6), **typed):
    """Sends a post for somebody six minutes after signing in, or later; the page that answers."""
    id = site.people[person].id
    await keeper.get(f"/people/{id}")
    site.clock.turn(later)
    fields = {"csrf": keeper.token, "idempotency_key": "k" * 32, **NEW_POST, **typed}
    page = await keeper.post(
        f"/people/{id}/posts",
        {"place": site.places["A0"].id, **fields},
        headers={"Referer": f"{site.url}/people/{id}"},
    )
    assert page.status == 401, page.text
    return page, f"/people/{id}"


async def test_a_form_sent_too_late_is_kept_and_goes_on(site):
    keeper = await site.signed_in("keeper")
    page, person = await late_post(site, keeper)
    assert "您填写的内容都保留着" in page
    wrong = await keeper.submit(page, "/reauthenticate", password="wrong")
    assert (wrong.status, said_at(wrong, "password")) == (422, "密码不对")
    kept = await keeper.submit(wrong, "/reauthenticate", password=PASSWORD)
    before = (await site.acts()).count("accounts.appointed")
    done = await keeper.submit(kept, f"{person}/posts")
    assert (done.status, done.path) == (200, f"{person}?done=post")
    assert "2027-12-31" in done
    again = await keeper.submit(kept, f"{person}/posts")
    assert (again.path, (await site.acts()).count("accounts.appointed")) == (f"{person}?done=post", before + 1)


async def test_what_was_typed_over_a_long_pause_is_kept_too(site):
    keeper = await site.signed_in("keeper")
    page, person = await late_post(site, keeper, later=IDLE)
    assert "您填写的内容都保留着" in page
    assert (await keeper.get("/me")).path.startswith("/sign-in")
    kept = await keeper.submit(page, "/reauthenticate", password=PASSWORD)
    done = await keeper.submit(kept, f"{person}/posts")
    assert (done.status, done.path) == (200, f"{person}?done=post")


async def test_what_was_wrong_in_it_is_said_with_all_that_was_typed(site):
    keeper = await site.signed_in("keeper")
    page, person = await late_post(site, keeper, ends="2026-01-01")
    kept = await keeper.submit(page, "/reauthenticate", password=PASSWORD)
    refused = await keeper.submit(kept, f"{person}/posts")
    assert (refused.status, said_at(refused, "ends") != "") == (422, True)
    assert typed_in(refused, "starts") == "2027-01-01"


async def test_a_kept_form_goes_on_for_nobody_else(site):
    keeper = await site.signed_in("keeper")
    page, person = await late_post(site, keeper)
    carried = re.search(r'name="carried" value="([^"]+)"', page.text)[1]
    other = await site.signed_in("stranger")
    await other.get("/reauthenticate")
    gone = await other.post("/reauthenticate", {"password": PASSWORD, "next": "/me", "carried": carried})
    assert (gone.status, gone.path) == (200, "/me")
    damaged = await keeper.submit(page, "/reauthenticate", password=PASSWORD, carried=carried[:-9] + "A" * 9)
    assert (damaged.status, damaged.path) == (200, person)


async def test_a_kept_form_is_not_kept_for_ever(site):
    keeper = await site.signed_in("keeper")
    page, person = await late_post(site, keeper)
    for _ in range(3):
        site.clock.turn(timedelta(minutes=11))
        await keeper.get("/me")
    late = await keeper.submit(page, "/reauthenticate", password=PASSWORD)
    assert (late.status, late.path) == (200, person)


async def test_what_another_site_made_the_browser_send_is_not_kept(site):
    keeper = await site.signed_in("keeper")
    await keeper.get("/me")
    site.clock.turn(timedelta(minutes=6))
    id = site.people["doctor"].id
    for headers in ({"Origin": "https://evil.example"}, {"X-CSRF": "0" * 64}):
        sent = await keeper.post(f"/people/{id}/suspend", {"reason": "x"}, headers=headers)
        assert 'name="carried" value=""' in sent, "the page asks for the password, and keeps nothing"


async def test_a_file_must_be_chosen_again_and_one_is_told(site):
    keeper = await site.signed_in("keeper")
    await keeper.get("/people/import")
    site.clock.turn(timedelta(minutes=6))
    sheet = aiohttp.FormData()
    sheet.add_field("sheet", b"a,b", filename="people.csv", content_type="text/csv")
    page = await keeper.post("/people/import", sheet, headers={"Referer": f"{site.url}/people/import"})
    assert (page.status, "选好的文件没有保留" in page) == (401, True)
    assert (await keeper.submit(page, "/reauthenticate", password=PASSWORD)).path == "/people/import"


# ---- the language


async def speaking(site, browser, login, *, language=""):
    """Signs in with a browser that asks for `language`; the language of the page afterwards."""
    headers = {"Accept-Language": language} if language else {}
    await browser.get("/sign-in", headers=headers)
    await browser.post("/sign-in", {"login": login, "password": PASSWORD, "next": "/me"}, headers=headers)
    page = await browser.get("/me", headers=headers)
    return re.search(r'<html lang="(\w\w)', page.text)[1]


async def test_a_folder_of_the_pages_files_is_refused_in_ones_language(site):
    browser, stranger = await site.signed_in("doctor"), site.visitor()
    await browser.post("/language", {"locale": "en", "next": "/me"})
    english, chinese = "Your post does not allow this", "您的岗位不能做这件事"
    asked = ((browser, "zh-CN", english), (stranger, "en-GB", english), (stranger, "zh-CN", chinese))
    for one, language, says in asked:
        refused = await one.get("/static/dist", headers={"Accept-Language": language})
        assert (refused.status, says in refused) == (403, True)


async def test_who_never_chose_reads_on_in_the_language_of_the_sign_in_page(site):
    assert await speaking(site, site.visitor(), "doctor", language="en-GB,en;q=0.9") == "en"
    assert await speaking(site, site.visitor(), "doctor", language="zh-CN") == "zh"


async def test_what_is_chosen_on_the_sign_in_page_wins_and_is_remembered_for_who_never_chose(site):
    browser = site.visitor()
    await browser.get("/sign-in")
    await browser.post("/language", {"locale": "en", "next": "/sign-in"})
    assert await speaking(site, browser, "doctor", language="zh-CN") == "en"
    elsewhere = site.visitor()
    assert await speaking(site, elsewhere, "doctor", language="zh-CN") == "en"


async def test_a_choice_on_the_sign_in_page_wins_for_the_visit_over_what_one_chose_before(site):
    first = await site.signed_in("doctor")
    await first.post("/language", {"locale": "zh", "next": "/me"})
    browser = site.visitor()
    await browser.get("/sign-in")
    await browser.post("/language", {"locale": "en", "next": "/sign-in"})
    assert await speaking(site, browser, "doctor") == "en"
    assert await speaking(site, site.visitor(), "doctor", language="en-GB") == "zh", "what they once chose stays theirs"
