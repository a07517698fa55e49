"""The fixed part of an RTP packet and its one-byte header extensions (RFC 3550 §5.1, RFC 8285 §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

Buffer = bytes | bytearray | memoryview

HEAD = Struct("!BBHII")
HEAD_LENGTH = 12
ONE_BYTE = b"\xbe\xde"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


class Malformed(ValueError):
    """Lengths inside the packet point outside it."""


class Parts(NamedTuple):
    """Offsets into a packet: its extension block (empty if it has none or not of one byte) and its payload."""

    extensions: int
    extensions_end: int
    payload: int
    payload_end: int


def parts(packet: Buffer, length: int) -> Parts:
    """Raises Malformed."""
    first = packet[0]
    at = HEAD_LENGTH + 4 * (first & 0x0F)
    begin = end = at
    if first & 0x10:
        if at + 4 > length:
            raise Malformed("no room for the extension header")
        begin, at = at + 4, at + 4 + 4 * (packet[at + 2] << 8 | packet[at + 3])
        end = at if packet[begin - 4 : begin - 2] == ONE_BYTE else begin
    stop = length - packet[length - 1] if first & 0x20 else length
    if stop < at or (first & 0x20 and stop == length):
        raise Malformed("extensions or padding longer than the packet")
    return Parts(begin, end, at, stop)


def extensions(packet: Buffer, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(id, offset, length) of each element. An element that is cut short ends the walk."""
    while begin < end:
        mark = packet[begin]
        begin += 1
        if not mark:
            continue
        length = (mark & 0x0F) + 1
        if mark >> 4 == 15 or begin + length > end:
            return
        yield mark >> 4, begin, length
        begin += length


def newer(one: int, other: int) -> bool:
    """Whether sequence number `one` comes after `other`."""
    return one != other and (one - other) & 0xFFFF < 0x8000


class Unwrapped:
    """Sequence numbers that go on counting past 65,535, by the nearest to the newest seen."""

    def __init__(self) -> None:
        self.newest: int | None = None

    def __call__(self, sequence: int) -> int:
        if self.newest is None:
            self.newest = sequence
        number = self.newest + ((sequence - self.newest + 0x8000) & 0xFFFF) - 0x8000
        self.newest = max(self.newest, number)
        return number
