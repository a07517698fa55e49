"""One voice cut into utterances, at its pauses. Sans-I/O: sound comes in as it is heard, `at` is handed in.

A pause is what is hardly louder than the room: the floor follows the quietest that was heard lately. Somebody who makes
no pause is cut after `LONGEST`, so that captions never wait for the end of a sentence that has none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # samples a second, what speech models take
PAUSE = 0.6  # seconds of quiet that end an utterance …
BREATH = 0.25  # … and one that is `LONG` already
LONG = 5.0
LONGEST = 9.0
SHORTEST = 0.25  # seconds of voice: less is a cough
BEFORE = 0.2  # seconds kept from before the voice, whose first consonant is quiet
QUIETEST = -52.0  # dB of full scale: below it nobody speaks
ABOVE = 9.0  # dB by which a voice is louder than the room
RISE = 1.0  # dB a second by which the floor rises until something quieter is heard

Sound = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Utterance:
    """`began` is the `at` of its first sound; `sound` is mono at RATE."""

    began: float
    sound: Sound

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE


def loudness(sound: Sound) -> float:
    """dB of full scale, −96 for silence."""
    power = float(np.mean(np.square(sound, dtype=np.float64))) if len(sound) else 0.0
    return max(-96.0, 10 * math.log10(power / 32768.0**2)) if power else -96.0


@dataclass(slots=True)
class Cutting:
    _pieces: list[Sound] = field(default_factory=list)
    _began: float = 0.0
    _length: float = 0.0
    _voiced: float = 0.0
    _quiet: float = 0.0
    _floor: float = QUIETEST

    def take(self, sound: Sound, at: float) -> Utterance | None:
        """The utterance that this piece (some tens of milliseconds) ends."""
        lasts = len(sound) / RATE
        level = loudness(sound)
        self._floor = min(level, self._floor + RISE * lasts) if level > -96.0 else self._floor
        voice = level > max(QUIETEST, self._floor + ABOVE)
        self._keep(sound, at, lasts, voice=voice)
        over = self._quiet >= (BREATH if self._length >= LONG else PAUSE) or self._length >= LONGEST
        return self.rest() if self._voiced and over else None

    def _keep(self, sound: Sound, at: float, lasts: float, *, voice: bool) -> None:
        if not self._pieces:
            self._began = at
        self._pieces.append(sound)
        self._length += lasts
        self._quiet = 0.0 if voice else self._quiet + lasts
        self._voiced += lasts if voice else 0.0
        while not self._voiced and self._length > BEFORE:
            first = len(self._pieces.pop(0)) / RATE
            self._began, self._length = self._began + first, self._length - first

    def rest(self) -> Utterance | None:
        """What was begun, when no more of it comes."""
        pieces, voiced, began = self._pieces, self._voiced, self._began
        self._pieces, self._length, self._voiced, self._quiet = [], 0.0, 0.0, 0.0
        return Utterance(began, np.concatenate(pieces)) if voiced >= SHORTEST else None
