"""A ZIP that leaves while it is made: of what is in it, no more than a block is in memory."""

import hashlib
import io
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from server.files.sending import SAFE, Kept, stream
from server.files.vault import Vault

SMALL = 1 << 30
"""Bytes up to which a ZIP needs no wider fields (Zip64), so that its length is known beforehand."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file in a ZIP."""

    name: str
    size: int
    sha256: str
    blocks: AsyncGenerator[bytes, None]


def written(name: str, content: bytes) -> Part:
    return Part(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), blocks=_once(content))


async def _once(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


def taken_from(vault: Vault, kept: Kept, name: str) -> Part:
    """Its blocks raise Damaged, before the last of them, where what is kept is not what was put there."""
    blocks = vault.proven(kept.id, kept.wrapped_key, (0, kept.size), kept.size, kept.sha256)
    return Part(name=name, size=kept.size, sha256=kept.sha256 or "", blocks=blocks)


class _Outlet(io.RawIOBase):
    """Takes what is written until somebody takes it away. It cannot go back: sizes and sums follow their files."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


async def packed(parts: Sequence[Part], at: datetime) -> AsyncGenerator[bytes, None]:
    """The ZIP in blocks, its files stored as they are and dated `at`. Raises what the blocks of the parts raise."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as packing:
        for part in parts:
            with packing.open(_entry(part, at), "w") as file:
                async with aclosing(part.blocks):
                    async for block in part.blocks:
                        file.write(block)
                        yield outlet.taken()
    yield outlet.taken()


def _entry(part: Part, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(part.name, at.timetuple()[:6])
    entry.file_size = part.size
    return entry


def length(parts: Sequence[Part]) -> int | None:
    """Bytes of the ZIP; None for a large one."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w") as packing:
        for part in parts:
            packing.open(part.name, "w").close()
    whole = len(outlet.taken()) + sum(part.size for part in parts)
    return whole if whole < SMALL else None


async def send_packed(request: web.Request, parts: Sequence[Part], *, name: str, at: datetime) -> web.StreamResponse:
    """No unit of work may be open meanwhile. One that breaks off has no table of contents: nothing opens it."""
    headers = {**SAFE, "Content-Type": "application/zip", "Content-Disposition": f'attachment; filename="{name}"'}
    if size := length(parts):
        headers["Content-Length"] = str(size)
    return await stream(request, web.StreamResponse(headers=headers), packed(parts, at))
