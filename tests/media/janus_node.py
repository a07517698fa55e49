"""Janus as a site runs it: started with the very files of deploy/janus, on ports of its own."""

import asyncio
import contextlib
import ipaddress
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import aiohttp
from aiohttp import web

from signaling.media.forwarder.spread import own_addresses
from tests.parts import JANUS, path_of
from tests.stores import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "janus"
SECRET = "known to the platform only"
CROWD = 100  # more than come in any test that is not about a large audience


def outer_address():
    """Janus offers no loopback."""
    addresses = own_addresses()
    if not addresses:
        raise LookupError("no address but loopback: ip link add media type dummy; ip addr add 10.77.0.1/24 dev media")
    return addresses[0]


class JanusNode:
    """`secret` is set in its configuration, or none; only with `watched` can its handles be counted."""

    def __init__(self, address, secret=SECRET, watched=False):
        self.address, self.secret, self.watched = address, secret, watched
        self.port, self.admin_port = free_port(), free_port()
        self._folder, self._process = tempfile.TemporaryDirectory(prefix="janus-"), None

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        for shipped in SHIPPED.glob("*.jcfg"):
            (Path(self._folder.name) / shipped.name).write_text(self._of_this_site(shipped.read_text()))
        self._process = subprocess.Popen([path_of(JANUS), "-F", self._folder.name, "-N"], stdout=subprocess.DEVNULL)
        return self

    def _of_this_site(self, words):
        set_here = {
            '#api_secret = ""': f'api_secret = "{self.secret}"' if self.secret else "",
            '#ice_enforce_list = "10.0.0.20"': f'ice_enforce_list = "{self.address}"',
            "ws_port = 8188": f"ws_port = {self.port}",
        }
        if self.watched:
            set_here["admin_ws = false"] = (
                f'admin_ws = true\nadmin_ws_ip = "127.0.0.1"\nadmin_ws_port = {self.admin_port}'
            )
        for shipped, here in set_here.items():
            words = words.replace(shipped, here)
        return words

    async def answers(self):
        """Waits until it can be spoken to."""
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("Janus did not start")

    async def handles(self):
        """How many there are, in all sessions."""
        url = f"ws://127.0.0.1:{self.admin_port}"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["janus-admin-protocol"]) as socket:
            sessions = (await self._answer(socket, "list_sessions"))["sessions"]
            there = [await self._answer(socket, "list_handles", session_id=one) for one in sessions]
            return sum(len(one["handles"]) for one in there)

    async def hang_up(self, handle):
        """Ends the connection of one of its handles."""
        url = f"ws://127.0.0.1:{self.admin_port}"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, protocols=["janus-admin-protocol"]) as socket:
            for one in (await self._answer(socket, "list_sessions"))["sessions"]:
                if handle in (await self._answer(socket, "list_handles", session_id=one))["handles"]:
                    await self._answer(socket, "hangup_webrtc", session_id=one, handle_id=handle)

    async def passed_on(self):
        """How many remote publishers it has, in all rooms."""
        return sum(bool(one.get("remote")) for people in (await self.rooms()).values() for one in people)

    async def rooms(self):
        """Who publishes and who listens in each."""
        async with aiohttp.ClientSession() as http, http.ws_connect(self.url, protocols=["janus-protocol"]) as socket:
            session = (await self._answer(socket, "create", apisecret=self.secret))["data"]["id"]
            ours = {"apisecret": self.secret, "session_id": session}
            handle = (await self._answer(socket, "attach", plugin="janus.plugin.videoroom", **ours))["data"]["id"]

            async def asked(**body):
                told = await self._answer(socket, "message", handle_id=handle, body=body, **ours)
                return told["plugindata"]["data"]

            rooms = [one["room"] for one in (await asked(request="list"))["list"]]
            there = {room: await asked(request="listparticipants", room=room) for room in rooms}
            return {room: told["participants"] for room, told in there.items() if "participants" in told}

    async def until(self, asked, answer):
        """Waits until its own word is that."""
        for _ in range(200):
            if await asked() == answer:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"still {await asked()}")

    async def _answer(self, socket, verb, **words):
        await socket.send_json({"janus": verb, "transaction": "test", **words})
        return await socket.receive_json()

    @property
    def held(self):
        """Its threads and descriptors."""
        return {kind: len(list(Path(f"/proc/{self.pid}/{kind}").iterdir())) for kind in ("task", "fd")}

    def kill(self):
        """As kill -9 does it."""
        self._process.kill()
        self._process.wait()

    def hang(self):
        """Alive to the kernel, and deaf."""
        self._process.send_signal(signal.SIGSTOP)

    def listens(self):
        """Its TCP sockets that wait for connections: (address, port)."""
        own = {os.readlink(one) for one in Path(f"/proc/{self.pid}/fd").iterdir()}
        lines = [line.split() for line in Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()[1:]]
        waiting = [line[1].split(":") for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in own]
        return {(str(ipaddress.ip_address(bytes.fromhex(host)[::-1])), int(port, 16)) for host, port in waiting}

    def stop(self):
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()


class Mute:
    """A way to a node that is alive to pings, and while it does not `hear`, passes no word on. `told`: what it did,
    but for words that only ask whether it lives."""

    def __init__(self, node):
        self.node, self.hears, self.told = node, asyncio.Event(), []
        self.held, self._left = False, 0
        self.hears.set()

    def falls_mute_after(self, words):
        self._left = words
        if not words:
            self.hears.clear()

    async def start(self):
        await self.node.answers()
        app = web.Application()
        app.router.add_get("/", self._join)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"ws://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/"
        return self

    async def _join(self, request):
        near = web.WebSocketResponse(protocols=["janus-protocol"])
        await near.prepare(request)
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(self.node.url, protocols=["janus-protocol"]) as far,
        ):
            words = asyncio.Queue()
            passing = [asyncio.ensure_future(self._there(words, far)), asyncio.ensure_future(self._back(far, near))]
            async for message in near:
                if message.json()["janus"] != "keepalive":
                    words.put_nowait(message)
                elif self.hears.is_set():
                    await far.send_str(message.data)
            for one in passing:
                one.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
        return near

    async def _there(self, words, far):
        while True:
            message = await words.get()
            self.held = not self.hears.is_set()
            await self.hears.wait()
            self.held = False
            self.told.append(message.json()["janus"])
            await far.send_str(message.data)
            self._count()

    def _count(self):
        self._left -= 1
        if self._left == 0:
            self.hears.clear()

    async def _back(self, far, near):
        async for message in far:
            await near.send_str(message.data)

    async def stop(self):
        await self._runner.cleanup()
