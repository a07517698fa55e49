"""The codecs that are passed on, and how they are numbered towards those who watch.

Payload types towards watchers are ours, the same for all, so that one header fits every receiver.
"""

from __future__ import annotations

from dataclasses import dataclass

SEND_TIME_ID, LEVEL_ID = 3, 2  # header extensions towards watchers


@dataclass(frozen=True, slots=True)
class Codec:
    """`payload` and `repeat` are the payload types towards watchers; 0: no repeats of its own."""

    name: str
    kind: str
    rtpmap: str
    clock: int
    payload: int
    repeat: int
    parameters: str
    feedback: tuple[str, ...]


_VIDEO = ("nack", "nack pli", "ccm fir", "goog-remb")
OPUS = Codec("opus", "audio", "opus/48000/2", 48000, 111, 0, "minptime=10;useinbandfec=1", ("nack",))
VP8 = Codec("vp8", "video", "VP8/90000", 90000, 96, 97, "", _VIDEO)
H264 = Codec(
    "h264",
    "video",
    "H264/90000",
    90000,
    102,
    103,
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    _VIDEO,
)
CODECS = {codec.name: codec for codec in (OPUS, VP8, H264)}
OF_KIND = {"audio": (OPUS,), "video": (VP8, H264)}
