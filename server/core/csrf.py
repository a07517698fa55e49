"""Forms and sockets are ours: a token bound to the session, and the Origin the browser names."""

import hashlib
import hmac
import secrets

from aiohttp import web

from server.core.errors import CrossSite

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


SALT = 32  # hex digits


def new_token(secret: bytes, session: str) -> str:
    """Another one for every page: pages leave compressed, and what repeats in them could be guessed by their length."""
    return _token(secret, session, secrets.token_hex(SALT // 2))


def _token(secret: bytes, session: str, salt: str) -> str:
    return salt + hmac.new(secret, f"csrf {session} {salt}".encode(), hashlib.sha256).hexdigest()


def refuse_foreign_origin(request: web.Request, own: frozenset[str]) -> None:
    """Raises CrossSite when the browser says that another site sent this (or will not say at all)."""
    if request.method in SAFE:
        return
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise CrossSite
        return
    if origin != f"{request.scheme}://{request.host}" and origin not in own:
        raise CrossSite


def refuse_wrong_token(sent: str, secret: bytes, session: str) -> None:
    """Raises CrossSite unless the token was made for this session."""
    if not hmac.compare_digest(sent.encode(), _token(secret, session, sent[:SALT]).encode()):
        raise CrossSite
