"""A thousand trainees come into one lesson within ten seconds, and the teacher's voice goes on meanwhile.

    python -m tests.benchmarks.join_storm        CASES=300,1000,1000+150

Each is signed in and enrolled, asks for a ticket, opens a socket and joins: `join_p95_ms` counts from the first request
to the answer that holds the roster, the slide and the chat. Then the teacher writes a line: `chat_p95_ms` until the
last have it. `roster_bytes` are those of the rosters a seat received, by its own share of the crowd: what the server
sends in all must grow no faster than the audience. They come a hundred a second. In the case 1000+150 that many of them
also ask for the teacher's voice, by real connections of aiortc's, and somebody who was there before measures the gaps
in it, by the kernel's clock. Clients are processes of their own without a browser on the same machine: their share of
its cores counts against us. The server's work is that of its process until the last has joined, the media's that of the
forwarder's processes until the last connection stands.
"""

import asyncio
import json
import os
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import aiohttp
import aioice.ice
import orjson
import socketio
from aiortc import RTCSessionDescription
from pylibsrtp import Error
from sqlalchemy import select

from server import app as composition
from server.accounts import queries as accounts
from server.accounts.model import Person, Post, SignIn
from server.accounts.roles import Role
from server.core import csrf, ids
from server.core.http import DATABASE
from server.settings import Settings
from server.teaching.kinds import EnrolmentState
from server.teaching.model import Enrolment, TeachingSession
from tests.benchmarks.figures import cpu_seconds, figure, percentile
from tests.benchmarks.forwarder_load import Publisher, Watcher, connected
from tests.benchmarks.site import running
from tests.journeys import test_hall as lesson
from tests.journeys.house import Visitor

CASES = os.environ.get("CASES", "300,1000,1000+150").split(",")
A_SECOND = 100
PATIENCE = 90.0  # seconds after which whoever is not inside, or has not heard the line, never will
QUIET = {"mic": False, "cam": False, "screen": False}
TOO_MANY = 429
LINE = "请大家看第一张心电图"


# ---- who comes


async def crowd(site, address, count):
    """Signed in and enrolled without a password each: their cookies and form tokens."""
    app = composition.build(Settings(data=site.data, port=site.port, demo=True))
    database = app[DATABASE]
    secret, found = database.keys.derive("csrf"), []
    async with database.unit() as unit:
        session = await unit.session.get(TeachingSession, address.rsplit("/", 1)[-1])
        like = (await unit.session.scalars(select(Post).where(Post.role == Role.TRAINEE))).first()
        for number in range(count):
            found.append(await _trainee(unit, number, like, session, secret))
    await app[composition.TASKS].close()
    await database.close()
    return found


async def _trainee(unit, number, like, session, secret):
    token, now = ids.new_token(), unit.now
    person = Person(id=unit.new_id(), login=f"storm{number}", name=f"学员{number}", standing="active", created_at=now)
    unit.session.add(person)
    await unit.session.flush()
    post = Post(id=unit.new_id(), person_id=person.id, institution_id=like.institution_id, role=Role.TRAINEE)
    post.starts, post.created_at = now.date() - timedelta(days=30), now
    unit.session.add(post)
    await unit.session.flush()
    moments = {"created_at": now, "seen_at": now, "second_factor_at": now, "reauthenticated_at": now}
    digest = accounts.digest_of(token)
    entry = SignIn(id=unit.new_id(), digest=digest, person_id=person.id, post_id=post.id, **moments)
    place = {"institution_id": like.institution_id, "place": 100 + number, "asked_at": now, "changed_at": now}
    whose = {"session_id": session.id, "person_id": person.id, "post_id": post.id}
    unit.session.add_all([entry, Enrolment(id=unit.new_id(), state=EnrolmentState.ENROLLED, **whose, **place)])
    return f"lianzhen_session={token}", csrf.new_token(secret, entry.id)


# ---- a trainee: the fewest bytes of Socket.IO


