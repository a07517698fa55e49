"""The duty that builds ladders beside what can be watched: one at a time, each once, by a child that goes last."""

import asyncio
import os
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from server.core.database import Database
from server.files.vault import Vault
from server.meeting.recordings import queries, service
from server.meeting.recordings.reels import folder_of
from server.meeting.recordings.scratch import Scratch
from server.meeting.recordings.service import MadeRung
from server.meeting.recordings.workshop import held, put_away, told_by

if TYPE_CHECKING:
    from server.meeting.recordings.model import RecordedFile

log = structlog.get_logger()
LADDER = "server.meeting.recordings.ladder"


class LadderBroke(Exception):
    """The child ended before it was done."""


class Carpenter:
    def __init__(self, database: Database, vault: Vault, folder: Path) -> None:
        self._database, self._vault, self._folder = database, vault, folder

    async def work(self) -> None:
        """A recurring duty. One that cannot be built is not tried again: its original plays."""
        async with self._database.unit(writes=False) as unit:
            waiting = [(one.id, one.files[0]) for one in await queries.without_ladder(unit)]
        for id, whole in waiting:
            folder = folder_of(self._folder, f"{id}-ladder")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with held(folder) as mine:
                if mine:
                    await self._build(id, whole, folder)
                    shutil.rmtree(folder, ignore_errors=True)

    async def _build(self, id: str, whole: "RecordedFile", folder: Path) -> None:
        rungs: list[MadeRung] = []
        try:
            await self._built(id, await self._laid_out(whole, folder), rungs)
            await self._finish(id, rungs)
        except LadderBroke:
            log.exception("no ladder for weak lines", recording=id)
            await self._forget(rungs)
            async with self._database.unit() as unit:
                await service.ladder_failed(unit, recording=await queries.recording(unit, id))
        except BaseException:
            await self._forget(rungs)
            raise

    async def _laid_out(self, whole: "RecordedFile", folder: Path) -> dict[str, str]:
        """An order: the original lies beside what is made of it, both under a key that nobody keeps."""
        key, room = os.urandom(32).hex(), folder / "room"
        shutil.rmtree(room, ignore_errors=True)  # of a try that was cut off
        room.mkdir(mode=0o700)
        scratch = Scratch(room / "whole", bytes.fromhex(key))
        blocks = self._vault.proven(whole.id, whole.wrapped_key, (0, whole.size), whole.size, whole.sha256)
        try:
            async with aclosing(blocks):
                async for block in blocks:
                    await asyncio.to_thread(scratch.write, block)
        finally:
            scratch.close()
        return {"path": str(room / "whole"), "key": key, "out": str(room), "out_key": key}

    async def _built(self, id: str, order: dict[str, str], rungs: list[MadeRung]) -> None:
        """Adds to `rungs` what lies in the vault. Raises LadderBroke."""
        over = False
        async with aclosing(told_by(LADDER, order)) as telling:
            async for told in telling:
                if "made" in told:
                    made = told["made"]
                    stored = await put_away(self._vault, Path(made.pop("path")), bytes.fromhex(order["out_key"]))
                    rungs.append(MadeRung(**made, **vars(stored)))
                if "done" in told:
                    await self._tell(id, int(told["done"] * 100))
                over = "over" in told
        if not over:
            raise LadderBroke(id)

    async def _tell(self, id: str, percent: int) -> None:
        async with self._database.unit() as unit:
            recording = await queries.recording(unit, id)
            recording.ladder_percent = min(percent, 99)

    async def _finish(self, id: str, rungs: list[MadeRung]) -> None:
        async with self._database.unit() as unit:
            await service.ladder_made(unit, recording=await queries.recording(unit, id), rungs=rungs)

    async def _forget(self, rungs: list[MadeRung]) -> None:
        for rung in rungs:
            await self._vault.delete(rung.id)
