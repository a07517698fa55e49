"""Files in a real browser: sent over a line that breaks, and looked at as pictures, traces, documents and photos."""

import asyncio
import io
import os
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import typst
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image
from playwright.async_api import expect
from pydicom.data import get_testdata_file

from server.core.clock import SystemClock
from server.files.subjects import About
from tests.browser.conftest import drop, profile
from tests.browser.test_frame import AXE, RULES
from tests.conftest import open_database
from tests.node import node
from tests.services import files_records as records
from tests.web.files_site import CASE, Cases, Sender, application, people_of

NAMES = ("js/pages/app.js", "js/pages/files-elements.js", "css/app.css")
NODE = """import('esbuild').then(b => b.build({entryPoints: process.argv.slice(2).map(n => 'static/' + n), bundle: true,
splitting: true, format: 'esm', target: 'es2022', outdir: process.argv[1], outbase: 'static'}))"""
WORKER = "node_modules/pdfjs-dist/build/pdf.worker.min.mjs"
COPY = """async () => {
  const canvas = new OffscreenCanvas(320, 240), pen = canvas.getContext("2d");
  pen.fillRect(40, 40, 90, 90);
  await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
}"""
LETTER = "#set page(width: 148mm, height: 105mm)\n= Summary\nfirst\n#pagebreak()\n= Second\nlast"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    subprocess.run([node(), "-e", NODE, str(folder / "dist"), *NAMES], check=True)
    (folder / "dist" / "pdf.worker.min.mjs").write_bytes(Path(WORKER).read_bytes())
    names = ", ".join(f'"{name}": "dist/{name}"' for name in NAMES)
    (folder / "dist" / "manifest.json").write_text(f"{{{names}}}")
    return folder


class Case:
    """A consultation with whatever files a test sends."""

    def __init__(self, client, person):
        self.sender, self.headers = Sender(client, person), {"X-Person": person}
        self.address = str(client.make_url("")).rstrip("/")

    async def keep(self, content, name):
        id = await self.sender.send(content, name=name)
        assert (await self.sender.looked_at(id, within=60))[0] == "ready"
        return f"{self.address}/files/{id}"


@pytest_asyncio.fixture(loop_scope="session")
async def case(built, sqlite_url, tmp_path):
    database = open_database(sqlite_url, SystemClock())
    people = await people_of(database)
    cases = Cases()
    cases.let(CASE, people["doctor"].split()[0], "read", "attach", "original")
    cases.patients[CASE] = About(names=("张三",), birth_date=date(1959, 3, 4), sex="M")
    async with TestClient(TestServer(application(database, tmp_path, cases, static=built))) as client:
        yield Case(client, people["doctor"])
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium, case):
    async with profile(chromium, extra_http_headers=case.headers) as context:
        yield await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(chromium, case):
    screen = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    async with profile(chromium, extra_http_headers=case.headers, **screen) as context:
        yield await context.new_page()


def real(name):
    return Path(get_testdata_file(name)).read_bytes()


async def opened(page, address):
    await page.goto(address)
    await expect(page.locator("file-viewer")).to_have_attribute("data-state", "open", timeout=20_000)


async def brightness(page, places):
    """Mean grey of patches of the stage; a place is its share of width and height."""
    box = await page.locator(".stage").bounding_box()
    shot = Image.open(io.BytesIO(await page.screenshot(clip=box))).convert("L")
    pixels = np.asarray(shot)
    height, width = pixels.shape
    at = [(int(x * width), int(y * height)) for x, y in places]
    return [float(pixels[y - 4 : y + 4, x - 4 : x + 4].mean()) for x, y in at]


async def violations(page):
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    asked = "(rules) => axe.run('#main', {resultTypes: ['violations'], runOnly: rules})"
    told = await page.evaluate(asked, RULES)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in told["violations"]]


# ---- looking ----


async def test_chest_film_is_dark_in_the_lungs_and_bright_in_the_spine_until_inverted(page, case):
    await opened(page, await case.keep(real("RG1_UNCR.dcm"), "胸片.dcm"))
    lung, spine = await brightness(page, [(0.385, 0.26), (0.49, 0.35)])
    assert lung + 40 < spine
    await page.get_by_role("button", name="反色").click()
    lung, spine = await brightness(page, [(0.385, 0.26), (0.49, 0.35)])
    assert lung > spine + 40
    assert await violations(page) == []


