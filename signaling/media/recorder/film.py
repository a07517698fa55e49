"""A film: one unbroken stretch of one stream, as a WebM that is sealed while it is written.

Beside the pictures it holds facts: whose it is, and from time to time which instant a position is, by the sender
reports, so that sound and picture of the same person meet again afterwards however their clocks run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from struct import unpack_from
from typing import Any

import av
import orjson

from signaling.media.forwarder.codecs import Codec
from signaling.media.forwarder.reports import NTP_EPOCH, Moment
from signaling.media.recorder.frames import Frame
from signaling.media.recorder.sealed import DONE, OPEN, Kind, Sealing

_MILLISECOND = Fraction(1, 1000)
# a cluster a second: what a kill can take, with the frames that are still put together
_LIVE = {"live": "1", "cluster_time_limit": "1000", "flush_packets": "1"}


class Film:
    """`path` without its ending: `.open` while it is written, `.film` once it was ended."""

    def __init__(self, path: Path, key: bytes, codec: Codec, first: Frame, facts: Mapping[str, Any]) -> None:
        """Raises OSError."""
        self._path, self._codec, self._first = path, codec, first.timestamp
        self._file = path.with_suffix(OPEN).open("xb", buffering=0)
        self._sealing = Sealing(self._file, key)
        self._tell({"codec": codec.name, **facts})
        self._webm = av.open(self, "w", format="webm", options=dict(_LIVE))
        self._stream = self._track(first)
        self.last = first.timestamp

    def _track(self, first: Frame) -> Any:
        if self._codec.kind == "audio":
            return self._webm.add_stream("libopus", rate=self._codec.clock, layout="stereo")
        width, height = size_of(first.data)
        return self._webm.add_mux_stream("vp8", width=width, height=height, time_base=_MILLISECOND)

    def write(self, data: bytes) -> int:
        """What the muxer has written."""
        self._sealing.put(Kind.MEDIA, bytes(data))
        return len(data)

    def add(self, frame: Frame) -> None:
        """Raises OSError."""
        packet = av.Packet(frame.data)
        packet.stream, packet.time_base, packet.is_keyframe = self._stream, _MILLISECOND, frame.key
        packet.pts = packet.dts = round(self._position(frame.timestamp))
        self._webm.mux_one(packet)
        self.last = frame.timestamp

    def note(self, moment: Moment, timestamp: int) -> None:
        """`timestamp` is the moment's, counted on as the frames' are."""
        self._tell({"position": self._position(timestamp), "at": moment.ntp / (1 << 32) - NTP_EPOCH})

    def _position(self, timestamp: int) -> float:
        """Milliseconds from the first frame on."""
        return (timestamp - self._first) * 1000 / self._codec.clock

    def _tell(self, facts: Mapping[str, Any]) -> None:
        self._sealing.put(Kind.FACTS, orjson.dumps(dict(facts)))

    def end(self, *, why: str) -> None:
        """`why`: "left" or "changed" (a new film follows), "lost" (what carried it is gone)."""
        with contextlib.suppress(OSError):
            self._webm.close()
            self._tell({"ended": why})
            self._sealing.put(Kind.END, b"")
        with contextlib.suppress(OSError):
            self._file.close()
            self._path.with_suffix(OPEN).rename(self._path.with_suffix(DONE))


def size_of(key_frame: bytes) -> tuple[int, int]:
    """Width and height of a VP8 key frame (RFC 6386 §9.1)."""
    if key_frame[3:6] != b"\x9d\x01\x2a" or len(key_frame) < 10:
        return 0, 0
    width, height = unpack_from("<HH", key_frame, 6)
    return width & 0x3FFF, height & 0x3FFF
