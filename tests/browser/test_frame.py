"""The frame and the shared parts, as somebody at an old PC, on a phone or with a keyboard alone meets them."""

import json
import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser import gallery as galleries
from tests.browser.conftest import profile

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOMES = {
    "home/applicant.html": {},
    "home/specialist.html": {},
    "home/plain.html": {},
    "home/admin.html": {
        "concerns": [{"title": "协议将到期", "detail": "青河镇卫生院", "href": "/agreements/1", "tone": "danger"}],
    },
}
DEMO = [{"login": "lixiaoyan", "password": "x", "name": "李晓燕", "role": "全科医生", "place": "青河镇卫生院"}]
DOORS = {
    step: {"actor": None, "step": step, "trouble": "", "demo": DEMO, "form": None, "has_passkey": True}
    for step in ("password", "second_factor", "recovery")
}
PROBLEM = {
    "status": 409,
    "detail": "会诊已经结束",
    "code": "consultation.already_ended",
    "request_id": "f" * 32,
    "href": "",
}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return galleries.bundle(tmp_path_factory.mktemp("frame"))


@pytest_asyncio.fixture(loop_scope="session")
async def house(built):
    async with galleries.gallery(built) as house:
        yield house


async def opened(page, house, name="partials/gallery.html", locale="zh"):
    await page.goto(f"{house.address}/gallery?page={name}&in={locale}")
    await page.wait_for_selector('[data-line="on"], body.signed-out', state="attached")


def groups(house):
    cases = galleries.sample(galleries.frame()["now"])["cases"]
    return [
        {"title": "待接受", "count": 3, "cases": cases[:3], "empty": "", "href": "/consultations"},
        {
            "title": "今日",
            "count": 0,
            "cases": [],
            "empty": {"title": "今天没有安排", "hint": "可以查看本周日程", "href": "/calendar", "action": "看日程"},
        },
        {"title": "教学", "count": 0, "cases": [], "empty": "没有要参加的教学"},
    ]


# ---- accessibility, width, paper ----


async def violations(page):
    source = AXE.read_text()
    found = await page.context.new_cdp_session(page)
    await found.send("Runtime.evaluate", {"expression": source})
    told = await page.evaluate("(rules) => axe.run({resultTypes: ['violations'], runOnly: rules})", RULES)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in told["violations"]]


PAGES = [
    ("partials/gallery.html", {}),
    *HOMES.items(),
    *(("accounts/sign_in.html", door) for door in DOORS.values()),
    ("errors/page.html", {"problem": PROBLEM}),
    ("errors/page.html", {"problem": PROBLEM | {"href": "/consultations"}}),
    ("errors/page.html", {"problem": PROBLEM, "actor": None}),
]


@pytest.mark.parametrize(("width", "locale", "scheme"), [(1280, "zh", "light"), (360, "en", "dark")])
@pytest.mark.parametrize(("name", "context"), PAGES)
async def test_no_page_of_the_frame_shuts_anybody_out(chromium, house, name, context, width, locale, scheme):
    house.context = {"groups": groups(house)} | context
    async with profile(chromium, color_scheme=scheme, viewport={"width": width, "height": 800}) as visitor:
        page = await visitor.new_page()
        await opened(page, house, name, locale)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, "wider than the screen"


async def test_paper_has_the_case_and_not_the_frame(page, house):
    await opened(page, house)
    await page.emulate_media(media="print")
    assert not await page.locator(".head, .rail, .page-actions, .form-foot").filter(visible=True).count()
    assert await page.get_by_role("heading", name="我的会诊").is_visible()
    assert await page.get_by_text("打印人 李晓燕").is_visible()
    assert await page.get_by_text("还剩 38 分").filter(visible=True).count() == 0, "paper does not count down"
    assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


# ---- keys ----


async def test_a_keyboard_alone_searches_walks_the_list_and_leaves_menus(page, house):
    await opened(page, house)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert "陈某某" in await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("k")
    assert "王某" in await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "search"
    await page.keyboard.type("j")
    assert await page.input_value("#search") == "j"
    menu = page.locator(".person-menu")
    await menu.locator("summary").press("Enter")
    await page.keyboard.press("Escape")
    assert await menu.get_attribute("open") is None
    assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"


async def test_the_first_tab_skips_to_the_content(page, house):
    house.context = {"form": None}
    await opened(page, house)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def test_a_form_sent_back_starts_at_what_is_wrong(page, house):
    await opened(page, house)
    assert await page.evaluate("document.activeElement.id") == "error-summary"
    await page.get_by_role("link", name="手机号：手机号应为 11 位").click()
    field = page.get_by_label("手机号")
    assert await field.input_value() == "1380000"
    told = await field.get_attribute("aria-describedby")
    assert await page.locator(f"#{told}").inner_text() == "手机号应为 11 位"


# ---- live ----


async def hint(house, topic):
    await house.hints.emit("changed", {"topic": topic, "kind": "consultation"}, namespace="/live")


