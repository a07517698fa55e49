"""The library's pages: what was recorded, the player, taking one away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.core.http import Routes, read_form, read_query, render, say, see_other, unit_of
from server.core.unit import Unit
from server.meeting.recordings import queries as recordings
from server.meeting.recordings import service
from server.meeting.recordings.kinds import RecordingState
from server.meeting.recordings.screening import Screening, shown
from server.teaching import captions, consenting, library, linked, queries, views
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.meeting.recordings.model import Recording

routes = Routes("library")
ONE = "/teaching/recordings/{id:[0-9a-f]{32}}"
CAPTION = ONE + "/captions/{line:[1-9][0-9]{0,8}}"


class Search(BaseModel):
    q: str = Field("", max_length=80)


class Correction(BaseModel):
    text: str = Field("", max_length=500)


class Removal(BaseModel):
    reason: str = Field(min_length=2, max_length=300)


def href(recording: Recording) -> str:
    return f"/teaching/recordings/{recording.id}"


# ---- the list


@routes.get("/teaching/library", "teaching.list")
async def library_page(request: web.Request) -> web.StreamResponse:
    unit, wanted = unit_of(request), read_query(request, Search).q.strip()
    begun = await queries.recorded(unit)
    withheld = await consenting.withheld(unit, [one.id for one in begun])
    sessions = {one.meeting_id: one for one in begun if one.meeting_id and one.id not in withheld}
    cards = await views.cards(unit, list(sessions.values()), partial(say, request))
    card_of = {card.id: card for card in cards}
    cases = await linked.titles(unit, card_of)
    lessons = [
        library.Lesson(session=session, card=card_of[session.id], recording=recording, cases=cases[session.id])
        for recording in reversed(await recordings.of_meetings(unit, sessions))
        if (session := sessions[recording.meeting_id])
    ]
    found = await library.search(unit, lessons, wanted)
    ids = [one.recording.id for one, _ in found]
    return render(
        request,
        "teaching/library.html",
        found=[
            {"card": one.card, "recording": one.recording, "href": href(one.recording), "hits": hits}
            for one, hits in found
        ],
        views=await recordings.views(unit, ids),
        own=await recordings.viewings_of(unit, ids, unit.actor.person_id),
        wanted=wanted,
    )


# ---- the player


@routes.get(ONE, "teaching.watch")
async def player(request: web.Request) -> web.StreamResponse:
    session, recording = await library.get_for(unit_of(request), "teaching.watch", request.match_info["id"])
    return await _player(request, session, recording)


async def _player(
    request: web.Request, session: TeachingSession, recording: Recording, *, status: int = 200, form: Any = None
) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    keeps = unit.may("teaching.keep", await queries.relations_of(unit, session))
    return render(
        request,
        "teaching/recording.html",
        status=status,
        **await shown(unit, recording, href(recording), translate),
        session=session,
        card=(await views.cards(unit, [session], translate))[0],
        chapters=await library.chapters(unit, session, recording),
        captions=await captions.of(unit, recording),
        may_remove=keeps and recording.state is RecordingState.READY,
        may_correct=keeps,
        form=form,
    )


async def _found(unit: Unit, id: str) -> tuple[Recording, None]:
    """Its patients, if there are any, are many."""
    _, recording = await library.get_for(unit, "teaching.watch", id)
    return recording, None


SCREENING = Screening(_found)
SCREENING.lay(routes, ONE, "teaching.watch")


# ---- what was said


@routes.get(ONE + "/captions.vtt", "teaching.watch")
async def captions_file(request: web.Request) -> web.Response:
    unit = unit_of(request)
    recording, _ = await SCREENING.watchable(unit, request.match_info["id"])
    return web.Response(text=captions.vtt(await captions.of(unit, recording)), content_type="text/vtt")


@routes.get(CAPTION, "teaching.keep")
async def caption_page(request: web.Request) -> web.Response:
    session, recording = await library.get_for(unit_of(request), "teaching.keep", request.match_info["id"])
    return await _caption_page(request, session, recording)


async def _caption_page(
    request: web.Request, session: TeachingSession, recording: Recording, *, status: int = 200, form: Any = None
) -> web.Response:
    caption = await captions.one(unit_of(request), recording, int(request.match_info["line"]))
    facts = {"session": session, "caption": caption, "base": href(recording), "form": form}
    return render(request, "teaching/caption.html", status=status, **facts)


@routes.post(CAPTION, "teaching.keep")
async def correct(request: web.Request) -> web.StreamResponse:
    unit, number = unit_of(request), int(request.match_info["line"])
    session, recording = await library.get_for(unit, "teaching.keep", request.match_info["id"])
    form = await read_form(request, Correction)
    if form.errors:
        return await _caption_page(request, session, recording, status=422, form=form)
    caption = await captions.one(unit, recording, number)
    text = " ".join(form.value.text.split())
    await captions.correct(unit, session=session, recording=recording, number=number, text=text)
    return see_other(f"{href(recording)}#t={caption.at}")


@routes.post(ONE + "/remove", "teaching.keep")
async def remove(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    session, recording = await library.get_for(unit, "teaching.keep", request.match_info["id"])
    form = await read_form(request, Removal)
    if form.errors:
        return await _player(request, session, recording, status=422, form=form)
    await service.remove(unit, recording=recording, reason=form.value.reason)
    return see_other("/teaching/library")
