"""The roster with its attendance, reckoning, granting, signing certificates, the authority's file; one's own record."""

from functools import partial
from typing import Any

from aiohttp import web

from server.accounts.factor_routes import check_password
from server.core.forms import Form
from server.core.http import (
    SIGNED_IN,
    UNIT,
    Routes,
    actor_of,
    begin_unit,
    read_form,
    read_query,
    render,
    say,
    see_other,
    unit_of,
)
from server.directory import queries as directory
from server.documents import queries as documents
from server.documents import service as archive
from server.documents import signers
from server.documents.office import OFFICE
from server.documents.signing import SigningKeyHandle
from server.files.cards import size_in_words
from server.files.desk import DESK
from server.files.packing import send_packed
from server.scheduling.working_calendar import CHINA
from server.teaching import (
    bundle,
    certificates,
    counted,
    crediting,
    due,
    feedback,
    footage,
    hand_in,
    letters,
    queries,
    record,
    reviews,
    views,
)
from server.teaching.forms import Choice, Signature
from server.teaching.model import TeachingSession
from server.teaching.routes import flash, session_of
from server.teaching.states import MOVES, OVER, Move, State

routes = Routes("teaching_credit")


@routes.get("/teaching/sessions/{id}/roster", "teaching.roster")
async def roster(request: web.Request) -> web.StreamResponse:
    return await _roster(request, await session_of(request, "teaching.roster"))


async def _roster(request: web.Request, session: TeachingSession, form: Form[Any] | None = None) -> web.Response:
    unit = unit_of(request)
    related = await queries.relations_of(unit, session)
    bundles = unit.may("teaching.bundle", related) and session.state in OVER
    settled = session.state in (State.PROCESSED, State.CREDITED, State.ARCHIVED)
    attended = await counted.of_session(unit, session.id)
    return render(
        request,
        "teaching/roster.html",
        status=422 if form else 200,
        session=session,
        href=letters.href(session),
        seats=await views.seats(unit, session),
        attended=attended,
        by_hand={id for id, one in attended.items() if one.corrected},
        certified=await certificates.valid(unit, [one.attended for one in attended.values()]),
        asked=[one for one in await reviews.told(unit, session) if one.answered_at is None],
        differences=await crediting.differences(unit, session) if settled else [],
        settled=settled,
        to_sign=len(await certificates.waiting(unit, session)),
        batch=certificates.BATCH,
        summary=feedback.summary(await queries.feedback(unit, session.id)),
        standing=await hand_in.standing(unit, session),
        takes=await _takes(request, session) if bundles else None,
        may_hand_in=unit.may("teaching.hand_in", related),
        may_credit=unit.may("teaching.credit", related),
        moves={move.value for move in Move if (session.state, move) in MOVES},
        flash=flash(request),
        form=form,
    )


async def _takes(request: web.Request, session: TeachingSession) -> dict[str, Any]:
    """What of the recordings the authority's file would hold, and what not."""
    takes = await footage.of(unit_of(request), session)
    files = [file for take in takes for file in take.files]
    return {
        "size": size_in_words(sum(file.size for file in files)) if files else "",
        "making": [take for take in takes if take.kept_back == footage.MAKING],
        "left_out": [
            (take.number, say(request, take.kept_back))
            for take in takes
            if take.kept_back and take.kept_back != footage.MAKING
        ],
    }