async def test_ct_has_its_windows_by_list_by_drag_and_by_number(page, case):
    await opened(page, await case.keep(real("693_UNCR.dcm"), "头颅.dcm"))
    said = page.locator(".viewer-said")
    await expect(said).to_contain_text("W 100 L 40")
    await page.get_by_label("窗宽窗位").select_option(label="骨窗 (1800/400)")
    await expect(said).to_contain_text("W 1800 L 400")
    await page.locator(".stage").focus()
    await page.keyboard.press("3")
    await expect(said).to_contain_text("W 1500 L -600")
    box = await page.locator(".stage").bounding_box()
    await page.mouse.move(box["x"] + 200, box["y"] + 200)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 260, box["y"] + 200, steps=3)
    await page.mouse.up()
    await expect(said).not_to_contain_text("W 1500 ")
    await page.get_by_role("button", name="复位").click()
    await expect(said).to_contain_text("W 100 L 40")


async def test_ultrasound_steps_by_wheel_and_keys_and_plays(page, case):
    await opened(page, await case.keep(real("examples_ybr_color.dcm"), "超声.dcm"))
    said = page.locator(".viewer-said")
    await page.locator(".stage").hover()
    await page.mouse.wheel(0, 100)
    await expect(said).to_contain_text("3/30")
    await page.locator(".stage").focus()
    await page.keyboard.press("End")
    await expect(said).to_contain_text("30/30")
    await page.keyboard.press("Space")
    await expect(said).not_to_contain_text("30/30")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="播放")).to_be_visible()
    assert await violations(page) == []


async def test_caliper_over_a_second_and_a_millivolt_reads_them(page, case):
    await opened(page, await case.keep(records.edf(records.twelve_leads()), "心电.edf"))
    assert await violations(page) == []
    said = page.locator(".ecg-said")
    await expect(said).to_contain_text("25 mm/s · 10 mm/mV")
    box = await page.locator(".ecg-sheet").bounding_box()
    scale = float(await page.locator("file-viewer").get_attribute("data-pixels"))
    beats = await first_beats(page, scale)
    assert beats[1] - beats[0] == pytest.approx(25 * scale, abs=2)  # a beat a second is 25 mm
    await page.mouse.move(box["x"] + beats[0], box["y"] + 200)
    await page.mouse.down()
    await page.mouse.move(box["x"] + beats[1], box["y"] + 200 - 10 * scale, steps=4)
    await page.mouse.up()
    words = await said.text_content()
    assert int(words.split(" ms")[0]) == pytest.approx(1000, abs=20)
    assert "1.00 mV" in words
    await page.get_by_label("走纸速度").select_option("50")
    await expect(said).to_contain_text("50 mm/s · 10 mm/mV")


async def first_beats(page, scale):
    """Where on the sheet, from its left, the R waves of the first row stand highest."""
    shot = Image.open(io.BytesIO(await page.locator(".ecg-sheet").screenshot())).convert("L")
    pixels = np.asarray(shot)
    top = pixels[int(12 * scale) : int(18 * scale), int(12 * scale) : int(70 * scale)] < 90
    columns = np.flatnonzero(top.any(axis=0)) + int(12 * scale)
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 5) + 1)
    return [float(group.mean()) for group in groups]


async def test_ecg_prints_at_the_size_of_real_millimetres(page, case):
    await opened(page, await case.keep(real("waveform_ecg.dcm"), "心电图.dcm"))
    await page.emulate_media(media="print")
    width = await page.locator(".ecg-print").evaluate("(sheet) => sheet.getBoundingClientRect().width")
    assert width == pytest.approx(264 * 96 / 25.4, abs=1)
    await expect(page.locator(".ecg-scroll")).to_be_hidden()


async def test_document_is_drawn_page_by_page(page, case):
    await opened(page, await case.keep(typst.compile(LETTER.encode()), "小结.pdf"))
    await expect(page.locator(".pdf-said")).to_have_text("1/2")
    await expect(page.locator(".pdf-page").first).to_have_attribute("data-drawn", "")
    await page.locator(".pdf-scroll").focus()
    await page.keyboard.press("PageDown")
    await expect(page.locator(".pdf-said")).to_have_text("2/2")
    await expect(page.locator(".pdf-page").last).to_have_attribute("data-drawn", "")
    assert await violations(page) == []


