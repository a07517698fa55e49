"""Patients and consent in a real browser: the number fills the rest, the search follows, a finger signs."""

import asyncio
import re
import subprocess

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from server.accounts import service as accounts
from server.core.access import Actor
from server.core.clock import SetClock
from server.directory import service as directory
from server.directory.kinds import Kind, Level
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.particulars import Particulars, read_registrant
from tests.browser.conftest import profile
from tests.browser.test_frame import AXE, RULES
from tests.conftest import MONDAY_MORNING, open_database
from tests.node import node
from tests.web.patients_site import Cases, Papers, application

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

CASE = "c" * 32
NAMES = (*(f"js/pages/{name}.js" for name in ("app", "patients", "consent", "files-elements")), "css/app.css")
NODE = (
    "import('esbuild').then(b => b.build({entryPoints: process.argv.slice(2).map(n => 'static/' + n), bundle: true,"
    " format: 'esm', target: 'es2022', outdir: process.argv[1], outbase: 'static'}))"
)
WANG = {"name": "王芳", "id_no": "11010519491231002X", "phone": "13812345678"}
CHILD = {"name": "陈小宝", "id_kind": "birth_certificate", "id_no": "T350123456", "sex": "male"}
MOTHER = {"birth_date": "2020-05-01", "guardian_name": "李红", "guardian_relation": "mother"}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patients")
    subprocess.run([node(), "-e", NODE, str(folder / "dist"), *NAMES], check=True)
    names = ", ".join(f'"{name}": "dist/{name}"' for name in NAMES)
    (folder / "dist" / "manifest.json").write_text(f"{{{names}}}")
    return folder


class Centre:
    """A township centre with a grown-up and a child on file, each with a case."""

    def __init__(self, database):
        self.database, self.cases, self.papers = database, Cases(), Papers()

    async def furnish(self):
        async with self.database.unit() as unit:
            kind = {"level": Level.TOWNSHIP, "kind": Kind.TOWNSHIP_CENTRE}
            place = await directory.add_institution(unit, code="A1", name="城厢镇卫生院", short_name="城厢", **kind)
            lin = await accounts.enrol(unit, login="lin", name="林医生", password_hash="x")
            self.actor = Actor(
                person_id=lin.id, post_id="2" * 32, institution_id=place.id, department_id=None, role="applicant"
            )
        async with self.database.unit(self.actor) as unit:
            self.wang = await self._register(unit, WANG)
            self.child = await self._register(unit, CHILD | MOTHER)
        self.cases.add(CASE, self.wang, invited="市第一医院", fee_cents=30000)
        self.cases.add("d" * 32, self.child)

    async def _register(self, unit, typed):
        registrant = read_registrant(Particulars.model_validate(typed), now=unit.now)
        return (await patients.register(unit, registrant=registrant)).id

    @property
    def headers(self):
        actor = self.actor
        return {"X-Person": f"{actor.person_id} {actor.post_id} {actor.institution_id} {actor.role}"}

    async def in_force(self):
        about = {"subject_id": CASE, "patient_id": self.wang}
        async with self.database.unit(writes=False) as unit:
            return {kind.value for kind in await consents.kinds_in_force(unit, **about)}


@pytest_asyncio.fixture(loop_scope="session")
async def centre(built, sqlite_url):
    centre = Centre(open_database(sqlite_url, SetClock(MONDAY_MORNING)))
    await centre.furnish()
    app = application(centre.database, cases=centre.cases, papers=centre.papers, static=built)
    async with TestServer(app) as server:
        centre.address = str(server.make_url("")).rstrip("/")
        yield centre
    await centre.database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium, centre):
    async with profile(chromium, extra_http_headers=centre.headers) as context:
        yield await context.new_page()


def consent_address(centre, patient=None, case=CASE):
    return f"{centre.address}/patients/{patient or centre.wang}/consent?for={case}"


