"""The duty that makes recordings playable, one at a time, and goes on where it was interrupted."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import structlog

from server.core.database import Database
from server.files.vault import Vault
from server.meeting.recordings import queries, service
from server.meeting.recordings.kinds import RecordingState
from server.meeting.recordings.model import RecordedFile, Rung
from server.meeting.recordings.reels import folder_of
from server.meeting.recordings.service import Made, Outcome
from server.meeting.recordings.workshop import held, put_away, told_by
from signaling.media.recorder.sealed import OPEN

log = structlog.get_logger()

SETTLED = 15.0
"""Seconds for which a film that was never ended must have lain still: until then its recorder may be alive."""
PRESS = "server.meeting.recordings.press"


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
        with held(folder) as mine:
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
            async with aclosing(told_by(PRESS, order)) as telling:
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
        stored = await put_away(self._vault, Path(made["path"]), key)
        return Made(source=made["name"], pictures=made["pictures"], **vars(stored))

    async def _tell(self, id: str, percent: int) -> None:
        async with self._database.unit() as unit:
            await service.making(unit, recording=await queries.recording(unit, id), percent=percent)

    async def _finish(self, id: str, outcome: Outcome) -> None:
        async with self._database.unit() as unit:
            await service.ready(unit, recording=await queries.recording(unit, id), outcome=outcome)

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
            left: list[RecordedFile | Rung] = [*await queries.files_left(unit), *await queries.rungs_left(unit)]
            for file in left:
                await self._vault.delete(file.id)
                await unit.session.delete(file)


def _still_written(folder: Path) -> bool:
    recent = time.time() - SETTLED
    return any(film.stat().st_mtime > recent for film in folder.glob(f"*{OPEN}"))
