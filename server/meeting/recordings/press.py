"""Makes what a browser plays: `python -m server.meeting.recordings.press`, one recording, in a process of its own.

Pictures are copied as they came, never encoded again; the voices are mixed once and lie in every file, so that
whichever picture is looked at, all that was said is heard and in step with it. Asked on stdin (`Order`), it tells on
stdout, a line each: `{"done": 0.4}`, `{"made": {…}}` for every file, and `{"over": {…}}` at the end.
"""

import heapq
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import orjson

from server.meeting.recordings import programme
from server.meeting.recordings.films import Film, look_through, pieces
from server.meeting.recordings.mixing import Sound, encoded, mixed
from server.meeting.recordings.programme import Cut
from server.meeting.recordings.scratch import Scratch
from signaling.media.recorder.film import size_of

MILLISECOND = Fraction(1, 1000)
WHOLE = ""
"""The name of the file that shows what one would have looked at; the others are named by their source."""
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """`folder` with the films, their `key`; where to write, and the key for what is written (both in hex)."""

    folder: str
    key: str
    out: str
    out_key: str


@dataclass(frozen=True, slots=True)
class Shot:
    """An encoded picture; `at` are milliseconds of the file."""

    at: int
    key: bool
    data: bytes


def make(order: Order, tell: Tell) -> None:
    key = bytes.fromhex(order.key)
    films = look_through(Path(order.folder), key)
    if not films:
        return tell({"over": {"origin": 0.0, "lasts": 0.0, "gaps": []}})
    origin = min(film.start for film in films)
    lasts = max(film.stop for film in films) - origin
    voice = list(encoded(_telling(mixed(films, key, origin, lasts), lasts, tell))) if _any_sound(films) else []
    names = [WHOLE, *programme.sources(films)]
    for number, name in enumerate(names):
        cuts = programme.of_source(films, name) if name else programme.whole(films)
        path = Path(order.out) / str(number)
        scratch = Scratch(path, bytes.fromhex(order.out_key))
        _write(scratch, shots(cuts, key, origin), voice)
        scratch.close()
        tell(
            {
                "made": {"name": name, "path": str(path), "pictures": bool(cuts)},
                "done": 0.5 + 0.5 * (number + 1) / len(names),
            }
        )
    gaps = [(start - origin, stop - origin) for start, stop in programme.gaps(films)]
    tell({"over": {"origin": origin, "lasts": lasts, "gaps": gaps}})
    return None


def _any_sound(films: Sequence[Film]) -> bool:
    return any(film.sounds for film in films)


def _telling(blocks: Iterator[Any], lasts: float, tell: Tell) -> Iterator[Any]:
    """Adding the voices is half of the work: how far it is, every minute of sound."""
    for second, block in enumerate(blocks):
        if second % 60 == 0 and lasts:
            tell({"done": 0.5 * second / max(lasts, 1.0)})
        yield block


def shots(cuts: Sequence[Cut], key: bytes, origin: float) -> Iterator[Shot]:
    """The pictures of the cuts, each cut from its first key frame on; one position a picture."""
    last = -1
    for cut in cuts:
        begun = False
        for piece in pieces(cut.film, key):
            begun = begun or (piece.key and piece.at >= cut.start - 0.001)
            if begun and piece.at <= cut.stop:
                last = max(last + 1, round((piece.at - origin) * 1000))
                yield Shot(last, piece.key, piece.data)


def _write(scratch: Scratch, pictures: Iterator[Shot], voice: Sequence[Sound]) -> None:
    """A WebM with an index, which a browser can jump about in."""
    first = next(pictures, None)
    with av.open(scratch, "w", format="webm", options={"cluster_time_limit": "2000"}) as webm:
        seen = _pictures(webm, first) if first else None
        heard = webm.add_stream("libopus", rate=48_000, layout="mono") if voice else None
        tracks: list[Any] = [seen, heard]
        for number, one in heapq.merge(
            _tagged(0, _chained(first, pictures)), _tagged(1, voice), key=lambda it: it[1].at
        ):
            packet = av.Packet(one.data)
            packet.stream, packet.time_base = tracks[number], MILLISECOND
            packet.pts = packet.dts = one.at
            packet.is_keyframe = True if number else one.key
            webm.mux_one(packet)


def _pictures(webm: Any, first: Shot) -> Any:
    width, height = size_of(first.data)
    return webm.add_mux_stream("vp8", width=width, height=height, time_base=MILLISECOND)


def _chained(first: Shot | None, rest: Iterator[Shot]) -> Iterator[Shot]:
    if first is not None:
        yield first
        yield from rest


def _tagged(number: int, of: Any) -> Iterator[tuple[int, Any]]:
    return ((number, one) for one in of)


def main() -> None:
    os.nice(10)

    def tell(words: dict[str, Any]) -> None:
        sys.stdout.buffer.write(orjson.dumps(words) + b"\n")
        sys.stdout.buffer.flush()

    make(Order(**orjson.loads(sys.stdin.buffer.read())), tell)


if __name__ == "__main__":
    main()
