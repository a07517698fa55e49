"""Accounts in a real browser: a passkey and an app from first to last, a form that waits, every page looked at."""

import json
import random
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import select

from server.accounts.model import Person
from server.core.clock import SetClock
from server.demo import PASSWORD
from tests.browser.conftest import profile
from tests.browser.test_consultation_pages import shut_out, speak, watch_console
from tests.journeys.house import open_house
from tests.journeys.test_road import MONDAY_NINE

PHONE = {"width": 390, "height": 844}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory):
    clock = SetClock(MONDAY_NINE)
    async with open_house(tmp_path_factory.mktemp("accounts") / "site", clock=clock) as house:
        house.clock = clock
        async with house.database.unit(writes=False) as unit:
            house.people = dict((await unit.session.execute(select(Person.login, Person.id))).all())
        # keys are made for names of sites, not for numbers
        house.door = f"http://localhost:{urlsplit(house.url).port}"
        yield house


async def sign_in(page, house, login, *, to="/me", door=""):
    await page.goto(f"{door or house.door}/sign-in?next={to}")
    await page.fill("#f-login", login)
    await page.fill("#f-password", PASSWORD)
    await page.locator(".door-panel").get_by_role("button", name=re.compile("^(登录|Sign in)$")).click()


async def sign_out(page):
    await page.locator(".person-menu summary").click()
    await page.get_by_role("button", name="退出登录").click()
    await page.wait_for_url("**/sign-in")


async def authenticator(page):
    """A key built into the machine, that knows its owner by a finger."""
    machine = await page.context.new_cdp_session(page)
    await machine.send("WebAuthn.enable")
    told = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**told, "isUserVerified": True, "automaticPresenceSimulation": True}
    made = await machine.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return machine, made["authenticatorId"]


async def keys_in(machine, authenticator):
    held = await machine.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    return [one["signCount"] for one in held["credentials"]]


async def test_a_passkey_is_made_and_signs_in_and_proves_its_owner_again(chromium, house):
    async with profile(chromium) as context:
        page = await context.new_page()
        machine, key = await authenticator(page)
        await sign_in(page, house, "xiewen")
        await page.get_by_role("link", name="启用第二步验证").click()
        await page.fill("#f-name", "诊室电脑")
        await page.get_by_role("button", name="登记通行密钥").click()
        await page.get_by_role("link", name="已保存，继续").click()
        await expect(page.locator(".account-factors")).to_contain_text("诊室电脑")
        assert len(await keys_in(machine, key)) == 1

        await sign_out(page)
        await sign_in(page, house, "xiewen")
        await expect(page).to_have_url(re.compile("/sign-in/second-factor"))
        await page.get_by_role("button", name="用通行密钥验证").click()
        await page.wait_for_url("**/me")
        await expect(page.locator(".account-factors")).to_contain_text("最近使用")

        house.clock.turn(timedelta(minutes=6))
        await page.get_by_role("link", name="再加一种").click()
        await page.get_by_role("dialog", name="请验证身份").get_by_role("button", name="用通行密钥验证").click()
        await expect(page.get_by_role("heading", name="设置第二步验证")).to_be_visible()

        await page.goto(f"{house.door}/me")
        await page.locator(".account-factors").get_by_role("button", name="移除").click()
        await page.get_by_role("dialog").get_by_role("button", name="移除").click()
        await expect(page.locator("#factor-title")).to_contain_text("未启用")


async def test_a_key_that_does_not_know_its_owner_is_refused_and_one_is_told(chromium, house):
    async with profile(chromium) as context:
        page = await context.new_page()
        machine, key = await authenticator(page)
        await sign_in(page, house, "hejing")
        await page.goto(f"{house.door}/second-factor")
        await page.get_by_role("button", name="登记通行密钥").click()
        await page.get_by_role("link", name="已保存，继续").click()
        await sign_out(page)
        await machine.send("WebAuthn.clearCredentials", {"authenticatorId": key})
        await sign_in(page, house, "hejing")
        await page.get_by_role("button", name="用通行密钥验证").click()
        await expect(page.locator("[data-passkey-trouble]")).to_contain_text("没有完成验证")
        await expect(page).to_have_url(re.compile("/sign-in/second-factor"))


