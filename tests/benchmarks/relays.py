"""The two servers of the signalling benchmark: the real signalling package, and a bare relay."""

import asyncio
import os
import sys

import orjson
import socketio
import uvloop
from aiohttp import web

from signaling.ports import Grant

KEY = bytes(range(32))


class Json:
    loads = staticmethod(orjson.loads)

    @staticmethod
    def dumps(value, **options):
        return orjson.dumps(value).decode()


def bare(redis_url):
    """What the fewest lines of python-socketio do: who joins, and a message handed on; between two servers by its
    own manager, which is told of more connections than its default allows."""
    manager = redis_url and socketio.AsyncRedisManager(redis_url, redis_options={"max_connections": 5000}, json=Json)
    server = socketio.AsyncServer(
        async_mode="aiohttp", json=Json, cors_allowed_origins="*", client_manager=manager or None
    )

    @server.on("connect", namespace="/room")
    async def connect(sid, environ, auth=None):
        await server.enter_room(sid, environ["QUERY_STRING"].split("who=")[1].split("&")[0], namespace="/room")

    @server.on("join", namespace="/room")
    async def join(sid, body):
        return {"ok": True}

    @server.on("signal", namespace="/room")
    async def signal(sid, body):
        await server.emit("signal", {**body, "from": sid}, to=body["to"], namespace="/room")
        return {"ok": True}

    app = web.Application()
    server.attach(app)
    return app


def open_to_all(store):
    """Tickets say who and where, so that the benchmark needs no house to mint them."""

    async def redeem(ticket):
        _, room, who = ticket.rstrip("x").split("-")
        return Grant(room=room, participant=who, person=who, name=who, title="", role="", host=True)

    store.redeem = redeem
    return store


def ours(redis_url):
    from signaling.app import Signaling
    from signaling.ice import CoturnIce
    from signaling.memory import Hub, MemoryBus, MemoryStore
    from signaling.redis_bus import RedisBus
    from signaling.redis_store import RedisStore
    from tests.signaling.house import Log, Now, Rights

    async def nobody(request):
        return None

    node = f"bench{os.getpid()}"
    signalling = Signaling(
        node=node,
        store=open_to_all(RedisStore(redis_url, KEY) if redis_url else MemoryStore()),
        bus=RedisBus(redis_url, KEY, node) if redis_url else MemoryBus(Hub(), node),
        journal=Log(),
        grants=Rights(),
        ice=CoturnIce(),
        clock=Now(),
        feed_door=nobody,
    )
    app = web.Application()
    signalling.attach(app)
    return app


async def serve(kind, port, redis_url):
    runner = web.AppRunner({"ours": ours, "bare": bare}[kind](redis_url), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
