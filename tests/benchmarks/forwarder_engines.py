"""What the forwarder is measured against: Janus's VideoRoom and aiortc's MediaRelay, each driven alike.

An engine has `start`, `publish(room, publisher)`, `watch(room, watcher)`, `pids` and `stop`.
"""

import asyncio
import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import aiohttp
from aiortc import RTCSessionDescription

from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Offered
from tests.journeys.house import free_port

JANUS = Path("/usr/bin/janus")
FOLDERS = Path("/usr/lib").glob("*/janus")


def started(command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


class Ours:
    def __init__(self, address, processes):
        self.spread, self.watchers = Spread(Ground([address], processes=processes)), {}

    async def start(self):
        await self.spread.start()
        self._listening = asyncio.ensure_future(self._listen())
        self._answers = set()

    async def _listen(self):
        async for event in self.spread.events():
            if isinstance(event, Offered):
                self._answers.add(asyncio.ensure_future(self._answer(event)))

    async def _answer(self, event):
        pc = self.watchers[event.hall, event.who].pc
        await pc.setRemoteDescription(RTCSessionDescription(event.sdp, "offer"))
        await pc.setLocalDescription()
        await self.spread.answer(event.hall, event.who, event.number, pc.localDescription.sdp)

    @property
    def pids(self):
        return [child.process.pid for child in self.spread._children.values()]

    async def publish(self, room, publisher):
        hall = f"hall{room}"
        await self.spread.open(hall)
        await publisher.pc.setLocalDescription()
        roles = {publisher.voice.mid: "voice", publisher.face.mid: "face"}
        answer = await self.spread.publish(hall, "publisher", publisher.pc.localDescription.sdp, roles)
        await publisher.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def watch(self, room, watcher):
        who = secrets.token_hex(4)
        self.watchers[f"hall{room}", who] = watcher
        await self.spread.watch(f"hall{room}", who)

    async def stop(self):
        self._listening.cancel()
        await asyncio.gather(self._listening, *self._answers, return_exceptions=True)
        await self.spread.stop()


class Janus:
    """Debian's Janus 1.1.2 with nothing but the VideoRoom, on the same address."""

    def __init__(self, address, processes):
        self.address, self.port = address, free_port()
        self._waiting, self._folder = {}, tempfile.TemporaryDirectory(prefix="janus-")

    async def start(self):
        self._process = started(self._command())
        self._http = aiohttp.ClientSession()
        for _ in range(200):
            with contextlib.suppress(aiohttp.ClientError):
                url = f"ws://127.0.0.1:{self.port}"
                self._socket = await self._http.ws_connect(url, protocols=["janus-protocol"])
                break
            await asyncio.sleep(0.05)
        self._reading = asyncio.ensure_future(self._read())
        self._session = (await self._ask(janus="create"))["data"]["id"]
        self.pids = [self._process.pid]

    def _command(self):
        folder, (installed, *_) = Path(self._folder.name), FOLDERS_FOUND
        others = [path.name for path in (installed / "plugins").glob("*.so") if "videoroom" not in path.name]
        off = [path.name for path in (installed / "transports").glob("*.so") if "websockets" not in path.name]
        logs = [path.name for path in (installed / "loggers").glob("*.so")]
        (folder / "janus.jcfg").write_text(
            f'general: {{ debug_level = 0 }}\nplugins: {{ disable = "{",".join(others)}" }}\n'
            f'transports: {{ disable = "{",".join(off)}" }}\nloggers: {{ disable = "{",".join(logs)}" }}\n'
        )
        (folder / "janus.transport.websockets.jcfg").write_text(
            f'general: {{ ws = true\n ws_port = {self.port}\n ws_ip = "127.0.0.1"\n wss = false }}\n'
        )
        (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        return [JANUS, "-F", folder, "-P", installed / "plugins", "-E", self.address, "-N"]

    async def _read(self):
        async for message in self._socket:
            told = json.loads(message.data)
            if told["janus"] != "ack" and told.get("transaction") in self._waiting:
                self._waiting.pop(told["transaction"]).set_result(told)

    async def _ask(self, **words):
        number = secrets.token_hex(6)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[number]
        await self._socket.send_json(words | {"transaction": number})
        told = await asyncio.wait_for(waiting, 20)
        assert told["janus"] != "error", told
        return told

    async def _handle(self):
        asked = {"janus": "attach", "session_id": self._session, "plugin": "janus.plugin.videoroom"}
        return (await self._ask(**asked))["data"]["id"]

    async def _message(self, handle, body, kind="", sdp=""):
        words = {"janus": "message", "session_id": self._session, "handle_id": handle, "body": body}
        return await self._ask(**words | ({"jsep": {"type": kind, "sdp": sdp}} if sdp else {}))

    async def publish(self, room, publisher):
        handle = await self._handle()
        made = {"request": "create", "room": 1000 + room, "publishers": 4, "videocodec": "vp8", "audiocodec": "opus"}
        await self._message(handle, made | {"bitrate": 0})
        await publisher.pc.setLocalDescription()
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": 1000 + room, "id": 7000 + room}
        told = await self._message(handle, body, "offer", publisher.pc.localDescription.sdp)
        await publisher.pc.setRemoteDescription(RTCSessionDescription(told["jsep"]["sdp"], "answer"))

    async def watch(self, room, watcher):
        handle, pc = await self._handle(), watcher.pc
        body = {"request": "join", "ptype": "subscriber", "room": 1000 + room, "streams": [{"feed": 7000 + room}]}
        told = await self._message(handle, body)
        await pc.setRemoteDescription(RTCSessionDescription(told["jsep"]["sdp"], "offer"))
        await pc.setLocalDescription()
        await self._message(handle, {"request": "start"}, "answer", pc.localDescription.sdp)

    async def stop(self):
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._http.close()
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()


FOLDERS_FOUND = tuple(FOLDERS)


class MediaRelay:
    """aiortc as its documentation has it: decoded once, encoded again for each watcher."""

    def __init__(self, address, processes):
        self.port = free_port()

    async def start(self):
        command = [sys.executable, "-m", "tests.benchmarks.media_relay", str(self.port)]
        self._process = started(command)
        await asyncio.to_thread(self._process.stdout.readline)
        self._http = aiohttp.ClientSession()
        self.pids = [self._process.pid]

    async def publish(self, room, publisher):
        await self._offer("publish", room, publisher.pc)

    async def watch(self, room, watcher):
        for kind in ("audio", "video"):
            watcher.pc.addTransceiver(kind, "recvonly")
        await self._offer("watch", room, watcher.pc)

    async def _offer(self, verb, room, pc):
        await pc.setLocalDescription()
        words = {"room": room, "sdp": pc.localDescription.sdp}
        async with self._http.post(f"http://127.0.0.1:{self.port}/{verb}", json=words) as answer:
            sdp = (await answer.json())["sdp"]
        await pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def stop(self):
        await self._http.close()
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()


ENGINES = {"ours": Ours, "janus": Janus, "mediarelay": MediaRelay}
