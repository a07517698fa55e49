"""Teaching cases are picked for a session with keys and on a phone, by search, and unpicked."""

import re

import pytest
from playwright.async_api import expect

from server.accounts.visits import LANGUAGE
from tests.browser.conftest import profile
from tests.browser.test_frame import violations
from tests.web.accounts_site import PASSWORD
from tests.web.casebook_site import TITLE, a_closed_case, open_casebook, proposed, released
from tests.web.teaching_site import LESSON

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

WORDS = {"zh": ("查找教学病例", "没有找到", "保存"), "en": ("Find teaching cases", "Nothing found", "Save")}


@pytest.mark.parametrize(("locale", "width"), [("zh", 1280), ("en", 360)])
async def test_a_case_is_picked_by_typing_and_kept_by_the_plan(tmp_path, sqlite_url, clock, chromium, locale, width):
    search, none, save = WORDS[locale]
    async with open_casebook(tmp_path / "site", sqlite_url, clock) as site:
        case = await proposed(site, await site.signed_in("expert"), await a_closed_case(site))
        await released(site, await site.signed_in("teacher"), case)
        async with profile(chromium, viewport={"width": width, "height": 900}) as context:
            await context.add_cookies([{"name": LANGUAGE, "value": locale, "url": site.url}])
            page = await context.new_page()
            await page.goto(f"{site.url}/sign-in?next=/teaching/sessions/new")
            await page.fill("[name=login]", "teacher")
            await page.fill("[name=password]", PASSWORD)
            await page.press("[name=password]", "Enter")
            field = page.get_by_role("combobox", name=search)
            await field.press_sequentially("骨折")
            await expect(page.get_by_role("option", name=none)).to_be_visible()
            await field.fill("")
            await field.press_sequentially("心绞痛")
            await expect(page.get_by_role("option", name=TITLE)).to_be_visible()
            await field.press("Enter")
            picked = page.get_by_role("checkbox", name=TITLE)
            await expect(picked).to_be_checked()
            await expect(field).to_have_value("")
            assert await violations(page) == []
            assert await page.evaluate("document.scrollingElement.scrollWidth") <= width

            await page.fill("[name=title]", LESSON["title"])
            await page.select_option("[name=teacher]", index=1)
            await page.get_by_role("button", name=save).click()
            await page.get_by_role("link", name=TITLE).click()
            await expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
            await page.get_by_role("link", name=LESSON["title"]).click()
            await page.locator("a[href$='/edit']").click()
            await picked.uncheck(force=True)
            await page.get_by_role("button", name=save).click()
            await page.wait_for_url(re.compile(r"done=amended"))
            await expect(page.get_by_role("link", name=TITLE)).to_have_count(0)
