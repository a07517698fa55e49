"""Forms and sockets are ours: a token bound to the session, and the Origin the browser names."""

import hashlib
import hmac

from aiohttp import web

from server.core.errors import CrossSite

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def token_for(secret: bytes, session: str) -> str:
    return hmac.new(secret, f"csrf {session}".encode(), hashlib.sha256).hexdigest()


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


def refuse_wrong_token(sent: str, expected: str) -> None:
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise CrossSite