async def test_file_withdrawn_meanwhile_says_so(page, case):
    address = await case.keep(records.dicom(), "片.dcm")
    await page.route("**/derived/album", lambda route: route.fulfill(status=404, body="{}"))
    await page.goto(address)
    await expect(page.locator(".viewer-trouble")).to_contain_text("文件已被撤回，或者您无权查看")
    await page.unroute("**/derived/album")
    await page.route("**/derived/album", lambda route: route.abort())
    await page.reload()
    await expect(page.locator(".viewer-trouble")).to_contain_text("没有打开")
    await page.unroute("**/derived/album")
    await page.get_by_role("button", name="重试").click()
    await expect(page.locator("file-viewer")).to_have_attribute("data-state", "open")


async def test_phone_shows_film_and_trace_within_its_width(phone, case):
    for content, name in ((real("RG3_J2KR.dcm"), "腿.dcm"), (real("waveform_ecg.dcm"), "心电图.dcm")):
        await opened(phone, await case.keep(content, name))
        assert await phone.evaluate("document.documentElement.scrollWidth") <= 360
        assert await violations(phone) == []


# ---- sending ----


async def test_line_cut_in_the_middle_is_waited_for_and_the_file_arrives_whole(page, case):
    noise = np.random.default_rng(1).integers(0, 255, (900, 1200, 3), dtype=np.uint8)
    picture = io.BytesIO()
    Image.fromarray(noise).save(picture, "PNG")
    await page.goto(f"{case.address}/zone")
    line = await page.context.new_cdp_session(page)
    await throttle(line, 400_000)
    await page.locator("input[name=files]").set_input_files(file_of("伤口.png", picture.getvalue()))
    sending = page.locator(".is-sending .tile-says")
    await expect(sending).to_contain_text("B/s")
    await throttle(line, 0, offline=True)
    await expect(sending).to_contain_text("等待网络恢复")
    await throttle(line, -1)
    tile = page.locator(".file-list .file-tile")
    await expect(tile).to_have_attribute("data-status", "ready", timeout=20_000)
    await expect(tile).to_contain_text("照片 · 3 MB")
    await expect(page.locator(".is-sending")).to_have_count(0)
    assert await page.evaluate("Object.keys(localStorage).filter((key) => key.includes('upload'))") == []


