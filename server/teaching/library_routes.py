"""The library's pages: what was recorded, the player, its bytes, how far somebody has come, taking one away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import queries as accounts
from server.core.errors import NotFound
from server.core.http import Routes, answer, begin_unit, read_form, read_query, render, say, see_other, unit_of
from server.core.unit import Unit
from server.files.desk import DESK, Desk
from server.files.sending import send
from server.meeting.recordings import queries as recordings
from server.meeting.recordings import service
from server.meeting.recordings.kinds import RecordingState
from server.teaching import captions, consenting, library, queries, views
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.meeting.recordings.model import Recording

routes = Routes("library")
ONE = "/teaching/recordings/{id:[0-9a-f]{32}}"
CAPTION = ONE + "/captions/{line:[1-9][0-9]{0,8}}"
ROLE_WORDS = {"face": "", "screen": "屏幕"}


class Search(BaseModel):
    q: str = Field("", max_length=80)


class Watched(BaseModel):
    at: float = Field(ge=0, le=86_400)
    begun: bool = False


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
    lessons = [
        library.Lesson(session=session, card=card_of[session.id], recording=recording)
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
    own = await recordings.viewing(unit, recording.id, unit.actor.person_id)
    keeps = unit.may("teaching.keep", await queries.relations_of(unit, session))
    return render(
        request,
        "teaching/recording.html",
        status=status,
        session=session,
        card=(await views.cards(unit, [session], translate))[0],
        recording=recording,
        base=href(recording),
        files=await _files(unit, recording, translate),
        bits=sum(file.size for file in recording.files[:1]) * 8 // max(1, recording.seconds),
        chapters=await library.chapters(unit, session, recording),
        lines=await library.lines(unit, recording),
        captions=await captions.of(unit, recording),
        position=own.position if own else 0,
        views=(await recordings.views(unit, [recording.id])).get(recording.id, (0, 0)),
        may_remove=keeps and recording.state is RecordingState.READY,
        may_correct=keeps,
        form=form,
    )


async def _files(unit: Unit, recording: Recording, translate: views.Say) -> list[dict[str, str]]:
    """What can be looked at: all of it first, then each source by whose it is."""
    people = await accounts.people(unit, [file.source.rpartition(":")[0] for file in recording.files if file.source])
    return [
        {"src": f"{href(recording)}/files/{file.id}", "label": _label(file.source, people, translate)}
        for file in recording.files
    ]


def _label(source: str, people: Any, translate: views.Say) -> str:
    who, _, role = source.rpartition(":")
    if not source:
        return translate("全部")
    name = people[who].name if who in people else translate("来宾")
    return (
        f"{name} {translate(ROLE_WORDS[role]) if ROLE_WORDS.get(role) else '' if role in ROLE_WORDS else role}".strip()
    )


@routes.get(ONE + "/files/{file:[0-9a-f]{32}}", "teaching.watch", own_units=True)
async def film(request: web.Request) -> web.StreamResponse:
    """Bytes for the player; looking at it goes on record, once however many pieces are fetched."""
    desk = request.app[DESK]
    async with begin_unit(request, writes=False) as unit:
        recording = await _watched(unit, desk, request.match_info["id"])
        file = await recordings.file_of(unit, recording.id, request.match_info["file"])
    return await send(request, desk.vault, file, {"Content-Type": "video/webm"})


async def _watchable(unit: Unit, id: str) -> Recording:
    """Raises NotFound."""
    _, recording = await library.get_for(unit, "teaching.watch", id)
    if recording.state is not RecordingState.READY:
        raise NotFound
    return recording


async def _watched(unit: Unit, desk: Desk, id: str) -> Recording:
    """As `_watchable`, and on record who looks at it."""
    recording = await _watchable(unit, id)
    if desk.openings.begins(unit.actor.person_id, recording.id, unit.now):
        unit.record("recording.watched", kind="recording", id=recording.id)
    return recording


# ---- what was said


@routes.get(ONE + "/captions.vtt", "teaching.watch")
async def captions_file(request: web.Request) -> web.Response:
    unit = unit_of(request)
    recording = await _watchable(unit, request.match_info["id"])
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


# ---- for weak lines (HLS)


@routes.get(ONE + "/ladder.m3u8", "teaching.watch")
async def ladder(request: web.Request) -> web.Response:
    """The rungs, the best first; sound alone is asked for by itself."""
    recording = await _watchable(unit_of(request), request.match_info["id"])
    seen = [rung for rung in recording.rungs if rung.height]
    if not seen:
        raise NotFound
    lines = [
        f"#EXT-X-STREAM-INF:BANDWIDTH={rung.bandwidth},RESOLUTION={rung.width}x{rung.height},"
        f'CODECS="{rung.codecs}"\nladder/{rung.name}.m3u8'
        for rung in seen
    ]
    return _playlist("\n".join(["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", *lines, ""]))


@routes.get(ONE + "/ladder/{rung:[a-z0-9]{1,8}}.m3u8", "teaching.watch")
async def rung_list(request: web.Request) -> web.Response:
    """Its segments, as ranges of the file of the same name."""
    unit = unit_of(request)
    recording = await _watchable(unit, request.match_info["id"])
    return _playlist((await recordings.rung_of(unit, recording.id, request.match_info["rung"])).playlist)


@routes.get(ONE + "/ladder/{rung:[a-z0-9]{1,8}}.mp4", "teaching.watch", own_units=True)
async def rung_file(request: web.Request) -> web.StreamResponse:
    """Bytes of a rung, on record as `film` is."""
    desk = request.app[DESK]
    async with begin_unit(request, writes=False) as unit:
        recording = await _watched(unit, desk, request.match_info["id"])
        rung = await recordings.rung_of(unit, recording.id, request.match_info["rung"])
    return await send(request, desk.vault, rung, {"Content-Type": "video/mp4"})


def _playlist(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/vnd.apple.mpegurl")


@routes.post(ONE + "/watched", "teaching.watch")
async def watched(request: web.Request) -> web.Response:
    unit = unit_of(request)
    _, recording = await library.get_for(unit, "teaching.watch", request.match_info["id"])
    form = await read_form(request, Watched)
    if not form.errors:
        await service.watched(unit, recording=recording, position=round(form.value.at), begun=form.value.begun)
    return answer({"at": round(form.value.at) if not form.errors else 0})


@routes.post(ONE + "/remove", "teaching.keep")
async def remove(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    session, recording = await library.get_for(unit, "teaching.keep", request.match_info["id"])
    form = await read_form(request, Removal)
    if form.errors:
        return await _player(request, session, recording, status=422, form=form)
    await service.remove(unit, recording=recording, reason=form.value.reason)
    return see_other("/teaching/library")