async def test_a_list_renews_itself_and_leaves_alone_what_is_being_typed(page, house):
    await opened(page, house)
    await page.locator("#open-cases a").nth(1).focus()
    await page.fill("#f-patient", "欧阳")
    await page.locator("#open-cases a").nth(1).focus()
    house.context = {"cases": galleries.cases(galleries.frame()["now"])[1:]}
    await hint(house, "post:b2")
    await hint(house, "post:a1")
    await expect(page.locator("#open-cases li")).to_have_count(3)
    assert "陈某某" in await page.evaluate("document.activeElement.textContent")
    assert await page.input_value("#f-patient") == "欧阳"


async def test_the_bell_counts_what_is_new(page, house):
    await opened(page, house)
    await expect(page.locator("#bell")).to_have_text("3")
    house.context = {"unread": 5}
    await hint(house, "person:" + "a" * 32)
    await expect(page.locator("#bell")).to_have_text("5")


async def test_what_changed_while_the_line_was_down_is_there_when_it_is_back(page, house):
    await opened(page, house)
    house.context = {"cases": []}
    await page.context.set_offline(True)
    for sid in list(house.hints.manager.get_participants("/live", None)):
        await house.hints.eio.sockets[sid[1]].close(wait=False)  # to be read by nobody: a line that is down
    await page.wait_for_selector('[data-line="lost"]')
    assert await page.locator(".line-word").inner_text() == "重新连接中…"
    await page.context.set_offline(False)
    await page.wait_for_selector('[data-line="on"]')
    await expect(page.locator("#open-cases li")).to_have_count(0)


async def test_deadlines_count_down_in_the_page(chromium, house):
    async with profile(chromium) as visitor:
        page = await visitor.new_page()
        await page.clock.install()
        await opened(page, house)
        near = page.locator("#open-cases time[data-due]").nth(1)
        assert await near.inner_text() == "还剩 38 分"
        await page.clock.fast_forward("30:00")
        assert await near.inner_text() == "还剩 8 分"
        await page.clock.fast_forward("10:00")
        assert re.fullmatch("已超时 [12] 分", await near.inner_text())
        assert "tone-danger" in await near.get_attribute("class")


# ---- autosave ----


def keeps(page):
    return page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('draft:'))")


async def until_saved(page, words="已保存"):
    await expect(page.locator("[data-saved]")).to_contain_text(words)


async def test_a_form_saves_itself_and_leaves_nothing_in_the_browser(page, house):
    await opened(page, house)
    await page.fill("#f-story", "突发右侧无力 40 分钟")
    assert "突发右侧无力" in json.dumps(await keeps(page), ensure_ascii=False)
    await until_saved(page)
    assert [(one["story"], one["version"], one["csrf"]) for one in house.drafts] == [
        ("突发右侧无力 40 分钟", "3", "c" * 64)
    ]
    assert "idempotency_key" not in house.drafts[0]
    assert await keeps(page) == []
    assert await page.input_value("[name=version]") == "4"


async def test_typing_without_a_line_waits_here_and_survives_a_closed_tab(chromium, house):
    async with profile(chromium) as visitor:
        page = await visitor.new_page()
        await opened(page, house)
        house.answer = (503, {})
        await page.fill("#f-story", "断线时写下的")
        await until_saved(page, "连不上，内容已留在本机")
        await page.close()
        house.answer = (200, {"version": "4"})
        page = await visitor.new_page()
        await opened(page, house)
        assert await page.input_value("#f-story") == "断线时写下的"
        await until_saved(page)
        assert house.drafts[-1]["story"] == "断线时写下的"
        assert await keeps(page) == []


async def test_a_form_that_comes_later_saves_itself_too(page, house):
    house.context = {"form": None}
    await opened(page, house)
    await page.evaluate(
        "const form = document.querySelector('form[data-autosave]'); form.replaceWith(form.cloneNode(true))"
    )
    await page.fill("#f-story", "在会诊室里写的")
    await until_saved(page)
    assert house.drafts[-1]["story"] == "在会诊室里写的"


async def test_what_a_draft_is_refused_for_stands_at_its_field_until_other_words_do(page, house):
    await opened(page, house)
    house.answer = (422, {"errors": {"story": "太长，最多 8000 个字"}})
    await page.fill("#f-story", "很长")
    said = page.locator("[data-said-at=story]")
    await expect(said).to_have_text("太长，最多 8000 个字")
    await until_saved(page, "没有保存：太长，最多 8000 个字")
    assert await page.get_attribute("#f-story", "aria-errormessage") == await said.get_attribute("id")
    assert len(house.drafts) == 1, "the same is not sent again"
    house.answer = (200, {"version": "4"})
    await page.fill("#f-story", "短")
    await until_saved(page)
    await expect(said).to_have_count(0)


