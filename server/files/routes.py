"""Showing and handing out: the viewer, the tiles of a subject, derivatives and originals, withdrawing."""

from typing import Any

from aiohttp import web

from server.core.errors import NotFound
from server.core.http import Routes, answer, begin_unit, render, unit_of
from server.core.unit import Unit
from server.files import names, queries, resuming, service
from server.files.cards import card
from server.files.desk import DESK, Desk
from server.files.model import Attachment, Derivative
from server.files.sending import send
from server.files.states import Kind, Status
from server.files.upload_routes import uploads

__all__ = ["routes", "uploads"]

routes = Routes("files")
ONE = "/files/{id:[0-9a-f]{32}}"


# ---- pages ----


@routes.get(ONE, "file.read")
async def page(request: web.Request) -> web.Response:
    return render(request, "files/page.html", **await _shown(request))


@routes.get(ONE + "/view", "file.read")
async def view(request: web.Request) -> web.Response:
    """The viewer alone, for a panel."""
    return render(request, "files/view.html", **await _shown(request))


async def _shown(request: web.Request) -> dict[str, Any]:
    desk, unit = request.app[DESK], unit_of(request)
    attachment = await queries.get_for(unit, desk.subjects, "file.read", request.match_info["id"])
    await _seen(desk, unit, attachment)
    siblings = await queries.of_subject(unit, attachment.subject_kind, attachment.subject_id)
    return {
        "file": card(unit, attachment),
        "siblings": [card(unit, one) for one in siblings if one.status is Status.READY],
        "may_fetch": await _may_fetch(desk, request, attachment),
    }


async def _seen(desk: Desk, unit: Unit, attachment: Attachment) -> None:
    if desk.openings.begins(unit.actor.person_id, attachment.id, unit.now):
        await service.seen(unit, attachment=attachment, subjects=desk.subjects, action="file.read")


async def _may_fetch(desk: Desk, request: web.Request, attachment: Attachment) -> bool:
    unit = unit_of(request)
    if not unit.matrix.granted(unit.actor.role, "file.original"):
        return False
    owner = desk.subjects[attachment.subject_kind]
    return await owner.may(unit, attachment.subject_kind, attachment.subject_id, "original")


@routes.get("/files/of/{kind:[a-z_]+}/{id:[0-9a-f]{32}}", "file.read")
async def tiles(request: web.Request) -> web.Response:
    """The tiles of a subject, for a live region of its page."""
    desk, unit = request.app[DESK], unit_of(request)
    kind, id = request.match_info["kind"], request.match_info["id"]
    await queries.require_subject(unit, desk.subjects, "file.read", kind, id)
    files = [card(unit, one) for one in await queries.of_subject(unit, kind, id)]
    return render(request, "files/tiles.html", files=files, subject_kind=kind, subject_id=id)


@routes.get(ONE + "/tile", "file.read")
async def tile(request: web.Request) -> web.Response:
    desk, unit = request.app[DESK], unit_of(request)
    attachment = await queries.get_for(unit, desk.subjects, "file.read", request.match_info["id"])
    return render(request, "files/tile_alone.html", file=card(unit, attachment))


@routes.post(ONE + "/withdraw", "file.withdraw")
async def withdraw(request: web.Request) -> web.Response:
    desk, unit = request.app[DESK], unit_of(request)
    attachment = await queries.get_for(unit, desk.subjects, "file.withdraw", request.match_info["id"])
    await service.withdraw(unit, attachment=attachment, subjects=desk.subjects)
    return answer({"undo": f"/files/{attachment.id}/put-back"})


@routes.post(ONE + "/put-back", "file.withdraw")
async def put_back(request: web.Request) -> web.Response:
    desk, unit = request.app[DESK], unit_of(request)
    attachment = await queries.own_withdrawn(unit, desk.subjects, request.match_info["id"])
    await service.put_back(unit, attachment=attachment, subjects=desk.subjects)
    return answer({"tile": f"/files/{attachment.id}/tile"})


# ---- bytes ----


@routes.get(ONE + "/content", "file.original", own_units=True)
async def content(request: web.Request) -> web.StreamResponse:
    """The original as it was sent, for saving, never for showing inside a page."""
    desk, id = request.app[DESK], request.match_info["id"]
    async with begin_unit(request, writes=False) as unit:
        mark = resuming.mark_of(unit, id)
        begun = resuming.resumes(request, mark)
        attachment = await queries.get_for(unit, desk.subjects, "file.original", id, begun=begun)
        if attachment.status is not Status.READY:
            raise NotFound
        await service.seen(unit, attachment=attachment, subjects=desk.subjects, action="file.original")
        name = service.name_of(unit, attachment)
    described = {"Content-Disposition": names.disposition(name), "Content-Type": "application/octet-stream"}
    headers = {**described, "ETag": mark}
    return await send(request, desk.vault, attachment, headers)


@routes.get(ONE + "/derived/{name:[a-z]+}", "file.read", own_units=True)
async def derived(request: web.Request) -> web.StreamResponse:
    """What was made of a file for the eye. A PDF needs nothing made: `document` is the file itself."""
    desk, name = request.app[DESK], request.match_info["name"]
    async with begin_unit(request, writes=False) as unit:
        attachment = await queries.get_for(unit, desk.subjects, "file.read", request.match_info["id"])
        source = _source(attachment, name)
        if name != "thumbnail":  # seen with its list
            await _seen(desk, unit, attachment)
    headers = {"Content-Disposition": "attachment", "Content-Type": source.media_type}
    if isinstance(source, Derivative) and source.encoding:
        headers["Content-Encoding"] = source.encoding
    return await send(request, desk.vault, source, headers)


def _source(attachment: Attachment, name: str) -> Attachment | Derivative:
    """Raises NotFound."""
    if attachment.status is not Status.READY:
        raise NotFound
    for derivative in attachment.derivatives:
        if derivative.name == name:
            return derivative
    if name == "document" and attachment.kind is Kind.PDF:
        return attachment
    raise NotFound
