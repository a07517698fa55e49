"""Blobs in an object store (S3 and its kin), which cannot append: a blob is a row of parts named by their offset."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError

from server.core.children import to_the_end
from server.files.blobs import BLOCK, OutOfPlace

PART = 8 * 1024 * 1024


class ObjectBlobs:
    """`<name>/<offset as 16 hex digits>`; a part is made only where none is yet, so two writers cannot mix."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def _parts(self, name: str) -> list[tuple[str, int, int]]:
        """Path, first byte and size of each part, in order."""
        listed = obstore.list(self._store, prefix=f"{name}/")
        rows = [row async for page in listed for row in page]
        return sorted((row["path"], int(row["path"].rsplit("/", 1)[1], 16), row["size"]) for row in rows)

    async def size(self, name: str) -> int:
        parts = await self._parts(name)
        return parts[-1][1] + parts[-1][2] if parts else 0

    async def append(self, name: str, offset: int, chunks: AsyncIterable[bytes]) -> int:
        if await self.size(name) != offset:
            raise OutOfPlace
        waiting = bytearray()
        try:
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= PART:
                    part, waiting = waiting, bytearray()  # whoever is cut off in the next line has put it, once
                    offset = await to_the_end(self._put(name, offset, part))
        finally:
            offset = await to_the_end(self._put(name, offset, waiting))
        return offset

    async def _put(self, name: str, offset: int, part: bytearray) -> int:
        if part:
            try:
                await obstore.put_async(self._store, f"{name}/{offset:016x}", bytes(part), mode="create")
            except AlreadyExistsError:
                raise OutOfPlace from None
        return offset + len(part)

    async def read(self, name: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        for path, first, size in await self._parts(name):
            for begin in range(max(start, first), min(stop, first + size), BLOCK):
                end = min(begin + BLOCK, stop, first + size)
                yield bytes(await obstore.get_range_async(self._store, path, start=begin - first, end=end - first))

    async def delete(self, name: str) -> None:
        for path, _, _ in await self._parts(name):
            await obstore.delete_async(self._store, path)
