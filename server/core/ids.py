"""Identifiers and tokens, made at the edge."""

import secrets
import time


def new_id() -> str:
    """32 hex digits: 48 bits of milliseconds, 80 random ones, so that rows of one hour lie together."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def new_token() -> str:
    """256 random bits, URL-safe: sessions, invitations, guest links."""
    return secrets.token_urlsafe(32)
