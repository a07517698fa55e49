"""When a session's planned checks are due: one in each equal part of it, at a moment that nobody can foresee. Pure."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

MISSED = timedelta(minutes=10)
"""A check that could not be asked for so long (a pause, a server that was down) is not asked at all."""


def moments(secret: bytes, session_id: str, count: int, begun: datetime, length: timedelta) -> list[datetime]:
    """Never in the first or the last tenth of its part: two do not follow each other closely."""
    part = length / count if count else length
    return [begun + part * (number + 0.1 + 0.8 * _share(secret, f"{session_id}:{number}")) for number in range(count)]


def due(planned: Iterable[datetime], now: datetime) -> int | None:
    """The number of the check whose time it is."""
    waiting = [number for number, moment in enumerate(planned) if moment <= now < moment + MISSED]
    return waiting[-1] if waiting else None


def _share(secret: bytes, about: str) -> float:
    """Somewhere from 0 to 1, always the same."""
    return int.from_bytes(hashlib.blake2b(about.encode(), key=secret[:64], digest_size=8).digest()) / 2**64