async def test_two_who_wrote_at_once_both_keep_their_words(page, house):
    await opened(page, house)
    house.answer = (409, {"code": "stale"})
    house.context = {"form": None}
    await page.fill("#f-story", "我写的")
    await page.wait_for_selector(".both-kept")
    assert "胸痛 3 小时，向左肩放射，伴出汗。" in await page.locator("[data-choice=story] blockquote").inner_text()
    assert await page.input_value("#f-story") == "我写的"
    house.answer = (200, {"version": "5"})
    sent = len(house.drafts)
    await page.locator("[data-choice=story]").get_by_role("button", name="用这一份").click()
    assert len(house.drafts) == sent, "nothing is sent while something is undecided"
    await page.get_by_role("button", name="全部保留我的").click()
    await until_saved(page)
    assert house.drafts[-1]["story"] == "胸痛 3 小时，向左肩放射，伴出汗。"


async def test_a_refused_save_says_why_and_the_words_stay(page, house):
    await opened(page, house)
    house.answer = (422, {"detail": "x", "errors": {"story": "太长，最多 4000 个字"}})
    await page.fill("#f-story", "很长")
    await until_saved(page, "没有保存：太长，最多 4000 个字")
    assert await page.input_value("#f-story") == "很长"


async def test_signing_out_leaves_nothing_behind(page, house):
    await opened(page, house)
    house.answer = (503, {})
    await page.fill("#f-story", "不该留下")
    await until_saved(page, "连不上")
    await page.locator(".person-menu summary").click()
    await page.get_by_role("button", name="退出登录").click()
    await page.get_by_role("dialog").get_by_role("button", name="清除并退出").click()
    await page.wait_for_url("**/sign-out")
    assert await page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


# ---- small parts ----


async def test_what_cannot_be_undone_is_asked_first(page, house):
    await opened(page, house)
    await page.evaluate(
        "window.pressed = 0; document.querySelector('[data-confirm]').addEventListener('click', () => pressed++)"
    )
    await page.locator("[data-confirm]").click()
    await page.get_by_role("dialog").get_by_role("button", name="取消", exact=True).click()
    assert await page.evaluate("pressed") == 0
    await page.locator("[data-confirm]").click()
    await page.get_by_role("dialog").get_by_role("button", name="取消会诊").click()
    assert await page.evaluate("pressed") == 1


async def test_a_field_offers_while_one_types(page, house):
    await opened(page, house)
    field = page.get_by_role("combobox", name="患者")
    await field.press_sequentially("王")
    await page.get_by_role("option").nth(1).wait_for()
    await field.press("ArrowDown")
    await field.press("ArrowDown")
    await field.press("Enter")
    assert await field.input_value() == "王小某"
    assert await page.input_value("[name=patient_id]") == "id-王小某"
    await field.press_sequentially("x")
    assert await page.input_value("[name=patient_id]") == ""


async def test_a_flash_becomes_a_toast_with_its_undo_and_leaves_in_eight_seconds(chromium, house):
    house.context = {
        "flash": [{"text": "已取消预约", "undo": "/bookings/1/restore"}, {"text": "没有送达", "tone": "danger"}]
    }
    async with profile(chromium) as visitor:
        page = await visitor.new_page()
        await page.clock.install()
        await opened(page, house)
        toasts = page.locator("#toasts .toast-note")
        assert await toasts.count() == 2
        assert await toasts.first.get_by_role("button", name="撤销").is_visible()
        await page.clock.fast_forward(9_000)
        assert await toasts.all_inner_texts() == ["没有送达"]
        await toasts.get_by_role("button", name="关闭").click()
        assert await toasts.count() == 0


async def test_the_theme_one_chose_stays(page, house):
    await opened(page, house)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)
    await page.locator(".person-menu summary").click()
    await page.get_by_role("button", name="深色").click()
    dark = await page.evaluate(ground)
    assert dark != light
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert await page.evaluate(ground) == dark


async def test_the_frame_works_without_scripts(chromium, house):
    async with profile(chromium, java_script_enabled=False) as visitor:
        page = await visitor.new_page()
        house.context = {"flash": [{"text": "已取消预约", "undo": "/bookings/1/restore"}]}
        await page.goto(f"{house.address}/gallery")
        assert await page.get_by_text("已取消预约").is_visible()
        assert await page.locator("#open-cases time[data-due]").nth(1).inner_text() == "还剩 38 分"
        await page.locator(".post-switch summary").click()
        assert await page.get_by_role("button", name="临江市第一人民医院").is_visible()


async def test_the_phone_has_its_bar_at_the_foot_and_the_rest_under_more(chromium, house):
    async with profile(chromium, viewport={"width": 360, "height": 740}, has_touch=True) as visitor:
        page = await visitor.new_page()
        house.context = {"form": None}
        await opened(page, house)
        rail = page.get_by_role("navigation", name="主导航")
        assert await rail.get_by_role("link").filter(visible=True).count() == 4
        await rail.get_by_text("更多").click()
        await rail.get_by_role("link", name="教学").filter(visible=True).wait_for()
        box = await rail.bounding_box()
        assert box["y"] + box["height"] == 740
