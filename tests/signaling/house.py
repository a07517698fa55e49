"""A small house for the rooms to live in: a log, grants, cookies, web servers, and the pages of people."""

import asyncio
import itertools
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import socketio
from aiohttp import ClientSession, web

from signaling.app import Signaling
from signaling.ice import CoturnIce
from signaling.memory import Hub, MemoryBus, MemoryStore
from signaling.ports import Entry, Grant, Line, Pass, Stay
from signaling.redis_bus import RedisBus
from signaling.redis_store import RedisStore
from signaling.refusals import NotBegun

ROOM, LIVE = "/room", "/live"
KEY = b"sixteen bytes or more of it"
QUIET = {"mic": False, "cam": False, "screen": False}
NODES = itertools.count(1)
PAGES = itertools.count(1)
ROOMS = itertools.count(100)


class Log:
    """The journal of a house: numbered, idempotent by key, sometimes not to be had."""

    def __init__(self):
        self.rooms = {}
        self.goes = []  # how many lines were written in each
        self.down = False
        self.begun = True

    async def append(self, room, lines):
        await self._reach()
        if not self.begun and any(line.kind == "ended" for line in lines):
            raise NotBegun
        self.goes.append(len(lines))
        return [self._write(room, line) for line in lines]

    async def write(self, room, kind, by, body, key):
        """What the house says in a room."""
        return (await self.append(room, [Line(kind, by, key, body)]))[0]

    def _write(self, room, line):
        entries = self.rooms.setdefault(room, {})
        entry = Entry(room, len(entries) + 1, datetime.now(UTC), line.kind, line.by, dict(line.body))
        return entries.setdefault(line.key, entry)

    async def since(self, room, seq, limit):
        await self._reach()
        return [entry for entry in self.of(room) if entry.seq > seq][:limit]

    async def standing(self):
        await self._reach()
        told = [entry for entries in self.rooms.values() for entry in entries.values()]
        left = {(e.room, e.body["who"], e.body["stay"]) for e in told if e.kind == "left"}
        joined = [(e.room, e.body["who"], e.body["stay"]) for e in told if e.kind == "joined"]
        return [Stay(*stay) for stay in joined if stay not in left]

    async def _reach(self):
        await asyncio.sleep(0)
        if self.down:
            raise OSError("the database is down")

    def of(self, room):
        return list(self.rooms.get(room, {}).values())

    def kinds(self, room="r1"):
        return [entry.kind for entry in self.of(room)]

    def told(self, kind, room="r1"):
        """The bodies of one kind."""
        return [entry.body for entry in self.of(room) if entry.kind == kind]


class Rights:
    """Who may still be there."""

    def __init__(self):
        self.revoked, self.unproved, self.signed_out = set(), set(), set()
        self.asked = 0

    async def still_holds(self, grant):
        self.asked += 1
        return grant.participant not in self.revoked

    async def proved(self, grant):
        return None if grant.participant in self.signed_out else grant.participant not in self.unproved


class Now:
    def now(self):
        return datetime.now(UTC)


