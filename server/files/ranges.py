"""The Range header of a download (RFC 9110, 14): one range of bytes, or all."""

import re


class Unsatisfiable(Exception):
    """The range begins beyond the end."""


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole (also where the header is not understood).

    Raises Unsatisfiable.
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return _end_of(size, int(found[2]))
    start, stop = int(found[1]), int(found[2]) + 1 if found[2] else size
    if start >= size or stop <= start:
        raise Unsatisfiable
    return start, min(stop, size)


def _end_of(size: int, length: int) -> tuple[int, int]:
    if not length or not size:
        raise Unsatisfiable
    return max(0, size - length), size
