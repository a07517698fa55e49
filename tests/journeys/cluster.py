"""The whole site as the Procfile runs it: two `serve`, a `worker`, one PostgreSQL, one Valkey; each may be killed.

Each person comes in by a front of their own: a line that leads to their node while it lives, else to the other.
"""

import asyncio
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import asyncpg

from server import app as composition
from server.consultation.states import State
from server.core.http import DATABASE
from server.demo import cases, cast, places
from server.demo.stories import STORIES
from server.documents import signers
from server.settings import Settings
from tests.journeys.site import build_front_end
from tests.passwords import light
from tests.stores import free_port

PASSWORD = "长短由人-two-nodes-2026"
UPCOMING = next(one for one in STORIES if one.until is State.SCHEDULED)


@asynccontextmanager
async def standing(folder, database_url, redis_url, **settings):
    """Two nodes that are ready, with everybody in the house."""
    build_front_end()
    cluster = Cluster(folder, database_url, redis_url, **settings)
    try:
        await cluster.open()
        await cluster.peopled()
        yield cluster
    finally:
        await cluster.close()


class Program:
    """One process of `lianzhen`, with its own words kept."""

    def __init__(self, words, said, environment):
        self.words, self.said, self.environment = words, said, environment

    def start(self):
        command = [Path(sys.executable).with_name("lianzhen"), *self.words]
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said, env=self.environment)

    def kill(self):
        """As `kill -9` does: nothing is said to anybody."""
        self.process.kill()
        self.process.wait()

    @property
    def running(self):
        return self.process.poll() is None


class Node(Program):
    def __init__(self, port, said, environment):
        super().__init__(["serve", "--port", str(port)], said, environment)
        self.port = port

    async def ready(self, within=180):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.running:
            with suppress(OSError, urllib.error.URLError):
                await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{self.port}/readyz", timeout=1)
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the node does not open:\n{self.said.read_text()[-4000:]}")


class Front:
    """A port that leads to the first of its nodes that answers, as a proxy before the site does."""

    def __init__(self, port, nodes):
        self.port, self.nodes, self.lines = port, nodes, set()
        self.address = f"http://127.0.0.1:{port}"

    async def open(self):
        self.server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)

    async def close(self):
        self.server.close()
        for line in self.lines:
            line.cancel()

    async def _lead(self, reader, writer):
        there = await self._first_alive()
        if there is None:
            writer.close()
            return
        ways = [asyncio.ensure_future(way) for way in (_pour(reader, there[1]), _pour(there[0], writer))]
        self.lines.update(ways)
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, there[1]):
            end.transport.abort()
        self.lines.difference_update(ways)

    async def _first_alive(self):
        for node in self.nodes:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", node.port)
        return None


async def _pour(reader, writer):
    with suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()


class Way:
    """What a person's browser knows of the site: the address of their front. As `Site` of site.py."""

    password = PASSWORD

    def __init__(self, cluster, address):
        self.cluster, self.address = cluster, address

    @property
    def away(self):
        return self.cluster.away

    @property
    def trouble(self):
        return self.cluster.trouble

    async def signed(self, case):
        return await self.cluster.one_value("select count(*) from documents where subject_id = $1", case)


class Cluster:
    """`.one` and `.two` are nodes, `.by_one` and `.by_two` the ways that prefer them; `.worker` is started apart.
    `settings` are further ones of their environment."""

    def __init__(self, folder, database_url, redis_url, **settings):
        self.settings, self.folder, self.data, self.away = settings, folder, folder / "data", False
        self.database_url = database_url.replace("postgres@", "postgres:a-password-nobody-knows@")
        self.redis_url = redis_url
        one, two = free_port(), free_port()
        self.fronts = [free_port(), free_port()]
        self.one, self.two = (
            Node(port, folder / f"{name}.log", self._environment()) for name, port in (("one", one), ("two", two))
        )
        self.worker = Program(["worker"], folder / "worker.log", self._environment())
        self.other_worker = Program(["worker"], folder / "worker.log", self._environment())

    @property
    def public_url(self):
        return f"http://127.0.0.1:{self.fronts[0]}"

    def _environment(self):
        mine = {
            "LIANZHEN_DATA": self.data,
            "LIANZHEN_DATABASE_URL": self.database_url,
            "LIANZHEN_REDIS_URL": self.redis_url,
            "LIANZHEN_PUBLIC_URL": self.public_url,
            "LIANZHEN_ORIGINS": f'["http://127.0.0.1:{self.fronts[1]}"]',
            **{f"LIANZHEN_{name.upper()}": value for name, value in self.settings.items()},
        }
        rest = {name: value for name, value in os.environ.items() if not name.startswith("LIANZHEN_")}
        return {**rest, **{name: str(value) for name, value in mine.items()}}

    async def open(self):
        """Both nodes at the same moment on nothing: keys and tables are made once."""
        for node in (self.one, self.two):
            node.start()
        await asyncio.gather(self.one.ready(), self.two.ready())
        self.by_one, self.by_two = await asyncio.gather(
            self._way(self.fronts[0], self.one, self.two), self._way(self.fronts[1], self.two, self.one)
        )

    async def _way(self, port, *nodes):
        front = Front(port, nodes)
        await front.open()
        self.opened = [*getattr(self, "opened", []), front]
        return Way(self, front.address)

    async def close(self):
        for front in getattr(self, "opened", []):
            await front.close()
        for program in (self.one, self.two, self.worker, self.other_worker):
            if hasattr(program, "process"):
                program.kill()

    async def peopled(self):
        """The demo's places and people with a password of our own, and one consultation in ten minutes from now."""
        settings = Settings(data=self.data, database_url=self.database_url, public_url=self.public_url)
        app = composition.build(settings)
        async with app[DATABASE].unit() as unit:
            found = await places.build(unit)
            await signers.found_authority(unit, site="临湖市第一人民医院医疗集团")
            await cast.enrol_all(unit, found, light(PASSWORD))
            teller = cases.Teller(app, unit, PASSWORD)
            await teller._tell(UPCOMING)
            unit.signed_in, unit.now = None, teller.present
            unit.announcements.clear()
        await app[DATABASE].close()

    async def rows(self, query, *given):
        store = await asyncpg.connect(self.database_url.replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await store.fetch(query, *given)]
        finally:
            await store.close()

    async def one_value(self, query, *given):
        return (await self.rows(query, *given))[0][0]

    def mails(self):
        """Whatever was sent, as text: (to, subject, body)."""
        letters = [message_from_bytes(path.read_bytes(), policy=default) for path in self.data.glob("outbox/*.eml")]
        return sorted((one["To"], one["Subject"], one.get_body().get_content()) for one in letters)

    @property
    def said(self):
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    @property
    def trouble(self):
        said = self.said
        return said[max(said.rfind("Traceback"), len(said) - 8000) :] if "Traceback" in said else ""