async def write_name(page):
    """Two strokes on the pad, with the mouse."""
    await page.locator("canvas").scroll_into_view_if_needed()
    box = await page.locator("canvas").bounding_box()
    for start, end in (((0.1, 0.2), (0.5, 0.7)), ((0.6, 0.2), (0.8, 0.8))):
        await page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
        await page.mouse.down()
        await page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=8)
        await page.mouse.up()


async def dark_pixels(page):
    counting = (
        "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
        ".filter((value, at) => at % 4 === 3 && value > 0).length"
    )
    return await page.locator("canvas").evaluate(counting)


async def violations(page):
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    asked = "(rules) => axe.run('#main', {resultTypes: ['violations'], runOnly: rules})"
    told = await page.evaluate(asked, RULES)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in told["violations"]]


# ---- the desk ----


async def test_an_id_number_tells_sex_birth_date_and_age_while_typed(page, centre):
    await page.goto(f"{centre.address}/patients")
    number = page.get_by_label("证件号", exact=True)
    says = page.locator("#id-says")
    await number.press_sequentially("35052419900229")
    assert await says.text_content() == ""
    await number.fill("350524199002290011")
    assert await says.text_content() == "证件号有误，请核对"
    await number.fill("11010519491231002x")
    assert await says.text_content() == "✓ 女，1949-12-31 出生，76 岁"
    assert await page.locator("#f-birth_date").input_value() == "1949-12-31"
    assert not await page.locator("details.patient-more").evaluate("(more) => more.open")


async def test_a_child_opens_the_guardians_fields(page, centre):
    await page.goto(f"{centre.address}/patients")
    await page.get_by_label("证件号", exact=True).fill("350524201805019015"[:17])
    body = "35052420180501901"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    number = body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
    await page.get_by_label("证件号", exact=True).fill(number)
    assert await page.get_by_label("监护人姓名").is_visible()
    assert (await page.locator("#id-says").text_content()).endswith("8 岁，请填写监护人")