class Trainee:
    """`took`: ms from the first request to being inside; `again`: how often it was told to try again; `heard`: when the
    line came; `rosters`: bytes of them."""

    def __init__(self, http, url, room, cookie, token, watches):
        self.http, self.url, self.room, self.watches = http, url, room, watches
        self.headers = {"Cookie": cookie, "Origin": url, "X-CSRF": token, "Accept": "application/json"}
        self.took = self.heard = self.watched = self.media = None
        self.refused, self.rosters, self.number, self.again, self.page = "", 0, 0, 0, ids.new_id()
        self.inside, self.seen = asyncio.Event(), asyncio.Event()

    async def lives(self):
        try:
            async with asyncio.timeout(PATIENCE):
                await self._comes()
        except (RuntimeError, aiohttp.ClientError, TimeoutError) as error:
            self.refused = str(error) or type(error).__name__
        finally:
            self.inside.set()
            self.seen.set()

    async def _comes(self):
        self.began = time.monotonic()
        async with self.http.post(f"{self.url}/rooms/{self.room}/join", headers=self.headers) as answer:
            told = orjson.loads(await answer.read())
        if answer.status != 200:
            raise RuntimeError(told["code"])
        self.ticket = told["ticket"]
        address = f"{self.url}/socket.io/?EIO=4&transport=websocket"
        while not await self._stayed(address):
            self.again += 1
            await asyncio.sleep(random.random())  # as a page does

    async def _stayed(self, address):
        """Whether the line was heard; False when the door was full or the socket was cut."""
        self.number = 0
        try:
            self.socket = await self.http.ws_connect(address, headers=self.headers, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            if error.status != TOO_MANY:
                raise
            return False
        async for message in self.socket:
            await self._hears(message.data)
            if self.heard:
                return True
        return False

    async def _hears(self, said):
        if said.startswith("0"):
            await self.socket.send_str("40/room,")
        elif said == "2":
            await self.socket.send_str("3")
        elif said.startswith("40/room"):
            await self._says("join", ticket=self.ticket, page=self.page, last=0, media=QUIET)
        elif said.startswith("43/room,") and not self.inside.is_set():
            await self._is_in(orjson.loads(said[said.index("[") :])[0])
        elif said.startswith('42/room,["peers"'):
            self.rosters += len(said.encode())
        elif said.startswith('42/room,["offered"'):
            self.answering = asyncio.ensure_future(self._watch(orjson.loads(said[8:])[1]))
        elif LINE in said:
            self.heard = time.monotonic()

    async def _says(self, event, **body):
        self.number += 1
        await self.socket.send_str(f"42/room,{self.number}{orjson.dumps([event, body]).decode()}")

    async def _is_in(self, answer):
        if not answer["ok"] and answer["error"]["code"] == "server.unavailable":
            self.again += 1
            await self._says("join", ticket=self.ticket, page=self.page, last=0, media=QUIET)
            return
        if not answer["ok"]:
            raise RuntimeError(answer["error"]["code"])
        self.took = (time.monotonic() - self.began) * 1000
        self.inside.set()
        if self.watches:
            self.asked, self.watcher = time.monotonic(), Watcher(listens=False)
            await self._says("watch", views=None)
        else:
            self.seen.set()

    async def _watch(self, offer):
        await self._says("answer", number=offer["number"], sdp=await answer_to(self.watcher.pc, offer["sdp"]))
        await self.watcher.settle()
        self.watched = time.monotonic()
        self.media = (self.watched - self.asked) * 1000
        self.seen.set()


async def answer_to(pc, sdp):
    await pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await pc.setLocalDescription()
    return pc.localDescription.sdp


def on_loopback():
    """aiortc leaves loopback out; a site that is for this machine alone is reached by nothing else."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


async def trainees(url, room):
    """A process of its own: it writes when it could begin; who comes is read from the standard input; it writes when
    all are inside, when all that watch see, and at the end what they saw, as JSON."""
    on_loopback()
    print("ready", flush=True)
    told = json.loads(sys.stdin.readline())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        people = [Trainee(http, url, room, *one) for one in told["people"]]
        lives = asyncio.gather(*(comes(one, told["within"]) for one in people))
        for all_of in ([one.inside for one in people], [one.seen for one in people]):
            await asyncio.gather(*(event.wait() for event in all_of))
            print("all", flush=True)
        await lives
        kept = ("took", "heard", "rosters", "refused", "again", "watched", "media")
        print(json.dumps([{name: getattr(one, name) for name in kept} for one in people]), flush=True)


async def comes(one, within):
    await asyncio.sleep(random.random() * within)
    await one.lives()


# ---- who was there before


class Seat:
    def __init__(self, url, visitor, room):
        self.url, self.visitor, self.room = url, visitor, room
        self.socket = socketio.AsyncClient(reconnection=False)

    async def join(self):
        await self.visitor.get("/notices")
        headers = {"Origin": self.url, "X-CSRF": self.visitor.token, "Accept": "application/json"}
        async with self.visitor.session.post(f"/rooms/{self.room}/join", headers=headers) as answer:
            ticket = orjson.loads(await answer.read())["ticket"]
        cookies = "; ".join(f"{one.key}={one.value}" for one in self.visitor.session.cookie_jar)
        own = {"Origin": self.url, "Cookie": cookies}
        await self.socket.connect(self.url, transports=["websocket"], namespaces=["/room"], headers=own)
        await self.ask("join", ticket=ticket, page=ids.new_id(), last=0, media=QUIET)
        return self

    async def ask(self, message, **body):
        answer = await self.socket.call(message, body, namespace="/room", timeout=30)
        assert answer["ok"], (message, answer)
        return answer

    async def publishes(self, voice):
        await voice.pc.setLocalDescription()
        roles = {voice.voice.mid: "voice", voice.face.mid: "face"}
        sdp = (await self.ask("publish", sdp=voice.pc.localDescription.sdp, roles=roles))["sdp"]
        await voice.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        await connected(voice.pc)
        voice.start()

    async def hears(self, listener):
        offers = asyncio.Queue()
        self.socket.on("offered", offers.put, namespace="/room")
        await self.ask("watch", views=None)
        offer = await offers.get()
        await self.ask("answer", number=offer["number"], sdp=await answer_to(listener.pc, offer["sdp"]))
        await listener.settle()


class Voice(Publisher):
    """The teacher's, without a picture."""

    async def _frame(self, number):
        pass


class Listener(Watcher):
    """When each packet was sent and when the kernel had it, in ns."""

    def __init__(self):
        super().__init__(listens=True)
        self.packets = []

    def _packet(self, data, extra):
        try:
            packet = self._dtls._rx_srtp.unprotect(data)
        except Error:
            return
        seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
        self.packets.append((struct.unpack("!Q", packet[-8:])[0], seconds * 10**9 + nanoseconds))

    def largest_gap(self, which):
        return max(after[which] - before[which] for before, after in pairwise(self.packets)) / 1e6


# ---- the storm


def forwarders_of(pid):
    """The processes in which this site forwards."""
    found = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [int(child) for child in found if b"media.forwarder" in Path(f"/proc/{child}/cmdline").read_bytes()]


async def at_rest(pid):
    """The site has done what its start and the lesson left it to do: mails, files to look at."""
    deadline, before = time.monotonic() + PATIENCE, cpu_seconds(pid)
    while time.monotonic() < deadline:
        await asyncio.sleep(2)
        now = cpu_seconds(pid)
        if now - before < 0.1:
            return
        before = now
    raise TimeoutError("the site does not come to rest")


async def gathered(url, room, watching):
    """The processes of those who will come, ready: those who also watch are one by itself."""
    command = (sys.executable, "-m", "tests.benchmarks.join_storm", url, room)
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "limit": 1 << 24}
    children = [await asyncio.create_subprocess_exec(*command, **pipes) for _ in range(2 + bool(watching))]
    await every(children)
    return children


