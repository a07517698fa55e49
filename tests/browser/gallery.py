"""The gallery of shared parts, served alone: for the tests of the frame, and to be looked at.

python -m tests.browser.gallery FOLDER     pictures of it at 1280 and 360 px, light and dark
"""

import asyncio
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import socketio
from aiohttp import web

from server.core.edge import HEADERS
from server.core.i18n import Translations
from server.core.templates import Templates
from tests.node import node
from tests.parts import CHROMIUM, path_of

ROOT = Path(__file__).parents[2]
GALLERY = "partials/gallery.html"
ICONS = re.findall(r'id="i-([\w-]+)"', (ROOT / "templates/partials/icons.svg").read_text())
NODE = (
    "const shown = ['js/pages/app.js', 'js/pages/account.js', 'css/app.css'].map(n => 'static/' + n);"
    "import('esbuild').then(b => b.build({entryPoints: shown,"
    " bundle: true, format: 'esm', target: 'es2022', outdir: process.argv[1], outbase: 'static'}))"
)


def bundle(folder):
    """The frame's own script and style, built into `folder` as the build of the house does, without its other pages."""
    dist = folder / "dist"
    subprocess.run([node(), "-e", NODE, str(dist)], cwd=ROOT, check=True)
    (dist / "manifest.json").write_text(
        '{"js/pages/app.js": "dist/js/pages/app.js", "js/pages/account.js": "dist/js/pages/account.js",'
        ' "css/app.css": "dist/css/app.css"}'
    )
    return folder


def people(locale):
    posts = [
        SimpleNamespace(id="p1", institution_name="青河镇卫生院", title="全科医生"),
        SimpleNamespace(id="p2", institution_name="临江市第一人民医院", title="心血管内科 副主任医师"),
    ]
    return SimpleNamespace(
        person_id="a" * 32,
        name="李晓燕",
        post_id="p1",
        post_title=posts[0].title,
        institution_name=posts[0].institution_name,
        posts=posts,
        locale=locale,
    )


def cases(now):
    def case(number, name, sex, age, question, next_, minutes, label, tone, **more):
        return {
            "id": f"c{number}",
            "href": f"/consultations/{number}",
            "patient_name": name,
            "sex": sex,
            "age": age,
            "question": question,
            "asked_by": "青河镇卫生院 李晓燕",
            "acts_next": next_,
            "due": now + timedelta(minutes=minutes),
            "state_label": label,
            "state_tone": tone,
            "state_icon": "",
        } | more

    return [
        case(
            1,
            "王某",
            "男",
            "67岁",
            "胸痛 3 小时，V1–V4 抬高，是否需要立即溶栓？能否就地处理？",
            "专家 张建国",
            -12,
            "待专家响应",
            "danger",
            urgency_label="特急",
            urgency_tone="danger",
        ),
        case(
            2,
            "陈某某",
            "女",
            "3岁",
            "发热 5 天伴皮疹，请儿科看是否川崎病",
            "会诊中心",
            38,
            "待初审",
            "soon",
            urgency_label="急",
            urgency_tone="soon",
        ),
        case(3, "赵某", "女", "54岁", "甲状腺结节复查对比", "", 1600, "已排期", "idle", enter_href="/room/3"),
        case(4, "欧阳某某", "男", "1岁8个月", "右髋外展受限，X 线请骨科阅片", "本人", 300, "待落实方案", "done"),
    ]


FORM = SimpleNamespace(
    typed={"phone": "1380000", "story": "胸痛 3 小时，向左肩放射，伴出汗。", "patient": "", "uses": ["consult"]},
    errors={"phone": "手机号应为 11 位", "urgency": "请选择紧急程度"},
)
HISTORY = [
    {
        "at": datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
        "who": "李晓燕",
        "what": "提交申请",
        "tone": "done",
        "icon": "check",
    },
    {
        "at": datetime(2026, 11, 22, 6, 42, tzinfo=UTC),
        "who": "会诊中心 周敏",
        "what": "要求补充资料",
        "tone": "soon",
        "icon": "soon",
        "note": "请补近一周血压记录",
    },
    {
        "at": datetime(2026, 11, 22, 7, 5, tzinfo=UTC),
        "who": "",
        "what": "等待专家响应",
        "tone": "active",
        "icon": "wait",
    },
]
NAV = [
    {"href": "/", "label": "工作台", "icon": "home", "count": 0, "current": True},
    {"href": "/consultations", "label": "会诊", "icon": "consult", "count": 4, "current": False},
    {"href": "/calendar", "label": "日程", "icon": "calendar", "count": 0, "current": False},
    {"href": "/patients", "label": "患者", "icon": "patient", "count": 0, "current": False},
    {"href": "/teaching", "label": "教学", "icon": "teach", "count": 2, "current": False},
    {"href": "/statistics", "label": "统计", "icon": "chart", "count": 0, "current": False},
    {"href": "/admin", "label": "管理", "icon": "settings", "count": 0, "current": False},
]


