"""One source while it is recorded: of its layers the largest that comes, in as many films as it takes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from signaling.media.forwarder.history import Kept
from signaling.media.forwarder.publication import Clocks
from signaling.media.forwarder.reports import Moment
from signaling.media.forwarder.source import Source, Stream
from signaling.media.recorder.film import Film
from signaling.media.recorder.frames import Frame, Frames

log = logging.getLogger(__name__)

KEY_FRAMES = 10.0  # seconds between two: as fine as one can jump in the recording without decoding
NOTES = 5.0  # seconds between two notes of the sender's clock
SILENT = 1.5  # seconds without a packet: this layer does not come
PAUSE = 5.0  # seconds after the disk refused before it is tried again
GAP = 60  # seconds: a timestamp that jumps further begins a film of its own


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where films of one recording go: `life` names this run of the recorder, so that no name comes twice."""

    folder: Path
    key: bytes
    life: str
    numbers: count[int]

    def next(self) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder / f"{self.life}-{next(self.numbers):05}"


class _Reading:
    """A layer that is listened to."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.frames = stream, Frames(stream.codec.name)


class Take:
    def __init__(self, source: Source, shelf: Shelf, clocks: Clocks) -> None:
        self.source, self._shelf, self._clocks = source, shelf, clocks
        self._readings = {stream: _Reading(stream) for stream in source.streams}
        self._now: Stream | None = None  # the one the film is of
        self._film: Film | None = None
        self._noted: Moment | None = None
        self._next_note = self._next_key = self._not_before = 0.0
        for stream in source.streams:
            stream.listeners.append(self._heard)

    # ---- packets

    def _heard(self, stream: Stream, packet: Kept, level: int) -> None:
        now = self._clocks.steady()
        self._go_on(stream, self._readings[stream].frames.take(packet, now), now)

    def _go_on(self, stream: Stream, frames: list[Frame], now: float) -> None:
        for frame in frames:
            if stream is not self._now and frame.key and stream is self._best(now):
                self._change(stream)
            if stream is self._now and now >= self._not_before:
                self._keep(stream, frame, now)

    def _best(self, now: float) -> Stream:
        """The largest layer that comes."""
        coming = [stream for stream in self.source.streams if stream.flows and now - stream.came_at < SILENT]
        return coming[-1] if coming else self.source.streams[-1]

    def _change(self, stream: Stream) -> None:
        self._end("changed")
        self._now = stream

    def _keep(self, stream: Stream, frame: Frame, now: float) -> None:
        try:
            if self._film is not None and abs(frame.timestamp - self._film.last) > GAP * stream.codec.clock:
                self._end("changed")
            if self._film is None:
                if not frame.key:
                    return
                self._film, self._noted = self._begun(stream, frame), None
            self._film.add(frame)
            self._note(stream, self._film, now)
        except OSError as error:
            log.error("the recording cannot be written: %s", error)
            self._end("lost")
            self._not_before = now + PAUSE
        if frame.key:
            self._next_key = now + KEY_FRAMES

    def _begun(self, stream: Stream, first: Frame) -> Film:
        facts = {"source": self.source.id, "who": self.source.who, "role": self.source.role}
        facts |= {"kind": self.source.kind, "layer": stream.layer, "arrived": self._clocks.wall()}  # type: ignore[dict-item]
        return Film(self._shelf.next(), self._shelf.key, stream.codec, first, facts)

    def _note(self, stream: Stream, film: Film, now: float) -> None:
        moment = stream.moment
        if moment is not None and moment is not self._noted and (self._noted is None or now >= self._next_note):
            self._noted, self._next_note = moment, now + NOTES
            film.note(moment, self._readings[stream].frames.ticks(moment.timestamp))

    # ---- time

    def round(self, now: float) -> None:
        """Some times a second."""
        self.source.round(now)
        for stream, reading in self._readings.items():
            self._go_on(stream, reading.frames.due(now), now)
        if self.source.kind == "video":
            self._look_for_key_frame(now)

    def _look_for_key_frame(self, now: float) -> None:
        best = self._best(now)
        waits = self._film is None or best is not self._now or self._readings[best].frames.broken
        if now >= self._next_key or (waits and not best.frames.wanted):
            self._next_key = now + KEY_FRAMES
            best.need_key_frame(now)

    def key_frame_soon(self) -> None:
        self._next_key = 0.0

    # ---- ending

    def _end(self, why: str) -> None:
        if self._film is not None:
            film, self._film = self._film, None
            film.end(why=why)

    def close(self, why: str) -> None:
        for stream in self.source.streams:
            stream.listeners.remove(self._heard)
        self._end(why)