async def storm(children, people, within, watching):
    shares = [people[watching::2], people[watching + 1 :: 2], people[:watching]]
    for number, child in enumerate(children):
        told = {"within": within, "people": [[*one, number == 2] for one in shares[number]]}
        child.stdin.write(json.dumps(told).encode() + b"\n")
        await child.stdin.drain()


def crowd_cpu(children):
    return sum(cpu_seconds(child.pid) for child in children)


async def every(children):
    """All have written their next line."""
    return await asyncio.gather(*(child.stdout.readline() for child in children))


async def measure(case):
    on_loopback()
    count, _, watching = case.partition("+")
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site:
            logins = (lesson.TEACHER, lesson.PRESENTER, lesson.LISTENER, lesson.ASKER)
            clerks = {login: Visitor(site.url) for login in logins}
            for login, clerk in clerks.items():
                await clerk.sign_in(login)
            try:
                await observed(site, clerks, case, int(count), int(watching or 0))
            finally:
                for clerk in clerks.values():
                    await clerk.session.close()


async def begun(clerks):
    """The address of a lesson that goes on, and its room."""
    address = await lesson.planned(clerks)
    for move in ("open_lobby", "begin"):
        await clerks[lesson.TEACHER].post(f"{address}/move", {"move": move})
    page = await clerks[lesson.TEACHER].get(address)
    return address, page.link(r"/rooms/[0-9a-f]{32}").rsplit("/", 1)[-1]


