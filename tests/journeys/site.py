"""The real program as a process of its own, so that it can be killed and started again on the same folder."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

from tests import node
from tests.journeys.furnished import furnish
from tests.stores import free_port

MANIFEST = node.ROOT / "static/dist/manifest.json"


def build_front_end():
    """As the build hook does, when a script or a style is newer than what was built."""
    sources = [*(node.ROOT / "static/js").rglob("*.js"), *(node.ROOT / "static/css").rglob("*.css")]
    if MANIFEST.exists() and MANIFEST.stat().st_mtime > max(one.stat().st_mtime for one in sources):
        return
    subprocess.run([node.node(), "build.mjs"], cwd=node.ROOT, env=node.environment(), check=True)


@asynccontextmanager
async def standing(folder, *, told=True, **settings):
    """A site that is ready, with its demo; where that is `told` already, it starts at once."""
    build_front_end()
    site = Site(folder / "data", **settings)
    if told:
        await furnish(site.data)
    site.start()
    try:
        await site.ready(within=60 if told else 150)
        yield site
    finally:
        site.kill()


class Site:
    """`lianzhen demo` on a free port. `.address`, `.data`, `.away` while it is known to be down; `settings` are those
    of its environment."""

    def __init__(self, data, **settings):
        self.data, self.port, self.away = data, free_port(), False
        self.environment = os.environ | {f"LIANZHEN_{name.upper()}": value for name, value in settings.items()}
        self.address = f"http://127.0.0.1:{self.port}"
        self.said = data.with_name("said.log")

    def start(self):
        program = Path(sys.executable).with_name("lianzhen")
        command = [program, "demo", "--port", str(self.port), "--data", self.data]
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said, env=self.environment)

    @property
    def trouble(self):
        """The end of what the program said, from its last traceback on."""
        said = self.said.read_text()
        return said[max(said.rfind("Traceback"), len(said) - 8000) :] if "Traceback" in said else ""

    async def ready(self, within=60):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError, urllib.error.URLError):
                await asyncio.to_thread(urllib.request.urlopen, f"{self.address}/readyz", timeout=1)
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the site does not open:\n{self.said.read_text()[-4000:]}")

    async def signed(self, case):
        """How many documents were signed for a case."""
        with closing(sqlite3.connect(f"file:{self.data / 'lianzhen.sqlite'}?mode=ro", uri=True)) as store:
            return store.execute("select count(*) from documents where subject_id = ?", [case]).fetchone()[0]

    def kill(self):
        """As a power cut does: nothing is said to anybody."""
        self.away = True
        self.process.kill()
        self.process.wait()
