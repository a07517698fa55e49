"""The pages of a consultation as each side sees them: wide and on a phone, in Chinese and in English."""

import json

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import select

from server.consultation.model import Consultation
from server.demo import cases
from server.files.desk import DESK
from tests.browser.conftest import profile
from tests.browser.test_frame import AXE, RULES
from tests.journeys.house import open_house

WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 780}
PAGES = [
    ("wangfang", "/", "", WIDE),
    ("wangfang", "/", "", PHONE),
    ("wangfang", "/consultations", "", WIDE),
    ("wangfang", "/consultations/new", "", PHONE),
    ("wangfang", "/consultations/{}/edit", "draft", WIDE),
    ("wangfang", "/consultations/{}/edit", "draft", PHONE),
    ("wangfang", "/consultations/{}", "closed", WIDE),
    ("wangfang", "/consultations/{}/history", "closed", PHONE),
    ("wangfang", "/notices", "", PHONE),
    ("yangxue", "/consultations/{}", "issued", PHONE),
    ("gaoyuan", "/consultations/{}", "approving", WIDE),
    ("hejing", "/consultations/{}", "approving", PHONE),
    ("wugang", "/consultations/{}/edit", "supplement", PHONE),
    ("chenyu", "/centre", "", WIDE),
    ("chenyu", "/centre", "", PHONE),
    ("chenyu", "/consultations/{}/drawer", "triage", WIDE),
    ("chenyu", "/consultations/{}/drawer", "scheduling", PHONE),
    ("chenyu", "/consultations/{}", "inviting", WIDE),
    ("tangli", "/", "", WIDE),
    ("tangli", "/consultations", "", PHONE),
    ("tangli", "/consultations/{}/opinion", "opinion_pending", WIDE),
    ("tangli", "/consultations/{}/opinion", "opinion_pending", PHONE),
    ("xiewen", "/consultations/{}", "issued", WIDE),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory):
    async with open_house(tmp_path_factory.mktemp("house") / "site") as house:
        async with house.database.unit(writes=False) as unit:
            rows = await unit.session.execute(select(Consultation.state, Consultation.id))
            house.cases = {state.value: id for state, id in rows}
        house.cookies = {}
        yield house


async def cookies(house, login):
    """Signed in once, however many pages are looked at."""
    if login not in house.cookies:
        visitor = await house.visitor(login)
        jar = visitor.session.cookie_jar
        house.cookies[login] = [{"name": one.key, "value": one.value, "url": house.url} for one in jar]
    return house.cookies[login]


def address(house, path, state):
    return house.url + path.format(house.cases.get(state, ""))


async def speak(page, language):
    """The language is a person's own, and stays."""
    if (await page.get_attribute("html", "lang"))[:2] != language:
        await page.evaluate("document.querySelector('form.language button').click()")
        await page.wait_for_selector(f"html[lang^={language}]")


async def shut_out(page):
    """Serious violations of accessibility, each with where."""
    inspector = await page.context.new_cdp_session(page)
    await inspector.send("Runtime.evaluate", {"expression": AXE.read_text()})
    told = await page.evaluate("(rules) => axe.run({resultTypes: ['violations'], runOnly: rules})", RULES)
    grave = [one for one in told["violations"] if one["impact"] in ("serious", "critical")]
    said = [(one["id"], node["target"], node.get("failureSummary", "")) for one in grave for node in one["nodes"]]
    # what lies half under the foot at the moment is scrolled free of it
    return [" ".join(map(str, one)) for one in said if "partially obscured" not in one[2]]


