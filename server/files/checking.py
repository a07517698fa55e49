"""Looking at what has arrived: in the background, with the sandbox, in units of work of its own."""

import gzip
import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

import orjson
import structlog
from sqlalchemy.orm.exc import StaleDataError

from server.core import ids
from server.core.database import Database
from server.core.tasks import Tasks
from server.core.unit import Unit
from server.files import queries, service
from server.files.album import Album
from server.files.blobs import OutOfPlace
from server.files.facts import Ecg
from server.files.model import Attachment, IllegalMove
from server.files.parsing import Outcome, Sandbox, Unreadable, Upload
from server.files.service import Made
from server.files.states import Reason, Status
from server.files.subjects import About, Subjects, expected_of
from server.files.vault import Vault

log = structlog.get_logger()

GATHERED = 4 * 1024 * 1024
SHAPES = {
    "preview": ("image/jpeg", ""),
    "thumbnail": ("image/jpeg", ""),
    "document": ("application/pdf", ""),
    "frames": ("application/octet-stream", ""),
    "samples": ("application/octet-stream", "gzip"),
    "album": ("application/json", "gzip"),
    "trace": ("application/json", "gzip"),
    "sheets": ("image/jpeg", ""),
    "copy": ("application/octet-stream", ""),
}
"""Media type and content encoding of each derivative."""


@dataclass
class Making:
    """A derivative while it grows."""

    id: str
    wrapped_key: bytes
    size: int = 0
    summed: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    waiting: bytearray = field(default_factory=bytearray)


class Derivatives:
    """What the sandbox hands out, sealed into the vault as it comes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._making: dict[str, Making] = {}

    async def add(self, name: str, chunk: bytes) -> None:
        if name not in self._making:
            id = ids.new_id()
            self._making[name] = Making(id, self._vault.new_key(id))
        making = self._making[name]
        making.waiting += chunk
        making.summed.update(chunk)
        if len(making.waiting) >= GATHERED:
            await self._flush(making)

    async def _flush(self, making: Making) -> None:
        chunk = bytes(making.waiting)
        making.waiting.clear()
        making.size = await self._vault.append(making.id, making.wrapped_key, making.size, _one(chunk))

    async def finished(self) -> list[Made]:
        for making in self._making.values():
            await self._flush(making)
        return [_made(name, making) for name, making in self._making.items()]

    async def dropped(self) -> None:
        for making in self._making.values():
            await self._vault.delete(making.id)


def _made(name: str, making: Making) -> Made:
    media_type, encoding = SHAPES[name]
    return Made(
        id=making.id,
        name=name,
        media_type=media_type,
        encoding=encoding,
        size=making.size,
        sha256=making.summed.hexdigest(),
        wrapped_key=making.wrapped_key,
    )


async def _one(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


def upload_of(vault: Vault, attachment: Attachment) -> Upload:
    """Its bytes for the sandbox."""

    async def read(start: int, stop: int) -> bytes:
        async with aclosing(vault.read(attachment.id, attachment.wrapped_key, start, stop)) as blocks:
            return b"".join([block async for block in blocks])

    return Upload(size=attachment.size, read=read)


class Checking:
    """Takes files from `checking` to `ready` or `refused`, once each, also after a restart."""

    def __init__(self, database: Database, vault: Vault, sandbox: Sandbox, subjects: Subjects, tasks: Tasks) -> None:
        self._database, self._vault, self._sandbox = database, vault, sandbox
        self._subjects, self._tasks = subjects, tasks

    def start(self, id: str) -> None:
        self._tasks.start(self.check(id), f"check file {id}")

    async def resume(self) -> None:
        """Starts on all that was waiting when the last process ended."""
        async with self._database.unit(writes=False) as unit:
            waiting = await queries.waiting_to_be_checked(unit)
        for id in waiting:
            self.start(id)

    async def check(self, id: str) -> None:
        async with self._database.unit(writes=False) as unit:
            attachment = await queries.get(unit, id)
            if attachment is None or attachment.status is not Status.CHECKING:
                return
            about = await self._about(unit, attachment)
            source = await queries.get(unit, attachment.source_id) if attachment.source_id else None
        if source is not None and not await self._taken_over(attachment, source):
            return
        derivatives = Derivatives(self._vault)
        try:
            await self._look(attachment, about, derivatives)
        except BaseException:
            await derivatives.dropped()
            raise

    async def _about(self, unit: Unit, attachment: Attachment) -> About:
        owner = self._subjects[attachment.subject_kind]
        return await owner.about(unit, attachment.subject_kind, attachment.subject_id)

    async def _taken_over(self, attachment: Attachment, source: Attachment) -> bool:
        """Whether all bytes of `source` are there, going on where an earlier copying ended; if not, who does it."""
        have = await self._vault.size(attachment.id)
        rest = self._vault.read(source.id, source.wrapped_key, have, source.size)
        try:
            async with aclosing(rest):
                await self._vault.append(attachment.id, attachment.wrapped_key, have, rest)
        except OutOfPlace:
            return False  # another copies it, and looks at it then
        return True

    async def _look(self, attachment: Attachment, about: About, derivatives: Derivatives) -> None:
        try:
            upload, expected = upload_of(self._vault, attachment), expected_of(about)
            outcome, album = await self._sandbox.read(upload, expected, derivatives, words=about.searched)
        except Unreadable as trouble:
            await derivatives.dropped()
            await self._turn_down(attachment.id, _reason(trouble.reason))
            return
        await _add_index(derivatives, outcome, album)
        await self._keep(attachment.id, about, outcome, album, derivatives)

    async def _keep(self, id: str, about: About, outcome: Outcome, album: Album, derivatives: Derivatives) -> None:
        made, stale = await derivatives.finished(), False
        try:
            async with self._database.unit() as unit:
                attachment = await queries.get(unit, id)
                if attachment is None:
                    raise IllegalMove("discarded meanwhile")
                if stale := await self._about(unit, attachment) != about:
                    raise IllegalMove("held against whom it is no longer about")
                replaced = await service.looked_at(unit, attachment=attachment, outcome=outcome, album=album, made=made)
        except (IllegalMove, StaleDataError):
            await derivatives.dropped()  # another process was faster, or it was given up
            if stale:
                self.start(id)
            return
        for one in replaced:
            await self._vault.delete(one)

    async def _turn_down(self, id: str, reason: Reason) -> None:
        with suppress(IllegalMove, StaleDataError):
            async with self._database.unit() as unit:
                attachment = await queries.get(unit, id)
                if attachment and attachment.facts:  # it was read once
                    await service.not_read_again(unit, attachment=attachment)
                    return
                if attachment:
                    await service.turned_down(unit, attachment=attachment, reason=reason)
            await self._vault.delete(id)
        log.info("file refused", file=id, reason=reason)


async def _add_index(derivatives: Derivatives, outcome: Outcome, album: Album) -> None:
    """What the viewer reads first."""
    if len(album):
        await derivatives.add("album", gzip.compress(album.written(), mtime=0))
    elif isinstance(outcome, Ecg):
        trace = outcome.model_dump(mode="json", exclude={"matches", "acquired", "media_type"})
        await derivatives.add("trace", gzip.compress(orjson.dumps(trace), mtime=0))


def _reason(said: str) -> Reason:
    return Reason(said) if said in set(Reason) else Reason.DAMAGED
