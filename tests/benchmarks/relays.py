"""The two servers of the signalling benchmark: the real signalling package, and a bare relay."""

import sys

import orjson
import socketio
import uvloop
from aiohttp import web


class Json:
    loads = staticmethod(orjson.loads)

    @staticmethod
    def dumps(value, **options):
        return orjson.dumps(value).decode()


def bare():
    """What the fewest lines of python-socketio do: who joins, and a message handed on."""
    server = socketio.AsyncServer(async_mode="aiohttp", json=Json, cors_allowed_origins="*")
    seats = {}

    @server.on("connect", namespace="/room")
    async def connect(sid, environ, auth=None):
        seats[environ["QUERY_STRING"].split("who=")[1].split("&")[0]] = sid

    @server.on("join", namespace="/room")
    async def join(sid, body):
        return {"ok": True}

    @server.on("signal", namespace="/room")
    async def signal(sid, body):
        await server.emit("signal", {**body, "from": sid}, to=seats[body["to"]], namespace="/room")
        return {"ok": True}

    app = web.Application()
    server.attach(app)
    return app


def ours():
    from signaling.app import Signaling
    from signaling.ice import CoturnIce
    from signaling.memory import Hub, MemoryBus, MemoryStore
    from signaling.ports import Grant
    from tests.signaling.house import Log, Now, Rights

    class OpenStore(MemoryStore):
        """Tickets say who and where, so that the benchmark needs no house to mint them."""

        async def redeem(self, ticket):
            _, room, who = ticket.rstrip("x").split("-")
            return Grant(room=room, participant=who, person=who, name=who, title="", role="", host=True)

    async def nobody(request):
        return None

    signalling = Signaling(
        node="bench",
        store=OpenStore(),
        bus=MemoryBus(Hub(), "bench"),
        journal=Log(),
        grants=Rights(),
        ice=CoturnIce(),
        clock=Now(),
        feed_door=nobody,
    )
    app = web.Application()
    signalling.attach(app)
    return app


async def serve(kind, port):
    runner = web.AppRunner({"ours": ours, "bare": bare}[kind](), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    import asyncio

    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
