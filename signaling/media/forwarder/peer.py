"""One browser's one-way connection: which path leads to it, DTLS over it, SRTP keys."""

from __future__ import annotations

import secrets
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from signaling.media.forwarder import internals
from signaling.media.forwarder.calling import Call
from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.internals import Dtls, RtcpPacket, SrtpError
from signaling.media.forwarder.lane import Lane, Path
from signaling.media.forwarder.mmsg import ROOM, Rows
from signaling.tasks import Tasks

CONSENT = 15.0  # seconds without a check after which a browser is gone (RFC 7675 asks for 30 at most)
PATHS = 8  # addresses remembered for one browser


@dataclass(frozen=True, slots=True)
class Other:
    """What the browser's description says of its end."""

    username: str
    fingerprints: Sequence[tuple[str, str]]
    active: bool  # it opens the DTLS handshake
    password: str = ""  # this and where to find it: looked at only where we call
    addresses: Sequence[tuple[str, int]] = ()


@dataclass(slots=True)
class Hears:
    """What a peer is told of. `packet` gets (packet, length, seconds); `report` the parsed RTCP packets."""

    packet: Callable[[memoryview, int, float], None] = lambda packet, length, now: None
    report: Callable[[Sequence[Any], float], None] = lambda reports, now: None
    connected: Callable[[], None] = lambda: None
    moved: Callable[[], None] = lambda: None
    ended: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Keys:
    dtls: Dtls
    rx: Any = None
    tx: Any = None
    length: Any = field(default_factory=internals.length_cell)


class Peer:
    def __init__(self, gate: Gate, tasks: Tasks, hears: Hears) -> None:
        self._gate, self._tasks, self._hears = gate, tasks, hears
        self.password = secrets.token_urlsafe(18)
        self.username = gate.admit(self)
        self.path: Path | None = None
        self._paths: list[Path] = []
        self._keys = _Keys(Dtls(gate.certificate, self._deliver, self._ended))
        self._other: Other | None = None
        self._call: Call | None = None
        self._started = self._closed = False
        self.connected = False
        self.checked_at = time.monotonic()

    # ---- path

    def checked(self, path: Path, nominated: bool) -> None:
        """An authenticated check came over `path`: from there we listen, and there we send if it is nominated."""
        self.checked_at = time.monotonic()
        known = next((one for one in self._paths if one.raw == path.raw and one.lane is path.lane), None)
        if known is None:
            self._remember(path)
        if self.path is None or (nominated and self.path is not (known or path)):
            self.path = known or path
            self._hears.moved()
        self._start()

    def _remember(self, path: Path) -> None:
        self._paths.append(path)
        path.lane.known[path.raw] = self
        if len(self._paths) > PATHS:
            old = next(one for one in self._paths if one is not self.path)
            self._forget(old)

    def _forget(self, path: Path) -> None:
        self._paths.remove(path)
        if path.lane.known.get(path.raw) is self:
            del path.lane.known[path.raw]

    def renew(self) -> None:
        """New credentials for an ICE restart; what was agreed by DTLS stays."""
        self._gate.dismiss(self.username)
        self.username, self.password = self._gate.admit(self), secrets.token_urlsafe(18)
        self.checked_at = time.monotonic()

    @property
    def gone(self) -> bool:
        """Not before its description came: a watcher of an empty hall has nothing to check yet."""
        return self._other is not None and time.monotonic() - self.checked_at > CONSENT

    # ---- handshake

    def meet(self, other: Other) -> None:
        """The browser's description has come; later ones only replace its user name."""
        first, self._other = self._other is None, other
        if first:
            self.checked_at = time.monotonic()
            self._start()

    def call(self, other: Other) -> None:
        """It is another forwarder, which waits to be checked."""
        self._call = self._call or Call(self._gate, self, other)

    def round(self, now: float) -> None:
        if self._call:
            self._call.round(now)

    def _start(self) -> None:
        if self._other and self.path and not self._started and not self._closed:
            self._started = True
            self._tasks.start(self._shake(self._other), "handshake")

    async def _shake(self, other: Other) -> None:
        if await self._keys.dtls.start(other.fingerprints, server=other.active) and not self._closed:
            self._keys.rx = internals.context(self._keys.dtls.rx)
            self._keys.tx = internals.context(self._keys.dtls.tx)
            self.connected = True
            self._hears.connected()

    def _ended(self) -> None:
        if not self._closed:
            self.connected = False
            self._hears.ended()

    def handshake(self, datagram: bytes) -> None:
        self._keys.dtls.heard(datagram)

    def _deliver(self, datagram: bytes) -> None:
        if self.path:
            self.path.lane.send(datagram, self.path.address)

    # ---- media

    def media(self, rows: Rows, row: int, length: int, now: float) -> None:
        keys = self._keys
        if keys.rx is None:
            return
        begin, cell = row * ROOM, keys.length
        cell[0] = length
        if 192 <= rows.bytes[begin + 1] <= 223:
            if not internals.unprotect_rtcp(keys.rx, rows.pointers[row], cell):
                self._reported(bytes(rows.bytes[begin : begin + cell[0]]), now)
        elif length > 12 and not internals.unprotect(keys.rx, rows.pointers[row], cell):
            self._hears.packet(rows.bytes[begin : begin + cell[0]], cell[0], now)

    def _reported(self, data: bytes, now: float) -> None:
        try:
            reports = RtcpPacket.parse(data)
        except (ValueError, IndexError, struct.error):
            return
        self._hears.report(reports, now)

    @property
    def keys(self) -> Any:
        """libsrtp's context for what goes out; None before the handshake."""
        return self._keys.tx

    def send(self, packet: bytes) -> None:
        """One RTP packet, apart from the fan-out."""
        if self._keys.tx is not None and self.path:
            try:
                self.path.lane.send(self._keys.dtls.tx.protect(packet), self.path.address)
            except (SrtpError, ValueError):
                return  # larger than a datagram may be: as lost as on the way

    def report(self, packet: bytes) -> None:
        if self._keys.tx is not None and self.path:
            self.path.lane.send(self._keys.dtls.tx.protect_rtcp(packet), self.path.address)

    @property
    def lane(self) -> Lane | None:
        return self.path.lane if self.path else None

    async def close(self) -> None:
        """Whoever sends to it by its keys must have stopped before."""
        if self._closed:
            return
        self._closed, self.connected = True, False
        self._gate.dismiss(self.username)
        if self._call:
            self._call.end()
        await self._keys.dtls.stop()
        self._keys.rx = self._keys.tx = None
        for path in list(self._paths):
            self._forget(path)
