"""A demo site in a process of its own, and browsers without a window that ask it things."""

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager

import aiohttp
import orjson

from server import demo
from tests.benchmarks.figures import cpu_seconds_of_all
from tests.journeys.house import free_port

CSRF = re.compile(r'<meta name="csrf" content="([0-9a-f]+)"')


@asynccontextmanager
async def running(data, *, database_url="", redis_url="", host="127.0.0.1"):
    """`.url` and `.pid` of a site that answers; stopped at the end."""
    site = Site(data, database_url, redis_url, host)
    await site.start()
    try:
        yield site
    finally:
        await site.stop()


async def at_rest(pid, share=0.05):
    """Waits until a site has nothing to do but its duties: a new one still looks at the files of its demo."""
    calm = 0
    async with asyncio.timeout(300):
        while calm < 4:
            before = cpu_seconds_of_all(pid)
            await asyncio.sleep(0.5)
            calm = calm + 1 if cpu_seconds_of_all(pid) - before < share / 2 else 0


class Site:
    def __init__(self, data, database_url="", redis_url="", host="127.0.0.1"):
        self.data, self.host, self.port = data, host, free_port()
        self.url = f"http://{host}:{self.port}"
        self.environment = {
            **os.environ,
            "LIANZHEN_DATABASE_URL": database_url,
            "LIANZHEN_REDIS_URL": redis_url,
        }
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    async def start(self):
        place = ("--host", self.host, "--port", str(self.port), "--data", str(self.data))
        command = [sys.executable, "-m", "server", "demo", *place]
        self.process = await asyncio.create_subprocess_exec(
            *command, env=self.environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with aiohttp.ClientSession() as session:
            for _ in range(3600):
                try:
                    async with session.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise TimeoutError("the site did not start")

    async def stop(self):
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()


class Client:
    """A signed-in person."""

    def __init__(self, url):
        self.url, self.token = url, ""
        self.session = aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def sign_in(self, login):
        await self.get("/sign-in")
        await self.post("/sign-in", {"login": login, "password": demo.PASSWORD})
        await self.get("/notices")
        return self

    async def get(self, path):
        async with self.session.get(path) as response:
            text = await response.text(errors="replace")
            assert response.status == 200, (path, response.status)
        if found := CSRF.search(text):
            self.token = found[1]
        return text

    async def post(self, path, fields=None, json=None):
        headers = {"Origin": self.url, "X-CSRF": self.token}
        if json is not None:
            headers |= {"Content-Type": "application/json", "Accept": "application/json"}
        body = orjson.dumps(json) if json is not None else fields or {}
        async with self.session.post(path, data=body, headers=headers) as response:
            text = await response.text(errors="replace")
            assert response.status < 400, (path, response.status, text[:300])
            return text if json is None else orjson.loads(text)

    async def close(self):
        await self.session.close()