async def test_a_patient_is_registered_from_the_keyboard(page, centre):
    await page.goto(f"{centre.address}/patients")
    await page.get_by_label("姓名", exact=True).focus()
    await page.keyboard.type("张三丰")
    await page.keyboard.press("Tab")
    await page.keyboard.type("440524188001010014")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/patients/*")
    assert await page.locator("h1").inner_text() == "张三丰"


async def test_the_list_follows_what_is_typed_and_the_address_does_not(page, centre):
    await page.goto(f"{centre.address}/patients")
    await page.locator("#q").fill("wf")
    await expect(page.locator(".patient-row-name")).to_have_text(["王芳"])
    assert page.url == f"{centre.address}/patients"
    await page.locator("#q").fill("李")
    await page.get_by_text("没有找到“李”").wait_for()


# ---- consent ----


async def test_a_mouse_signs_and_the_consent_is_in_force(page, centre):
    await page.goto(consent_address(centre))
    await page.get_by_label("我已阅读并理解以上内容，同意远程会诊").check()
    await write_name(page)
    assert await page.locator("[data-signed]").text_content() == "已写"
    async with page.expect_response(lambda told: told.request.method == "POST") as sent:
        await page.get_by_role("button", name="确认签署").click()
    assert (await sent.value).status == 303
    assert await centre.in_force() == {"consultation"}


async def test_what_was_written_is_drawn_again_after_a_mistake_and_when_the_phone_is_turned(page, centre):
    await page.goto(consent_address(centre))
    await write_name(page)
    written = await dark_pixels(page)
    await page.get_by_role("button", name="确认签署").click()
    await page.get_by_text("请至少勾选一项").first.wait_for()
    await expect(page.locator("[data-signed]")).to_have_text("已写")
    assert await dark_pixels(page) > written / 2
    await page.set_viewport_size({"width": 360, "height": 800})
    await expect(page.locator("canvas")).to_have_attribute("width", re.compile(r"^[23]\d\d$"))
    assert await dark_pixels(page) > 0
    await page.get_by_role("button", name="清除重写").click()
    assert await dark_pixels(page) == 0
    assert await page.locator("input[name=strokes]").input_value() == ""


async def draws_with_a_finger(page, points):
    """Whether the browser says that it has heard a touch does not matter (once it never did): the ink does."""
    touch, told = await page.context.new_cdp_session(page), []
    for kind, places in [("touchStart", points[:1]), *(("touchMove", [one]) for one in points[1:]), ("touchEnd", [])]:
        event = {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in places]}
        told.append(asyncio.ensure_future(touch.send("Input.dispatchTouchEvent", event)))
        await asyncio.sleep(0.02)  # a finger takes its time: the pad passes over faster points
    _, unheard = await asyncio.wait(told, timeout=5)
    for one in unheard:
        one.cancel()
    assert await dark_pixels(page) > 100


async def test_a_finger_signs_on_a_phone(chromium, centre):
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    async with profile(chromium, extra_http_headers=centre.headers, **phone) as visitor:
        page = await visitor.new_page()
        await page.goto(consent_address(centre))
        await page.get_by_label("我已阅读并理解以上内容，同意远程会诊").check()
        await page.locator("canvas").scroll_into_view_if_needed()
        box = await page.locator("canvas").bounding_box()
        await draws_with_a_finger(page, [(box["x"] + 30 + n * 18, box["y"] + 30 + n * 8) for n in range(12)])
        async with page.expect_response(lambda told: told.request.method == "POST") as sent:
            await page.get_by_role("button", name="确认签署").click()
        assert (await sent.value).status == 303
    assert await centre.in_force() == {"consultation"}


async def test_who_signs_and_how_decides_what_is_asked(page, centre):
    await page.goto(consent_address(centre))
    assert not await page.locator("[data-signer-other]").is_visible()
    await page.get_by_label("近亲属", exact=True).check()
    assert await page.locator("#f-signer_name").is_visible()
    await page.get_by_label("签在纸上，拍照上传", exact=True).check()
    assert not await page.locator("canvas").is_visible()
    assert await page.locator("[data-on-paper]").is_visible()
    await page.goto(consent_address(centre, centre.child, "d" * 32))
    assert await page.locator("#f-signer_name").input_value() == "李红"


async def test_without_scripts_an_emergency_is_recorded(chromium, centre):
    async with profile(chromium, extra_http_headers=centre.headers, java_script_enabled=False) as visitor:
        page = await visitor.new_page()
        await page.goto(consent_address(centre))
        await page.get_by_text("抢救等紧急情况，来不及取得同意").click()
        await page.get_by_label("批准人姓名").fill("赵院长")
        await page.get_by_label("批准人职务").fill("副院长")
        await page.get_by_label("为什么无法先取得同意").fill("患者昏迷，家属无法取得联系")
        async with page.expect_response(lambda told: told.request.method == "POST") as sent:
            await page.get_by_role("button", name="登记紧急例外").click()
        assert (await sent.value).status == 303
    assert await centre.in_force() == {"consultation"}


# ---- for everybody ----


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_pages_shut_nobody_out_and_fit_a_phone(chromium, centre, scheme, lang):
    addresses = [
        f"{centre.address}/patients?lang={lang}",
        f"{centre.address}/patients/{centre.wang}?lang={lang}",
        f"{centre.address}/patients/{centre.child}/edit?lang={lang}",
        f"{consent_address(centre)}&lang={lang}&text={lang}",
        f"{consent_address(centre, centre.child, 'd' * 32)}&lang={lang}",
    ]
    for width in (1280, 360):
        look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
        async with profile(chromium, extra_http_headers=centre.headers, **look) as visitor:
            page = await visitor.new_page()
            for address in addresses:
                await page.goto(address)
                for more in await page.locator("main details").all():
                    await more.evaluate("(one) => { one.open = true; }")
                assert await violations(page) == [], address
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, address
