"""The page on which a recording of a consultation is watched."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from server.consultation import films, service, views
from server.core.http import Routes, render, say, unit_of
from server.meeting.recordings import showings
from server.meeting.recordings.kinds import RecordingState
from server.meeting.recordings.screening import Screening, shown

if TYPE_CHECKING:
    from server.core.unit import Unit
    from server.meeting.recordings.model import Recording

routes = Routes("case_films")
ONE = "/consultations/recordings/{id:[0-9a-f]{32}}"


def href(recording: Recording) -> str:
    return f"/consultations/recordings/{recording.id}"


@routes.get(ONE, "consultation.watch")
async def player(request: web.Request) -> web.StreamResponse:
    unit, translate = unit_of(request), partial(say, request)
    case, recording = await films.get_for(unit, request.match_info["id"])
    gated = not (unit.actor.proved(unit.now) or await showings.runs(unit, recording))
    if recording.state is RecordingState.READY and not gated:
        unit.record("consultation.read", kind="consultation", id=case.id, patient=case.patient_id, fields=["recording"])
    found = await views.look_up(unit, [case])
    return render(
        request,
        "consultation/recording.html",
        **await shown(unit, recording, href(recording), translate, gated=gated),
        card=views.card(unit, case, found, translate),
        back=service.href(case),
    )


async def _found(unit: Unit, id: str) -> tuple[Recording, str | None]:
    case, recording = await films.get_for(unit, id)
    return recording, case.patient_id


Screening(_found, plays="consultation.play").lay(routes, ONE, "consultation.watch")
