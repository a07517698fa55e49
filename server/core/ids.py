"""Identifiers and tokens, made at the edge."""

import secrets
import time

_RANDOM_BITS = 80
_last = 0


def new_id() -> str:
    """32 hex digits: 48 bits of milliseconds, 80 random ones. Those of one process ascend, however fast they are made.

    So the order of ids is the order of making: who was appointed first, which line was written first.
    """
    global _last
    fresh = (time.time_ns() // 1_000_000 << _RANDOM_BITS) + secrets.randbits(_RANDOM_BITS - 1)
    _last = fresh if fresh > _last else _last + 1 + secrets.randbits(_RANDOM_BITS - 16)
    return f"{_last:032x}"


def new_token() -> str:
    """256 random bits, URL-safe: sessions, invitations, guest links."""
    return secrets.token_urlsafe(32)
