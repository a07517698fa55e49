"""One UDP socket that carries the packets of many peers, and who may be behind which address.

Whoever is not known by an authenticated connectivity check is not listened to: a forged DTLS hello from
elsewhere ends nobody's call.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections import deque
from typing import Any, Protocol

from signaling.media.forwarder.mmsg import ROOM, SO_TIMESTAMPNS, Inbox, Letters, Rows, name

BATCH = 64  # datagrams read at once
SPREAD = 256  # datagrams sent at once
BUFFER = 4 << 20  # bytes asked for in the kernel, each way
BACKLOG = 4096  # datagrams kept while the socket has no room


class Listener(Protocol):
    def handshake(self, datagram: bytes) -> None: ...

    def media(self, rows: Rows, row: int, length: int, now: float) -> None: ...


class Door(Protocol):
    def knocked(self, lane: Lane, raw: bytes, datagram: bytes) -> None: ...


class Lane:
    """`address` and `port` are what it is bound to; port 0 takes a free one."""

    def __init__(self, address: str, port: int, door: Door) -> None:
        self.family = family_of(address)
        self._socket = socket.socket(self.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        for side in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, side, BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            self._socket.bind((address, port))
        except OSError:
            self._socket.close()
            raise
        self.address, self.port = self._socket.getsockname()[:2]
        self.fd = self._socket.fileno()
        self._door, self._inbox = door, Inbox(BATCH, 16 if self.family == socket.AF_INET else 28)
        self.out = Rows(SPREAD)
        self.known: dict[bytes, Listener] = {}
        self._backlog: deque[tuple[bytes, tuple[Any, ...]]] = deque(maxlen=BACKLOG)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.strangers = 0
        self.overflowed = 0

    def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.fd, self._readable)

    def close(self) -> None:
        if self._loop:
            self._loop.remove_reader(self.fd)
            self._loop.remove_writer(self.fd)
        self._socket.close()

    # ---- in

    def _readable(self) -> None:
        ahead = time.monotonic() - time.time()
        rows, known = self._inbox.rows, self.known
        for row, raw, length, when in self._inbox.receive(self.fd):
            first = rows.bytes[row * ROOM] if length else 255
            listener = known.get(raw)
            if first < 4:
                self._door.knocked(self, raw, self._datagram(row, length))
            elif listener is None:
                self.strangers += 1
            elif 128 <= first < 192:
                listener.media(rows, row, length, when + ahead)
            elif 20 <= first < 64:
                listener.handshake(self._datagram(row, length))

    def _datagram(self, row: int, length: int) -> bytes:
        return bytes(self._inbox.rows.bytes[row * ROOM : row * ROOM + length])

    # ---- out

    def send(self, datagram: bytes, to: tuple[Any, ...]) -> None:
        """Never waits; what the socket has no room for goes later, in order."""
        if self._backlog:
            return self._wait(datagram, to)
        try:
            self._socket.sendto(datagram, to)
        except BlockingIOError:
            self._wait(datagram, to)
        except OSError:
            self.overflowed += 1  # no route there: as lost as on the way
        return None

    def spray(self, letters: Letters, addresses: list[tuple[Any, ...]]) -> None:
        """The datagrams that lie in `out`, one to each address."""
        done = letters.send(self.fd) if not self._backlog else 0
        for row in range(done, len(addresses)):
            begin, length = row * ROOM, self.out.lengths[2 * row + 1]
            self._wait(bytes(self.out.bytes[begin : begin + length]), addresses[row])

    def _wait(self, datagram: bytes, to: tuple[Any, ...]) -> None:
        if not self._backlog and self._loop:
            self._loop.add_writer(self.fd, self._writable)
        self.overflowed += len(self._backlog) == BACKLOG
        self._backlog.append((datagram, to))

    def _writable(self) -> None:
        try:
            while self._backlog:
                self._socket.sendto(*self._backlog[0])
                self._backlog.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._backlog.popleft()
            return
        if self._loop:
            self._loop.remove_writer(self.fd)


class Path:
    """An address as the kernel, Python and our table of peers each write it."""

    def __init__(self, lane: Lane, raw: bytes) -> None:
        self.lane, self.raw = lane, raw
        self.name = name(raw)
        self.address: tuple[Any, ...] = unpacked(lane.family, raw)


def family_of(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def unpacked(family: int, raw: bytes) -> tuple[Any, ...]:
    """(host, port) of a sockaddr, with flow and scope for IPv6."""
    port = raw[2] << 8 | raw[3]
    if family == socket.AF_INET:
        return socket.inet_ntop(family, raw[4:8]), port
    scope = int.from_bytes(raw[24:28], sys.byteorder)
    return socket.inet_ntop(family, raw[8:24]), port, 0, scope
