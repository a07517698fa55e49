"""A thousand joins and leaves of one room on the real site: what is left of memory, descriptors and tasks.

python -m tests.benchmarks.leak        JOINS=1000
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path

from tests.benchmarks.figures import descriptors, figure, resident_mb
from tests.benchmarks.site import running
from tests.journeys.house import Visitor

JOINS = int(os.environ.get("JOINS", "1000"))
WARM_UP = 100


async def measure():
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site:
            visitor = Visitor(site.url)
            await visitor.sign_in("wangfang")
            figure("leak", "idle", "rss_mb", resident_mb(site.pid), "MB", limit=200)
            home = await visitor.get("/")
            room = re.search(r"/rooms/[0-9a-f]{32}", home.text)[0]
            await churn(visitor, room, WARM_UP)
            before = resident_mb(site.pid), descriptors(site.pid)
            await churn(visitor, room, JOINS)
            await asyncio.sleep(12)  # longer than a ghost may last
            after = resident_mb(site.pid), descriptors(site.pid)
            await visitor.session.close()
    figure("leak", f"{JOINS}-joins", "rss_mb", after[0] - before[0], "MB", goal=20)
    figure("leak", f"{JOINS}-joins", "descriptors", after[1] - before[1], "count", goal=0)


async def churn(visitor, room, times):
    for _ in range(times):
        await visitor.enter(room)
        await visitor.leave()


if __name__ == "__main__":
    asyncio.run(measure())
