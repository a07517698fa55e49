"""A run over the DICOM objects of a file: every frame handed out with how it is to be looked at."""

from collections.abc import Iterable
from typing import Any, BinaryIO

from pydicom.dataset import Dataset

from server.files.sandbox import dicom, ecg, frames
from server.files.sandbox.pipe import Refused, refuse
from server.files.sandbox.task import Facts, Task


class Pictures:
    """Frames of one object after the other, until all is done or this run has had its time."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.facts: Facts = {"kind": "dicom", "matches": None, "acquired": None, "skipped": 0, "next": None}
        self.shown = task.start != (0, 0)
        self.trouble = "no_picture"

    def of(self, sources: Iterable[tuple[int, BinaryIO]]) -> Facts:
        for place, source in sources:
            try:
                recorded = self._object(place, source)
            except Refused as refusal:
                self._skip(refusal.reason)
                continue
            except (MemoryError, RecursionError):
                raise
            except Exception:
                self._skip("damaged")
                continue
            if recorded or self.facts["next"]:
                return recorded or self.facts
        if not self.shown:
            refuse(self.trouble)
        return self.facts

    def _object(self, place: int, source: BinaryIO) -> Facts | None:
        """Facts of an ECG, where the first thing found is one; else the frames of a picture are handed out."""
        file = dicom.flat(source)
        ds = dicom.header(file)
        if dicom.is_waveform(ds) and not self.shown:
            file.seek(0)
            return ecg.read_one(file.read(), self.task.pipe, self.task.expected)
        if dicom.is_picture(ds):
            self._belongs(ds)
            self._frames(place, file, ds)
        return None

    def _skip(self, reason: str) -> None:
        """One bad object does not spoil a folder; a bomb does."""
        if reason in ("too_large_inside", "too_deep"):
            refuse(reason)
        self.trouble = reason
        self.facts["skipped"] += 1

    def _belongs(self, ds: Dataset) -> None:
        self.facts["acquired"] = self.facts["acquired"] or dicom.acquired(ds)
        here = dicom.speaks_of(ds, self.task.expected)
        known = [verdict for verdict in (self.facts["matches"], here) if verdict is not None]
        self.facts["matches"] = all(known) if known else None

    def _frames(self, place: int, file: BinaryIO, ds: Dataset) -> None:
        first = self.task.start[1] if place == self.task.start[0] else 0
        for look, content, pixels in dicom.pictures(file, ds, first):
            self._hand_out(look, content, pixels)
            if self.task.spent():
                self.facts["next"] = [place, look["frame"] + 1]
                return

    def _hand_out(self, look: dict[str, Any], content: bytes, pixels: frames.Pixels) -> None:
        pipe = self.task.pipe
        pipe.derive("frames", content)
        pipe.tell(b"I", look | {"length": len(content)})
        if not self.shown:
            pipe.derive("thumbnail", frames.thumbnail(pixels, look))
            self.shown = True
