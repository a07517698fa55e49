"""The asking doctor's decision on an opinion, follow-up and ratings."""

from aiohttp import web

from server.consultation import decisions, service
from server.consultation.case_routes import case_again
from server.consultation.forms import DecisionForm, RatingForm
from server.consultation.routes import case_of
from server.core.errors import Invalid
from server.core.http import Routes, read_form, see_other, unit_of, wrong_fields

routes = Routes("decision")


@routes.post("/consultations/{id}/decide", "consultation.decide")
async def decide(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    case = await case_of(request, "consultation.decide", locked=True)
    form = await read_form(request, DecisionForm)
    if form.errors:
        return await case_again(request, case, form)
    given = form.value
    try:
        await decisions.decide(
            unit,
            case=case,
            adoption=given.adoption,
            reason=given.reason,
            plan=given.plan,
            follow_up_on=given.follow_up_on,
        )
    except Invalid as refusal:
        form.errors.update(wrong_fields(request, refusal))
        return await case_again(request, case, form)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/close", "consultation.decide")
async def close(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.decide", locked=True)
    await decisions.close(unit_of(request), case=case)
    return see_other(service.href(case))


@routes.post("/consultations/{id}/rate", "consultation.rate")
async def rate(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.rate")
    form = await read_form(request, RatingForm)
    if form.errors:
        return await case_again(request, case, form)
    await decisions.rate(unit_of(request), case=case, stars=form.value.stars, words=form.value.words)
    return see_other(service.href(case))
