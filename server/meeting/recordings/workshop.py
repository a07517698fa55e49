"""What the makers of recordings share: one at a time in a folder, a child that tells, the way into the vault."""

import asyncio
import contextlib
import fcntl
import hashlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson

from server.core import ids
from server.core.children import child_process
from server.files.vault import Vault
from server.meeting.recordings.scratch import Scratch
from server.meeting.recordings.service import Stored

BLOCK = 1 << 20


@contextlib.contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Whether this process may work there: one at a time, and a dead one lets go."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


async def told_by(module: str, order: dict[str, str]) -> AsyncGenerator[dict[str, Any], None]:
    """What a child says that runs `module`, line by line."""
    command = [sys.executable, "-m", module]
    pipe = asyncio.subprocess.PIPE
    async with child_process(*command, stdin=pipe, stdout=pipe, limit=BLOCK) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(orjson.dumps(order))
        child.stdin.write_eof()
        async for line in child.stdout:
            yield orjson.loads(line)


async def put_away(vault: Vault, path: Path, key: bytes) -> Stored:
    """What was written at `path` under `key`, into the vault under a key of its own; `path` is gone then."""
    id = ids.new_id()
    wrapped, summed = vault.new_key(id), hashlib.sha256()
    size = await vault.append(id, wrapped, 0, _blocks(path, key, summed))
    await asyncio.to_thread(path.unlink)
    return Stored(id=id, size=size, sha256=summed.hexdigest(), wrapped_key=wrapped)


async def _blocks(path: Path, key: bytes, summed: Any) -> AsyncIterator[bytes]:
    scratch = Scratch(path, key)
    try:
        while block := await asyncio.to_thread(scratch.read, BLOCK):
            summed.update(block)
            yield block
    finally:
        scratch.close()
