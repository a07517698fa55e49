"""What one person watches: the connection to their browser, its m-lines, and the view in each."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    unpack_remb_fci,
)

from signaling.media.forwarder.codecs import OF_KIND
from signaling.media.forwarder.descriptions import Answered, Ours, Outgoing, write_offer
from signaling.media.forwarder.fanout import View
from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.layers import Ladder
from signaling.media.forwarder.peer import Hears, Peer
from signaling.media.forwarder.publication import Clocks
from signaling.media.forwarder.reports import ntp, sender_report
from signaling.media.forwarder.source import Source
from signaling.tasks import Tasks

_REPORT, _LAYERS = 1.0, 0.5  # seconds between two rounds


class Line:
    """One m-line. It is used again for another view when its own is gone."""

    def __init__(self, mid: str, kind: str, peer: Peer) -> None:
        self.mid, self.kind, self._peer = mid, kind, peer
        self.name = ""
        self.source: Source | None = None
        self.ladder: Ladder | None = None
        self.taken: frozenset[int] = frozenset()
        self.ceiling: int | None = None

    def give(self, name: str) -> None:
        """To a new view: a new SSRC, so that the browser starts afresh."""
        self.name = name
        self.ceiling = None
        repeat = secrets.randbits(31) if self.kind == "video" else 0
        self.view = View(self._peer, secrets.randbits(31), repeat, secrets.randbits(14))
        self.taken = frozenset()

    def free(self) -> None:
        self.view.stop()
        self.name, self.source, self.ladder = "", None, None

    def show(self, source: Source | None, now: float) -> None:
        if source is not self.source:
            self.source = source
            self.ladder = Ladder(now, self.ceiling)
        self.choose(now)

    def choose(self, now: float) -> None:
        """The layer that fits now."""
        if not self._peer.connected or not self.name:
            return
        source = self.source
        if source is None or self.ladder is None or source.codec.payload not in self.taken:
            self.view.show(None, now)
            return
        self.ladder.ceiling = self.ceiling
        coming = self.view.next or self.view.stream
        present = coming.layer if coming is not None and coming.source is source else -1
        layer = max(0, self.ladder.choose(present, source.rates(), now))
        if self.view.next is not source.streams[layer]:
            self.view.show(source.streams[layer], now)

    def outgoing(self) -> Outgoing:
        if not self.name:
            return Outgoing(self.kind, self.mid, live=False)
        group = self.name.partition(":")[0]
        return Outgoing(self.kind, self.mid, True, self.view.ssrc, self.view.repeat, group, self.name)


@dataclass(frozen=True, slots=True)
class Says:
    """What a subscription tells its hall. `offer` gets (number, sdp, views by mid)."""

    offer: Callable[[int, str, Mapping[str, str]], None]
    connected: Callable[[], None]
    ended: Callable[[], None]


class Subscription:
    """`wanted` are names and source ids; None: all there are but one's own."""

    def __init__(
        self,
        who: str,
        wanted: Mapping[str, str] | None,
        gate: Gate,
        tasks: Tasks,
        clocks: Clocks,
        says: Says,
    ) -> None:
        self.who, self.wanted, self._gate, self._clocks, self._says = who, wanted, gate, clocks, says
        hears = Hears(report=self._reported, connected=self._connected, moved=self._moved, ended=says.ended)
        self.peer = Peer(gate, tasks, hears)
        self.lines: list[Line] = []
        self._number, self._offered = 0, dict[str, int]()
        self.queued = False
        self._asking = self._changed = False
        # three hundred watchers must not be reported to in one go
        self._next_report = self._next_layers = clocks.steady() + secrets.randbelow(1000) / 1000

    # ---- arrangement

    @property
    def begun(self) -> bool:
        """Something was offered."""
        return self._number > 0

    def has_what_to_show(self, sources: Mapping[str, Source]) -> bool:
        return bool(self._showing(sources))

    def arrange(self, sources: Mapping[str, Source]) -> None:
        """Shows what is wanted of what there is; offers anew if that needs other m-lines."""
        now = self._clocks.steady()
        showing = self._showing(sources)
        for line in self.lines:
            if line.name and line.name not in showing:
                line.free()
                self._changed = True
        for name, source in showing.items():
            self._line(name, source).show(source, now)
        self._offer()

    def _showing(self, sources: Mapping[str, Source]) -> dict[str, Source]:
        if self.wanted is None:
            return {name: source for name, source in sources.items() if source.who != self.who}
        return {name: sources[wanted] for name, wanted in self.wanted.items() if wanted in sources}

    def _line(self, name: str, source: Source) -> Line:
        known = next((line for line in self.lines if line.name == name), None)
        if known is not None and known.kind == source.kind:
            return known
        if known is not None:
            known.free()
        line = next((line for line in self.lines if not line.name and line.kind == source.kind), None)
        if line is None:
            line = Line(str(len(self.lines)), source.kind, self.peer)
            self.lines.append(line)
        line.give(name)
        self._changed = True
        return line

    def limit(self, name: str, layer: int | None) -> bool:
        for line in self.lines:
            if line.name == name:
                line.ceiling = layer
                line.choose(self._clocks.steady())
                return True
        return False

    # ---- negotiation

    def _offer(self) -> None:
        """One at a time: what changes meanwhile is offered after the answer."""
        if not self._changed or self._asking:
            return
        self._changed, self._asking = False, True
        self._number += 1
        ours = Ours(self.peer.username, self.peer.password, self._gate.fingerprint, self._gate.candidates())
        views = {line.mid: line.name for line in self.lines if line.name}
        self._offered = {line.mid: line.view.ssrc for line in self.lines if line.name}
        self._says.offer(self._number, write_offer(ours, [line.outgoing() for line in self.lines]), views)

    def answered(self, number: int, answer: Answered) -> None:
        if number != self._number or not self._asking:
            return
        self._asking = False
        self.peer.meet(answer.other)
        now = self._clocks.steady()
        for line in self.lines:
            if line.name and self._offered.get(line.mid) == line.view.ssrc:
                line.taken = answer.taken.get(line.mid, frozenset())
                line.choose(now)
        self._offer()

    def _connected(self) -> None:
        for line in self.lines:
            line.choose(self._clocks.steady())
        self._says.connected()

    def _moved(self) -> None:
        for line in self.lines:
            if line.name and line.view.stream is not None:
                line.view.stream.fan.changed()

    # ---- reports

    def _reported(self, reports: Sequence[Any], now: float) -> None:
        for report in reports:
            if isinstance(report, RtcpRtpfbPacket) and report.fmt == RTCP_RTPFB_NACK:
                self._ask_again(report.media_ssrc, report.lost, now)
            elif isinstance(report, RtcpPsfbPacket) and report.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                self._need_key_frame(report, now)
            elif isinstance(report, RtcpPsfbPacket) and report.fmt == RTCP_PSFB_APP:
                self._estimated(report.fci, now)
            elif isinstance(report, RtcpRrPacket):
                self._lost(report, now)

    def _of(self, ssrc: int) -> Line | None:
        return next((line for line in self.lines if line.name and line.view.ssrc == ssrc), None)

    def _ask_again(self, ssrc: int, sequences: Sequence[int], now: float) -> None:
        if line := self._of(ssrc):
            for sequence in sequences[:200]:
                line.view.repeat_packet(sequence & 0xFFFF, now)

    def _need_key_frame(self, report: Any, now: float) -> None:
        ssrc = report.media_ssrc
        if report.fmt == RTCP_PSFB_FIR and len(report.fci) >= 4:
            ssrc = int.from_bytes(report.fci[:4], "big")
        line = self._of(ssrc)
        if line and line.view.stream:
            line.view.stream.need_key_frame(now)

    def _estimated(self, fci: bytes, now: float) -> None:
        """A REMB is about all that we send; each view is told what the others leave of it."""
        try:
            bits, _ = unpack_remb_fci(fci)
        except (ValueError, struct.error):
            return
        used = {line: line.view.stream.rate.bits for line in self.lines if line.name and line.view.stream}
        total = sum(used.values())
        for line, own in used.items():
            if line.ladder:
                line.ladder.estimated(max(bits - (total - own), own * bits / total if total else bits), now)

    def _lost(self, report: Any, now: float) -> None:
        for block in report.reports:
            line = self._of(block.ssrc)
            if line and line.ladder:
                line.ladder.lost(block.fraction_lost / 256, now)

    def round(self, now: float) -> None:
        if now >= self._next_report:
            self._next_report = now + _REPORT
            self._report()
        if now >= self._next_layers:
            self._next_layers = now + _LAYERS
            for line in self.lines:
                if line.source and len(line.source.streams) > 1:
                    line.choose(now)

    def _report(self) -> None:
        """The publisher's clock, told as ours, so that lips and voice stay together."""
        now = ntp(self._clocks.wall())
        for line in self.lines:
            stream = line.view.stream if line.name else None
            if stream is not None and stream.moment is not None:
                shift = line.view.rewriter.shift.timestamp
                timestamp = (stream.moment.at(now, stream.codec.clock) + shift) & 0xFFFFFFFF
                packets, octets = line.view.counts()
                group = line.name.partition(":")[0]
                self.peer.report(sender_report(line.view.ssrc, group, now, timestamp, packets, octets))

    async def close(self) -> None:
        for line in self.lines:
            if line.name:
                line.free()
        await self.peer.close()

    def figures(self) -> dict[str, Any]:
        return {
            line.name: {
                "source": line.source.id if line.source else None,
                "layer": line.view.stream.layer if line.view.stream else None,
                "packets": line.view.counts()[0],
            }
            for line in self.lines
            if line.name
        }


assert all(codec.payload for kind in OF_KIND.values() for codec in kind)
