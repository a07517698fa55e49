"""What goes out: a view is one picture or voice in somebody's page; a fan sends one stream's packets to its views.

Between packets of one stream only twelve bytes differ from receiver to receiver, so everything behind them is
written once. Per receiver and packet there is: those twelve bytes, a copy, the encryption in place, and a share
of one system call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from signaling.media.forwarder import internals
from signaling.media.forwarder.codecs import LEVEL_ID, SEND_TIME_ID, Codec
from signaling.media.forwarder.history import Kept
from signaling.media.forwarder.lane import SPREAD, Lane, Path
from signaling.media.forwarder.mmsg import ROOM, Letters
from signaling.media.forwarder.pictures import picture, renumber
from signaling.media.forwarder.rewriting import Head, Rewriter, Shift
from signaling.media.forwarder.rtp import HEAD

if TYPE_CHECKING:
    from signaling.media.forwarder.source import Stream

_LARGEST = ROOM - 144 - 20  # libsrtp asks for 144 bytes behind a packet; 20 are header and extension
_REPEATS = 300  # packets a second that one view may ask for again
_LEVEL = bytes([0xBE, 0xDE, 0, 1, LEVEL_ID << 4])
_TIME = bytes([0xBE, 0xDE, 0, 1, SEND_TIME_ID << 4 | 2])


class Receiver(Protocol):
    """Whoever shows the view: a peer."""

    path: Path | None

    @property
    def keys(self) -> Any: ...

    def send(self, packet: bytes) -> None: ...


class View:
    """One outgoing stream. `stream` is what it shows now, `next` what it will show from a key frame on."""

    def __init__(self, receiver: Receiver, ssrc: int, repeat: int, start: int) -> None:
        self.receiver, self.ssrc, self.repeat = receiver, ssrc, repeat
        self.rewriter: Rewriter[Stream] = Rewriter(start)
        self.stream: Stream | None = None
        self.next: Stream | None = None
        self._counted = (0, 0)
        self._since = (0, 0)
        self._repeats = [0.0, _REPEATS]
        self._repeat_sequence = start

    def show(self, stream: Stream | None, now: float) -> None:
        """Changes to `stream` as soon as it has a picture to begin with; until then the old one goes on."""
        if self.next is not None:
            self.next.renounce(self)
        self.next = stream if stream is not self.stream else None
        if self.next is not None:
            self.next.want(self, now)
        elif stream is None:
            self.stop()

    def stop(self) -> None:
        for stream in (self.stream, self.next):
            if stream is not None:
                stream.renounce(self)
                stream.fan.leave(self)
        self._settle()
        self.stream = self.next = None

    def begin(self, stream: Stream, first: Head, now: float) -> None:
        """`first` is about to be passed on."""
        old, last, passed = self.stream, None, 0
        if old is not None:
            last = old.newest()
            passed = round((now - old.came_at) * stream.codec.clock)
            old.fan.leave(self)
        self._settle()
        self.rewriter.switch(stream, first, last, passed)
        self.stream, self.next = stream, None
        stream.fan.join(self)
        self._since = (stream.fan.packets, stream.fan.octets)

    def _settle(self) -> None:
        self._counted, self._since = self.counts(), (0, 0)

    def counts(self) -> tuple[int, int]:
        """Packets and octets sent."""
        if self.stream is None or self not in self.stream.fan.views:
            return self._counted
        fan = self.stream.fan
        return self._counted[0] + fan.packets - self._since[0], self._counted[1] + fan.octets - self._since[1]

    def repeat_packet(self, sequence: int, now: float) -> None:
        """Sends again what the receiver knows as `sequence`, if it is still there."""
        origin = self.rewriter.origin(sequence)
        kept = origin[0].history.find(origin[1]) if origin else None
        if origin and kept and self._may_repeat(now):
            self.receiver.send(self._again(origin[0], sequence, kept, origin[2]))

    def _may_repeat(self, now: float) -> bool:
        """One bad line must not take the time of all."""
        if now - self._repeats[0] >= 1.0:
            self._repeats = [now, _REPEATS]
        self._repeats[1] -= 1
        return self._repeats[1] >= 0

    def _again(self, stream: Stream, sequence: int, kept: Kept, shift: Shift) -> bytes:
        timestamp = (kept.timestamp + shift.timestamp) & 0xFFFFFFFF
        payload, codec = _shifted(kept.payload, shift), stream.codec
        extension = _LEVEL + b"\x7f\0\0" if codec.kind == "audio" else _TIME + send_time(time.time())
        if not self.repeat:
            return HEAD.pack(0x90, codec.payload | kept.marker, sequence, timestamp, self.ssrc) + extension + payload
        self._repeat_sequence = (self._repeat_sequence + 1) & 0xFFFF
        number = self._repeat_sequence
        head = HEAD.pack(0x90, codec.repeat | kept.marker, number, timestamp, self.repeat)
        return head + extension + sequence.to_bytes(2, "big") + payload


def _shifted(payload: bytes, shift: Shift) -> bytes:
    if not shift.picture and not shift.base:
        return payload
    changed = bytearray(payload)
    renumber(changed, picture(payload), shift.picture, shift.base)
    return bytes(changed)


def send_time(seconds: float) -> bytes:
    """6.18 fixed point of 64 seconds (abs-send-time)."""
    return (int(seconds * 0x40000) & 0xFFFFFF).to_bytes(3, "big")


@dataclass(slots=True)
class _Group:
    """The views of a fan that one socket serves."""

    lane: Lane
    letters: Letters
    addresses: list[tuple[Any, ...]]
    rows: list[tuple[Any, Any, int, int, int, int, int, Shift | None]]


class Fan:
    """`packets` and `octets` count what was sprayed, once however many receive it."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.views: list[View] = []
        self.packets = self.octets = 0
        self._groups: list[_Group] | None = None
        self._protect: Callable[..., int] = internals.protect
        self._cell = internals.length_cell()

    def join(self, view: View) -> None:
        if view not in self.views:
            self.views.append(view)
            self._groups = None

    def leave(self, view: View) -> None:
        if view in self.views:
            self.views.remove(view)
            self._groups = None

    def changed(self) -> None:
        """A view's path or keys are others now."""
        self._groups = None

    def spray(self, packet: Kept, level: int, late: bool) -> None:
        tail = self._extension(level) + packet.payload
        if len(packet.payload) > _LARGEST:
            return
        self.packets += 1
        self.octets += len(packet.payload)
        groups = self._groups
        if late:
            groups = self._grouped([view for view in self.views if view.rewriter.covers(packet.sequence)])
        elif groups is None:
            groups = self._groups = self._grouped(self.views)
        for group in groups:
            self._fill(group, packet, tail)
            group.lane.spray(group.letters, group.addresses)

    def _extension(self, level: int) -> bytes:
        if self.codec.kind == "audio":
            return _LEVEL + bytes([level if level >= 0 else 0x7F, 0, 0])
        return _TIME + send_time(time.time())

    def _fill(self, group: _Group, packet: Kept, tail: bytes) -> None:
        """Written flat: this runs once for every packet that leaves the house."""
        sequence, timestamp, marker, payload = packet
        out, lengths, pack = group.lane.out.bytes, group.lane.out.lengths, HEAD.pack_into
        protect, cell, mark, end = self._protect, self._cell, self.codec.payload | marker, 12 + len(tail)
        for keys, pointer, begin, place, add, later, ssrc, shift in group.rows:
            pack(out, begin, 0x90, mark, (sequence + add) & 0xFFFF, (timestamp + later) & 0xFFFFFFFF, ssrc)
            out[begin + 12 : begin + end] = tail
            if shift is not None:
                renumber(out[begin + 20 : begin + end], picture(payload), shift.picture, shift.base)
            cell[0] = end
            lengths[place] = 0 if protect(keys, pointer, cell) else cell[0]  # nothing leaves in the clear

    def _grouped(self, views: list[View]) -> list[_Group]:
        by_lane: dict[Lane, list[tuple[View, Path]]] = {}
        for view in views:
            if (path := view.receiver.path) and view.receiver.keys is not None:
                by_lane.setdefault(path.lane, []).append((view, path))
        return [
            self._group(lane, members[first : first + SPREAD])
            for lane, members in by_lane.items()
            for first in range(0, len(members), SPREAD)
        ]

    def _group(self, lane: Lane, members: list[tuple[View, Path]]) -> _Group:
        rows = []
        for row, (view, _) in enumerate(members):
            shift = view.rewriter.shift
            turned = shift if self.codec.name == "vp8" and (shift.picture or shift.base) else None
            place = (lane.out.pointers[row], row * ROOM, 2 * row + 1)
            rows.append((view.receiver.keys, *place, shift.sequence, shift.timestamp, view.ssrc, turned))
        letters = Letters(lane.out, [path.name for _, path in members])
        return _Group(lane, letters, [path.address for _, path in members], rows)
