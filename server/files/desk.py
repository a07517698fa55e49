"""What the files capability is composed of, made once by the application and found by its routes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from aiohttp import web

from server.core.database import Database
from server.core.tasks import Tasks
from server.files import service
from server.files.blobs import BlobStore, DiskBlobs
from server.files.checking import Checking
from server.files.copying import Copying
from server.files.openings import Openings
from server.files.parsing import Sandbox
from server.files.subjects import Subjects
from server.files.uploading import Uploading
from server.files.vault import Vault

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where files are received, kept and handed out. `subjects` may still be filled while the application is built."""

    database: Database
    vault: Vault
    subjects: Subjects
    checking: Checking
    copying: Copying
    uploading: Uploading
    tasks: Tasks
    openings: Openings = field(default_factory=Openings)

    async def clear_away(self) -> None:
        """A recurring duty: abandoned uploads and long withdrawn files go."""
        async with self.database.unit() as unit:
            await service.clear_away(unit, vault=self.vault)


DESK: web.AppKey[Desk] = web.AppKey("files_desk", Desk)


def furnish(database: Database, store: BlobStore, subjects: Subjects, tasks: Tasks) -> Desk:
    vault = Vault(store, database.keys)
    checking = Checking(database, vault, Sandbox(), subjects, tasks)
    return Desk(
        database=database,
        vault=vault,
        subjects=subjects,
        checking=checking,
        copying=Copying(vault),
        uploading=Uploading(vault, subjects),
        tasks=tasks,
    )


def store_at(folder: Path, s3_url: str = "") -> BlobStore:
    """Blobs in `folder`, or in the bucket of `s3://bucket/prefix?endpoint=https://…&region=…`.

    Access keys of the bucket come from the environment, as the object store's own library reads them.
    """
    if not s3_url:
        return DiskBlobs(folder)
    from obstore.store import S3Store

    from server.files.object_blobs import ObjectBlobs

    address = urlsplit(s3_url)
    options: Any = {name: values[0] for name, values in parse_qs(address.query).items()}
    if options.get("endpoint", "").startswith("http:"):
        options["allow_http"] = "true"
    prefix = address.path.strip("/") or None
    return ObjectBlobs(S3Store(address.netloc, prefix=prefix, config=options))


async def tend(app: web.Application) -> AsyncIterator[None]:
    """Goes on, at start, with files that were waiting to be looked at; clears away hourly. For `app.cleanup_ctx`."""
    desk = app[DESK]
    await desk.checking.resume()
    desk.tasks.start(_clear_hourly(desk), "clear files away")
    yield


async def _clear_hourly(desk: Desk) -> None:
    while True:
        await asyncio.sleep(3600)
        try:
            await desk.clear_away()
        except Exception:
            log.exception("files not cleared away")
