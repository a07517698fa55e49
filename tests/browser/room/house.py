"""A little house around the real room page and the real signalling, to be started, killed and started again.

Who one is, a cookie says (`who`); the log of each room is kept in its folder, everything else dies with the process.
"""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import segno
from aiohttp import web

from server.core.clock import SystemClock
from server.core.edge import HEADERS
from server.core.i18n import Translations
from server.core.templates import Templates
from signaling.app import Signaling
from signaling.ice import CoturnIce
from signaling.media.forwarder.spread import Ground, Spread
from signaling.memory import Hub, MemoryBus, MemoryStore
from signaling.ports import Entry, Grant
from tests.browser.gallery import frame

ROOT = Path(__file__).parents[3]
PEOPLE = {
    "zhang": ("张建国", "心血管内科 主任医师", "specialist", {"host": True}),
    "li": ("李晓燕", "全科医生 · 青河镇卫生院", "applicant", {}),
    "zhao": ("赵敏", "会诊中心", "coordinator", {}),
    "chen": ("陈志远", "影像科 副主任医师", "specialist", {}),
    "zhou": ("周敏", "护士长 · 青河镇卫生院", "applicant", {}),
    "guest": ("王女士", "家属", "patient_guest", {"lobby": True, "may": frozenset({"speak", "chat"})}),
}
CSRF = "c" * 64
CASE = """<section><h2>患者 王某 男 67岁</h2><dl class="facts">
<div><dt>主诉</dt><dd>胸痛 3 小时，向左肩放射</dd></div>
<div><dt>问题</dt><dd>是否需要立即溶栓？能否就地处理？</dd></div>
<div><dt>血压</dt><dd>152/94 mmHg</dd></div></dl></section>"""


class FileJournal:
    """The numbered log of rooms in one file of JSON lines."""

    def __init__(self, path):
        self.path, self.entries, self.keys = path, [], {}
        for line in path.read_text().splitlines() if path.exists() else ():
            self._know(json.loads(line))

    def _know(self, kept):
        entry = Entry(
            kept["room"], kept["seq"], datetime.fromisoformat(kept["at"]), kept["kind"], kept["by"], kept["body"]
        )
        self.entries.append(entry)
        self.keys[entry.room, kept["key"]] = entry
        return entry

    async def append(self, room, lines):
        return [self.keys.get((room, line.key)) or self._write(room, line) for line in lines]

    def _write(self, room, line):
        seq = 1 + max((entry.seq for entry in self.entries if entry.room == room), default=0)
        kept = {"room": room, "seq": seq, "at": datetime.now(UTC).isoformat()} | asdict(line)
        with self.path.open("a") as file:
            file.write(json.dumps(kept) + "\n")
        return self._know(kept)

    async def since(self, room, seq, limit):
        return [entry for entry in self.entries if entry.room == room and entry.seq > seq][:limit]

    async def standing(self):
        return []


class AllGrants:
    async def still_holds(self, grant):
        return True

    async def proved(self, grant):
        return True


async def no_feed(request):
    return None


class House:
    def __init__(self, static, folder, ice):
        self.templates = Templates(ROOT / "templates", static, Translations(ROOT / "server/locale"))
        self.folder, self.ice, self.clock = folder, ice, SystemClock()
        node = uuid4().hex
        self.signaling = Signaling(
            node=node,
            store=MemoryStore(),
            bus=MemoryBus(Hub(), node),
            journal=FileJournal(folder / "journal.jsonl"),
            grants=AllGrants(),
            ice=ice,
            clock=self.clock,
            feed_door=no_feed,
            forwarder=lambda: Spread(Ground(["127.0.0.1"], processes=1)),
        )

    def application(self, static):
        app = web.Application()
        self.signaling.attach(app)
        app.router.add_static("/static", static)
        app.router.add_get("/healthz", self.healthy)
        app.router.add_get("/rooms/{room}", self.page)
        app.router.add_get("/join/{code}", self.guest_page)
        app.router.add_post("/rooms/{room}/join", self.join)
        app.router.add_post("/join/{code}", self.join_as_guest)
        app.router.add_post("/rooms/{room}/check", self.check)
        app.router.add_post("/rooms/{room}/{what:guests|handover}", self.link)
        app.router.add_get("/rooms/{room}/case", self.case)
        app.router.add_get("/case/{room}", self.back)
        return app

    async def healthy(self, request):
        return web.Response(text="ok")

    def render(self, request, **context):
        locale = request.cookies.get("locale", "zh")
        now = datetime.now(UTC)
        context = frame(locale, now) | {"csrf": CSRF} | context
        return html(self.templates.render(locale, "meeting/room.html", context))

    async def page(self, request):
        name = request.match_info["room"]
        base, ends_at = f"/rooms/{name}", datetime.now(UTC) + timedelta(minutes=40)
        room = SimpleNamespace(id=name, title="王某 · 胸痛会诊", kind_label="远程会诊", ends_at=ends_at)
        links = {"back_url": f"/case/{name}", "case_src": f"{base}/case", "opinion_src": None}
        return self.render(request, room=room, check_url=f"{base}/check", **links)

    async def guest_page(self, request):
        code = request.match_info["code"]
        room = SimpleNamespace(id=code, title="家属探访", kind_label="", ends_at=None)
        outside = {"actor": None, "nav": [], "guest": True, "back_url": None, "case_src": None, "opinion_src": None}
        return self.render(request, room=room, join_url=f"/join/{code}", check_url=f"/rooms/{code}/check", **outside)

    async def join(self, request):
        if request.headers.get("X-CSRF") != CSRF:
            return problem(403, "cross_site", "页面已过期")
        if request.match_info["room"] == "closed":
            return problem(409, "meeting.not_open_yet", "会诊室在开始前 20 分钟开放")
        return await self.ticket(request, request.cookies["who"], request.match_info["room"])

    async def join_as_guest(self, request):
        sent = await request.json()
        if sent.get("token") != "open-sesame":
            return problem(404, "not_found", "链接已经用过或已过期")
        return await self.ticket(request, "guest", request.match_info["code"], name=sent.get("name"))

    async def ticket(self, request, who, room, name=None):
        known, title, role, rights = PEOPLE[who]
        device = request.cookies.get("device", who)
        grant = Grant(
            room=room,
            participant=f"p-{who}",
            person=who,
            name=name or known,
            title=title,
            role=role,
            device=device,
            **rights,
        )
        return web.json_response({"ticket": await self.signaling.mint(grant), "participant": grant.participant})

    async def check(self, request):
        return web.json_response({"ice": self.ice.issue("check", self.clock.now())})

    async def link(self, request):
        room, what = request.match_info["room"], request.match_info["what"]
        path = f"/join/{room}#token=open-sesame" if what == "guests" else f"/rooms/{room}?now"
        url = f"{request.scheme}://{request.host}{path}"
        return web.json_response({"url": url, "svg": segno.make(url).svg_inline(scale=6)})

    async def case(self, request):
        return html(CASE)

    async def back(self, request):
        return html("<!doctype html><title>病例</title><h1>病例</h1>")


def html(text):
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


def problem(status, code, detail):
    body = json.dumps({"code": code, "status": status, "detail": detail})
    return web.Response(status=status, text=body, content_type="application/problem+json")


async def serve(port, static, folder, turn):
    ice = CoturnIce(turn=turn[:1], secret=turn[1], policy="relay") if turn else CoturnIce()
    house = House(static, folder, ice)
    runner = web.AppRunner(house.application(static))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


def run(port, static, folder, turn):
    """The whole life of its process; `turn` is an address and its secret, or empty."""
    asyncio.run(serve(port, static, folder, turn))