@routes.post("/teaching/sessions/{id}/process", "teaching.credit")
async def process(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.credit", locked=True)
    await crediting.process(unit_of(request), session=session)
    return to_roster(session, "processed")


@routes.post("/teaching/sessions/{id}/credit", "teaching.credit")
async def grant(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.credit", locked=True)
    await crediting.grant(unit_of(request), session=session)
    return to_roster(session, "granted")


def to_roster(session: TeachingSession, done: str, part: str = "") -> web.Response:
    return see_other(f"{letters.href(session)}/roster?done={done}{part}")


# ---- certificates


@routes.post("/teaching/sessions/{id}/certificates", "teaching.credit", own_units=True)
async def sign(request: web.Request) -> web.StreamResponse:
    """The password unlocks the teacher's key once for the batch."""
    form = await read_form(request, Signature)
    await check_password(request, form, "secret")
    if form.errors:
        return await _not_signed(request, form)
    handle = await _unlocked(request, form.value.secret)
    await archive.get_ready()
    async with begin_unit(request) as unit:
        request[UNIT] = unit
        session = await session_of(request, "teaching.credit", locked=True)
        await certificates.sign_batch(unit, session=session, office=request.app[OFFICE], signer=handle)
    return to_roster(session, "signed")


async def _not_signed(request: web.Request, form: Form[Signature]) -> web.StreamResponse:
    async with begin_unit(request, writes=False) as unit:
        request[UNIT] = unit
        return await _roster(request, await session_of(request, "teaching.credit"), form)


async def _unlocked(request: web.Request, secret: str) -> SigningKeyHandle:
    """The teacher's key, made at their first signature, renewed when the password has changed since."""
    actor = actor_of(request)
    try:
        async with begin_unit(request, writes=False) as unit:
            return await signers.signing_key_for(unit, person_id=actor.person_id, secret=secret)
    except (signers.NotEnrolled, signers.WrongSecret):
        pass
    async with begin_unit(request) as unit:
        await signers.renew_signer(
            unit, person_id=actor.person_id, name=actor.name, secret=secret, institution=actor.institution_name
        )
    async with begin_unit(request, writes=False) as unit:
        return await signers.signing_key_for(unit, person_id=actor.person_id, secret=secret)


@routes.get("/teaching/sessions/{id}/certificate.pdf", "teaching.read", own_units=True)
async def certificate(request: web.Request) -> web.StreamResponse:
    """One's own; with `?of=` somebody else's, for whoever may see the roster."""
    async with begin_unit(request, writes=False) as unit:
        request[UNIT] = unit
        session = await session_of(request, "teaching.read")
        whose = request.query.get("of", unit.actor.person_id)
        if whose != unit.actor.person_id:
            unit.require("teaching.roster", await queries.relations_of(unit, session))
        row = await queries.attendance_of(unit, session.id, whose)
        if row is None or row.document_id is None:
            raise certificates.NotIssued
        document = await documents.get(unit, row.document_id)
        if document.revoked_at is not None:
            raise certificates.Revoked
        pdf = await archive.open_pdf(unit, office=request.app[OFFICE], document_id=document.id)
    headers = {"Content-Disposition": f'inline; filename="{document.number}.pdf"'}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)


# ---- what the authority asks for


@routes.get("/teaching/sessions/{id}/bundle.zip", "teaching.bundle", own_units=True)
async def authority_file(request: web.Request) -> web.StreamResponse:
    """Sent while it is made; that all of it was taken is noted once all of it has left."""
    desk, asked = request.app[DESK], read_query(request, Choice)
    async with begin_unit(request, writes=False) as unit:
        session = await queries.get_for(unit, "teaching.bundle", request.match_info["id"])
        hand_in.require_over(session)
        takes = await footage.of(unit, session)
        takes = takes if asked.recordings else footage.left_out(takes)
        parts = await bundle.pack(unit, session, desk.vault, takes, partial(say, request))
        name, at = f"teaching-{session.starts_at.astimezone(CHINA.zone):%Y%m%d}.zip", unit.now.astimezone(CHINA.zone)
    response = await send_packed(request, parts, name=name, at=at)
    if footage.whole(takes):
        async with begin_unit(request) as unit:
            await hand_in.taken(unit, session_id=session.id)
    return response


@routes.post("/teaching/sessions/{id}/hand-in", "teaching.hand_in")
async def handed_in(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.hand_in", locked=True)
    await hand_in.hand_in(unit_of(request), session=session)
    return to_roster(session, "handed_in", "#hand-in")


# ---- records


@routes.get("/teaching/mine", SIGNED_IN)
async def mine(request: web.Request) -> web.StreamResponse:
    """What one has learnt, is enrolled in, and still owes."""
    unit, translate = unit_of(request), partial(say, request)
    return render(
        request,
        "teaching/mine.html",
        ahead=await views.cards(unit, await queries.of_person(unit, unit.actor.person_id), translate),
        years=await record.of_person(unit, unit.actor.person_id, translate),
        owed=await record.owed(unit, translate),
        due=await record.own_due(unit),
    )


@routes.get("/teaching/records", "teaching.records")
async def records(request: web.Request) -> web.StreamResponse:
    """The learning of the people of one's institutions, this year and the last."""
    unit = unit_of(request)
    return render(request, "teaching/records.html", rows=await record.of_places(unit, await record.places(unit)))


@routes.get("/teaching/due", "teaching.records")
async def due_page(request: web.Request) -> web.StreamResponse:
    unit, translate = unit_of(request), partial(say, request)
    near = await record.places(unit)
    doctors = await due.due_list(unit, near)
    ahead = await queries.ahead(unit)
    return render(
        request,
        "teaching/due.html",
        doctors=[(one, await views.cards(unit, due.fitting(one, ahead), translate)) for one in doctors],
        places=await directory.short_names(unit, near),
        pressing=sum(one.tone != "done" for one in doctors),
    )
