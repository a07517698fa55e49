"""What a recorder wrote, as the tests look at it."""

import asyncio
import contextlib
import io
import time
from dataclasses import dataclass
from pathlib import Path

import av
import orjson

from signaling.media.recorder.sealed import DONE, Kind, unsealed

KEY = bytes(range(32))


@dataclass
class Seen:
    name: str
    facts: dict
    notes: list
    packets: list  # (milliseconds, key)
    ended: bool


def developed(folder: Path, key: bytes):
    """Every film there that has begun, in the order of their names."""
    seen = [_seen(path, key) for path in sorted(folder.iterdir())]
    return [one for one in seen if one]


def _seen(path, key):
    if not path.exists():  # it was ended just now
        path = path.with_suffix(DONE)
    with path.open("rb") as file:
        chunks = list(unsealed(file, key))
    told = [orjson.loads(plain) for kind, plain in chunks if kind is Kind.FACTS]
    if not told:
        return None
    webm = b"".join(plain for kind, plain in chunks if kind is Kind.MEDIA)
    packets = _packets(webm) if webm else []
    notes = [one for one in told if "position" in one]
    return Seen(path.name, told[0], notes, packets, chunks[-1][0] is Kind.END)


def _packets(webm):
    with contextlib.suppress(av.error.EOFError), av.open(io.BytesIO(webm)) as film:
        return [(float(one.pts * one.time_base * 1000), one.is_keyframe) for one in film.demux() if one.size]
    return []  # its head is written, nothing else yet


def lasting(film):
    """Seconds from its first to its last packet."""
    return (film.packets[-1][0] - film.packets[0][0]) / 1000 if film.packets else 0.0


async def until_it_lasts(folder, seconds, films=2):
    """Until each of the last so many films does."""

    def written():
        found = developed(folder, KEY) if folder.exists() else []
        return len(found) >= films and all(lasting(one) >= seconds for one in found[-films:])

    deadline = time.monotonic() + 20
    while not written():
        assert time.monotonic() < deadline, "nothing that long was written"
        await asyncio.sleep(0.2)


def widths(path: Path, key: bytes):
    """Of every picture of a film."""
    return [frame.width for frame in _decoded(path, key)]


def pictures(path: Path, key: bytes):
    """The shade of every picture of a film."""
    return [frame.to_ndarray(format="yuv420p")[0, 0] for frame in _decoded(path, key)]


def _decoded(path, key):
    with path.open("rb") as file:
        webm = b"".join(plain for kind, plain in unsealed(file, key) if kind is Kind.MEDIA)
    with av.open(io.BytesIO(webm)) as film:
        yield from film.decode(video=0)
