"""Bytes of the vault to a browser, all of a file or a range of it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NoReturn, Protocol

import structlog
from aiohttp import web

from server.core.errors import Refusal
from server.files.ranges import Unsatisfiable, wanted
from server.files.vault import Damaged, Vault

log = structlog.get_logger()
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


class OutOfRange(Refusal):
    code = "files.range"
    status = 416
    says = "请求的范围超出文件"


class Kept(Protocol):
    """What the tables keep of a blob."""

    @property
    def id(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def wrapped_key(self) -> bytes: ...


async def send(request: web.Request, vault: Vault, kept: Kept, headers: dict[str, str]) -> web.StreamResponse:
    """No unit of work may be open meanwhile. Raises OutOfRange."""
    try:
        asked = wanted(_range_of(request, headers.get("ETag")), kept.size)
    except Unsatisfiable:
        raise OutOfRange from None
    start, stop = asked or (0, kept.size)
    described = {**SAFE, **headers, "Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    if asked:
        described["Content-Range"] = f"bytes {start}-{stop - 1}/{kept.size}"
    blocks = vault.proven(kept.id, kept.wrapped_key, (start, stop), kept.size, kept.sha256)
    return await stream(request, web.StreamResponse(status=206 if asked else 200, headers=described), blocks)


async def stream(
    request: web.Request, response: web.StreamResponse, blocks: AsyncGenerator[bytes, None]
) -> web.StreamResponse:
    """Breaks the line off where the blocks raise: whatever came after would be taken for the rest of the file."""
    await response.prepare(request)
    try:
        async with aclosing(blocks):
            async for block in blocks:
                await response.write(block)
    except Damaged as damaged:
        log.error("file damaged in the store", file=str(damaged))
        _break_off(request)
    except (ConnectionResetError, TimeoutError):
        raise
    except Exception:
        log.exception("file not sent to its end")
        _break_off(request)
    await response.write_eof()
    return response


def _range_of(request: web.Request, etag: str | None) -> str | None:
    """None where whoever resumes has the beginning of something else (RFC 9110, 13.1.5)."""
    return request.headers.get("Range") if request.headers.get("If-Range") in (None, etag) else None


def _break_off(request: web.Request) -> NoReturn:
    """Half an answer is out already: only a torn line tells the receiver that it is not to be used."""
    if request.transport:
        request.transport.abort()
    raise ConnectionResetError
