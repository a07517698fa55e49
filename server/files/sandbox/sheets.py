"""Pictures as whoever reviews a copy looks them through, and boxes painted over them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from server.files.sandbox.frames import jpeg
from server.files.sandbox.pipe import Pipe
from server.files.sandbox.task import Box

MOST = 1600
MOST_WORDS = 20_000


@dataclass(frozen=True)
class Sheet:
    """`group`: pictures that share their boxes. `proposed`: where something may stand that names somebody.

    `text` with a box for each of its characters, where the file knows its words.
    """

    group: str
    image: Image.Image
    proposed: list[Box] = field(default_factory=list)
    text: str = ""
    places: list[Box] = field(default_factory=list)

    def hand_out(self, pipe: Pipe) -> None:
        small = self.image.convert("RGB")
        small.thumbnail((MOST, MOST))
        content = jpeg(small, 85)
        pipe.derive("sheets", content)
        size = {"width": small.width, "height": small.height, "length": len(content)}
        pipe.tell(b"S", {"group": self.group, "proposed": self.proposed, **size})
        if self.text:
            pipe.tell(b"T", {"text": self.text[:MOST_WORDS], "places": self.places[:MOST_WORDS]})


def corners(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Of the pixels that a box touches, even partly: left, top, and the first beyond, right and below."""
    left, top, wide, high = box
    x, y = math.floor(round(left * width, 6)), math.floor(round(top * height, 6))
    beyond = math.ceil(round((left + wide) * width, 6)), math.ceil(round((top + high) * height, 6))
    return max(0, x), max(0, y), *beyond


def masked(image: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """Black where the boxes are; what was there is gone."""
    covered = image.copy()
    brush = ImageDraw.Draw(covered)
    for box in boxes:
        left, top, right, bottom = corners(box, image.width, image.height)
        if right > left and bottom > top:
            brush.rectangle((left, top, right - 1, bottom - 1), fill="black")
    return covered
