"""Where blobs lie: a port of four verbs, on the local disk here, in an object store in `object_blobs`."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from server.core.children import to_the_end

BLOCK = 256 * 1024


class OutOfPlace(Exception):
    """Bytes were offered at an offset that is not the blob's end, or while another writes it."""


class BlobStore(Protocol):
    async def size(self, name: str) -> int:
        """Bytes kept under `name`, 0 when there is no such blob."""

    async def append(self, name: str, offset: int, chunks: AsyncIterable[bytes]) -> int:
        """Adds `chunks` at the blob's end and answers its new size.

        What had arrived when `chunks` raises is kept. Raises OutOfPlace unless the blob ends at `offset`.
        """

    def read(self, name: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to `stop`, fewer when the blob is shorter, in blocks.

        To be closed by whoever does not read to the end.
        """

    async def delete(self, name: str) -> None:
        """Takes the blob away; nothing happens when there is none."""


class DiskBlobs:
    """Blobs as files `<root>/<last two hex digits>/<name>`, readable by their owner alone.

    The shard is the name's end: ids begin with the time, so their beginnings would all fall into one folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        if not name.isalnum():
            raise ValueError("a blob's name is hexadecimal")
        return self.root / name[-2:] / name

    async def size(self, name: str) -> int:
        path = self._path(name)
        return await asyncio.to_thread(lambda: path.stat().st_size if path.exists() else 0)

    async def append(self, name: str, offset: int, chunks: AsyncIterable[bytes]) -> int:
        file = await _opened(_open_at_end, self._path(name), offset)
        waiting, writing = bytearray(), None
        try:
            async for chunk in chunks:
                waiting += chunk
                if len(waiting) >= BLOCK:
                    block, waiting = bytes(waiting), bytearray()
                    writing = asyncio.ensure_future(asyncio.to_thread(file.write, block))
                    await asyncio.shield(writing)  # whoever is cut off here has written the block, once
        finally:
            end = await to_the_end(_ended(file, writing, bytes(waiting)))
        return end

    async def read(self, name: str, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        path = self._path(name)
        if not path.exists():
            return
        with await _opened(path.open, "rb") as file:
            file.seek(start)
            while start < stop:
                block = await asyncio.to_thread(file.read, min(BLOCK, stop - start))
                if not block:
                    return
                start += len(block)
                yield block

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)


async def _opened(open_it: Callable[..., Any], *how: Any) -> BinaryIO:
    """The file that `open_it` makes, and its lock; whoever is cut off meanwhile leaves neither behind."""
    opening: asyncio.Future[BinaryIO] = asyncio.ensure_future(asyncio.to_thread(open_it, *how))
    try:
        return await to_the_end(opening)
    except asyncio.CancelledError:
        if not opening.cancelled() and not opening.exception():
            opening.result().close()
        raise


def _open_at_end(path: Path, offset: int) -> BinaryIO:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_size != offset:
            raise OutOfPlace
    except BlockingIOError:
        os.close(descriptor)
        raise OutOfPlace from None
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "ab")


async def _ended(file: BinaryIO, writing: asyncio.Future[int] | None, rest: bytes) -> int:
    try:
        if writing is not None:
            await writing
    finally:
        end = await asyncio.to_thread(_finish, file, rest)
    return end


def _finish(file: BinaryIO, rest: bytes) -> int:
    with file:
        file.write(rest)
        file.flush()
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size
