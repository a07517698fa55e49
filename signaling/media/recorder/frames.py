"""From packets to whole frames, in order: VP8 is put together again, a packet of Opus is a frame already.

Sans-I/O: `now` is handed in. Source: RFC 7741 (VP8), RFC 7587 (Opus).
"""

from __future__ import annotations

from dataclasses import dataclass

from aiortc.codecs.vpx import vp8_depayload

from signaling.media.forwarder.history import Kept
from signaling.media.forwarder.pictures import begins_key_frame
from signaling.media.forwarder.rtp import Unwrapped

PATIENCE = {"vp8": 1.0, "opus": 0.3}  # seconds a missing packet is waited for; sound is never asked for again
RECORDED = frozenset(PATIENCE)
_WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class Frame:
    """`timestamp` is RTP's, counted on past 2³²."""

    timestamp: int
    key: bool
    data: bytes


class Ticks:
    """RTP timestamps that go on counting past 2³², by the nearest to the newest seen."""

    def __init__(self) -> None:
        self._newest: int | None = None

    def __call__(self, timestamp: int) -> int:
        if self._newest is None:
            self._newest = timestamp
        number = self._newest + ((timestamp - self._newest + _WRAP // 2) % _WRAP) - _WRAP // 2
        self._newest = max(self._newest, number)
        return number


class Frames:
    """One stream. `broken` while only a key frame helps: at first, and after a packet was given up."""

    def __init__(self, codec: str) -> None:
        self._video, self._patience = codec == "vp8", PATIENCE[codec]
        self.broken = self._video
        self._number, self.ticks = Unwrapped(), Ticks()
        self._next: int | None = None
        self._waiting: dict[int, Kept] = {}
        self._stuck = 0.0
        self._parts: list[bytes] = []
        self._of = 0  # the timestamp of the parts

    def take(self, packet: Kept, now: float) -> list[Frame]:
        """The frames that this packet completes."""
        number = self._number(packet.sequence)
        if self._next is None:
            self._next = number
        if number < self._next:
            return []
        if not self._waiting:
            self._stuck = now
        self._waiting.setdefault(number, packet)
        return self._drain(now)

    def due(self, now: float) -> list[Frame]:
        """Gives up what has been waited for long enough; the frames that this sets free."""
        if not self._waiting or now - self._stuck < self._patience:
            return []
        self._next = min(self._waiting)
        self._give_up()
        return self._drain(now)

    def _drain(self, now: float) -> list[Frame]:
        assert self._next is not None
        frames: list[Frame] = []
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next += 1
            self._stuck = now
            if packet.payload:  # else padding
                frames += self._picture(packet) if self._video else [self._sound(packet)]
        return frames

    def _give_up(self) -> None:
        self._parts.clear()
        self.broken = self._video

    def _sound(self, packet: Kept) -> Frame:
        return Frame(self.ticks(packet.timestamp), True, packet.payload)

    def _picture(self, packet: Kept) -> list[Frame]:
        frames = self._whole() if self._parts and packet.timestamp != self._of else []
        if self.broken and not begins_key_frame("vp8", packet.payload):
            return frames
        self.broken = False
        try:
            self._parts.append(vp8_depayload(packet.payload))
        except ValueError:
            self._give_up()
            return frames
        self._of = packet.timestamp
        return frames + self._whole() if packet.marker else frames

    def _whole(self) -> list[Frame]:
        data = b"".join(self._parts)
        self._parts.clear()
        return [Frame(self.ticks(self._of), not data[0] & 1, data)] if data else []
