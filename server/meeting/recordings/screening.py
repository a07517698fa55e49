"""Watching a recording: its bytes, what weak lines carry of it, how far somebody has come.

What it is a recording of decides who may: each capability that has some lays these addresses below its own player's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import queries as accounts
from server.core.errors import NotFound
from server.core.http import Routes, answer, begin_unit, read_form, unit_of
from server.core.unit import Unit
from server.files.desk import DESK, Desk
from server.files.sending import send
from server.meeting.recordings import minutes, queries, service, showings
from server.meeting.recordings.kinds import RecordingState

if TYPE_CHECKING:
    from server.accounts.model import Person
    from server.meeting.recordings.model import Recording

Find = Callable[[Unit, str], Awaitable[tuple["Recording", str | None]]]
"""The recording of that id, and the patient whom it is about, for an actor who may watch it. Raises NotFound."""
Say = Callable[..., str]
ROLE_WORDS = {"face": "", "screen": "屏幕"}
RUNG = "/ladder/{rung:[a-z0-9]{1,8}}"


class Watched(BaseModel):
    at: float = Field(ge=0, le=86_400)
    begun: bool = False


class Screening:
    def __init__(self, find: Find, *, plays: str = "") -> None:
        """`plays` is the action that wants a fresh proof before a showing begins; none where nobody is to be asked."""
        self._find, self._plays = find, plays

    def lay(self, routes: Routes, player: str, action: str) -> None:
        """`player` is the address of the page, with the recording's `{id}`; `action` what `find` asks for."""
        plays = self._plays or action
        routes.get(player + "/files/{file:[0-9a-f]{32}}", plays, own_units=True)(self.film)
        routes.get(player + "/ladder.m3u8", plays, own_units=True)(self.ladder)
        routes.get(player + RUNG + ".m3u8", plays, own_units=True)(self.rung_list)
        routes.get(player + RUNG + ".mp4", plays, own_units=True)(self.rung_file)
        routes.post(player + "/watched", action)(self.watched)

    async def film(self, request: web.Request) -> web.StreamResponse:
        """Bytes for the player; looking at it goes on record, once however many pieces are fetched."""
        desk = request.app[DESK]
        async with self._showing(request) as (unit, recording, patient):
            _on_record(unit, desk, recording, patient)
            file = await queries.file_of(unit, recording.id, request.match_info["file"])
        return await send(request, desk.vault, file, {"Content-Type": "video/webm"})

    async def ladder(self, request: web.Request) -> web.Response:
        """For weak lines (HLS): the rungs, the best first; sound alone is asked for by itself."""
        async with self._showing(request) as (_, recording, _):
            pass
        seen = [rung for rung in recording.rungs if rung.height]
        if not seen:
            raise NotFound
        lines = [
            f"#EXT-X-STREAM-INF:BANDWIDTH={rung.bandwidth},RESOLUTION={rung.width}x{rung.height},"
            f'CODECS="{rung.codecs}"\nladder/{rung.name}.m3u8'
            for rung in seen
        ]
        return _playlist("\n".join(["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", *lines, ""]))

    async def rung_list(self, request: web.Request) -> web.Response:
        """Its segments, as ranges of the file of the same name."""
        async with self._showing(request) as (unit, recording, _):
            rung = await queries.rung_of(unit, recording.id, request.match_info["rung"])
        return _playlist(rung.playlist)

    async def rung_file(self, request: web.Request) -> web.StreamResponse:
        """Bytes of a rung, on record as `film` is."""
        desk = request.app[DESK]
        async with self._showing(request) as (unit, recording, patient):
            _on_record(unit, desk, recording, patient)
            rung = await queries.rung_of(unit, recording.id, request.match_info["rung"])
        return await send(request, desk.vault, rung, {"Content-Type": "video/mp4"})

    async def watched(self, request: web.Request) -> web.Response:
        unit = unit_of(request)
        recording, _ = await self._find(unit, request.match_info["id"])
        form = await read_form(request, Watched)
        if not form.errors:
            await service.watched(unit, recording=recording, position=round(form.value.at), begun=form.value.begun)
        return answer({"at": round(form.value.at) if not form.errors else 0})

    @asynccontextmanager
    async def _showing(self, request: web.Request) -> AsyncIterator[tuple[Unit, Recording, str | None]]:
        """A unit that reads, within a showing: one that is still to begin is written down once what was asked for was
        found. Raises NotFound, then ReauthenticationNeeded."""
        async with begin_unit(request, writes=False) as unit:
            recording, patient = await self.watchable(unit, request.match_info["id"])
            runs = not self._plays or await showings.runs(unit, recording)
            if not runs:
                unit.require_proof(self._plays)
            yield unit, recording, patient
        if not runs:
            async with begin_unit(request) as unit:
                await showings.begin(unit, recording)

    async def watchable(self, unit: Unit, id: str) -> tuple[Recording, str | None]:
        """Raises NotFound."""
        recording, patient = await self._find(unit, id)
        if recording.state is not RecordingState.READY:
            raise NotFound
        return recording, patient


def _on_record(unit: Unit, desk: Desk, recording: Recording, patient: str | None) -> None:
    if desk.openings.begins(unit.actor.person_id, recording.id, unit.now):
        unit.record("recording.watched", kind="recording", id=recording.id, patient=patient)


def _playlist(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/vnd.apple.mpegurl")


# ---- what the player's page shows (templates/meeting/film.html)


async def shown(unit: Unit, recording: Recording, base: str, translate: Say, *, gated: bool = False) -> dict[str, Any]:
    """`base` is the address of the page; `gated`: who watches proves who they are first."""
    own = await queries.viewing(unit, recording.id, unit.actor.person_id)
    return {
        "gated": gated,
        "recording": recording,
        "base": base,
        "files": await _files(unit, recording, base, translate),
        "bits": sum(file.size for file in recording.files[:1]) * 8 // max(1, recording.seconds),
        "lines": await minutes.lines(unit, recording),
        "position": own.position if own else 0,
        "views": (await queries.views(unit, [recording.id])).get(recording.id, (0, 0)),
    }


async def _files(unit: Unit, recording: Recording, base: str, translate: Say) -> list[dict[str, str]]:
    """What can be looked at: all of it first, then each source by whose it is."""
    people = await people_in(unit, [recording])
    return [
        {"src": f"{base}/files/{file.id}", "label": label_of(file.source, people, translate)}
        for file in recording.files
    ]


async def people_in(unit: Unit, recordings: Iterable[Recording]) -> Mapping[str, Person]:
    """Whose pictures they hold, by id."""
    sources = [file.source for recording in recordings for file in recording.files if file.source]
    return await accounts.people(unit, [source.rpartition(":")[0] for source in sources])


def label_of(source: str, people: Mapping[str, Person], translate: Say) -> str:
    """Whose picture a file of a recording is, in words."""
    who, _, role = source.rpartition(":")
    if not source:
        return translate("全部")
    name = people[who].name if who in people else translate("来宾")
    return (
        f"{name} {translate(ROLE_WORDS[role]) if ROLE_WORDS.get(role) else '' if role in ROLE_WORDS else role}".strip()
    )
