"""What one person sends: the connection of their browser, unpacked into the streams of their sources."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiortc.rtp import RtcpSrPacket

from signaling.media.forwarder import loss
from signaling.media.forwarder.descriptions import Offered, Ours, Section, write_answer
from signaling.media.forwarder.feedback import Feedback
from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.keyframes import picture_loss
from signaling.media.forwarder.peer import Hears, Other, Peer
from signaling.media.forwarder.reports import Moment, Offset, Reception, ntp, receiver_report
from signaling.media.forwarder.rtp import (
    AUDIO_LEVEL,
    HEAD,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    Malformed,
    extensions,
    parts,
)
from signaling.media.forwarder.source import Source, Stream
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

MOST_STREAMS = 64  # SSRCs learned from one browser
_FEEDBACK, _REPORT = 0.1, 1.0  # seconds between two messages


@dataclass(slots=True)
class _Route:
    """Where packets of one SSRC go. `payload` is the type they must have."""

    stream: Stream
    payload: int
    repeats: bool
    reception: Reception


@dataclass(frozen=True, slots=True)
class Clocks:
    """The edge's clocks: seconds since 1970, and seconds that never go back."""

    wall: Callable[[], float]
    steady: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Told:
    """What a publication tells its hall."""

    came: Callable[[Source], None]
    left: Callable[[Source], None]
    level: Callable[[str, int], None]
    connected: Callable[[], None]
    ended: Callable[[], None]


