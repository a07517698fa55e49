"""One source of sound: its packets put in order, decoded and cut into utterances."""

from __future__ import annotations

import logging
from collections.abc import Callable

import av
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from signaling.media.forwarder.history import Kept
from signaling.media.forwarder.publication import Clocks
from signaling.media.forwarder.source import Source, Stream
from signaling.media.listener.cutting import RATE, Cutting, Utterance
from signaling.media.recorder.frames import Frame, Frames

log = logging.getLogger(__name__)

SILENT = 1.0  # seconds without a packet: muted, or gone


class Voice:
    """`said` is called with each utterance, whose `began` is the wall clock's."""

    def __init__(self, source: Source, clocks: Clocks, said: Callable[[Utterance], None]) -> None:
        self.source, self._clocks, self._said = source, clocks, said
        self._frames, self._cutting = Frames("opus"), Cutting()
        self._decoder, self._resampler = OpusDecoder(), AudioResampler(format="s16", layout="mono", rate=RATE)
        self._heard_at = 0.0
        for stream in source.streams:
            stream.listeners.append(self._heard)

    def _heard(self, stream: Stream, packet: Kept, level: int) -> None:
        self._heard_at = self._clocks.steady()
        self._decode(self._frames.take(packet, self._heard_at))

    def round(self, now: float) -> None:
        """Some times a second."""
        self.source.round(now)
        self._decode(self._frames.due(now))
        if now - self._heard_at > SILENT:
            self._pass_on(self._cutting.rest())

    def _decode(self, frames: list[Frame]) -> None:
        for frame in frames:
            try:
                decoded = self._decoder.decode(JitterFrame(data=frame.data, timestamp=frame.timestamp))
            except av.FFmpegError as error:
                log.warning("sound of %s cannot be decoded: %s", self.source.id, error)
                continue
            for sound in decoded:
                if isinstance(sound, AudioFrame):
                    self._cut(sound)

    def _cut(self, sound: AudioFrame) -> None:
        sound.pts = None  # gaps are pauses, and not to be filled
        for piece in self._resampler.resample(sound):
            self._pass_on(self._cutting.take(piece.to_ndarray()[0], self._clocks.wall()))

    def _pass_on(self, utterance: Utterance | None) -> None:
        if utterance is not None:
            self._said(utterance)

    def close(self) -> None:
        for stream in self.source.streams:
            stream.listeners.remove(self._heard)
        self._pass_on(self._cutting.rest())
