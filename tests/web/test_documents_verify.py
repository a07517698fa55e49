"""The public page: whoever holds a report, on paper or as a file, is told in plain words whether it is genuine."""

import io
import re
import time

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from server.accounts.routes import LIMITER
from server.core import edge, ids, places
from server.core.http import CONTEXT, DATABASE, RULES, TEMPLATES, Visit, mount
from server.core.i18n import Translations
from server.core.limits import MemoryLimiter
from server.core.templates import Templates
from server.documents import routes, service
from server.documents.routes import EXAMINER
from server.documents.verification import Examiner
from tests.services.documents_scene import set_up

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


@pytest.fixture
async def scene(database, clock, tmp_path):
    return await set_up(database, clock, tmp_path)


@pytest.fixture
async def visitor(database):
    """Somebody with a browser and no account."""
    async with TestClient(TestServer(public_site(database))) as client:
        yield client


def public_site(database):
    app = web.Application(middlewares=edge.MIDDLEWARES)

    async def identify(request, rule):
        return Visit(locale=request.query.get("lang", "zh"), session="visitor")

    app[DATABASE], app[RULES], app[edge.IDENTIFY] = database, {}, identify
    app[edge.OWN_ORIGINS] = frozenset()
    app[TEMPLATES] = Templates(places.templates(), places.static(), Translations(places.locales()))
    app[CONTEXT] = [lambda request: {"actor": None, "csrf": "", "new_key": ids.new_id, "nav": [], "flash": []}]
    app[LIMITER], app[EXAMINER] = MemoryLimiter(time.monotonic), Examiner()
    mount(app, routes.routes)
    return app


async def words(response):
    html = await response.text()
    main = html[html.index('<main id="main"') : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


async def send(visitor, pdf, name="file"):
    form = FormData()
    form.add_field(name, io.BytesIO(pdf), filename="report.pdf", content_type="application/pdf")
    return await visitor.post("/verify", data=form)


async def test_the_qr_code_leads_to_what_the_report_must_say(scene, visitor):
    document = await scene.issue()
    response = await visitor.get(f"/verify/{document.verification_code}")
    said = await words(response)
    assert response.status == 200
    for part in (
        "有效",
        document.number,
        "柳河镇中心卫生院",
        "青山市第一人民医院",
        "李慧敏",
        "2026年11月23日 周一 09:00",
    ):
        assert part in said


async def test_of_the_patient_it_shows_the_family_name_and_nothing_else(scene, visitor):
    document = await scene.issue()
    by_code = await (await visitor.get(f"/verify/{document.verification_code}")).text()
    by_file = await (await send(visitor, await scene.pdf(document))).text()
    for html in (by_code, by_file):
        assert "王*" in html
        for secret in ("王德福", "58岁", "LH20261122-0031", "胸痛", "心肌梗死", "阿司匹林"):
            assert secret not in html


async def test_a_code_typed_by_hand_is_understood(scene, visitor):
    code = (await scene.issue()).verification_code.lower()
    response = await visitor.get("/verify", params={"code": f"{code[:4]}-{code[4:8]}-{code[8:]}"})
    assert (response.status, response.url.path) == (200, f"/verify/{code.upper()}")


@pytest.mark.parametrize("address", ["/verify/000000000000", "/verify/x", "/verify?code=%3Cscript%3E"])
async def test_a_wrong_code_is_said_at_the_field_and_kept(visitor, address):
    response = await visitor.get(address)
    assert response.status == 404
    assert "没有这个验证码" in await words(response)
    assert "<script>" not in await response.text()


async def test_an_intact_file_a_changed_one_and_a_strangers_are_told_apart(scene, visitor):
    pdf = await scene.pdf(await scene.issue())
    changed = bytearray(pdf)
    changed[len(pdf) // 3] ^= 1
    assert "文件完好" in await words(await send(visitor, pdf))
    assert "与签发时不一致" in await words(await send(visitor, bytes(changed)))
    assert "不是本平台签发" in await words(await send(visitor, b"%PDF-1.4 hello"))


async def test_a_changed_file_learns_nothing_about_the_true_one_but_its_number(scene, visitor):
    document = await scene.issue()
    said = await words(await send(visitor, f"my guess: {document.number}".encode()))
    assert document.number in said
    for part in ("王*", "李慧敏", "柳河镇", document.verification_code):
        assert part not in said


async def test_an_old_edition_names_the_new_one(scene, visitor):
    first = await scene.issue("first")
    second = await scene.issue("second", supersedes=first.id)
    for response in (
        await visitor.get(f"/verify/{first.verification_code}"),
        await send(visitor, await scene.pdf(first)),
    ):
        said = await words(response)
        assert "已被新版本代替" in said
        assert second.number in said


async def test_it_speaks_english_too(scene, visitor):
    document = await scene.issue()
    said = await words(await visitor.get(f"/verify/{document.verification_code}?lang=en"))
    assert "A valid report issued here" in said
    ours = re.findall("[一-鿿]+", re.sub("柳河镇中心卫生院|青山市第一人民医院|李慧敏|主任医师|王|联诊|中文", "", said))
    assert ours == []


@pytest.mark.parametrize(
    ("size", "status", "sentence"), [(20 * 1024 * 1024 + 1, 413, "超过 20 MB"), (0, 422, "请选择")]
)
async def test_a_file_too_large_and_none_at_all_are_refused_in_plain_words(visitor, size, status, sentence):
    response = await send(visitor, bytes(size))
    assert response.status == status
    assert sentence in await words(response)


async def test_a_form_without_a_file_or_broken_is_refused(visitor):
    assert (await send(visitor, b"x", name="other")).status == 422
    assert (await visitor.post("/verify", data={"file": "x"})).status == 422
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await visitor.post("/verify", data=b"--y\r\n\r\nz", headers=broken)).status == 422


async def test_checking_files_by_the_hundred_is_slowed_down(visitor):
    answers = [await send(visitor, b"") for _ in range(13)]
    assert [answer.status for answer in answers] == [422] * 12 + [429]


async def test_no_file_stays_behind(scene, visitor, database, tmp_path):
    document = await scene.issue()
    pdf = await scene.pdf(document)
    before = {path: path.stat().st_size for path in (tmp_path / "documents").rglob("*")}
    await send(visitor, pdf)
    assert {path: path.stat().st_size for path in (tmp_path / "documents").rglob("*")} == before
    async with scene.unit(writes=False) as unit:
        assert (await service.check_archive(unit, office=scene.office)).documents == 1
