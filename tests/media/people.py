"""People of a hall as the tests need them: aiortc peers that publish encoded pictures and count what they receive."""

import asyncio
import fractions
import random
import time
from functools import partial

import aioice.ice
import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy

from signaling.media.ports import Offered

LOOPBACK = "127.0.0.1"
VERBS = ("publish", "unpublish", "watch", "arrange", "answer", "limit", "unwatch")


def on_loopback(monkeypatch, address=LOOPBACK):
    """aioice never offers 127.0.0.1 by itself, and a test machine may have nothing else."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [address])


def connection():
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


async def eventually(true, within=10.0):
    """Waits for a state."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.01)


class Camera(MediaStreamTrack):
    """Real VP8 or Opus, encoded when asked for; `shade` tells one camera from another."""

    def __init__(self, kind, shade=0, rate=25):
        super().__init__()
        self.kind, self.shade, self.rate, self.number = kind, shade, rate, 0
        self.began = time.monotonic()

    async def recv(self):
        step = 1 / self.rate if self.kind == "video" else 0.02
        await asyncio.sleep(max(0.0, self.began + self.number * step - time.monotonic()))
        frame = self._picture() if self.kind == "video" else self._sound()
        self.number += 1
        return frame

    def _picture(self):
        frame = av.VideoFrame(160, 120, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([self.shade]) * plane.buffer_size)
        frame.pts, frame.time_base = self.number * 90000 // self.rate, fractions.Fraction(1, 90000)
        return frame

    def _sound(self):
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.planes[0].update(bytes([0, 20]) * (frame.planes[0].buffer_size // 2))
        frame.sample_rate, frame.pts, frame.time_base = 48000, self.number * 960, fractions.Fraction(1, 48000)
        return frame


class Publisher:
    def __init__(self, hall, who, roles=("voice", "face"), shade=60):
        self.hall, self.who, self.roles, self.shade = hall, who, roles, shade
        self.pc = connection()

    async def publish(self, codec="VP8"):
        for role in self.roles:
            kind = "audio" if role == "voice" else "video"
            transceiver = self.pc.addTransceiver(Camera(kind, self.shade), "sendonly")
            if kind == "video":
                known = RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences([one for one in known if one.name in (codec, "rtx")])
        return await self.offer()

    async def offer(self):
        await self.pc.setLocalDescription()
        roles = {t.mid: role for t, role in zip(self.pc.getTransceivers(), self.roles, strict=False)}
        answer = await self.hall.publish(self.who, self.pc.localDescription.sdp, roles)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return self

    async def close(self):
        await self.pc.close()


class Watcher:
    """Answers every offer; `seen[view]` are the decoded pictures' shades, `heard[view]` counts frames of sound."""

    def __init__(self, hall, who):
        self.hall, self.who, self.pc = hall, who, connection()
        self.seen, self.heard, self.offers, self._tasks = {}, {}, [], []
        self.views, self.line = {}, None

    async def watch(self, views=None):
        await self.hall.watch(self.who, views)
        return self

    async def offered(self, event):
        self.offers.append(event)
        sdp = self.line.described(event.sdp) if self.line else event.sdp
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        for transceiver in self.pc.getTransceivers():
            track = transceiver.receiver.track
            if track is not None and not getattr(track, "followed", False):
                track.followed = True
                self._tasks.append(asyncio.ensure_future(self._follow(track, transceiver.mid)))
        self.views = dict(event.views)
        await self.pc.setLocalDescription()
        await self.hall.answer(self.who, event.number, self.pc.localDescription.sdp)

    async def _follow(self, track, mid):
        while True:
            frame = await track.recv()
            if isinstance(frame, av.VideoFrame):
                shade = frame.to_ndarray(format="yuv420p")[0, 0]
                self.seen.setdefault(self.views.get(mid), []).append(int(shade))
            else:
                self.heard[self.views.get(mid)] = self.heard.get(self.views.get(mid), 0) + 1

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pc.close()
        if self.line:
            self.line.close()


class In:
    """The verbs of one hall, as the people call them."""

    def __init__(self, forwarder, hall):
        for verb in VERBS:
            setattr(self, verb, partial(getattr(forwarder, verb), hall))


class House:
    """A forwarder, its halls and their people; carries offers to the watchers."""

    def __init__(self, forwarder):
        self.forwarder, self.told, self.people, self.watchers = forwarder, [], [], {}

    async def open(self):
        await self.forwarder.start()
        self._listening = asyncio.ensure_future(self._listen())
        self._answers = []

    async def _listen(self):
        async for event in self.forwarder.events():
            self.told.append(event)
            if isinstance(event, Offered):
                watcher = self.watchers[event.hall, event.who]
                self._answers.append(asyncio.ensure_future(watcher.offered(event)))

    async def publisher(self, hall, who, roles=("voice", "face"), shade=60, codec="VP8"):
        self.people.append(publisher := Publisher(In(self.forwarder, hall), who, roles, shade))
        return await publisher.publish(codec)

    async def watcher(self, hall, who, views=None):
        self.people.append(watcher := Watcher(In(self.forwarder, hall), who))
        self.watchers[hall, who] = watcher
        return await watcher.watch(views)

    def events(self, kind):
        return [event for event in self.told if isinstance(event, kind)]

    async def close(self):
        for person in self.people:
            await person.close()
        await self.forwarder.stop()
        self._listening.cancel()
        await asyncio.gather(self._listening, *self._answers, return_exceptions=True)


class WeakLine:
    """Between a browser and the forwarder: loses a share of the media, each way, and nothing else."""

    def __init__(self, port, loss):
        self.port, self.loss, self.lost = port, loss, 0
        self._chance, self._ways = random.Random(7), {}

    async def open(self):
        self._near = await self._socket(self._from_near)
        return self

    async def _socket(self, hear, remote=None):
        loop = asyncio.get_running_loop()
        local = None if remote else (LOOPBACK, 0)
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(hear), local_addr=local, remote_addr=remote)
        return transport

    def described(self, sdp):
        """The description, leading over this line."""
        return sdp.replace(f" {self.port} typ host", f" {self._near.get_extra_info('sockname')[1]} typ host")

    def _from_near(self, data, address):
        if address not in self._ways:
            self._ways[address] = asyncio.ensure_future(self._way(address))
        way = self._ways[address]
        if not self._loses(data) and way.done():
            way.result().sendto(data)

    async def _way(self, address):
        def back(data, _):
            if not self._loses(data):
                self._near.sendto(data, address)

        return await self._socket(back, (LOOPBACK, self.port))

    def _loses(self, data):
        lost = 128 <= data[0] < 192 and self._chance.random() < self.loss
        self.lost += lost
        return lost

    def close(self):
        self._near.close()
        for way in self._ways.values():
            way.result().close()


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, hear):
        self.datagram_received = hear
