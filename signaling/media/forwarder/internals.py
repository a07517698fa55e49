"""The one module that leans on private parts of aiortc, aioice and pylibsrtp.

tests/media/test_internals.py names each of them and fails when a new version moves one. What is used:

- `aiortc.rtcdtlstransport.RTCDtlsTransport(transport, certificates)`: asks its transport for `_recv`, `_send` and
  `role` only; `_set_role`, `start`, `stop`; `_rx_srtp` and `_tx_srtp` once `state` is "connected".
- `pylibsrtp.Session._srtp`: the libsrtp context, for protecting in place instead of through copies.
- `pylibsrtp._binding`: `ffi`, `lib.srtp_protect`, `lib.srtp_unprotect`, `lib.srtp_unprotect_rtcp`.
- `aioice.stun`: public, undocumented.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtp import AnyRtcpPacket, RtcpPacket
from aiortc.sdp import SessionDescription
from pylibsrtp import Error as SrtpError
from pylibsrtp._binding import ffi, lib

__all__ = ["AnyRtcpPacket", "Dtls", "RtcpPacket", "SessionDescription", "SrtpError", "stun"]

VERSIONS = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}

Certificate = RTCCertificate
protect, unprotect, unprotect_rtcp = lib.srtp_protect, lib.srtp_unprotect, lib.srtp_unprotect_rtcp
length_cell: Callable[[], Any] = lambda: ffi.new("int *")  # noqa: E731


def certificate() -> RTCCertificate:
    return RTCCertificate.generateCertificate()


def fingerprint(of: RTCCertificate) -> str:
    """`sha-256 AB:CD:…` as SDP writes it."""
    return next(f"{one.algorithm} {one.value}" for one in of.getFingerprints() if one.algorithm == "sha-256")


def memory(size: int) -> tuple[Any, memoryview]:
    """Zeroed memory as libsrtp's pointer and as Python sees it; it lives as long as the pointer."""
    pointer = ffi.new("char[]", size)
    return pointer, memoryview(ffi.buffer(pointer)).cast("B")


def address(pointer: Any) -> int:
    """Of libsrtp's memory, for the pointers of another library."""
    return int(ffi.cast("uintptr_t", pointer))


class Dtls:
    """DTLS over whatever `send` carries, and the SRTP keys that come of it.

    `ended` is called once: when the other side hangs up or the handshake fails.
    """

    role = "controlled"  # asked only where the DTLS role is left open; ours never is

    def __init__(self, own: RTCCertificate, send: Callable[[bytes], None], ended: Callable[[], None]) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._deliver = send
        self._dtls = RTCDtlsTransport(cast(Any, self), [own])
        self._ended = ended
        self._dtls.on("statechange", self._changed)
        self.rx: Any = None
        self.tx: Any = None

    async def _recv(self) -> bytes:
        datagram = await self._queue.get()
        if datagram is None:
            raise ConnectionError("closed")
        return datagram

    async def _send(self, datagram: bytes) -> None:
        self._deliver(datagram)

    def heard(self, datagram: bytes) -> None:
        if self._queue.qsize() < 64:
            self._queue.put_nowait(datagram)

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            ended, self._ended = self._ended, lambda: None
            ended()

    async def start(self, fingerprints: Sequence[tuple[str, str]], *, server: bool) -> bool:
        """Shakes hands with whoever has one of these (algorithm, value) fingerprints; False if that failed."""
        self._dtls._set_role("server" if server else "client")
        known = [RTCDtlsFingerprint(algorithm=algorithm, value=value) for algorithm, value in fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints=known))
        if self._dtls.state != "connected":
            return False
        self.rx, self.tx = self._dtls._rx_srtp, self._dtls._tx_srtp
        return True

    async def stop(self) -> None:
        self._ended = lambda: None
        await self._dtls.stop()
        self._queue.put_nowait(None)


def context(session: Any) -> Any:
    """libsrtp's own pointer; good only as long as the session is kept."""
    return session._srtp[0]