class Publication:
    """`calls`: it is another forwarder that sends, and we go to it."""

    def __init__(self, who: str, gate: Gate, tasks: Tasks, clocks: Clocks, told: Told, *, calls: bool = False) -> None:
        self.who, self._gate, self._clocks, self._told, self._calls = who, gate, clocks, told, calls
        hears = Hears(self._heard, self._reported, told.connected, lambda: None, told.ended)
        self.peer = Peer(gate, tasks, hears)
        self.sources: dict[str, Source] = {}  # by mid
        self._other: Other | None = None
        self._sections: dict[str, Section] = {}
        self._routes: dict[int, _Route] = {}
        self._streams: dict[Stream, int] = {}  # → SSRC
        self._feedback, self._offset = Feedback(), Offset()
        self._ssrc = secrets.randbits(32)
        self._level_id = self._number_id = -1
        self._next_feedback = self._next_report = 0.0

    # ---- negotiation

    def keeps(self, offered: Offered) -> bool:
        """Whether the offer is of this connection: by the certificate of the browser's end, which a new one has
        anew while an ICE restart keeps it. A forwarder has one for all its connections, and restarts none."""
        known, other = self._other, offered.other
        if known is None or (self._calls and known.username != other.username):
            return False
        return set(known.fingerprints) == set(other.fingerprints)

    def negotiate(self, offered: Offered, roles: Mapping[str, str]) -> str:
        """The answer. A first offer, a change of one, or an ICE restart."""
        if self._other and self._other.username != offered.other.username:
            self.peer.renew()
        self._other = offered.other
        for section in offered.sections:
            self._take(section, roles.get(section.mid, ""))
        self.peer.meet(offered.other)
        if self._calls:
            self.peer.call(offered.other)
        ours = Ours(self.peer.username, self.peer.password, self._gate.fingerprint, self._gate.candidates())
        return write_answer(ours, offered.sections, active=offered.other.active, lite=not self._calls)

    def _take(self, section: Section, role: str) -> None:
        old = self.sources.get(section.mid)
        carries = section.sends and section.codec is not None and bool(role)
        if old is not None and (not carries or old.role != role):
            self._drop(section.mid)
            old = None
        self._sections[section.mid] = section
        self._level_id = section.extensions.get(AUDIO_LEVEL, self._level_id)
        self._number_id = section.extensions.get(TRANSPORT_CC, self._number_id)
        if carries and old is None and section.codec is not None:
            layers = section.layers or ("",)
            source = Source(f"{self.who}:{role}", self.who, role, section.codec, layers, self)
            self.sources[section.mid] = source
            self._told.came(source)
        if section.mid in self.sources and not section.layers:
            self._announced(section, self.sources[section.mid].streams[0])

    def _announced(self, section: Section, stream: Stream) -> None:
        """SSRCs that the description names."""
        for ssrc, repeat in section.streams.items():
            self._route(ssrc, section, stream, repeats=False)
            if repeat is not None:
                self._route(repeat, section, stream, repeats=True)

    def _route(self, ssrc: int, section: Section, stream: Stream, *, repeats: bool) -> _Route | None:
        payload = section.repeat if repeats else section.payload
        known = self._routes.get(ssrc)
        if payload is None or len(self._routes) >= MOST_STREAMS or (known and known.stream is stream):
            return known
        route = self._routes[ssrc] = _Route(stream, payload, repeats, Reception(stream.codec.clock))
        if not repeats:
            self._streams[stream] = ssrc
        return route

    def _drop(self, mid: str) -> None:
        source = self.sources.pop(mid)
        for ssrc, route in list(self._routes.items()):
            if route.stream in source.streams:
                del self._routes[ssrc]
        for stream in source.streams:
            self._streams.pop(stream, None)
        self._told.left(source)

    # ---- packets

    def _heard(self, packet: memoryview, length: int, now: float) -> None:
        try:
            begin, end, at, stop = parts(packet, length)
        except (Malformed, IndexError):
            return
        _, mark, sequence, timestamp, ssrc = HEAD.unpack_from(packet)
        level = -1
        for identity, offset, size in extensions(packet, begin, end):
            if identity == self._number_id and size == 2:
                self._feedback.arrived(packet[offset] << 8 | packet[offset + 1], int(now * 1e6))
            elif identity == self._level_id:
                level = packet[offset]
        route = self._routes.get(ssrc) or self._learn(packet, begin, end, ssrc, mark & 0x7F)
        if route is not None and mark & 0x7F == route.payload:
            route.reception.arrived(sequence, timestamp, stop - at, now)
            self._carry(route, sequence, timestamp, mark & 0x80, bytes(packet[at:stop]), level, now)

    def _carry(
        self, route: _Route, sequence: int, timestamp: int, marker: int, payload: bytes, level: int, now: float
    ) -> None:
        stream = route.stream
        if route.repeats:
            if len(payload) < 3:
                return  # padding that probes the line
            sequence, payload = payload[0] << 8 | payload[1], payload[2:]
        elif level >= 0 and stream.codec.kind == "audio":
            self._told.level(stream.source.id, level & 0x7F)
        stream.take(sequence, timestamp, marker, payload, level, now)

    def _learn(self, packet: memoryview, begin: int, end: int, ssrc: int, payload: int) -> _Route | None:
        """An SSRC that no description named, by the m-line and layer that its first packets carry."""
        section = self._section_of(packet, begin, end, payload)
        source = self.sources.get(section.mid) if section else None
        if section is None or source is None:
            return None
        names = self._names(packet, begin, end, section.extensions)
        layer = names.get(RID) or names.get(REPAIRED_RID, "")
        if layer not in source.layers:
            return None
        repeats = REPAIRED_RID in names or payload == section.repeat
        return self._route(ssrc, section, source.streams[list(source.layers).index(layer)], repeats=repeats)

    def _section_of(self, packet: memoryview, begin: int, end: int, payload: int) -> Section | None:
        for section in self._sections.values():
            if self._names(packet, begin, end, section.extensions).get(MID) == section.mid:
                return section
        fitting = [one for one in self._sections.values() if payload in (one.payload, one.repeat) and one.codec]
        return fitting[0] if len(fitting) == 1 else None

    def _names(self, packet: memoryview, begin: int, end: int, known: Mapping[str, int]) -> dict[str, str]:
        uris = {known[uri]: uri for uri in (MID, RID, REPAIRED_RID) if uri in known}
        return {
            uris[identity]: bytes(packet[offset : offset + length]).decode("ascii", "replace")
            for identity, offset, length in extensions(packet, begin, end)
            if identity in uris
        }

    # ---- reports

    def _reported(self, reports: Sequence[Any], now: float) -> None:
        for report in reports:
            route = self._routes.get(report.ssrc) if isinstance(report, RtcpSrPacket) else None
            if route is not None:
                info = report.sender_info
                route.reception.reported(info.ntp_timestamp, now)
                self._offset.heard(info.ntp_timestamp, ntp(self._clocks.wall()))
                assert self._offset.value is not None
                route.stream.moment = Moment(info.ntp_timestamp + self._offset.value, info.rtp_timestamp)

    def ask_again(self, stream: Stream, sequences: list[int]) -> None:
        if stream in self._streams:
            self.peer.report(loss.request(self._ssrc, self._streams[stream], sequences))

    def ask_key_frame(self, stream: Stream) -> None:
        if stream in self._streams:
            self.peer.report(picture_loss(self._ssrc, self._streams[stream]))

    def round(self, now: float) -> None:
        """Some fifty times a second."""
        self.peer.round(now)
        for source in self.sources.values():
            source.round(now)
        if now >= self._next_feedback:
            self._next_feedback = now + _FEEDBACK
            if message := self._feedback.build(self._ssrc, next(iter(self._routes), 0)):
                self.peer.report(message)
        if now >= self._next_report:
            self._next_report = now + _REPORT
            self._report(now)

    def _report(self, now: float) -> None:
        heard = [
            (ssrc, route) for ssrc, route in self._routes.items() if route.reception.received and not route.repeats
        ]
        if heard:
            self.peer.report(receiver_report(self._ssrc, [route.reception.block(ssrc, now) for ssrc, route in heard]))

    async def close(self) -> None:
        for mid in list(self.sources):
            self._drop(mid)
        await self.peer.close()

    def figures(self) -> dict[str, Any]:
        return {
            source.id: [
                {"layer": stream.layer, "bits": round(stream.rate.bits), "packets": stream.packets,
                 "watched": len(stream.fan.views), "missing": len(stream.losses)}
                for stream in source.streams
            ]
            for source in self.sources.values()
        }  # fmt: skip
