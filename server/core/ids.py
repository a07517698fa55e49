"""Identifiers and tokens, made at the edge."""

import base64
import hashlib
import hmac
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


def token_of(key: bytes, word: str) -> str:
    """A token like the others, always the same one for a word: whoever lacks the key cannot tell it."""
    return base64.urlsafe_b64encode(hmac.digest(key, word.encode(), hashlib.sha256)).rstrip(b"=").decode()
