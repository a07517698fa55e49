"""The duty that makes recordings playable, one at a time, and goes on where it was interrupted."""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import orjson
import structlog

from server.core import ids
from server.core.children import child_process
from server.core.database import Database
from server.files.vault import Vault
from server.meeting.recordings import queries, service
from server.meeting.recordings.films import KEPT_OPEN
from server.meeting.recordings.kinds import RecordingState
from server.meeting.recordings.reels import folder_of
from server.meeting.recordings.scratch import Scratch
from server.meeting.recordings.service import Made, Outcome

log = structlog.get_logger()

SETTLED = 15.0
"""Seconds for which a film that was never ended must have lain still: until then its recorder may be alive."""
BLOCK = 1 << 20


class PressBroke(Exception):
    """The press ended before it was done; the duty tries again."""


class Studio:
    def __init__(self, database: Database, vault: Vault, folder: Path) -> None:
        self._database, self._vault, self._folder = database, vault, folder

    async def work(self) -> None:
        """A recurring duty: what waits is made, what has been kept long enough goes."""
        async with self._database.unit(writes=False) as unit:
            waiting = [one.id for one in await queries.in_state(unit, RecordingState.WAITING)]
        for id in waiting:
            await self._make(id)
        await self._clear_away()

    # ---- making

    async def _make(self, id: str) -> None:
        folder = folder_of(self._folder, id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(folder) as mine:
            if not mine or _still_written(folder):
                return
            async with self._database.unit(writes=False) as unit:
                key = service.key_of(unit, await queries.recording(unit, id))
            outcome = await self._pressed(id, folder, key)
            try:
                await self._finish(id, outcome)
            except BaseException:
                await self._forget(made.id for made in outcome.files)
                raise
            shutil.rmtree(folder, ignore_errors=True)

    async def _pressed(self, id: str, folder: Path, key: bytes) -> Outcome:
        """Runs the press and puts away what it makes."""
        over: dict[str, Any] | None = None
        out, out_key = folder / "made", os.urandom(32)
        shutil.rmtree(out, ignore_errors=True)  # of a try that was cut off: nobody has its key any more
        out.mkdir(mode=0o700)
        files: list[Made] = []
        order = {"folder": str(folder), "key": key.hex(), "out": str(out), "out_key": out_key.hex()}
        try:
            async with aclosing(_told_by_press(order)) as telling:
                async for told in telling:
                    if "made" in told:
                        files.append(await self._put_away(told["made"], out_key))
                    if "done" in told:
                        await self._tell(id, int(told["done"] * 100))
                    over = told.get("over")
            if over is None:
                raise PressBroke(id)
            return Outcome(**over, files=files)
        except BaseException:
            await self._forget(made.id for made in files)
            raise

    async def _put_away(self, made: dict[str, Any], key: bytes) -> Made:
        """Into the vault, under a key of its own."""
        id, path = ids.new_id(), Path(made["path"])
        wrapped, summed = self._vault.new_key(id), hashlib.sha256()
        size = await self._vault.append(id, wrapped, 0, _blocks(path, key, summed))
        await asyncio.to_thread(path.unlink)
        return Made(
            id=id, source=made["name"], pictures=made["pictures"], size=size, sha256=summed.hexdigest(),
            wrapped_key=wrapped,
        )  # fmt: skip

    async def _tell(self, id: str, percent: int) -> None:
        async with self._database.unit() as unit:
            recording = await queries.recording(unit, id)
            recording.percent = min(percent, 99)
            unit.announce(f"recording:{id}", "making", percent=percent)

    async def _finish(self, id: str, outcome: Outcome) -> None:
        async with self._database.unit() as unit:
            recording = await queries.recording(unit, id)
            await service.ready(unit, recording=recording, outcome=outcome)
            unit.announce(f"recording:{id}", "ready")

    async def _forget(self, blobs: Iterator[str]) -> None:
        for blob in blobs:
            await self._vault.delete(blob)

    # ---- clearing away

    async def _clear_away(self) -> None:
        """A file's row goes only after its bytes: what is cut off here is done the next time."""
        async with self._database.unit() as unit:
            for recording in await queries.outlived(unit):
                await service.remove(unit, recording=recording, reason="retention")
        async with self._database.unit() as unit:
            for file in await queries.files_left(unit):
                await self._vault.delete(file.id)
                await unit.session.delete(file)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Whether this process may work there: one at a time, and a dead one lets go."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _still_written(folder: Path) -> bool:
    recent = time.time() - SETTLED
    return any(film.stat().st_mtime > recent for film in folder.glob(f"*{KEPT_OPEN}"))


async def _told_by_press(order: dict[str, str]) -> AsyncGenerator[dict[str, Any], None]:
    command = [sys.executable, "-m", "server.meeting.recordings.press"]
    pipe = asyncio.subprocess.PIPE
    async with child_process(*command, stdin=pipe, stdout=pipe, limit=BLOCK) as press:
        assert press.stdin is not None
        assert press.stdout is not None
        press.stdin.write(orjson.dumps(order))
        press.stdin.write_eof()
        async for line in press.stdout:
            yield orjson.loads(line)


async def _blocks(path: Path, key: bytes, summed: Any) -> AsyncIterator[bytes]:
    scratch = Scratch(path, key)
    try:
        while block := await asyncio.to_thread(scratch.read, BLOCK):
            summed.update(block)
            yield block
    finally:
        scratch.close()
