"""A thousand trainees come into one lesson within ten seconds.

    python -m tests.benchmarks.join_storm        TRAINEES=1000 WITHIN=10

Each is signed in and enrolled, asks for a ticket, opens a socket and joins: `join_p95_ms` counts from the first request
to the answer that holds the roster, the slide and the chat. Then the teacher writes a line: `chat_p95_ms` until the
last have it. `roster_bytes` is what a seat received in all, which must not grow with the audience. No media yet.
Trainees are two processes without a browser on the same machine: their share of the two cores counts against us.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import aiohttp
import orjson
import socketio
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
from tests.benchmarks.site import running
from tests.journeys import test_hall as lesson
from tests.journeys.house import Visitor

TRAINEES = int(os.environ.get("TRAINEES", "1000"))
WITHIN = float(os.environ.get("WITHIN", "10"))
PROCESSES = 2
QUIET = {"mic": False, "cam": False, "screen": False}
LINE = "请大家看第一张心电图"


# ---- who comes


async def crowd(site, address):
    """Signed in and enrolled without a password each: their cookies and form tokens."""
    app = composition.build(Settings(data=site.data, port=site.port, demo=True))
    database = app[DATABASE]
    secret, found = database.keys.derive("csrf"), []
    async with database.unit() as unit:
        session = await unit.session.get(TeachingSession, address.rsplit("/", 1)[-1])
        like = (await unit.session.scalars(select(Post).where(Post.role == Role.TRAINEE))).first()
        for number in range(TRAINEES):
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
    def __init__(self, http, url, room, cookie, token):
        self.http, self.url, self.room = http, url, room
        self.headers = {"Cookie": cookie, "Origin": url, "X-CSRF": token, "Accept": "application/json"}
        self.took = self.heard = None
        self.refused = ""
        self.bytes = 0

    async def comes(self):
        began = time.monotonic()
        async with self.http.post(f"{self.url}/rooms/{self.room}/join", headers=self.headers) as answer:
            told = orjson.loads(await answer.read())
        if answer.status != 200:
            raise RuntimeError(told["code"])
        address = f"{self.url}/socket.io/?EIO=4&transport=websocket"
        self.socket = await self.http.ws_connect(address, headers=self.headers, max_msg_size=0)
        body = {"ticket": told["ticket"], "page": ids.new_id(), "last": 0, "media": QUIET}
        async for message in self.socket:
            said = message.data
            self.bytes += len(said)
            if said.startswith("0"):
                await self.socket.send_str("40/room,")
            elif said.startswith("40/room"):
                await self.socket.send_str(f'42/room,1["join",{orjson.dumps(body).decode()}]')
            elif said.startswith("43/room,1"):
                answered = orjson.loads(said[9:])[0]
                if not answered["ok"]:
                    raise RuntimeError(answered["error"]["code"])
                self.took = (time.monotonic() - began) * 1000
                return

    async def listens(self):
        async for message in self.socket:
            self.bytes += len(message.data)
            if message.data == "2":
                await self.socket.send_str("3")
            elif LINE in message.data:
                self.heard = time.monotonic()
                return


async def trainees(url, room):
    """A process of its own: who comes is read from the standard input, what they saw is written as JSON."""
    people = json.loads(sys.stdin.readline())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        all_of_them = [Trainee(http, url, room, *one) for one in people]

        async def comes(one):
            await asyncio.sleep(random.random() * WITHIN)
            try:
                await one.comes()
                await one.listens()
            except (RuntimeError, aiohttp.ClientError) as error:
                one.refused = str(error) or type(error).__name__

        await asyncio.gather(*(comes(one) for one in all_of_them))
        kept = ("took", "heard", "bytes", "refused")
        told = [{name: getattr(one, name) for name in kept} for one in all_of_them]
        print(json.dumps(told), flush=True)


# ---- the teacher


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


# ---- the storm


async def storm(url, room, people):
    """The processes of those who come."""
    command = (sys.executable, "-m", "tests.benchmarks.join_storm", url, room)
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "limit": 1 << 24}
    children = [await asyncio.create_subprocess_exec(*command, **pipes) for _ in range(PROCESSES)]
    for number, child in enumerate(children):
        child.stdin.write(json.dumps(people[number::PROCESSES]).encode() + b"\n")
        await child.stdin.drain()
    return children


async def measure():
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site:
            logins = (lesson.TEACHER, lesson.PRESENTER, lesson.LISTENER, lesson.ASKER)
            clerks = {login: Visitor(site.url) for login in logins}
            for login, clerk in clerks.items():
                await clerk.sign_in(login)
            address = await lesson.planned(clerks)
            for move in ("open_lobby", "begin"):
                await clerks[lesson.TEACHER].post(f"{address}/move", {"move": move})
            page = await clerks[lesson.TEACHER].get(address)
            room = page.link(r"/rooms/[0-9a-f]{32}").rsplit("/", 1)[-1]
            people = await crowd(site, address)
            teacher = await Seat(site.url, clerks[lesson.TEACHER], room).join()
            await asyncio.sleep(2)
            before = cpu_seconds(site.pid)
            children = await storm(site.url, room, people)
            await asyncio.sleep(WITHIN + 15)
            cpu = cpu_seconds(site.pid) - before
            over = time.monotonic()
            await teacher.ask("chat", key=ids.new_id(), text=LINE)
            told = [one for child in children for one in orjson.loads((await child.communicate())[0])]
            await teacher.socket.disconnect()
            for clerk in clerks.values():
                await clerk.session.close()
    report(told, over, cpu)


def report(told, said, cpu):
    took = [one["took"] for one in told if one["took"] is not None]
    heard = [(one["heard"] - said) * 1000 for one in told if one["heard"] is not None]
    case, refused = str(TRAINEES), Counter(one["refused"] for one in told if one["refused"])
    figure("join_storm", case, "joined", len(took), "people", goal=TRAINEES, within_s=WITHIN, refused=refused)
    figure("join_storm", case, "join_p95_ms", percentile(took, 0.95), "ms", goal=2000)
    figure("join_storm", case, "chat_p95_ms", percentile(heard, 0.95), "ms", heard=len(heard), goal=2000)
    figure("join_storm", case, "roster_bytes", percentile([one["bytes"] for one in told], 0.5), "bytes a seat")
    figure("join_storm", case, "cpu_ms_per_join", 1000 * cpu / max(1, len(took)), "ms")


if __name__ == "__main__":
    asyncio.run(trainees(*sys.argv[1:]) if len(sys.argv) > 1 else measure())