def file_of(name, content):
    """A picked file that lies on no disk: a browser without a locale cannot open Chinese names."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def throttle(line, upload, *, offline=False):
    await line.send("Network.enable")
    limits = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
    await line.send("Network.emulateNetworkConditions", limits)


async def test_upload_goes_on_after_a_reload_where_it_was(page, case, tmp_path):
    big = tmp_path / "big.jpg"
    big.write_bytes(b"\xff\xd8\xff" + os.urandom(4_000_000))
    await page.goto(f"{case.address}/zone")
    line = await page.context.new_cdp_session(page)
    await throttle(line, 700_000)
    await page.locator("input[name=files]").set_input_files(big)
    await expect(page.locator(".is-sending .tile-says")).to_contain_text("B/s")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.reload()
    await expect(page.locator(".file-list .file-tile")).to_contain_text("没有传完")
    kept = await page.evaluate("Object.entries(localStorage).filter(([key]) => key.includes('upload')).map(String)")
    assert len(kept) == 1
    assert "big" not in kept[0]
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.headers.get("upload-offset", ""))))
    await throttle(line, -1)
    await page.locator("input[name=files]").set_input_files(big)
    await expect(page.locator(".file-list .file-tile")).to_have_attribute("data-status", "refused", timeout=20_000)
    assert ("POST", "") not in [(method, offset) for method, offset in asked if method == "POST" and offset]
    assert [int(offset) > 0 for method, offset in asked if method == "PATCH"] == [True]


async def test_several_slices_become_one_series_and_open_in_place(page, case, tmp_path):
    slices = [slice_into(tmp_path, number) for number in range(1, 5)]
    await page.goto(f"{case.address}/zone")
    await page.locator("input[name=files]").set_input_files(slices)
    tile = page.locator(".file-list .file-tile")
    await expect(tile).to_have_attribute("data-status", "ready", timeout=20_000)
    await expect(tile).to_contain_text("影像 4 个文件.zip")
    await tile.get_by_role("link").click()
    await expect(page.locator("file-viewer")).to_have_attribute("data-state", "open")
    await expect(page.locator(".viewer-said")).to_contain_text("1/4")
    assert page.url.endswith("/zone")
    assert await violations(page) == []


async def test_two_files_dropped_beside_the_zone_are_sent_and_the_page_stays(page, case, tmp_path):
    await page.goto(f"{case.address}/zone")
    await drop(page, "h1", [jpeg(tmp_path / "front.jpg"), jpeg(tmp_path / "side.jpg")])
    await has(page, "front.jpg", "side.jpg")
    assert page.url.endswith("/zone")


async def test_a_folder_dropped_or_picked_goes_as_one(page, case, tmp_path):
    for name in ("dropped", "picked"):
        (tmp_path / name / "deep").mkdir(parents=True)
        for number in (1, 2):
            slice_into(tmp_path / name / "deep", number)
    await page.goto(f"{case.address}/zone")
    await drop(page, "file-uploads", [tmp_path / "dropped"])
    await has(page, "dropped.zip")
    await picks(page, "folder", tmp_path / "picked")
    await has(page, "dropped.zip", "picked.zip")


async def test_a_picture_of_the_clipboard_is_pasted(page, case):
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{case.address}/zone")
    await page.evaluate(COPY)
    await page.keyboard.press("Control+V")
    await has(page, "image.png")


async def test_a_phone_takes_a_photo_and_offers_no_folder(phone, case, tmp_path):
    await phone.goto(f"{case.address}/zone")
    await expect(phone.locator("[data-pick=folder]")).to_be_hidden()
    await picks(phone, "camera", jpeg(tmp_path / "wound.jpg"))
    await has(phone, "wound.jpg")


def jpeg(path):
    Image.new("RGB", (640, 480), "tan").save(path)
    return path


def slice_into(folder, number):
    path = folder / f"IM{number}"
    path.write_bytes(records.dicom(np.full((64, 64), number * 1000, np.uint16), InstanceNumber=number))
    return path


async def picks(page, by, path):
    async with page.expect_file_chooser() as chosen:
        await page.click(f"[data-pick={by}]")
    await (await chosen.value).set_files(path)


async def has(page, *names):
    """Those files and no other stand in the list, looked at."""
    tiles = page.locator(".file-list .file-tile")
    await expect(tiles.locator(".tile-name")).to_have_text(list(names), timeout=20_000)
    await expect(page.locator(".file-list [data-status=ready]")).to_have_count(len(names), timeout=20_000)
    await expect(page.locator(".is-sending")).to_have_count(0)


async def test_the_file_clicked_last_is_shown_even_if_another_answers_later(page, case):
    slow = await case.keep(real("RG1_UNCR.dcm"), "胸片.dcm")
    await case.keep(real("waveform_ecg.dcm"), "心电图.dcm")
    answered = asyncio.Event()

    async def late(route):
        await answered.wait()
        await route.continue_()

    await page.route(f"{slow}/view*", late)
    await page.goto(f"{case.address}/zone")
    viewer = page.locator("file-viewer")
    await page.get_by_role("link", name="胸片.dcm").click()
    await page.get_by_role("link", name="心电图.dcm").click()
    await expect(viewer).to_have_attribute("name", "心电图.dcm")
    async with page.expect_response(lambda told: slow in told.url and "view" in told.url):
        answered.set()
    await expect(viewer).to_have_attribute("data-state", "open")
    await expect(viewer).to_have_attribute("name", "心电图.dcm")


async def test_program_dressed_as_a_film_is_refused_with_a_reason_and_can_be_removed(page, case):
    await page.goto(f"{case.address}/zone")
    await page.locator("input[name=files]").set_input_files(file_of("胸片.dcm", b"MZ" + bytes(4000)))
    tile = page.locator(".file-list .file-tile")
    await expect(tile).to_contain_text("文件里藏有程序或网页代码，没有接收", timeout=20_000)
    await tile.get_by_role("button").click()
    await expect(page.locator("#toasts")).to_contain_text("已撤回文件")
    await page.get_by_role("button", name="撤销").click()
    await expect(tile).to_contain_text("文件里藏有程序")


async def test_empty_file_says_why_it_is_not_taken_and_offers_the_retry(page, case, tmp_path):
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    await page.goto(f"{case.address}/zone")
    await page.locator("input[name=files]").set_input_files(empty)
    await expect(page.locator(".is-sending .tile-says")).to_have_text("没有传成：文件是空的，没有接收")
    await expect(page.locator(".is-sending").get_by_role("button", name="重试")).to_be_visible()
