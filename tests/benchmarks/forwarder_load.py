"""The load of the forwarder benchmark: publishers that write one Mbit/s of picture and voice, watchers that are
counted. Most watchers are deaf, so that the reading end does not limit the sending one; a few read, with the
kernel's clock, how long each packet was on its way."""

import asyncio
import fractions
import os
import socket
import struct
import time

import aioice.ice
import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection
from aiortc.rtcconfiguration import RTCBundlePolicy
from pylibsrtp import Error

from signaling.media.forwarder.mmsg import SO_TIMESTAMPNS

FRAMES, PER_FRAME, SIZE = 30, 4, 1024  # 983 kbit/s
VOICE, VOICE_SIZE = 50, 120  # packets a second, 48 kbit/s
aioice.ice.CONSENT_FAILURES = 10_000  # deaf watchers hear no answer to their checks


def connection():
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


async def connected(pc):
    deadline = time.monotonic() + 60
    while pc.connectionState != "connected":
        assert time.monotonic() < deadline, f"not connected: {pc.connectionState}"
        await asyncio.sleep(0.01)


class Publisher:
    """Writes RTP itself, without an encoder; every packet ends with the time it was sent."""

    def __init__(self):
        self.pc = connection()
        self.voice = self.pc.addTransceiver("audio", "sendonly")
        self.face = self.pc.addTransceiver("video", "sendonly")
        self.sent = 0
        self._sequences = {}
        self._task = None

    def start(self):
        self._task = asyncio.ensure_future(self._send())

    async def _send(self):
        began, frame, sound = time.monotonic(), 0, 0
        while True:
            passed = time.monotonic() - began
            while frame < passed * FRAMES:
                await self._frame(frame)
                frame += 1
            while sound < passed * VOICE:
                await self._packet(self.voice, sound * 960, b"\xf8" + bytes(VOICE_SIZE - 9), marker=0)
                sound += 1
            await asyncio.sleep(0.005)

    async def _frame(self, number):
        for part in range(PER_FRAME):
            descriptor = struct.pack("!BBH", 0x90 if part == 0 else 0x80, 0x80, 0x8000 | number & 0x7FFF)
            head = bytes([0 if number % FRAMES == 0 else 1]) + bytes(SIZE - 13)
            await self._packet(self.face, number * 3000, descriptor + head, marker=part == PER_FRAME - 1)

    async def _packet(self, transceiver, timestamp, payload, marker):
        sequence = self._sequences.get(transceiver, 0)
        self._sequences[transceiver] = sequence + 1 & 0xFFFF
        kind = transceiver._codecs[0].payloadType | bool(marker) << 7
        head = struct.pack("!BBHII", 0x80, kind, sequence, timestamp & 0xFFFFFFFF, transceiver.sender._ssrc)
        await transceiver.sender.transport._send_rtp(head + payload + struct.pack("!Q", time.time_ns()))
        self.sent += 1

    async def close(self):
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.pc.close()


class Recorded(MediaStreamTrack):
    """A second of encoded picture or voice, played over and over: what a decoder can read."""

    def __init__(self, kind, packets, rate):
        super().__init__()
        self.kind, self._packets, self._rate, self._number, self._began = kind, packets, rate, 0, time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0.0, self._began + self._number / self._rate - time.monotonic()))
        packet = av.Packet(self._packets[self._number % len(self._packets)])
        packet.pts = packet.dts = self._number
        packet.time_base = fractions.Fraction(1, self._rate)
        self._number += 1
        return packet


def encoded(name, rate, frames, **options):
    codec = av.CodecContext.create(name, "w")
    for word, value in options.items():
        setattr(codec, word, value)
    codec.time_base = fractions.Fraction(1, rate)
    packets = [packet for frame in frames for packet in codec.encode(frame)] + list(codec.encode(None))
    return [bytes(packet) for packet in packets]


def pictures():
    """640 × 480 at about 1 Mbit/s: squares that move over a slope."""
    slope = np.add.outer(np.arange(480), np.arange(640)).astype(np.uint8)
    for number in range(FRAMES):
        picture = np.stack([np.roll(slope, 5 * number, axis) for axis in (0, 1, 0)], axis=-1)
        picture[100:200, 20 * number : 20 * number + 100] = np.random.default_rng(number).integers(
            0, 255, (100, 100, 3)
        )[:, : max(0, 640 - 20 * number)]
        frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
        frame.pts = number
        yield frame


def sounds():
    for number in range(VOICE):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.int16), "s16", "stereo")
        frame.sample_rate, frame.pts = 48000, number * 960
        yield frame


class Played:
    """A publisher whose pictures can be decoded, for the engine that does."""

    def __init__(self):
        self.pc, self.sent = connection(), 0
        video = {"width": 640, "height": 480, "pix_fmt": "yuv420p", "bit_rate": 1_000_000}
        self._video = encoded("libvpx", FRAMES, pictures(), options={"deadline": "realtime", "cpu-used": "8"}, **video)
        self._audio = encoded("libopus", 48000, sounds(), sample_rate=48000, layout="stereo", format="s16")
        self.pc.addTransceiver(Recorded("audio", self._audio, VOICE), "sendonly")
        self.pc.addTransceiver(Recorded("video", self._video, FRAMES), "sendonly")

    def start(self):
        """It plays from the moment it is connected."""

    async def close(self):
        await self.pc.close()


class Watcher:
    """Deaf once connected, unless it listens: then `delays` are in milliseconds, and `received` counts packets."""

    def __init__(self, listens):
        self.pc, self.listens = connection(), listens
        self.delays, self.received, self._socket = [], 0, None

    async def settle(self):
        await connected(self.pc)
        self._dtls = self.pc.getTransceivers()[0].receiver.transport
        for protocol in self._dtls.transport._connection._protocols:
            protocol.transport.pause_reading()
            its = protocol.transport.get_extra_info("socket")
            if not self.listens:
                its.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                continue
            its.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self._socket = socket.socket(fileno=os.dup(its.fileno()))
            self._socket.setblocking(False)
            asyncio.get_running_loop().add_reader(self._socket, self._read)

    def _read(self):
        for _ in range(50):
            try:
                data, extra, _, _ = self._socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if 128 <= data[0] < 192 and not 192 <= data[1] <= 223:
                self._packet(data, extra)

    def _packet(self, data, extra):
        try:
            packet = self._dtls._rx_srtp.unprotect(data)
        except Error:
            return
        seconds, nanoseconds = struct.unpack("qq", extra[0][2][:16])
        (sent,) = struct.unpack("!Q", packet[-8:])
        self.received += 1
        self.delays.append((seconds * 10**9 + nanoseconds - sent) / 1e6)

    async def close(self):
        if self._socket:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
        await self.pc.close()