async def observed(site, clerks, case, count, watching):
    address, room = await begun(clerks)
    await at_rest(site.pid)
    people = await crowd(site, address, count)
    teacher = await Seat(site.url, clerks[lesson.TEACHER], room).join()
    before_all = await Seat(site.url, clerks[lesson.LISTENER], room).join()
    voice, listener = Voice(), Listener()
    if watching:
        await teacher.publishes(voice)
        await before_all.hears(listener)
    children = await gathered(site.url, room, watching)
    await asyncio.sleep(2)
    listener.packets.clear()
    halls = forwarders_of(site.pid)
    before, media_before, theirs = cpu_seconds(site.pid), sum(map(cpu_seconds, halls)), crowd_cpu(children)
    await storm(children, people, count / A_SECOND, watching)
    await every(children)
    cpu, theirs = cpu_seconds(site.pid) - before, crowd_cpu(children) - theirs
    await every(children)
    media = sum(map(cpu_seconds, halls)) - media_before
    over = time.monotonic()
    await teacher.ask("chat", key=ids.new_id(), text=LINE)
    told = [one for written in await every(children) for one in orjson.loads(written)]
    report(case, told, over, cpu, theirs, count)
    if watching:
        report_media(case, told, media, listener, watching)
    await asyncio.gather(voice.close(), listener.close(), *(child.wait() for child in children))
    await asyncio.gather(teacher.socket.disconnect(), before_all.socket.disconnect())


def report(case, told, said, cpu, theirs, count):
    took = [one["took"] for one in told if one["took"] is not None]
    heard = [(one["heard"] - said) * 1000 for one in told if one["heard"] is not None]
    refused = Counter(one["refused"] for one in told if one["refused"])
    again = sum(one["again"] for one in told)
    more = {"goal": count, "within_s": count / A_SECOND, "refused": refused, "told_to_try_again": again}
    figure("join_storm", case, "joined", len(took), "people", **more)
    figure("join_storm", case, "join_p50_ms", percentile(took, 0.5), "ms")
    figure("join_storm", case, "join_p95_ms", percentile(took, 0.95), "ms", goal=2000, last=round(max(took)))
    figure("join_storm", case, "chat_p95_ms", percentile(heard, 0.95), "ms", heard=len(heard), goal=2000)
    figure("join_storm", case, "roster_bytes", sum(one["rosters"] for one in told) / count, "bytes a seat")
    figure("join_storm", case, "cpu_ms_per_join", 1000 * cpu / max(1, len(took)), "ms", goal=10)
    figure("join_storm", case, "crowd_cpu_ms_per_join", 1000 * theirs / max(1, len(took)), "ms")


def report_media(case, told, cpu, listener, watching):
    made = sorted(one["watched"] for one in told if one["watched"])
    waits = [one["media"] for one in told if one["media"] is not None]
    figure("join_storm", case, "media_connections", len(made), "connections", goal=watching)
    figure("join_storm", case, "media_connections_per_s", len(made) / max(0.001, made[-1] - made[0]), "1/s")
    figure("join_storm", case, "media_cpu_ms_per_connection", 1000 * cpu / max(1, len(made)), "ms")
    figure("join_storm", case, "media_last_wait_ms", max(waits), "ms", median=round(percentile(waits, 0.5)))
    sent, heard = (listener.largest_gap(which) for which in (0, 1))
    figure("join_storm", case, "voice_gap_ms", heard, "ms", goal=200, sent_ms=round(sent, 1))


async def main():
    for case in CASES:
        await measure(case)


if __name__ == "__main__":
    asyncio.run(trainees(*sys.argv[1:]) if len(sys.argv) > 1 else main())
