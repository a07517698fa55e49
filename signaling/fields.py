"""The argument of a message, read field by field: whatever is not as described is `Malformed`."""

from __future__ import annotations

import math
import re
from typing import Any

from signaling.refusals import Malformed

SDP_LIMIT = 48 * 1024  # characters
SAFE_INTEGER = 2**53 - 1  # what JavaScript counts exactly

ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
PROSE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]+")
SDP = re.compile(r"v=0\r?\n[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")


class Fields:
    """One object of the payload."""

    def __init__(self, payload: object) -> None:
        if not isinstance(payload, dict):
            raise Malformed(field="")
        self._fields = payload

    def text(self, name: str, pattern: re.Pattern[str], limit: int = 256) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or len(value) > limit or not pattern.fullmatch(value):
            raise Malformed(field=name)
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        value = self._fields.get(name, default)
        if not isinstance(value, bool):
            raise Malformed(field=name)
        return value

    def number(self, name: str, high: float) -> float:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Malformed(field=name)
        if not math.isfinite(value) or not 0 <= value <= high:
            raise Malformed(field=name)
        return float(value)

    def count(self, name: str) -> int:
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= SAFE_INTEGER:
            raise Malformed(field=name)
        return value

    def inner(self, name: str) -> Fields:
        try:
            return Fields(self._fields.get(name))
        except Malformed:
            raise Malformed(field=name) from None

    def has(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str) -> Any:
        return self._fields.get(name)
