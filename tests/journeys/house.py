"""The whole application on a free port with the demo consortium, and visitors who click through it over HTTP."""

import asyncio
import base64
import hashlib
import html
import re
import secrets
import ssl
from contextlib import asynccontextmanager

import aiohttp
import orjson
import socketio
from aiohttp import web
from sqlalchemy import select

from server import app as composition
from server import demo, log, serving
from server.core.clock import SystemClock
from server.core.http import DATABASE
from server.core.outbox import OutboxMessage, unpacked
from server.settings import Settings
from tests.journeys.furnished import furnish


@asynccontextmanager
async def open_house(folder, *, database_url="", clock=None, port=0, furnish=furnish, **options):
    """A house that has started: `.url`, `.app`, `.database`, `.visitor(login)`; `furnish` lays its demo out."""
    log.set_up(for_people=True)
    settings = Settings(data=folder, port=port or free_port(), database_url=database_url, demo=True, **options)
    await furnish(folder, database_url, clock)
    app = composition.build(settings, clock=clock or SystemClock())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await serving._listen(runner, settings)
    house = House(app, settings.base_url, trusting(settings) if settings.tls else None)
    try:
        yield house
    finally:
        await house.close()
        await runner.cleanup()


def trusting(settings):
    """What a browser has that was given the site's own authority."""
    return ssl.create_default_context(cafile=settings.data / "tls" / "ca.crt")


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def letters(database):
    """The mails of the outbox, oldest first."""
    async with database.unit(writes=False) as unit:
        rows = await unit.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [unpacked(unit.keys.open(row.sealed, f"outbox:{row.id}")) for row in rows]


class House:
    def __init__(self, app, url, trust=None):
        self.app, self.url, self.trust = app, url, trust
        self.database = app[DATABASE]
        self.visitors = []

    async def visitor(self, login=None, url=""):
        """A browser of their own, at `url` if the site has several; signed in as the demo person `login`."""
        visitor = Visitor(url or self.url, self.trust)
        self.visitors.append(visitor)
        if login:
            await visitor.sign_in(login)
        return visitor

    async def letters(self):
        return await letters(self.database)

    async def close(self):
        for visitor in self.visitors:
            await visitor.leave()
            await visitor.session.close()


class Page:
    def __init__(self, response, text):
        self.status, self.url, self.text, self.headers = response.status, response.url, text, response.headers
        self.requests = 1 + len(response.history)

    @property
    def path(self):
        return self.url.path_qs

    def forms(self):
        return re.findall(r'<form[^>]*action="([^"]+)"', self.text)

    def link(self, pattern):
        return html.unescape(re.search(rf'href="({pattern})"', self.text)[1])

    def __contains__(self, words):
        return words in self.text


class Visitor:
    """Reads pages and sends their forms, with the form token a browser would send."""

    def __init__(self, url, trust=None):
        self.url = url
        connector = aiohttp.TCPConnector(ssl=trust) if trust else None
        self.session = aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True), connector=connector)
        self.token = self.login = ""
        self.sockets = []
        self.heard = []

    async def get(self, path, **options):
        async with self.session.get(path, **options) as response:
            page = Page(response, await response.text(errors="replace"))
        if found := re.search(r'<meta name="csrf" content="([0-9a-f]+)"', page.text):
            self.token = found[1]
        return page

    async def post(self, path, fields=None, **options):
        headers = {"Origin": self.url, "X-CSRF": self.token, **options.pop("headers", {})}
        async with self.session.post(path, data=fields or {}, headers=headers, **options) as response:
            page = Page(response, await response.text(errors="replace"))
        if found := re.search(r'<meta name="csrf" content="([0-9a-f]+)"', page.text):
            self.token = found[1]
        return page

    async def sign_in(self, login="", password=demo.PASSWORD):
        """As `login`; with none named, as before: once a session has been idle for too long."""
        self.login = login = login or self.login
        await self.get("/sign-in")
        page = await self.post("/sign-in", {"login": login, "password": password})
        assert page.status == 200, page.text[:500]
        assert "/sign-in" not in page.path, page.path
        await self.get("/notices")
        return page

    async def enter(self, room, fields=None, *, move=False):
        """Takes a seat in a room over a real socket; the join's answer. The socket closes with the visitor.

        By a link there is no room to name: `fields` hold its token. With `move` the call is taken
        over from another device.
        """
        told = await self.post(f"{room}/join", fields, headers={"Accept": "application/json"})
        ticket = orjson.loads(told.text)["ticket"]
        socket = socketio.AsyncClient(reconnection=False, logger=False)
        self.sockets.append(socket)
        headers = {"Origin": self.url}
        socket.on("*", lambda event, payload: self.heard.append((event, payload)), namespace="/room")
        await socket.connect(self.url, transports=["websocket"], namespaces=["/room"], headers=headers)
        media = {"mic": False, "cam": False, "screen": False}
        asked = {"ticket": ticket, "page": secrets.token_hex(8), "last": 0, "media": media, "move": move}
        answer = await socket.call("join", asked, namespace="/room")
        assert answer["ok"], answer
        return answer

    async def says(self, message, payload=None):
        """Something said in the room entered last; the answer."""
        return await self.sockets[-1].call(message, payload or {}, namespace="/room")

    def events(self, kind):
        """What the room's log has told so far of that kind, oldest first."""
        return [payload["body"] for event, payload in self.heard if event == "event" and payload["kind"] == kind]

    async def attaches(self, subject, name, content):
        """A file sent as the pages send it, proven and looked at in the sandbox; its id."""
        told = {"filename": name, "subject": subject}
        packed = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        tus = {"Tus-Resumable": "1.0.0", "Origin": self.url, "X-CSRF": self.token}
        begun = {**tus, "Upload-Length": str(len(content)), "Upload-Metadata": packed}
        async with self.session.post("/files/uploads", headers=begun) as response:
            assert response.status == 201, await response.text()
            place = response.headers["Location"]
        offset = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        async with self.session.patch(place, data=content, headers=offset) as response:
            assert response.status in (200, 204), await response.text()
        one = place.rsplit("/", 1)[-1]
        proof = {"sha256": hashlib.sha256(content).hexdigest()}
        async with self.session.post(f"/files/{one}/complete", json=proof, headers=tus) as response:
            assert response.status == 200, await response.text()
        await self._looked_at(one)
        return one

    async def _looked_at(self, one):
        async with asyncio.timeout(60):
            while True:
                tile = await self.get(f"/files/{one}/tile")
                status = re.search(r'data-status="(\w+)"', tile.text)[1]
                if status in ("ready", "refused"):
                    assert status == "ready", tile.text
                    return
                await asyncio.sleep(0.1)

    async def leave(self):
        for socket in self.sockets:
            await socket.disconnect()
        self.sockets.clear()
