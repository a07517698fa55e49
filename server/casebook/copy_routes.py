"""A case's files, looked through and masked by the second person before trainees get them."""

from typing import Any

from aiohttp import web

from server.casebook import copies, queries, service
from server.casebook.copy_states import COPY_MOVES, COPY_WORDS, CopyMove, CopyState
from server.casebook.forms import Masked
from server.casebook.model import TeachingCase, TeachingCopy
from server.casebook.states import MOVES, STATE_WORDS, IllegalMove, Move
from server.consultation import queries as consultations
from server.core.errors import Invalid, NotFound
from server.core.forms import Form
from server.core.http import Routes, read_form, render, say, see_other, unit_of, wrong_fields
from server.core.unit import Unit
from server.files.desk import DESK
from server.files.states import SENTENCES, Reason

routes = Routes("casebook")

CASE = "/teaching/cases/{id}/copies"
ONE = CASE + "/{copy:[0-9a-f]{32}}"
ORIGINAL_GONE = "原文件已撤回或删除"


def address(copy: TeachingCopy) -> str:
    return f"/teaching/cases/{copy.case_id}/copies/{copy.id}"


def rows(request: web.Request, found: list[TeachingCopy]) -> list[dict[str, Any]]:
    """The files of a case as its review lists them."""
    return [{"id": copy.id, "href": address(copy), **_told(request, copy)} for copy in found]


def _told(request: web.Request, copy: TeachingCopy) -> dict[str, Any]:
    word, tone = COPY_WORDS[copy.state]
    trouble = SENTENCES[Reason(copy.reason)] if copy.reason in set(Reason) else ORIGINAL_GONE
    return {
        "called": say(request, *copies.name_of(copy)),
        "badge": {"state": copy.state.value, "word": say(request, word), "tone": tone},
        "trouble": say(request, trouble) if copy.state is CopyState.FAILED else "",
        "may": {move.value: (copy.state, move) in COPY_MOVES for move in CopyMove},
    }


async def _reviewed(request: web.Request, *, locked: bool = False) -> TeachingCase:
    """The case, where the actor may review it now. Raises NotFound, OwnProposal, IllegalMove."""
    unit = unit_of(request)
    case = await queries.get_for(unit, "casebook.review", request.match_info["id"], locked=locked)
    if unit.actor.person_id == case.proposed_by_id:
        raise service.OwnProposal
    if (case.state, Move.SEND_BACK) not in MOVES:
        raise IllegalMove(state=STATE_WORDS[case.state][0])
    return case


async def _copy(request: web.Request, *, locked: bool = False) -> TeachingCopy:
    case = await _reviewed(request, locked=locked)
    return await queries.copy_in(unit_of(request), case, request.match_info["copy"], locked=locked)


@routes.get(CASE, "casebook.review")
async def list_fragment(request: web.Request) -> web.StreamResponse:
    """For the live region of the review."""
    case = await _reviewed(request)
    found = await queries.copies_of(unit_of(request), case.id)
    return render(request, "casebook/copies.html", case=case, copies=rows(request, found))


@routes.get(ONE, "casebook.review")
async def page(request: web.Request) -> web.StreamResponse:
    copy = await _copy(request)
    await _seen(unit_of(request), copy)
    return _page(request, copy)


async def _seen(unit: Unit, copy: TeachingCopy) -> None:
    """What is looked through is not masked yet: it may show who it was."""
    case = await queries.case_of(unit, copy)
    consultation = await consultations.by_id(unit, case.consultation_id)
    unit.record("casebook.copy_read", kind="teaching_case", id=case.id, patient=consultation.patient_id)


def _page(
    request: web.Request, copy: TeachingCopy, form: Form[Masked] | None = None, status: int = 200
) -> web.Response:
    masks = form.typed.get("masks") if form else None
    return render(
        request,
        "casebook/copy.html",
        status=status,
        copy=copy,
        href=address(copy),
        review=f"/teaching/cases/{copy.case_id}/review",
        **_told(request, copy),
        groups=[_group(copy, group) for group in copy.groups],
        masks=masks or copy.masks,
        form=form,
    )


def _group(copy: TeachingCopy, group: str) -> dict[str, Any]:
    """`sheets` are their places among all pictures."""
    places = [place for place, sheet in enumerate(copy.sheets) if sheet[0] == group]
    _, width, height, *_ = copy.sheets[places[0]]
    return {"name": group, "sheets": places, "width": width, "height": height}


@routes.get(ONE + r"/sheets/{place:\d{1,5}}", "casebook.review")
async def sheet(request: web.Request) -> web.StreamResponse:
    """A picture as it is, not masked."""
    copy, place = await _copy(request), int(request.match_info["place"])
    if copy.sheets_id is None or copy.sheets_key is None or place >= len(copy.sheets):
        raise NotFound
    *_, offset, length = copy.sheets[place]
    blocks = request.app[DESK].vault.read(copy.sheets_id, copy.sheets_key, offset, offset + length)
    body = b"".join([block async for block in blocks])
    return web.Response(body=body, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@routes.post(ONE, "casebook.review")
async def confirm(request: web.Request) -> web.StreamResponse:
    copy, form = await _copy(request, locked=True), await read_form(request, Masked)
    if form.errors:
        return _page(request, copy, form, 422)
    try:
        await copies.confirm(unit_of(request), copy=copy, masks=form.value.masks, seen=form.value.seen)
    except Invalid as wrong:
        return _page(request, copy, Form(form.typed, wrong_fields(request, wrong)), 422)
    return await _onward(request, copy)


async def _onward(request: web.Request, copy: TeachingCopy) -> web.Response:
    """To the next that waits to be looked through, or back to the review."""
    others = await queries.copies_of(unit_of(request), copy.case_id)
    waiting = next((one for one in others if one.state is CopyState.OPEN), None)
    return see_other(address(waiting) if waiting else f"/teaching/cases/{copy.case_id}/review#f-copies")


@routes.post(ONE + "/leave-out", "casebook.review")
async def leave_out(request: web.Request) -> web.StreamResponse:
    copy = await _copy(request, locked=True)
    await copies.leave_out(unit_of(request), copy=copy)
    return see_other(f"/teaching/cases/{copy.case_id}/review#f-copies")


@routes.post(ONE + "/take-up", "casebook.review")
async def take_up(request: web.Request) -> web.StreamResponse:
    copy = await _copy(request, locked=True)
    await copies.take_up(unit_of(request), copy=copy)
    return see_other(f"/teaching/cases/{copy.case_id}/review#f-copies")
