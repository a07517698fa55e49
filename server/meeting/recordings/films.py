"""What the recorder left: films, read as they were written, and where on the clock each of their moments lies."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import orjson

from signaling.media.recorder.sealed import DONE, OPEN, Damaged, Kind, unsealed


@dataclass(frozen=True, slots=True)
class Piece:
    """One frame; `at` are seconds since 1970."""

    at: float
    key: bool
    data: bytes


@dataclass
class Film:
    """`start` and `stop` are seconds since 1970. `ended` is how: left, changed, lost; "" when it was cut off."""

    path: Path
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[float, float]] = field(default_factory=list)  # (milliseconds in the film, seconds since 1970)
    ended: str = ""
    last: float = 0.0  # milliseconds
    frames: int = 0

    @property
    def source(self) -> str:
        return str(self.facts["source"])

    @property
    def role(self) -> str:
        return str(self.facts["role"])

    @property
    def sounds(self) -> bool:
        return str(self.facts["codec"]) == "opus"

    @property
    def start(self) -> float:
        return self.at(0.0)

    @property
    def stop(self) -> float:
        return self.at(self.last)

    def at(self, position: float) -> float:
        """By the sender's reports where there are any, between two of them in proportion; else by arrival."""
        if not self.notes:
            return float(self.facts["arrived"]) + position / 1000
        after = bisect_right(self.notes, (position, float("inf")))
        if after in (0, len(self.notes)):
            noted, at = self.notes[max(0, after - 1)]
            return at + (position - noted) / 1000
        (before, early), (behind, late) = self.notes[after - 1], self.notes[after]
        return early + (late - early) * (position - before) / (behind - before)


class _Unsealed:
    """The WebM in a film as a file to read from front to back; its facts are told to `film` on the way."""

    def __init__(self, film: Film, key: bytes) -> None:
        self._file = film.path.open("rb")
        self._chunks, self._film, self._rest = unsealed(self._file, key), film, b""

    def read(self, size: int) -> bytes:
        while not self._rest:
            kind, plain = next(self._chunks, (Kind.END, b""))
            if kind is Kind.MEDIA:
                self._rest = plain
            elif kind is Kind.FACTS:
                self._told(orjson.loads(plain))
            else:
                return b""
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def _told(self, facts: dict[str, Any]) -> None:
        if "position" in facts:
            self._film.notes.append((facts["position"], facts["at"]))
        elif "ended" in facts:
            self._film.ended = facts["ended"]
        else:
            self._film.facts = facts

    def close(self) -> None:
        self._file.close()


def look_through(folder: Path, key: bytes) -> list[Film]:
    """Every film in which there is anything, in the order in which they begin."""
    found = [_found(path, key) for path in sorted(folder.glob("*")) if path.suffix in (OPEN, DONE)]
    return sorted((film for film in found if film.frames), key=lambda film: film.start)


def _found(path: Path, key: bytes) -> Film:
    try:
        return _looked_at(path, key)
    except FileNotFoundError:  # it was ended just now
        return _looked_at(path.with_suffix(DONE), key)


def _looked_at(path: Path, key: bytes) -> Film:
    film = Film(path)
    for position, _ in _packets(film, key):
        film.last, film.frames = max(film.last, position), film.frames + 1
    film.notes.sort()
    return film


def _packets(film: Film, key: bytes) -> Iterator[tuple[float, Any]]:
    """(milliseconds, packet), up to where the film was cut off or spoiled."""
    reading = _Unsealed(film, key)
    try:
        with av.open(reading, "r", format="matroska") as webm:
            for packet in webm.demux():
                if packet.size and packet.pts is not None:
                    yield float(packet.pts * packet.time_base * 1000), packet
    except (av.error.FFmpegError, Damaged):
        return
    finally:
        reading.close()


def pieces(film: Film, key: bytes) -> Iterator[Piece]:
    """The frames of a film that was looked through."""
    again = Film(film.path)
    for position, packet in _packets(again, key):
        yield Piece(film.at(position), packet.is_keyframe, bytes(packet))


def sounds(film: Film, key: bytes) -> Iterator[tuple[float, Any]]:
    """(seconds since 1970, samples of one channel at 48 kHz as an array of floats)."""
    again = Film(film.path)
    for position, packet in _packets(again, key):
        for frame in packet.decode():
            yield film.at(position), frame.to_ndarray().mean(axis=0)
