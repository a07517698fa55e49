"""Receiver reports about what comes in, and sender reports translated for what goes out (RFC 3550 §6.4).

Lips and voice stay together because all streams of one publisher are moved from its clock to ours by one
offset: the smallest seen between a report's sending and its arrival.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack

from signaling.media.forwarder.rtp import Unwrapped

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_SECOND = 1 << 32


def ntp(seconds: float) -> int:
    """64-bit NTP time of seconds since 1970."""
    return int((seconds + NTP_EPOCH) * _SECOND)


class Reception:
    """What a receiver report says of one stream. `clock` is the stream's rate in hertz."""

    def __init__(self, clock: int) -> None:
        self._number, self._clock = Unwrapped(), clock
        self._first = 0
        self.received = 0
        self.octets = 0
        self._transit: float | None = None
        self._jitter = 0.0
        self._before = (0, 0)
        self._report = (0, 0.0)

    def arrived(self, sequence: int, timestamp: int, octets: int, now: float) -> None:
        if not self.received:
            self._first = sequence
        number = self._number(sequence)
        self._first = min(self._first, number)
        self.received += 1
        self.octets += octets
        transit = now * self._clock - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < 0x7FFFFFFF:  # else the timestamp has wrapped
                self._jitter += (change - self._jitter) / 16
        self._transit = transit

    def reported(self, ntp_time: int, now: float) -> None:
        """The sender's own report came."""
        self._report = (ntp_time >> 16 & 0xFFFFFFFF, now)

    @property
    def expected(self) -> int:
        return 0 if self._number.newest is None else self._number.newest - self._first + 1

    @property
    def lost(self) -> int:
        return self.expected - self.received

    def block(self, stream: int, now: float) -> bytes:
        """One report block; the share lost counts from the block before."""
        expected, received = self.expected - self._before[0], self.received - self._before[1]
        self._before = (self.expected, self.received)
        share = min(255, max(0, expected - received) * 256 // expected) if expected else 0
        middle, came = self._report
        since = int((now - came) * 65536) & 0xFFFFFFFF if middle else 0
        lost = max(-0x800000, min(0x7FFFFF, self.lost)) & 0xFFFFFF
        highest = (self._number.newest or 0) & 0xFFFFFFFF
        return pack("!IIIIII", stream, share << 24 | lost, highest, int(self._jitter) & 0xFFFFFFFF, middle, since)


def receiver_report(ours: int, blocks: list[bytes]) -> bytes:
    """At most 31 blocks."""
    body = pack("!I", ours) + b"".join(blocks[:31])
    return pack("!BBH", 0x80 | len(blocks[:31]), 201, len(body) // 4) + body


class Offset:
    """From a publisher's clock to ours, in NTP units; one for all its streams."""

    def __init__(self) -> None:
        self.value: int | None = None

    def heard(self, theirs: int, ours: int) -> None:
        """A report written at `theirs` arrived at `ours`. What took longest on the way says least."""
        if self.value is None or ours - theirs < self.value:
            self.value = ours - theirs


@dataclass(frozen=True, slots=True)
class Moment:
    """A stream's timestamp and our NTP time of the same instant."""

    ntp: int
    timestamp: int

    def at(self, ntp_time: int, clock: int) -> int:
        """The timestamp of another time."""
        return (self.timestamp + (ntp_time - self.ntp) * clock // _SECOND) & 0xFFFFFFFF


def sender_report(stream: int, name: str, ntp_time: int, timestamp: int, packets: int, octets: int) -> bytes:
    """A report and the name of the stream's end (SDES CNAME), as one compound packet."""
    counts = (packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    report = pack("!BBHIQIII", 0x80, 200, 6, stream, ntp_time & (1 << 64) - 1, timestamp, *counts)
    text = name.encode()[:255]
    item = pack("!IBB", stream, 1, len(text)) + text + b"\0"
    item += bytes(-len(item) % 4)
    return report + pack("!BBH", 0x81, 202, len(item) // 4) + item