class House:
    """What nodes share: the log, the rights, and (in memory) the store and the air."""

    def __init__(self):
        self.log = Log()
        self.rights = Rights()
        self.store = MemoryStore()
        self.hub = Hub()
        self.room = f"r{next(ROOMS)}"
        self.topics = {"wang": frozenset({"post:1", "person:wang"})}

    async def feed_door(self, request):
        person = request.cookies.get("person")
        return Pass(person, self.topics.get(person, frozenset())) if person else None

    def memory(self, node):
        return self.store, MemoryBus(self.hub, node)

    def redis(self, url, key=KEY):
        """Ports over a Redis: what a node of a cluster is made with."""
        return lambda node: (RedisStore(url, key), RedisBus(url, key, node))

    @asynccontextmanager
    async def node(self, ports=None, **options):
        """A running server of this house: `Site`."""
        name = f"node-{next(NODES)}"
        store, bus = (ports or self.memory)(name)
        signaling = Signaling(
            node=name,
            store=store,
            bus=bus,
            journal=self.log,
            grants=self.rights,
            ice=CoturnIce(stun=["stun:stun.lianzhen.test"], turn=["turn:turn.lianzhen.test"], secret="s"),
            clock=Now(),
            feed_door=self.feed_door,
            **options,
        )
        app = web.Application()
        signaling.attach(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        listener = web.TCPSite(runner, "127.0.0.1", 0)
        await listener.start()
        port = listener._server.sockets[0].getsockname()[1]
        site = Site(signaling, f"http://127.0.0.1:{port}", runner)
        try:
            yield site
        finally:
            await asyncio.gather(*(page.close() for page in site.pages))
            await runner.cleanup()


class Site:
    async def kill(self):
        """The process dies: no word to anybody, neither to pages nor to other nodes."""
        means = self.signaling._means
        await (means.bus._tasks if isinstance(means.bus, RedisBus) else means.bus).stop()
        await means.tasks.stop()
        await means.store.close()
        for line in self.signaling._door.lines:
            line.cut()

    def __init__(self, signaling, url, runner):
        self.signaling = signaling
        self.url = url
        self.runner = runner
        self.pages = []

    async def page(self, grant=None, *, join=True, **options):
        """A browser page on this server; joined with its grant unless told otherwise."""
        page = Page(self, grant)
        self.pages.append(page)
        await page.connect()
        if join:
            page.answer = await page.join(**options)
        return page


class Page:
    """A page as the browser has it: one socket, what it was told, how it joined."""

    def __init__(self, site, grant):
        self.site = site
        self.grant = grant
        self.id = f"page-{next(PAGES):06}"
        self.told = []
        self.answer = None
        self.news = asyncio.Event()
        self.socket = None

    async def connect(self, namespaces=(ROOM,), says=None, **headers):
        self.socket = socketio.AsyncClient(reconnection=False, logger=False, handle_sigint=False)
        for namespace in namespaces:
            self.socket.on("*", self._hear, namespace=namespace)
            self.socket.on("disconnect", lambda *_: self._hear("disconnect"), namespace=namespace)
        await self.socket.connect(
            self.site.url,
            headers={"Origin": self.site.url, **headers},
            transports=["websocket"],
            namespaces=list(namespaces),
            auth=says,
        )

    async def join(self, *, ticket=None, last=0, media=QUIET, again=False, **more):
        if again:
            ticket = self.answer["again"]
        elif ticket is None:
            ticket = await self.site.signaling.mint(self.grant)
        return await self.ask("join", {"ticket": ticket, "page": self.id, "last": last, "media": media, **more})

    async def ask(self, event, payload=None, namespace=ROOM):
        return await self.socket.call(event, payload or {}, namespace=namespace, timeout=5)

    async def drop(self):
        """The line breaks: no goodbye."""
        self.socket.eio.ws._response.connection.transport.abort()
        await self.until(lambda: not self.socket.connected)

    async def close(self):
        if self.socket and self.socket.connected:
            with suppress(Exception):
                await asyncio.wait_for(self.socket.disconnect(), 2)
        if self.socket and self.socket.eio.http:
            await self.socket.eio.http.close()

    # ---- what it heard

    def _hear(self, event, *arguments):
        self.told.append((event, *arguments))
        self.news.set()

    def heard(self, event):
        """The payloads of one kind of message."""
        return [arguments[0] for name, *arguments in self.told if name == event and arguments]

    @property
    def log(self):
        """The numbered entries as they arrived, those of the answer first."""
        first = [*(self.answer or {}).get("events", []), *(e for w in self.heard("welcome") for e in w["events"])]
        return [*first, *self.heard("event")]

    @property
    def peers(self):
        """The latest roster, by participant."""
        latest = [*self.heard("welcome"), *self.heard("peers")][-1:] or [self.answer]
        return {peer["id"]: peer for peer in latest[0]["peers"]}

    @property
    def waiting(self):
        latest = [*self.heard("welcome"), *self.heard("peers")][-1:] or [self.answer]
        return [peer["id"] for peer in latest[0]["waiting"]]

    async def until(self, truth, patience=5.0):
        """Wait until the page sees it so."""
        async with asyncio.timeout(patience):
            while not seen(truth):
                self.news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), 0.05)


def seen(truth):
    """Whether it is true; what is not even there yet is not."""
    try:
        return truth()
    except LookupError:
        return False


@asynccontextmanager
async def wire(site, *, room=True, origin=None, **more):
    """A WebSocket spoken by hand: for what no decent client would say."""
    url = f"{site.url}/socket.io/?EIO=4&transport=websocket"
    headers = {"Origin": origin or site.url, **more}
    async with ClientSession() as session, session.ws_connect(url, headers=headers, max_msg_size=0) as socket:
        await socket.receive()
        if room:
            await socket.send_str("40/room,")
            await socket.receive()
        yield socket


async def eventually(truth, patience=5.0):
    async with asyncio.timeout(patience):
        while not truth():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.02)


def grant(who="wang", **facts):
    known = {
        "room": "r1",
        "participant": who,
        "person": who,
        "name": who.title(),
        "title": "主任医师",
        "role": "specialist",
        "device": f"pc-of-{who}",
        "subject": "心内科会诊",
        "room_kind": "consultation",
        "ends": datetime(2026, 11, 23, 2, 0, tzinfo=UTC),
    }
    return Grant(**known | facts)


def host(who="zhao", **facts):
    return grant(who, host=True, **facts)


def guest(who="aunt", **facts):
    return grant(who, person=None, role="patient_guest", lobby=True, **facts)


HOUR = timedelta(hours=1)
