"""The room's page, the ticket into it, links for guests and phones."""

import io
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import queries as accounts
from server.accounts import service as people
from server.core.access import Actor
from server.core.addresses import ADDRESSES
from server.core.http import (
    PUBLIC,
    SIGNED_IN,
    Routes,
    actor_of,
    answer,
    begin_unit,
    read_form,
    render,
    say,
    unit_of,
    visit_of,
)
from server.core.unit import Unit
from server.meeting import queries, service
from server.meeting.admission import ADMISSIONS, GUEST, device_of
from server.meeting.doors import Entrant
from server.meeting.kinds import LinkKind
from server.meeting.model import Meeting, RoomLink
from server.meeting.recordings import queries as recordings
from signaling.app import Signaling
from signaling.ice import CoturnIce
from signaling.ports import Grant

SIGNALING = web.AppKey("signaling", Signaling)
ICE = web.AppKey("ice", CoturnIce)

routes = Routes("meeting")

ROLE_WORDS = {"specialist": "会诊专家", "applicant": "申请方", "coordinator": "会诊中心", "guest": "家属"}
SPEAKS, LISTENS = frozenset({"speak", "share", "chat"}), frozenset({"chat"})
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


async def _entering(request: web.Request) -> tuple[Meeting, Entrant]:
    """The meeting of the address and how the actor comes in. Raises NotFound."""
    unit = unit_of(request)
    meeting = await queries.meeting(unit, request.match_info["id"])
    return meeting, await request.app[ADMISSIONS].entrant(unit, meeting)


@routes.get("/rooms/{id}", SIGNED_IN, survives_idle=True)
async def room_page(request: web.Request) -> web.StreamResponse:
    meeting, entrant = await _entering(request)
    if not meeting.open_at(unit_of(request).now):
        raise service.RoomShut
    room = {"id": meeting.id, "title": entrant.title, "ends_at": meeting.ends_at}
    if entrant.hall:
        return render(
            request,
            "meeting/hall.html",
            room=room,
            speaks=entrant.speaks,
            back_url=entrant.back,
            files_src=entrant.files_src,
            captions=request.app[SIGNALING].captions,
        )
    room["kind_label"] = say(request, "远程会诊")
    return render(
        request,
        "meeting/room.html",
        room=room,
        back_url=entrant.back,
        case_src=entrant.case_src or None,
        opinion_src=entrant.opinion_src or None,
        consent_url=entrant.consent_href,
        recorded=bool(await recordings.running(unit_of(request), meeting.id)),
        check_url=f"/rooms/{meeting.id}/check",
    )


@routes.post("/rooms/{id}/join", SIGNED_IN, survives_idle=True, own_units=True)
async def join(request: web.Request) -> web.StreamResponse:
    """Decides, and mints the ticket that the socket redeems; it is on record before anybody has it."""
    actor = actor_of(request)
    admission = await request.app[ADMISSIONS].admit(actor, request.match_info["id"])
    grant = _grant(request, actor, admission.meeting, admission.entrant)
    async with begin_unit(request, writes=False) as unit:
        unit.record("meeting.ticket", kind="meeting", id=grant.room)
    ticket = await request.app[SIGNALING].mint(grant)
    return answer({"ticket": ticket, "participant": grant.participant})


def _grant(request: web.Request, actor: Actor, meeting: Meeting, entrant: Entrant) -> Grant:
    return Grant(
        room=meeting.id,
        participant=actor.person_id,
        person=actor.person_id,
        name=actor.name,
        title=actor.post_title,
        role=say(request, ROLE_WORDS.get(entrant.role, entrant.role)),
        host=entrant.host,
        hall=entrant.hall,
        may=SPEAKS if entrant.speaks else LISTENS,
        locale=LOCALES[visit_of(request).locale],
        device=_device(actor),
        room_kind=meeting.kind.value,
        subject=entrant.title,
        ends=meeting.ends_at,
    )


def _device(actor: Actor) -> str:
    """One at which no proof was given, for who comes with the cookie of before the last one (decision 0023)."""
    return device_of(actor.session_id if actor.reauthenticated_at else f"before {actor.session_id}")


@routes.post("/rooms/{id}/check", SIGNED_IN, survives_idle=True)
async def check(request: web.Request) -> web.StreamResponse:
    """What the check before the call tests the line with."""
    await _entering(request)
    unit = unit_of(request)
    return answer({"ice": request.app[ICE].issue(unit.actor.person_id, unit.now)})


class Another(BaseModel):
    another: bool = False
    """Not the link that nobody has used yet."""


class Guest(Another):
    name: str = Field("", max_length=40)


