"""One person's attendance: put right, its credit revoked, asked about by themselves."""

from dataclasses import dataclass
from functools import partial

from aiohttp import web

from server.accounts import queries as accounts
from server.core.errors import Refusal, Stale
from server.core.forms import Form
from server.core.http import Routes, read_form, render, say, see_other, unit_of
from server.directory import queries as directory
from server.documents import queries as documents
from server.documents.kinds import REASON_WORDS
from server.teaching import correcting, counted, crediting, letters, reviews
from server.teaching.credit_routes import to_roster
from server.teaching.forms import AnswerForm, CorrectionForm, ReviewForm, RevocationForm
from server.teaching.kinds import FINDING_WORDS, CreditClass, Finding
from server.teaching.model import TeachingSession
from server.teaching.routes import flash, session_of

routes = Routes("teaching_correction")


@dataclass(frozen=True, kw_only=True)
class Untimely:
    """Why what was sent in good order did not do, and the words in it: its form may be gone from the page."""

    says: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was typed in the forms of the page and did not do."""

    correction: Form[CorrectionForm] | None = None
    revocation: Form[RevocationForm] | None = None
    refusal: Form[AnswerForm] | None = None
    untimely: Untimely | None = None


@routes.get("/teaching/sessions/{id}/people/{person}", "teaching.credit")
async def attendance(request: web.Request) -> web.StreamResponse:
    return await _page(request, await session_of(request, "teaching.credit"))


async def _page(request: web.Request, session: TeachingSession, sent: Sent | None = None) -> web.Response:
    unit, translate, whose = unit_of(request), partial(say, request), request.match_info["person"]
    found = await correcting.found(unit, session, whose)
    row = found.attended
    places = await directory.short_names(unit, [row.institution_id])
    settled = crediting.settled(session, (await counted.of_session(unit, session.id)).values())
    return render(
        request,
        "teaching/attendance.html",
        status=_status(sent),
        session=session,
        href=letters.href(session),
        version=await correcting.version(unit, session, whose),
        counted=found,
        person=await accounts.person(unit, whose),
        place=places.get(row.institution_id, ""),
        own=whose == unit.actor.person_id,
        settled=settled,
        scores=scores(session),
        document=await documents.get(unit, row.document_id) if row.document_id else None,
        most=correcting.most_minutes(row),
        findings=[(one.value, translate(FINDING_WORDS[one])) for one in _findings(found, settled=settled)],
        causes=[(one.value, translate(word)) for one, word in REASON_WORDS.items()],
        notes=await correcting.history(unit, session, translate, whose),
        asked=await reviews.told(unit, session, whose),
        sent=sent or Sent(),
    )


def _status(sent: Sent | None) -> int:
    if sent is None:
        return 200
    return 409 if sent.untimely else 422


def _untimely(request: web.Request, refusal: Refusal, words: str) -> Untimely:
    return Untimely(says=say(request, refusal.says, refusal.facts), words=words)


def _findings(found: counted.Counted, *, settled: bool) -> list[Finding]:
    """What may be found now: after credit, whoever has none does not lose it again."""
    offered = [Finding.MINUTES, Finding.MET] if correcting.most_minutes(found.attended) else [Finding.MET]
    if not settled:
        offered.append(Finding.NOT_MET)
    return [*offered, Finding.RECKONED] if found.corrected else offered


def scores(session: TeachingSession) -> bool:
    return session.credit_class is not CreditClass.NONE


@routes.post("/teaching/sessions/{id}/people/{person}/correction", "teaching.credit")
async def correct(request: web.Request) -> web.StreamResponse:
    unit, whose = unit_of(request), request.match_info["person"]
    session = await session_of(request, "teaching.credit", locked=True)
    form = await read_form(request, CorrectionForm)
    if not form.errors:
        form.errors |= {name: say(request, sentence) for name, sentence in form.value.lacking().items()}
    if form.errors:
        return await _page(request, session, Sent(correction=form))
    try:
        await correcting.check_version(unit, session, whose, form.value.version)
        found = form.value.model_dump(exclude={"version"})
        after = await correcting.correct(unit, session=session, person_id=whose, **found)
    except correcting.TooManyMinutes as refusal:
        form.errors["minutes"] = say(request, refusal.says, refusal.facts)
        return await _page(request, session, Sent(correction=form))
    except (Stale, correcting.HasCredit) as refusal:
        untimely = _untimely(request, refusal, form.value.reason)
        return await _page(request, session, Sent(correction=form, untimely=untimely))
    given = "given" if scores(session) else "met"
    return to_roster(session, given if after.attended.credited else "corrected")


@routes.post("/teaching/sessions/{id}/people/{person}/revocation", "teaching.revoke")
async def revoke(request: web.Request) -> web.StreamResponse:
    unit, whose = unit_of(request), request.match_info["person"]
    session = await session_of(request, "teaching.revoke", locked=True)
    form = await read_form(request, RevocationForm)
    if form.errors:
        return await _page(request, session, Sent(revocation=form))
    try:
        await correcting.check_version(unit, session, whose, form.value.version)
        why = form.value.model_dump(exclude={"version"})
        await correcting.revoke(unit, session=session, person_id=whose, **why)
    except (Stale, correcting.HasNoCredit) as refusal:
        untimely = _untimely(request, refusal, form.value.reason)
        return await _page(request, session, Sent(revocation=form, untimely=untimely))
    return to_roster(session, "revoked" if scores(session) else "unmet")


@routes.post("/teaching/sessions/{id}/people/{person}/refusal", "teaching.credit")
async def refuse(request: web.Request) -> web.StreamResponse:
    unit, whose = unit_of(request), request.match_info["person"]
    session = await session_of(request, "teaching.credit", locked=True)
    form = await read_form(request, AnswerForm)
    if form.errors:
        return await _page(request, session, Sent(refusal=form))
    try:
        await correcting.check_version(unit, session, whose, form.value.version)
        await reviews.refuse(unit, session=session, person_id=whose, words=form.value.words)
    except (Stale, reviews.NoneOpen) as refusal:
        untimely = _untimely(request, refusal, form.value.words)
        return await _page(request, session, Sent(refusal=form, untimely=untimely))
    return to_roster(session, "refused")


# ---- asked by whose attendance it is


@routes.get("/teaching/sessions/{id}/review", "teaching.review")
async def review_page(request: web.Request) -> web.StreamResponse:
    return await _review(request, await session_of(request, "teaching.review"), None)


async def _review(
    request: web.Request, session: TeachingSession, form: Form[ReviewForm] | None, untimely: Untimely | None = None
) -> web.Response:
    unit = unit_of(request)
    me = unit.actor.person_id
    return render(
        request,
        "teaching/review.html",
        status=409 if untimely else 422 if form else 200,
        session=session,
        href=letters.href(session),
        counted=await counted.of_person(unit, session.id, me),
        asked=await reviews.told(unit, session, me),
        form=form,
        untimely=untimely,
        flash=flash(request),
    )


@routes.post("/teaching/sessions/{id}/review", "teaching.review")
async def ask(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.review", locked=True)
    form = await read_form(request, ReviewForm)
    if form.errors:
        return await _review(request, session, form)
    try:
        await reviews.ask(unit_of(request), session=session, words=form.value.words)
    except (reviews.NothingToReview, reviews.AlreadyAsked) as refusal:
        return await _review(request, session, form, _untimely(request, refusal, form.value.words))
    return see_other(f"{letters.href(session)}/review?done=review")