async def test_an_app_is_set_up_and_its_codes_and_a_recovery_code_let_in(chromium, house):
    async with profile(chromium) as context:
        page = await context.new_page()
        await sign_in(page, house, "gaoyuan")
        await page.get_by_role("link", name="启用第二步验证").click()
        app = pyotp.TOTP((await page.locator(".account-secret").inner_text()).replace(" ", ""))
        await page.fill("#f-code", "000000")
        await page.get_by_role("button", name="启用").click()
        await expect(page.locator("#f-code-error")).to_contain_text("验证码不对")
        await page.fill("#f-code", app.at(house.clock.now()))
        await page.get_by_role("button", name="启用").click()
        codes = await page.locator("[data-codes] code").all_inner_texts()
        assert len(set(codes)) == 10

        await sign_out(page)
        await sign_in(page, house, "gaoyuan")
        house.clock.turn(timedelta(seconds=30))
        await page.fill("#f-code", app.at(house.clock.now()))
        await page.get_by_role("button", name="验证", exact=True).click()
        await page.wait_for_url("**/me")
        await expect(page.locator(".account-factors")).to_contain_text("还剩 10 个")

        await sign_out(page)
        await sign_in(page, house, "gaoyuan")
        await page.get_by_role("link", name="手机不在身边？用恢复码").click()
        await page.fill("#f-recovery_code", random.choice(codes).lower())
        await page.get_by_role("button", name="验证", exact=True).click()
        await page.wait_for_url("**/me")
        await expect(page.locator(".account-factors")).to_contain_text("还剩 9 个")


async def test_a_form_waits_while_its_sender_proves_themselves(chromium, house):
    async with profile(chromium) as context:
        page = await context.new_page()
        person = house.people["wangfang"]
        await sign_in(page, house, "guowei", to=f"/people/{person}/edit")
        await page.goto(f"{house.door}/people/{person}")
        house.clock.turn(timedelta(minutes=6))
        form = page.locator(f"form[action='/people/{person}/posts']")
        await page.locator("summary", has_text="增加岗位").click()
        await form.locator("#f-place").select_option(index=1)
        await form.locator("#f-role").select_option("family_doctor")
        await form.locator("#f-ends").fill("2020-01-01")
        await form.get_by_role("button").last.click()
        asked = page.get_by_role("dialog", name="请验证身份")
        await asked.locator("[name=password]").fill(PASSWORD)
        await asked.get_by_role("button", name="验证", exact=True).click()
        await expect(page.locator("#f-ends-error")).to_be_visible()
        assert await form.locator("#f-role").input_value() == "family_doctor"
        assert await form.locator("#f-ends").input_value() == "2020-01-01"
        await form.locator("#f-ends").fill("2027-12-31")
        await form.get_by_role("button").last.click()
        await page.wait_for_url(f"**/people/{person}?done=post")


# ---- what no link leads to: nothing found, an error, the doors. Every other page: test_every_page

STATES = {
    "guowei": ("/people?q=没有这个人", "/audit?who=nobody", "/audit?since=2026-11-24&until=2026-11-23"),
    "wangfang": ("/me/acts?since=2030-01-01", "/reauthenticate"),
    "": ("/sign-in", "/invitation"),
}


@pytest.mark.parametrize("login", STATES)
async def test_no_state_of_accounts_shuts_anybody_out(chromium, house, login):
    found, heard = {}, []
    async with profile(chromium, viewport=PHONE, color_scheme="dark", locale="en-GB") as context:
        page = await context.new_page()
        watch_console(page, heard)
        if login:
            await sign_in(page, house, login, door=house.url)
            await speak(page, "en")
        for path in STATES[login]:
            answer = await page.goto(house.url + path)
            assert answer.status in (200, 422), path
            over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wrong := await shut_out(page) + ([f"wider than the window by {over}"] if over > 0 else []):
                found[path] = wrong
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
    assert [one for one in heard if "422" not in one] == []