@routes.post("/rooms/{id}/guests", "room.invite_guest", survives_idle=True)
async def invite_guest(request: web.Request) -> web.StreamResponse:
    meeting, _ = await _entering(request)
    unit, form = unit_of(request), await read_form(request, Guest)
    given = form.value if not form.errors else Guest()
    name = given.name or say(request, "家属")
    link = await service.link_for_guest(unit, meeting=meeting, name=name, another=given.another)
    return answer({**_link(request, link), "open": await _open_links(unit, meeting)})


@routes.post("/rooms/{id}/guests/{link}/revoke", "room.invite_guest", survives_idle=True)
async def revoke_guest(request: web.Request) -> web.StreamResponse:
    """Takes a link back; who came by it is put out. Answers which links are left."""
    meeting, _ = await _entering(request)
    unit = unit_of(request)
    await service.revoke_link(unit, meeting_id=meeting.id, id=request.match_info["link"])
    return answer({"open": await _open_links(unit, meeting)})


async def _open_links(unit: Unit, meeting: Meeting) -> list[dict[str, Any]]:
    """The links for guests that still open the room; `used`: somebody has come by it, who gave that name."""
    return [
        {
            "id": one.id,
            "name": service.guest_name(unit, one),
            "made": one.created_at.isoformat(),
            "used": bool(one.device),
        }
        for one in await queries.guest_links(unit, meeting.id)
    ]


@routes.post("/rooms/{id}/handover", SIGNED_IN, survives_idle=True)
async def hand_over(request: web.Request) -> web.StreamResponse:
    """A link by which the same person goes on from their phone, without signing in there."""
    meeting, _ = await _entering(request)
    form = await read_form(request, Another)
    another = not form.errors and form.value.another
    link = await service.link_for_phone(unit_of(request), meeting=meeting, another=another)
    return answer(_link(request, link, "&for=phone"))


def _link(request: web.Request, link: RoomLink, more: str = "") -> dict[str, str]:
    """The token travels in the fragment: no server log and no Referer ever carries it."""
    import segno

    token = service.token_of(unit_of(request), link.id)
    url = f"{request.app[ADDRESSES].asked_at(request)}/join#token={token}{more}"
    drawing = io.BytesIO()
    segno.make(url, error="m").save(drawing, kind="svg", scale=4, border=2, xmldecl=False, svgns=True)
    return {"id": link.id, "url": url, "svg": drawing.getvalue().decode()}


@routes.get("/join", PUBLIC)
async def guest_page(request: web.Request) -> web.StreamResponse:
    room = {"id": "", "title": say(request, "远程会诊"), "kind_label": say(request, "远程会诊"), "ends_at": None}
    return render(
        request,
        "meeting/room.html",
        room=room,
        guest=True,
        back_url="",
        case_src=None,
        opinion_src=None,
        join_url="/join",
        check_url="",
        guests_url="",
        handover_url="",
    )


class LinkUse(BaseModel):
    token: str = Field(min_length=20, max_length=100)
    name: str = Field("", max_length=40)


@routes.post("/join", PUBLIC)
async def join_by_link(request: web.Request) -> web.StreamResponse:
    """A guest's or a phone's way in; the visitor cookie is the device the link binds itself to."""
    unit = unit_of(request)
    form = await read_form(request, LinkUse)
    if form.errors:
        raise service.LinkSpent
    visit = visit_of(request)
    link, meeting = await service.use_link(
        unit, token=form.value.token, device=visit.session, name=form.value.name.strip()
    )
    if link.kind is LinkKind.HAND_OVER:
        grant = await _phone_grant(request, unit, link, meeting)
    else:
        grant = _guest_grant(request, unit, link, meeting)
    await service.refuse_removed(unit, meeting_id=meeting.id, participant=grant.participant)
    ticket = await request.app[SIGNALING].mint(grant)
    return answer({"ticket": ticket, "participant": grant.participant})


async def _phone_grant(request: web.Request, unit: Unit, link: RoomLink, meeting: Meeting) -> Grant:
    post = await accounts.post(unit, link.post_id or "")
    unit.signed_in = await people.actor_at(unit, post)
    entrant = await request.app[ADMISSIONS].entrant(unit, meeting)
    grant = _grant(request, unit.actor, meeting, entrant)
    return Grant(**{**{name: getattr(grant, name) for name in grant.__slots__}, "device": device_of(link.id)})


def _guest_grant(request: web.Request, unit: Unit, link: RoomLink, meeting: Meeting) -> Grant:
    return Grant(
        room=meeting.id,
        participant=f"{GUEST}{link.id}",
        person=None,
        name=service.guest_name(unit, link),
        title="",
        role=say(request, ROLE_WORDS["guest"]),
        host=False,
        lobby=True,
        may=frozenset({"speak", "chat"}),
        locale=LOCALES[visit_of(request).locale],
        device=device_of(link.id),
        room_kind=meeting.kind.value,
        subject=say(request, "远程会诊"),
        ends=meeting.ends_at,
    )
