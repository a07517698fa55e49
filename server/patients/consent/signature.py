"""A signature written by finger or mouse: strokes as they came from the pad, checked and drawn again. Pure."""

from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Any

import orjson

from server.core.errors import Refusal

MOST_STROKES = 300
MOST_POINTS = 20_000
LARGEST_PAD = 10_000
LONGEST_SIGNING = 24 * 3600 * 1000
"""Milliseconds."""
SHORTEST_INK = 0.15
"""Of the pad's height: a dot or a slip of the finger is no signature."""


class SignatureMissing(Refusal):
    code = "consent.signature_missing"
    status = 422
    says = "请本人在签名框内手写姓名"


class SignatureUnreadable(Refusal):
    code = "consent.signature_unreadable"
    status = 422
    says = "签名没有传完整，请清除后重新签写"


@dataclass(frozen=True)
class Strokes:
    """`lines` of points (x, y, milliseconds since the first), in pixels of a pad of width × height."""

    width: int
    height: int
    lines: tuple[tuple[tuple[int, int, int], ...], ...]

    @property
    def paths(self) -> list[str]:
        """SVG path data, one a stroke."""
        return [self._path(line) for line in self.lines]

    @staticmethod
    def _path(line: tuple[tuple[int, int, int], ...]) -> str:
        points = " ".join(f"{x} {y}" for x, y, _ in line)
        return f"M{points}" + (" h0.01" if len(line) == 1 else "")

    @property
    def ink(self) -> float:
        """Pixels of the way the pen went while down."""
        steps = (pair for line in self.lines for pair in pairwise(line))
        return sum(hypot(right[0] - left[0], right[1] - left[1]) for left, right in steps)

    def to_bytes(self) -> bytes:
        return orjson.dumps({"width": self.width, "height": self.height, "lines": self.lines})


def read_strokes(typed: str | bytes) -> Strokes:
    """Strokes from the JSON of the pad. Raises SignatureMissing, SignatureUnreadable."""
    if not typed:
        raise SignatureMissing
    try:
        strokes = _strokes_in(orjson.loads(typed))
    except (ValueError, KeyError, TypeError):
        raise SignatureUnreadable from None
    if strokes.ink < SHORTEST_INK * strokes.height:
        raise SignatureMissing
    return strokes


def _strokes_in(sent: dict[str, Any]) -> Strokes:
    lines = sent["lines"]
    if not isinstance(lines, list) or len(lines) > MOST_STROKES or sum(map(len, lines)) > MOST_POINTS:
        raise ValueError("lines")
    width, height = _whole(sent["width"], LARGEST_PAD), _whole(sent["height"], LARGEST_PAD)
    if not (width > 0 and height > 0):
        raise ValueError("pad")
    return Strokes(width, height, tuple(tuple(map(_point, line)) for line in lines if line))


def _point(sent: list[Any]) -> tuple[int, int, int]:
    x, y, at = sent
    return _whole(x, LARGEST_PAD), _whole(y, LARGEST_PAD), _whole(at, LONGEST_SIGNING)


def _whole(value: Any, most: int) -> int:
    if type(value) is not int or abs(value) > most:
        raise ValueError("number")
    return value
