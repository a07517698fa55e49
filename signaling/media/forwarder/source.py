"""What comes in: a source is one camera or microphone of somebody, a stream one layer of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from signaling.media.forwarder.codecs import Codec
from signaling.media.forwarder.fanout import Fan, View
from signaling.media.forwarder.history import AUDIO, VIDEO, History, Kept
from signaling.media.forwarder.keyframes import KeyFrames
from signaling.media.forwarder.loss import Losses
from signaling.media.forwarder.pictures import begins_key_frame, picture
from signaling.media.forwarder.reports import Moment
from signaling.media.forwarder.rewriting import Head
from signaling.media.forwarder.rtp import newer

_WINDOW = 1.0  # seconds over which a bit rate is taken


class Upstream(Protocol):
    """Where a stream comes from: a browser, or another process."""

    def ask_again(self, stream: Stream, sequences: list[int]) -> None: ...

    def ask_key_frame(self, stream: Stream) -> None: ...


class Rate:
    """Bit/s over the last full second."""

    def __init__(self) -> None:
        self.bits = 0.0
        self._octets = 0
        self._since = 0.0

    def add(self, octets: int) -> None:
        self._octets += octets

    def round(self, now: float) -> None:
        passed = now - self._since
        if passed >= _WINDOW:
            self.bits = self._octets * 8 / passed if self._since else self._octets * 8 / _WINDOW
            self._octets, self._since = 0, now


class Stream:
    """One layer. `take` is the hot path: every packet that comes in goes through it once."""

    def __init__(self, source: Source, layer: int, upstream: Upstream) -> None:
        self.source, self.layer, self.upstream = source, layer, upstream
        self.codec = source.codec
        self._video = source.kind == "video"
        self.history = History(VIDEO if self._video else AUDIO)
        self.losses, self.frames, self.rate = Losses(), KeyFrames(), Rate()
        self.fan = Fan(source.codec)
        self.waiting: list[View] = []
        self.moment: Moment | None = None
        self.listeners: list[Callable[[Stream, Kept, int], None]] = []
        self._sequence: int | None = None
        self._timestamp = 0
        self.came_at = 0.0
        self.packets = 0

    @property
    def flows(self) -> bool:
        return self._sequence is not None

    def take(self, sequence: int, timestamp: int, marker: int, payload: bytes, level: int, now: float) -> None:
        """One packet, repeats already unpacked. `level` is its loudness as RFC 6464 writes it, or −1."""
        if self.losses.arrived(sequence, now):
            self._pass_on(Kept(sequence, timestamp, marker, payload), level, now)

    def _pass_on(self, packet: Kept, level: int, now: float) -> None:
        late = self._sequence is not None and not newer(packet.sequence, self._sequence)
        self.history.keep(packet)
        self.packets += 1
        self.rate.add(len(packet.payload))
        if (self.waiting or self.frames.wanted) and not late and self._begins(packet.payload):
            self._begin(packet, now)
        if not late:
            self._sequence, self._timestamp, self.came_at = packet.sequence, packet.timestamp, now
        for listener in self.listeners:  # other processes first: they have a core of their own to work on
            listener(self, packet, level)
        if self.fan.views:
            self.fan.spray(packet, level, late)

    def _begins(self, payload: bytes) -> bool:
        return not self._video or begins_key_frame(self.codec.name, payload)

    def _begin(self, packet: Kept, now: float) -> None:
        self.frames.came()
        waiting, self.waiting = self.waiting, []
        for view in waiting:
            view.begin(self, self._head(packet), now)

    def _head(self, packet: Kept) -> Head:
        if self.codec.name != "vp8":
            return Head(packet.sequence, packet.timestamp)
        seen = picture(packet.payload)
        return Head(packet.sequence, packet.timestamp, seen.number, seen.base)

    def newest(self) -> Head | None:
        """Where the stream stands."""
        packet = self.history.find(self._sequence) if self._sequence is not None else None
        return self._head(packet) if packet else None

    # ---- who wants it

    def want(self, view: View, now: float) -> None:
        """The view begins with the next packet it can begin with."""
        if view not in self.waiting:
            self.waiting.append(view)
        if self._video and self.frames.want(now):
            self.upstream.ask_key_frame(self)

    def renounce(self, view: View) -> None:
        if view in self.waiting:
            self.waiting.remove(view)

    def need_key_frame(self, now: float) -> None:
        if self._video and self.frames.want(now):
            self.upstream.ask_key_frame(self)

    def round(self, now: float) -> None:
        """Several times a second: what is missing is asked for, and key frames that are due."""
        missing = self.losses.due(now)
        if missing and self._video:
            self.upstream.ask_again(self, missing)
        if self.losses.gave_up:
            self.losses.gave_up = False
            if self.fan.views or self.waiting or self.listeners:
                self.need_key_frame(now)
        if self.frames.due(now):
            self.upstream.ask_key_frame(self)
        self.rate.round(now)


@dataclass(eq=False)
class Source:
    """`id` is `who:role`; `layers` are RIDs from the smallest, one empty name where there is one layer only."""

    id: str
    who: str
    role: str
    codec: Codec
    layers: Sequence[str]
    upstream: Upstream

    def __post_init__(self) -> None:
        self.streams = [Stream(self, number, self.upstream) for number in range(len(self.layers))]

    @property
    def kind(self) -> str:
        return self.codec.kind

    def rates(self) -> list[float]:
        """Bit/s of each layer; a single layer is there even before it was measured."""
        if len(self.streams) == 1:
            return [max(1.0, self.streams[0].rate.bits)]
        return [stream.rate.bits for stream in self.streams]

    def round(self, now: float) -> None:
        for stream in self.streams:
            stream.round(now)
