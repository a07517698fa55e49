"""An original whose download broke off is fetched to its end on the proof that it was begun with (decision 0023).

It is handed out under an ETag that counts for this sign-in and this file; a browser that resumes names it with the
range that it lacks (If-Range, RFC 9110, 13.1.5).
"""

import hashlib
import hmac

from aiohttp import hdrs, web

from server.core.unit import Unit


def mark_of(unit: Unit, id: str) -> str:
    """The ETag of an original for whoever acts."""
    about = f"{unit.actor.session_id} {id}".encode()
    return f'"{hmac.new(unit.keys.derive("originals begun"), about, hashlib.sha256).hexdigest()}"'


def resumes(request: web.Request, mark: str) -> bool:
    named = request.headers.get(hdrs.IF_RANGE, "").encode(errors="surrogateescape")
    return hdrs.RANGE in request.headers and hmac.compare_digest(named, mark.encode())
