"""All voices in one track: decoded, added where they belong on the clock, encoded once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from server.meeting.recordings.films import Film, sounds

RATE = 48_000
BITS = 48_000
SLACK = RATE * 30 // 1000
"""Samples by which a voice may run on before it is put back to its place."""


class _Voice:
    """One film's samples, handed out in order."""

    def __init__(self, film: Film, key: bytes, origin: float) -> None:
        self._coming, self._origin = sounds(film, key), origin
        self._samples: Any = np.zeros(0, np.float32)
        self._at: int | None = None  # where on the track the samples lie
        self.over = False

    def add_to(self, block: Any, begin: int) -> None:
        """Adds what belongs into `block`, which begins at that sample of the track."""
        end = begin + len(block)
        while not self.over:
            if not len(self._samples):
                self._fetch()
                continue
            assert self._at is not None
            if self._at >= end:
                return
            skipped = max(0, begin - self._at)
            part = self._samples[skipped : end - self._at]
            offset = self._at + skipped - begin
            block[offset : offset + len(part)] += part
            self._advance(skipped + len(part))

    def _fetch(self) -> None:
        at, samples = next(self._coming, (0.0, None))
        if samples is None:
            self.over = True
            return
        due = round((at - self._origin) * RATE)
        if self._at is None or abs(due - self._at) > SLACK:
            self._at = due
        self._samples = samples

    def _advance(self, count: int) -> None:
        assert self._at is not None
        self._samples = self._samples[count:]
        self._at += count


def mixed(films: Sequence[Film], key: bytes, origin: float, lasts: float) -> Iterator[Any]:
    """A second of sound at a time, from `origin` on."""
    voices = [_Voice(film, key, origin) for film in films if film.sounds]
    whole = int(lasts * RATE)
    for begin in range(0, whole, RATE):
        block = np.zeros(min(RATE, whole - begin), np.float32)
        for voice in voices:
            voice.add_to(block, begin)
        yield np.clip(block, -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sound:
    """An encoded frame; `at` are milliseconds of the track."""

    at: int
    data: bytes


def encoded(blocks: Iterator[Any]) -> Iterator[Sound]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "flt"
    encoder.bit_rate, encoder.time_base = BITS, Fraction(1, RATE)
    resampler = av.AudioFifo()
    for number, block in enumerate(blocks):
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * RATE, Fraction(1, RATE)
        resampler.write(frame)
        while (part := resampler.read(960)) is not None:
            yield from (_sound(packet) for packet in encoder.encode(part))
    yield from (_sound(packet) for packet in encoder.encode(None))


def _sound(packet: Any) -> Sound:
    assert packet.pts is not None
    return Sound(max(0, round(packet.pts * 1000 / RATE)), bytes(packet))