def watch_console(page, heard):
    page.on("console", lambda message: message.type == "error" and heard.append(f"{page.url} {message.text}"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("login", sorted({one[0] for one in PAGES}))
async def test_no_page_of_a_consultation_shuts_anybody_out(chromium, house, login, language):
    found, heard = {}, []
    locale = {"locale": "en-GB" if language == "en" else "zh-CN"}
    async with profile(chromium, color_scheme="dark" if language == "en" else "light", **locale) as context:
        await context.add_cookies(await cookies(house, login))
        page = await context.new_page()
        watch_console(page, heard)
        await page.goto(house.url)
        await speak(page, language)
        for _, path, state, size in (one for one in PAGES if one[0] == login):
            await page.set_viewport_size(size)
            answer = await page.goto(address(house, path, state))
            assert answer.status == 200, path
            over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            wrong = await shut_out(page) + ([f"wider than the window by {over}"] if over > 0 else [])
            if wrong:
                found[f"{path} {state} {size['width']}"] = wrong
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
    assert heard == []


async def opened(context, house, login, path, state=""):
    await context.add_cookies(await cookies(house, login))
    page = await context.new_page()
    await page.goto(house.url)
    await speak(page, "zh")
    await page.goto(address(house, path, state))
    return page


async def test_lines_of_an_opinion_are_added_taken_away_and_kept(chromium, house):
    async with profile(chromium) as context:
        page = await opened(context, house, "tangli", "/consultations/{}/opinion", "opinion_pending")
        lines = page.locator("[data-line-rows=diagnoses]")
        await lines.get_by_label("诊断 1", exact=True).fill("急性胆囊炎")
        await lines.get_by_label("诊断 2", exact=True).fill("写错了")
        await lines.get_by_role("button", name="加一行").click()
        await page.keyboard.type("胆囊结石")
        await lines.get_by_role("button", name="去掉这一行").nth(1).click()
        await expect(lines.get_by_label("诊断 2", exact=True)).to_have_value("胆囊结石")
        await expect(page.locator("[data-saved]")).to_contain_text("已保存")
        await page.reload()
        texts = [await one.input_value() for one in await lines.locator("input[name$=-text]").all()]
    assert [text for text in texts if text] == ["急性胆囊炎", "胆囊结石"]


async def test_the_foot_of_a_request_follows_what_is_typed(chromium, house):
    async with profile(chromium, viewport=PHONE) as context:
        page = await opened(context, house, "wangfang", "/consultations/{}/edit", "draft")
        lacks = page.locator("[data-lacks=question]")
        await expect(lacks).to_be_visible()
        await page.fill("#f-question", "是否需要溶栓？")
        await expect(lacks).to_be_hidden()
        await page.get_by_role("button", name="胸痛").click()
        await expect(page.get_by_label("含服硝酸甘油后如何")).to_be_visible()
        await expect(page.locator("#f-question")).to_have_value("是否需要溶栓？")
        await expect(page.locator("#f-specialty")).to_have_value("心血管内科")


async def attach(house, case_id, login, picture):
    async with house.database.unit() as unit:
        teller = cases.Teller(house.app, unit, "")
    teller.files = [(case_id, login, picture)]
    await cases.attach(house.app, teller)
    await house.app[DESK].checking.resume()


async def test_the_specialist_finds_the_first_picture_open_and_of_the_right_patient(chromium, house):
    await attach(house, house.cases["scheduling"], "huangbo", "ecg")
    async with profile(chromium, viewport=WIDE) as context:
        page = await opened(context, house, "hanbing", "/consultations/{}", "scheduling")
        await page.locator(".file-list a[data-file-view]").wait_for(timeout=60_000)
        await page.reload()
        await expect(page.locator(".case-stage file-viewer")).to_be_visible()
        await expect(page.locator(".tile-warning")).to_have_count(0)


# ---- the centre's board


def row_of(page, house, state):
    return page.locator(f"#case-{house.cases[state]}")


async def test_the_board_is_walked_with_keys_and_a_row_opens_beside_it(chromium, house):
    async with profile(chromium, viewport=WIDE) as context:
        page = await opened(context, house, "chenyu", "/centre?view=triage")
        drawer, rows = page.locator("#board-drawer"), page.locator("#board [data-row]")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(drawer.get_by_role("heading", name="完整性")).to_be_visible()
        await expect(drawer).to_be_focused()
        await expect(rows.first).to_have_attribute("aria-current", "true")
        assert page.url == f"{house.url}/centre?view=triage#{await rows.first.get_attribute('id')}"
        await expect(page.locator("#board")).to_be_visible()
        assert await shut_out(page) == []
        await page.keyboard.press("Escape")
        await expect(drawer).to_have_count(0)
        await expect(rows.first.locator("a")).to_be_focused()
        await expect(rows.first).not_to_have_attribute("aria-current", "true")


async def test_an_expert_is_asked_and_a_time_is_set_without_leaving_the_board(chromium, house):
    async with profile(chromium, viewport=WIDE) as context:
        page = await opened(context, house, "chenyu", "/centre")
        await page.evaluate("window.stayed = true")
        triage, scheduling = row_of(page, house, "triage"), row_of(page, house, "scheduling")
        await triage.locator("a").focus()
        await page.keyboard.press("a")
        await expect(page.locator("#board-drawer .candidate input").first).to_be_focused()
        await page.get_by_role("button", name="发出邀请").click()
        await expect(triage.locator("[data-state=inviting]")).to_be_visible()
        await expect(page.locator("#board-drawer").get_by_role("heading", name="邀请记录")).to_be_visible()

        await scheduling.locator("a").focus()
        await page.keyboard.press("s")
        drawer = page.locator("#board-drawer")
        await expect(drawer.locator("#schedule input:focus")).to_have_count(1)
        await page.get_by_role("button", name="确定时间").click()
        await expect(drawer.locator(".field-error").first).to_contain_text("请选择会诊时间")
        await drawer.locator(".times-choices input").first.check()
        await page.get_by_role("button", name="确定时间").click()
        await expect(scheduling.locator("[data-state=scheduled]")).to_be_visible()
        await expect(drawer.locator(".case-head [data-state=scheduled]")).to_be_visible()
        assert await page.evaluate("window.stayed"), "the page was loaded anew"


async def test_what_somebody_else_does_shows_in_the_open_drawer(chromium, house):
    async with profile(chromium, viewport=WIDE) as context:
        page = await opened(context, house, "chenyu", "/centre")
        row = row_of(page, house, "supplement")
        await row.locator("a").click()
        drawer = page.locator("#board-drawer")
        await expect(drawer.locator("[data-state=supplement]")).to_be_visible()
        doctor = await house.visitor("wugang")
        await doctor.post(f"/consultations/{house.cases['supplement']}/cancel", {"reason": "患者已自行转院"})
        await expect(drawer.locator(".case-head [data-state=cancelled]")).to_be_visible()
        await expect(row).to_have_count(0)


@pytest.mark.parametrize("options", [{"viewport": PHONE}, {"viewport": WIDE, "java_script_enabled": False}])
async def test_on_a_phone_and_without_scripts_a_row_is_a_page(chromium, house, options):
    async with profile(chromium, **options) as context:
        await context.add_cookies(await cookies(house, "chenyu"))
        page = await context.new_page()
        await page.goto(f"{house.url}/centre")
        await row_of(page, house, "inviting").locator("a").click()
        await page.wait_for_url("**/drawer")


async def test_the_history_prints_as_a_document(chromium, house):
    async with profile(chromium) as context:
        page = await opened(context, house, "wangfang", "/consultations/{}/history", "closed")
        await page.emulate_media(media="print")
        await expect(page.locator(".rail, .head, .page-actions").first).to_be_hidden()
        await expect(page.get_by_role("heading", name="会诊意见")).to_be_visible()