def frame(locale="zh", now=None):
    now = now or datetime.now(UTC)
    return {
        "actor": people(locale),
        "nav": NAV,
        "csrf": "c" * 64,
        "now": now,
        "searches": "patient",
        "unread": 3,
        "path": "/gallery",
        "posted": "",
        "flash": [],
        "new_key": lambda: "k" * 32,
    }


def sample(now):
    return {
        "cases": cases(now),
        "form": FORM,
        "history": HISTORY,
        "icons": ICONS,
        "far": now + timedelta(days=2, hours=3),
        "near": now + timedelta(minutes=38),
        "past": now - timedelta(minutes=12),
        "views": [
            {"href": "#a", "label": "待初审", "count": 2, "current": True},
            {"href": "#b", "label": "待响应", "count": 1},
            {"href": "#c", "label": "今日", "count": 0},
            {"href": "#d", "label": "超时", "count": 1},
        ],
    }


@dataclass
class Gallery:
    """What the little house behind the pages knows, and what a test may change."""

    templates: Templates
    hints: socketio.AsyncServer
    address: str = ""
    context: dict = field(default_factory=dict)
    """Laid over the sample of every page."""
    drafts: list = field(default_factory=list)
    answer: tuple = (200, {"version": "4"})
    """To the next saves of a draft."""

    def page(self, name, locale="zh"):
        now = datetime.now(UTC)
        return self.templates.render(locale, name, frame(locale, now) | sample(now) | self.context)


HOUSE = web.AppKey("house", Gallery)


@asynccontextmanager
async def gallery(static, port=0):
    """The gallery at .address, with the headers of the house, a /live namespace and a place for drafts."""
    sockets = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
    sockets.on("connect", lambda *_: None, namespace="/live")
    house = Gallery(Templates(ROOT / "templates", static, Translations(ROOT / "server/locale")), sockets)
    app = web.Application()
    app[HOUSE] = house
    sockets.attach(app)
    app.add_routes(routes)
    app.router.add_static("/static", static)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    house.address = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    try:
        yield house
    finally:
        await sockets.shutdown()
        await runner.cleanup()


routes = web.RouteTableDef()


@routes.get("/gallery")
async def show(request):
    text = request.app[HOUSE].page(request.query.get("page", GALLERY), request.query.get("in", "zh"))
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


@routes.get("/notices/bell")
async def show_bell(request):
    return web.Response(text=request.app[HOUSE].page("partials/bell.html"), content_type="text/html", headers=HEADERS)


@routes.post("/gallery/draft")
async def keep_draft(request):
    house = request.app[HOUSE]
    house.drafts.append(dict(await request.post()))
    status, told = house.answer
    return web.json_response(told, status=status)


@routes.get("/gallery/people")
async def offer_people(request):
    found = [one for one in ("王某", "王小某", "赵某") if request.query["q"] in one]
    return web.json_response({"options": [{"value": f"id-{one}", "label": one, "note": "67岁"} for one in found]})


@routes.post("/sign-out")
async def sign_out(request):
    return web.Response(text="<p>bye", content_type="text/html")


async def pictures(folder, pages=(GALLERY,)):
    from playwright.async_api import async_playwright

    folder.mkdir(parents=True, exist_ok=True)
    async with gallery(bundle(folder / "static")) as house, async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path_of(CHROMIUM), args=["--no-sandbox"])
        for name in pages:
            for width in (1280, 360):
                for scheme in ("light", "dark"):
                    page = await browser.new_page(
                        viewport={"width": width, "height": 800}, color_scheme=scheme, locale="zh-CN"
                    )
                    page.on("console", lambda message: print(message.text))
                    await page.goto(f"{house.address}/gallery?page={name}")
                    await page.wait_for_selector('[data-line="on"], .signed-out')
                    await page.evaluate("scrollTo(0, 0)")
                    await page.screenshot(path=folder / f"{Path(name).stem}-{width}-{scheme}.png", full_page=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(pictures(Path(sys.argv[1]), sys.argv[2:] or (GALLERY,)))
