"""A thousand joins and leaves of one room on the real site: what is left of memory, descriptors and tasks.

    python -m tests.benchmarks.leak        JOINS=1000

Server and browsers' sockets share one process, so the figures bound what the server keeps from above.
"""

import asyncio
import gc
import os
import tempfile
from pathlib import Path

import socketio
from sqlalchemy import select

from server.accounts.model import Post
from server.accounts.service import actor_at
from server.meeting import service
from server.meeting.model import Meeting
from server.meeting.routes import SIGNALING
from signaling.ports import Grant
from tests import stores
from tests.benchmarks.figures import descriptors, figure, resident_mb
from tests.benchmarks.site import running
from tests.journeys.house import open_house

JOINS = int(os.environ.get("JOINS", "1000"))
WARM_UP = 200
VANISHING = 50  # one in so many only cuts the line, and stays as a ghost as long as one may
QUIET = {"mic": False, "cam": False, "screen": False}


async def idle(folder):
    async with running(folder):
        await asyncio.sleep(15)  # the demo is told, and its pictures are looked at
    async with running(folder) as site:
        await asyncio.sleep(3)
        figure("leak", "idle", "rss_mb", resident_mb(site.pid), "MB", limit=200)


async def measure():
    with stores.begun(), tempfile.TemporaryDirectory() as folder:
        await idle(Path(folder) / "idle")
        async with open_house(Path(folder) / "data") as house:
            async with house.database.unit(writes=False) as unit:
                room = (await unit.session.scalars(select(Meeting.id).where(Meeting.closed_at.is_(None)))).first()
            await churn(house, room, 0, WARM_UP)
            before = await standing()
            await churn(house, room, WARM_UP, JOINS)
            after = await standing()
    for metric, unit, goal, old, new in zip(
        ("rss_mb", "descriptors", "tasks"), ("MB", "count", "count"), (20, 0, 0), before, after, strict=True
    ):
        figure("leak", f"{JOINS}-joins", metric, new - old, unit, goal=goal)


async def standing():
    await asyncio.sleep(12)  # longer than a ghost may last
    gc.collect()
    return resident_mb(), descriptors(), len(asyncio.all_tasks())


async def a_guest(house, room):
    """Somebody who may come in and was not there before."""
    async with house.database.unit() as unit:
        post = (await unit.session.scalars(select(Post))).first()
        unit.signed_in = await actor_at(unit, post)
        meeting = await unit.session.get(Meeting, room)
        link = await service.link_for_guest(unit, meeting=meeting, name="家属", another=True)
        return f"guest:{link.id}"


async def churn(house, room, first, times):
    for number in range(first, first + times):
        who = await a_guest(house, room)
        grant = Grant(room=room, participant=who, person=None, name=who, title="", role="")
        ticket = await house.app[SIGNALING].mint(grant)
        client = socketio.AsyncClient(reconnection=False)
        headers = {"Origin": house.url}
        await client.connect(house.url, transports=["websocket"], namespaces=["/room"], headers=headers)
        body = {"ticket": ticket, "page": f"page-{number:08d}", "last": 0, "media": QUIET}
        answer = await client.call("join", body, namespace="/room")
        assert answer["ok"], answer
        if number % VANISHING:
            assert (await client.call("leave", {}, namespace="/room"))["ok"]
        await client.disconnect()


if __name__ == "__main__":
    asyncio.run(measure())
