"""Where copies of files are made, in the background: looked through, written masked, deleted when not needed.

It works by what the rows say, so that a restart goes on where it was; a transaction that leaves work wakes it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from sqlalchemy.orm.exc import StaleDataError

from server.casebook import copies, queries, service
from server.casebook.chapters import Source
from server.casebook.copy_states import COPY_MOVES, CopyMove, CopyState, IllegalCopyMove
from server.casebook.covering import masks_of
from server.core.database import Database
from server.core.unit import Unit
from server.files import queries as files
from server.files import service as files_service
from server.files.desk import DESK, Desk
from server.files.parsing import Unreadable, Wishes

if TYPE_CHECKING:
    from server.casebook.model import TeachingCase, TeachingCopy
    from server.files.model import Attachment

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Job:
    case: "TeachingCase"
    original: "Attachment"
    source: Source
    wishes: Wishes


class Darkroom:
    def __init__(self, database: Database, desk: Desk) -> None:
        self._database, self._desk = database, desk
        self._bell = asyncio.Event()

    def wake(self) -> None:
        self._bell.set()

    async def work(self) -> None:
        """For ever: all there is to do, then until it is woken."""
        while True:
            self._bell.clear()
            await self.catch_up()
            await self._bell.wait()

    async def catch_up(self) -> None:
        """All there is to do now, once."""
        async with self._database.unit(writes=False) as unit:
            waiting = await queries.copies_in_work(unit)
        for id in waiting:
            await self._carefully(id)

    async def _carefully(self, id: str) -> None:
        """One bad file stops nothing."""
        try:
            await self._develop(id)
        except (IllegalCopyMove, StaleDataError):
            self.wake()  # it was changed meanwhile: what it says now is done next
        except Unreadable as trouble:
            await self._fail(id, trouble.reason)
        except Exception:
            log.exception("copy failed", copy=id)
            await self._fail(id, "damaged")

    async def _develop(self, id: str) -> None:
        async with self._database.unit(writes=False) as unit:
            copy = await queries.copy(unit, id)
        match copy and copy.state:
            case CopyState.WAITING:
                await self._look_through(id, await self._job(id))
            case CopyState.CONFIRMED:
                await self._write(id, await self._job(id))
            case _:
                await self._clear(id)

    async def _job(self, id: str) -> Job:
        """Raises Unreadable where the original is gone."""
        async with self._database.unit(writes=False) as unit:
            copy = await queries.copy(unit, id)
            assert copy is not None
            original = await files.get(unit, copy.original_id)
            if original is None or original.withdrawn_at:
                raise Unreadable("gone")
            case = await queries.case_of(unit, copy)
            source = await service.source_for(unit, case)
            wishes = service.wishes_for(unit, case, copy, source)
            return Job(case=case, original=original, source=source, wishes=wishes)

    async def _look_through(self, id: str, job: Job) -> None:
        survey = await self._desk.copying.survey(job.original, job.wishes)
        try:
            async with self._changing(id, job.case, CopyState.WAITING) as (_, copy):
                await self._discard_sheets(copy)
                copies.show(copy, survey, masks_of(survey, job.source.known, year=job.source.year))
        except BaseException:
            if survey.kept:
                await self._desk.vault.delete(survey.kept.id)
            raise

    async def _write(self, id: str, job: Job) -> None:
        """Masked, then looked at as any file is; what an earlier confirmation had made goes."""
        made = await self._desk.copying.rewrite(job.original, job.wishes)
        try:
            async with self._changing(id, job.case, CopyState.CONFIRMED) as (unit, copy):
                await self._discard_file(unit, copy)
                copies.take_file(unit, copy, job.original, made)
        except BaseException:
            await self._desk.vault.delete(made.id)
            raise
        await self._desk.checking.check(made.id)
        async with self._changing(id, job.case, CopyState.CONFIRMED) as (unit, copy):
            copies.keep(copy, await files.get(unit, made.id))

    @asynccontextmanager
    async def _changing(
        self, id: str, case: "TeachingCase", state: CopyState
    ) -> AsyncIterator[tuple[Unit, "TeachingCopy"]]:
        """Raises IllegalCopyMove where it stands otherwise by now; tells the pages."""
        async with self._database.unit() as unit:
            copy = await queries.copy(unit, id)
            if copy is None or copy.state is not state:
                raise IllegalCopyMove(state=state)
            yield unit, copy
            await unit.session.flush()
            await copies.tell(unit, case)

    async def _fail(self, id: str, reason: str) -> None:
        async with self._database.unit() as unit:
            copy = await queries.copy(unit, id)
            if copy is None or (copy.state, CopyMove.FAIL) not in COPY_MOVES:
                return
            copies.fail(copy, reason)
            await copies.tell(unit, await queries.case_of(unit, copy))

    async def _clear(self, id: str) -> None:
        """The pictures once nobody reviews them; the file where trainees are not to have it; at last the row."""
        async with self._database.unit() as unit:
            copy = await queries.copy(unit, id)
            if copy is None:
                return
            await self._discard_sheets(copy)
            if copy.state in (CopyState.LEFT_OUT, CopyState.GONE):
                await self._discard_file(unit, copy)
            if copy.state is CopyState.GONE:
                await unit.session.delete(copy)

    async def _discard_sheets(self, copy: "TeachingCopy") -> None:
        if copy.sheets_id:
            await self._desk.vault.delete(copy.sheets_id)
            copy.sheets_id, copy.sheets_key = None, None

    async def _discard_file(self, unit: Unit, copy: "TeachingCopy") -> None:
        found = await files.get(unit, copy.file_id) if copy.file_id else None
        copy.file_id = None
        if found:
            await files_service.discard(unit, attachment=found, vault=self._desk.vault)


DARKROOM: web.AppKey[Darkroom] = web.AppKey("darkroom", Darkroom)


async def tend_darkroom(app: web.Application) -> AsyncIterator[None]:
    """For `app.cleanup_ctx`."""
    app[DESK].tasks.start(app[DARKROOM].work(), "darkroom")
    yield
