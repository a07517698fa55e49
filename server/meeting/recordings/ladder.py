"""Makes what weak lines carry: `python -m server.meeting.recordings.ladder`, one recording, in a process of its own.

The original stays as it is, and is the best there is. Beside it come rungs for HLS: two of smaller pictures, which
every phone plays, and one of sound alone. Each is one file with a list of its segments as ranges of bytes. Asked on
stdin (`Order`), it tells on stdout, a line each: `{"done": 0.4}`, at the end `{"made": {…}}` for every rung, and
`{"over": true}`.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import orjson

from server.meeting.recordings.scratch import Scratch

PACE = 15
"""Pictures a second, steady: every rung has its key frames at the same instants, so that one steps over unseen."""
SEGMENT = 4  # seconds
RATE = 32_000
VOICE_BITS = 40_000
HLS = {
    "hls_time": str(SEGMENT),
    "hls_flags": "single_file",
    "hls_segment_type": "fmp4",
    "hls_playlist_type": "vod",
    "hls_list_size": "0",
}
X264 = {"preset": "veryfast", "profile": "main", "level": "3.0", "sc_threshold": "0", "bf": "0"}
BLACK = (16, 128)  # luma, chroma
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """The recording at `path` under `key`; where to write, and the key for what is written (both in hex)."""

    path: str
    key: str
    out: str
    out_key: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """How a rung looks; without a size it is sound alone. `bits` a second of its pictures."""

    name: str
    width: int = 0
    height: int = 0
    bits: int = 0


STEPS = (
    Step(name="360", width=640, height=360, bits=260_000),
    Step(name="180", width=320, height=180, bits=70_000),
    Step(name="sound"),
)


class Rung:
    """One file of the ladder while it is written."""

    def __init__(self, step: Step, order: Order, *, voiced: bool) -> None:
        self._step, self._list = step, _Kept()
        self.path = Path(order.out) / step.name
        self._scratch = Scratch(self.path, bytes.fromhex(order.out_key))
        options = HLS | {"hls_segment_filename": f"{step.name}.mp4"}
        self._hls = av.open(f"{step.name}.m3u8", "w", format="hls", io_open=self._opened, options=options)
        self._seen = self._pictures() if step.height else None
        self._heard = self._hls.add_stream("aac", rate=RATE, layout="mono", bit_rate=VOICE_BITS) if voiced else None

    def _opened(self, name: str, flags: int, options: Any) -> Any:
        return self._list if name.endswith(".m3u8") else self._scratch

    def _pictures(self) -> Any:
        stream: Any = self._hls.add_stream("libx264", rate=PACE, options=X264)
        stream.width, stream.height, stream.pix_fmt = self._step.width, self._step.height, "yuv420p"
        stream.bit_rate, stream.gop_size, stream.time_base = self._step.bits, PACE * SEGMENT, Fraction(1, PACE)
        stream.codec_context.options = X264 | {"maxrate": str(self._step.bits), "bufsize": str(2 * self._step.bits)}
        stream.codec_context.thread_count = 1
        return stream

    def show(self, picture: Any, number: int) -> None:
        if self._seen:
            small = picture.reformat(width=self._step.width, height=self._step.height)
            small.pts, small.time_base = number, Fraction(1, PACE)
            self._hls.mux(self._seen.encode(small))

    def sound(self, samples: Any) -> None:
        if self._heard:
            self._hls.mux(self._heard.encode(samples))

    def close(self) -> dict[str, Any]:
        """What was made."""
        for stream in filter(None, (self._seen, self._heard)):
            self._hls.mux(stream.encode(None))
        codecs = self._codecs()
        self._hls.close()
        self._scratch.close()
        playlist = self._list.getvalue().decode()
        size = {"width": self._step.width, "height": self._step.height}
        made = {"name": self._step.name, "path": str(self.path), "playlist": playlist, **size}
        return made | {"codecs": codecs, "bandwidth": bandwidth(playlist)}

    def _codecs(self) -> str:
        """As RFC 6381 names them: of H.264 the three bytes behind the head of its parameters."""
        named = ["mp4a.40.2"] if self._heard else []
        if self._seen:
            parameters = self._seen.codec_context.extradata
            start = parameters.index(b"\x67") + 1
            named.insert(0, f"avc1.{parameters[start : start + 3].hex()}")
        return ",".join(named)


class _Kept(io.BytesIO):
    """Still there when the muxer has closed it."""

    def close(self) -> None:
        pass


def bandwidth(playlist: str) -> int:
    """Bits a second of the largest segment."""
    sizes = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)", playlist)
    return max((round(int(size) * 8 / max(float(lasts), 0.1)) for lasts, size in sizes), default=0)


class Steady:
    """Pictures that come as they like, handed out at a steady pace: at each instant the latest there is."""

    def __init__(self) -> None:
        self._latest: Any = _black()
        self._raw: Any = None
        self._next = 0

    def take(self, picture: Any) -> None:
        self._raw = picture

    def until(self, at: float) -> Iterator[tuple[Any, int]]:
        """(picture, number) for every instant before `at` seconds that has not had one."""
        while self._next < at * PACE:
            if self._raw is not None:
                self._latest, self._raw = fitted(self._raw, STEPS[0].width, STEPS[0].height), None
            yield self._latest, self._next
            self._next += 1


def fitted(picture: Any, width: int, height: int) -> Any:
    """As large as it goes, in the middle, black around: recordings change their shape on the way."""
    scale = min(width / picture.width, height / picture.height)
    wide, high = (max(4, int(side * scale) // 4 * 4) for side in (picture.width, picture.height))
    small = picture.reformat(width=wide, height=high, format="yuv420p").to_ndarray()
    canvas = _black().to_ndarray()
    left, top = (width - wide) // 4 * 2, (height - high) // 4 * 2
    canvas[top : top + high, left : left + wide] = small[:high]
    colours = _colours(canvas, width, height)
    colours[:, top // 2 : (top + high) // 2, left // 2 : (left + wide) // 2] = _colours(small, wide, high)
    return av.VideoFrame.from_ndarray(canvas, format="yuv420p")


def _colours(planes: Any, width: int, height: int) -> Any:
    """The two planes of colour of a picture, each half as wide and high."""
    return planes[height:].reshape(2, height // 2, width // 2)


def _black() -> Any:
    width, height = STEPS[0].width, STEPS[0].height
    canvas = np.full((height * 3 // 2, width), BLACK[1], np.uint8)
    canvas[:height] = BLACK[0]
    return av.VideoFrame.from_ndarray(canvas, format="yuv420p")


def make(order: Order, tell: Tell) -> None:
    scratch = Scratch(Path(order.path), bytes.fromhex(order.key))
    with av.open(scratch, "r", format="matroska") as film:
        lasts, told = (film.duration or 0) / av.time_base, 0.0
        voiced, seen = bool(film.streams.audio), bool(film.streams.video)
        rungs = [Rung(step, order, voiced=voiced) for step in STEPS if (seen if step.height else voiced)]
        for at in _written(film, rungs):
            if at - told >= 60:
                tell({"done": at / max(lasts, at)})
                told = at
    scratch.close()
    for rung in rungs:
        tell({"made": rung.close()})
    tell({"over": True})


def _written(film: Any, rungs: list[Rung]) -> Iterator[float]:
    """Writes all of the film into all rungs; the seconds that it has come to, again and again."""
    steady, resampler = Steady(), av.AudioResampler(format="fltp", layout="mono", rate=RATE, frame_size=1024)
    for packet in film.demux():
        at = float(packet.pts * packet.time_base) if packet.pts is not None else film.duration / av.time_base
        for picture, number in steady.until(at):
            for rung in rungs:
                rung.show(picture, number)
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                steady.take(frame)
                continue
            for samples in resampler.resample(frame):
                for rung in rungs:
                    rung.sound(samples)
        yield at


def main() -> None:
    os.nice(15)  # what cannot be watched yet goes first

    def tell(words: dict[str, Any]) -> None:
        sys.stdout.buffer.write(orjson.dumps(words) + b"\n")
        sys.stdout.buffer.flush()

    make(Order(**orjson.loads(sys.stdin.buffer.read())), tell)


if __name__ == "__main__":
    main()
