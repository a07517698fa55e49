"""What one run of the child is asked to do, and how long it may go on."""

import json
import time
from dataclasses import dataclass
from typing import Any, BinaryIO

from server.files.sandbox.identity import Expected
from server.files.sandbox.pipe import Pipe, opened, refuse

Facts = dict[str, Any]
Box = tuple[float, float, float, float]
"""Left, top, width and height, as parts of the picture's own."""


@dataclass(frozen=True)
class Wishes:
    """How a copy differs: days by which dates move, the key of new UIDs, words that may stand nowhere, what is masked.

    `masks`: boxes by group of pictures; a group shares its boxes.
    """

    shift: int
    key: bytes
    words: frozenset[str]
    masks: dict[str, list[Box]]


class Task:
    """One run over one file of `size` bytes: read from `start` (an object in the file, a frame in it), or copied."""

    def __init__(self, pipe: Pipe) -> None:
        asked = json.loads(pipe.receive())
        self.pipe = pipe
        self.size: int = asked["size"]
        self.start: tuple[int, int] = tuple(asked.get("start", (0, 0)))
        self.expected = Expected(tuple(asked.get("names", ())), asked.get("birth_date", ""), asked.get("sex", ""))
        self.enough: float = asked.get("enough", float("inf"))
        """Seconds after which this run ends by itself and leaves the rest to the next one."""
        self.work: str = asked["work"]
        self.words: bool = asked.get("words", False)
        """Whether what is written in the file is wanted too."""
        self.wishes = _wishes(asked["wishes"]) if "wishes" in asked else Wishes(0, b"", frozenset(), {})
        self.begun = time.monotonic()

    def file(self) -> BinaryIO:
        return opened(self.pipe, 0, self.size)

    def whole(self, most: int) -> bytes:
        if self.size > most:
            refuse("too_large_inside")
        return self.file().read()

    def spent(self) -> bool:
        return max(time.process_time(), time.monotonic() - self.begun) > self.enough


def _wishes(told: dict[str, Any]) -> Wishes:
    masks = {group: [tuple(box) for box in boxes] for group, boxes in told["masks"].items()}
    return Wishes(told["shift"], bytes.fromhex(told["key"]), frozenset(told["words"]), masks)
