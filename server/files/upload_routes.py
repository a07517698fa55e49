"""Receiving: the tus endpoint, and the proof at the end of it."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientConnectionError, web

from server.core.errors import Refusal
from server.core.http import Routes, answer, begin_unit, read_form, unit_of
from server.files import queries, service, tus
from server.files.desk import DESK
from server.files.states import Status
from server.files.uploading import PATIENCE, proven

uploads = Routes("files")
ONE = "/files/uploads/{id:[0-9a-f]{32}}"
BROKEN_LINE = (ConnectionError, ClientConnectionError, web.RequestPayloadError)


class Stalled(Refusal):
    code = "files.stalled"
    status = 408
    says = "长时间没有收到数据，已保留收到的部分，可以继续上传"


@uploads.options("/files/uploads", "file.upload")
async def what_is_spoken(request: web.Request) -> web.Response:
    return web.Response(status=204, headers=tus.OPTIONS)


@uploads.post("/files/uploads", "file.upload")
async def create(request: web.Request) -> web.Response:
    desk, wish = request.app[DESK], tus.creation(request.headers)
    attachment = await service.begin(
        unit_of(request),
        subjects=desk.subjects,
        vault=desk.vault,
        subject_kind=wish.subject_kind,
        subject_id=wish.subject_id,
        name=wish.name,
        size=wish.size,
    )
    return _told(201, Location=f"/files/uploads/{attachment.id}")


@uploads.head(ONE, "file.upload", own_units=True)
async def how_far(request: web.Request) -> web.Response:
    tus.require_version(request.headers)
    desk = request.app[DESK]
    async with begin_unit(request, writes=False) as unit:
        attachment = await queries.get_for(unit, desk.subjects, "file.upload", request.match_info["id"])
    offset = await desk.uploading.offset(attachment)
    return _told(200, **{"Upload-Offset": str(offset), "Upload-Length": str(attachment.size)})


@uploads.patch(ONE, "file.upload", own_units=True)
async def go_on(request: web.Request) -> web.Response:
    """No unit of work is open while bytes come in: a hundred slow lines hold no connection of the store."""
    desk, offset = request.app[DESK], tus.offset(request.headers)
    async with begin_unit(request, writes=False) as unit:
        attachment = await queries.get_for(unit, desk.subjects, "file.upload", request.match_info["id"])
    checksum = request.headers.get("Upload-Checksum")
    chunks = _arriving(request)
    try:
        end = await desk.uploading.append(attachment, offset, proven(checksum, chunks) if checksum else chunks)
    except TimeoutError:
        raise Stalled from None
    except BROKEN_LINE:
        return web.Response(status=400)  # nobody reads it; what came is kept
    return _told(204, **{"Upload-Offset": str(end)})


async def _arriving(request: web.Request) -> AsyncIterator[bytes]:
    while True:
        async with asyncio.timeout(PATIENCE):
            chunk = await request.content.readany()
        if not chunk:
            return
        yield chunk


@uploads.delete(ONE, "file.upload")
async def give_up(request: web.Request) -> web.Response:
    """Ends an upload that is not complete; a complete file is withdrawn instead."""
    desk, unit = request.app[DESK], unit_of(request)
    attachment = await queries.get_for(unit, desk.subjects, "file.upload", request.match_info["id"])
    await desk.uploading.hang_up(attachment.id)
    if attachment.status in (Status.UPLOADING, Status.REFUSED):
        await service.discard(unit, attachment=attachment, vault=desk.vault)
    return _told(204)


@uploads.post("/files/{id:[0-9a-f]{32}}/complete", "file.upload", own_units=True)
async def complete(request: web.Request) -> web.Response:
    """What is kept is read back, decrypted and summed: only when the client's own sum is the same is it taken."""
    form = await read_form(request, tus.Completion)
    if form.errors:
        raise tus.Malformed
    desk, id = request.app[DESK], request.match_info["id"]
    async with begin_unit(request, writes=False) as unit:
        attachment = await queries.get_for(unit, desk.subjects, "file.upload", id)
    if attachment.status is Status.UPLOADING:
        await _prove(request, form.value.sha256)
    elif attachment.sha256 != form.value.sha256:
        raise service.HashDiffers
    return answer({"id": id, "page": f"/files/{id}", "tile": f"/files/{id}/tile"})


async def _prove(request: web.Request, sha256: str) -> None:
    desk, id = request.app[DESK], request.match_info["id"]
    await desk.uploading.hang_up(id)
    async with begin_unit(request, writes=False) as unit:
        attachment = await queries.get_for(unit, desk.subjects, "file.upload", id)
    if await desk.vault.size(id) != attachment.size:
        raise service.Incomplete
    found = await desk.vault.digest(id, attachment.wrapped_key)
    async with begin_unit(request) as unit:
        attachment = await queries.get_for(unit, desk.subjects, "file.upload", id)
        if found == sha256:
            await service.received(unit, attachment=attachment, sha256=sha256)
        else:
            await service.begun_anew(unit, attachment=attachment, vault=desk.vault)
    if found != sha256:
        raise service.HashDiffers
    desk.checking.start(id)


def _told(status: int, **headers: str) -> web.Response:
    return web.Response(status=status, headers={"Tus-Resumable": tus.VERSION, "Cache-Control": "no-store", **headers})
