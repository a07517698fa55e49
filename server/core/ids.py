"""Identifiers and tokens, made at the edge."""

import itertools
import secrets
import time

_counts = itertools.count(secrets.randbelow(1 << 16))


def new_id() -> str:
    """32 hex digits: 48 bits of milliseconds, 24 counted, 56 random: rows of one hour lie together, and in order."""
    return f"{time.time_ns() // 1_000_000:012x}{next(_counts) & 0xFFFFFF:06x}{secrets.token_hex(7)}"


def new_token() -> str:
    """256 random bits, URL-safe: sessions, invitations, guest links."""
    return secrets.token_urlsafe(32)
