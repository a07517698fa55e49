"""What can be read from a video payload without decoding it: where a key frame begins, and VP8's picture ids.

Sources: RFC 7741 §4.2 (VP8 payload descriptor), RFC 6184 §5 (H.264 packets).
"""

from __future__ import annotations

from typing import NamedTuple

from signaling.media.forwarder.rtp import Buffer

_STAP_A, _FU_A, _IDR, _SPS = 24, 28, 5, 7


class Picture(NamedTuple):
    """VP8's running numbers and where they stand in the payload; None where the sender leaves them out."""

    number: int | None = None  # PictureID, 7 or 15 bits
    at: int = 0
    long: bool = False
    base: int | None = None  # TL0PICIDX, 8 bits
    base_at: int = 0


def picture(payload: Buffer) -> Picture:
    """The running numbers of a VP8 payload. Everything is left out of a payload that is cut short."""
    if len(payload) < 2 or not payload[0] & 0x80:
        return Picture()
    marks, at = payload[1], 2
    number, number_at, long, base, base_at = None, 0, False, None, 0
    if marks & 0x80 and len(payload) > at + 1:
        number_at, long = at, bool(payload[at] & 0x80)
        number = (payload[at] & 0x7F) << 8 | payload[at + 1] if long else payload[at] & 0x7F
        at += 2 if long else 1
    if marks & 0x40 and len(payload) > at:
        base, base_at = payload[at], at
    return Picture(number, number_at, long, base, base_at)


def renumber(payload: bytearray | memoryview, seen: Picture, number: int, base: int) -> None:
    """Adds to the running numbers where they stand."""
    if seen.number is not None and seen.long:
        new = (seen.number + number) & 0x7FFF
        payload[seen.at] = 0x80 | new >> 8
        payload[seen.at + 1] = new & 0xFF
    elif seen.number is not None:
        payload[seen.at] = (seen.number + number) & 0x7F
    if seen.base is not None:
        payload[seen.base_at] = (seen.base + base) & 0xFF


def begins_key_frame(codec: str, payload: Buffer) -> bool:
    """Whether a receiver can start with this packet. `codec` is "vp8" or "h264"."""
    return _vp8_key(payload) if codec == "vp8" else _h264_key(payload)


def _vp8_key(payload: Buffer) -> bool:
    if not payload or payload[0] & 0x17 != 0x10:  # S set, first partition
        return False
    at = 1
    if payload[0] & 0x80:
        marks, at = payload[1] if len(payload) > 1 else 0, 2
        if marks & 0x80:
            at += 2 if len(payload) > at and payload[at] & 0x80 else 1
        at += bool(marks & 0x40) + bool(marks & 0x30)
    return len(payload) > at and not payload[at] & 1


def _h264_key(payload: Buffer) -> bool:
    kind = payload[0] & 0x1F if payload else 0
    if kind == _STAP_A:
        return len(payload) > 3 and payload[3] & 0x1F in (_SPS, _IDR)
    if kind == _FU_A:
        return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 0x1F in (_SPS, _IDR)
    return kind in (_SPS, _IDR)
