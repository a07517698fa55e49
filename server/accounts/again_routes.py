"""Proving oneself again before what matters; a form that was sent meanwhile is kept and goes on afterwards."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from pydantic import BaseModel, Field

from server.accounts import carrying, passkeys, passwords, second_factor, sign_ins, visits
from server.accounts.factor_routes import WrongPassword, guessed_right, guessing, party_of
from server.accounts.model import Person
from server.accounts.routes import onward, own_page
from server.accounts.second_factor import Factors
from server.core.errors import Invalid, Refusal
from server.core.forms import Form
from server.core.http import (
    SIGNED_IN,
    Routes,
    answer,
    begin_unit,
    read_form,
    render,
    say,
    sent_fields,
    unit_of,
    wants_json,
)

routes = Routes("accounts")


ON_THE_WAY = timedelta(seconds=20)
"""A proof that ends sooner stands no more: what a page goes on with has to arrive while it counts."""


class Again(BaseModel):
    password: str = Field("", max_length=200)
    code: str = Field("", max_length=12)
    answer: str = Field("", max_length=20_000)
    next: str = "/"
    back: str = "/"
    """The page that leads to `next`."""
    carried: str = Field("", max_length=carrying.LARGEST)
    """The form that was sent when this was asked for, sealed."""


@routes.get("/reauthenticate", SIGNED_IN, survives_idle=True)
async def again_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    _, person = await visits.sitting(request, unit)
    return _again(request, await second_factor.factors_of(unit, person), None)


@routes.get("/reauthenticate/standing", SIGNED_IN)
async def standing(request: web.Request) -> web.StreamResponse:
    """Asked by a page before it goes on with what wants a fresh proof (static/js/ui/proving.js)."""
    return answer({"proved": visits.proved(request, ahead=ON_THE_WAY)})


async def instead_of(request: web.Request) -> web.StreamResponse:
    """Answers a form of ours that was sent too long after the last proof: proves first, keeps what was typed."""
    fields, whole = carrying.typed_in(await sent_fields(request))
    async with begin_unit(request, writes=False) as unit:
        _, person = await visits.sitting(request, unit)
        factors = await second_factor.factors_of(unit, person)
        carried = carrying.seal(unit, carrying.Sent(action=request.path_qs, fields=fields, back=_page_of(request)))
    form = Form[Any]({"next": _page_of(request), "carried": carried if whole else ""})
    return _again(request, factors, form, status=401, lost=not (whole and carried))


def _page_of(request: web.Request) -> str:
    """The page of ours on which the form or the link was."""
    sender = urlsplit(request.headers.get(hdrs.REFERER, ""))
    return own_page(f"{sender.path}?{sender.query}" if sender.query else sender.path) if sender.path else "/"


def _again(
    request: web.Request, factors: Factors, form: Form[Any] | None, *, status: int = 0, lost: bool = False
) -> web.Response:
    given = str(form.typed.get("next", "/")) if form else request.query.get("next", "/")
    back = str(form.typed.get("back", "/")) if form else _page_of(request)
    carried = str(form.typed.get("carried", "")) if form else ""
    return render(
        request,
        "accounts/reauthenticate.html",
        status=status or (422 if form else 200),
        form=form,
        lost=lost,
        next=own_page(given),
        back=own_page(back),
        carried=carried,
        has_passkey=bool(factors.passkeys),
        has_code=factors.totp,
    )


@routes.post("/reauthenticate", SIGNED_IN, own_units=True, survives_idle=True)
async def prove_again(request: web.Request) -> web.StreamResponse:
    """By a passkey that knows its owner, or by the password with a code where there are codes."""
    form = await read_form(request, Again)
    async with begin_unit(request, writes=False) as unit:
        _, person = await visits.sitting(request, unit)
        factors = await second_factor.factors_of(unit, person)
    if not form.errors:
        await guessing(request, person.id)
        await _check_again(request, form, person, factors)
    if form.errors and wants_json(request):  # beside a call
        raise Invalid(form.errors)
    if form.errors:
        return _again(request, factors, form)
    await guessed_right(request, person.id)
    return await _onward(request, form, await _renewed(request))


async def _check_again(request: web.Request, form: Form[Again], person: Person, factors: Factors) -> None:
    given = form.value
    if not given.answer and not await passwords.matches(person.password_hash, given.password):
        form.errors["password"] = say(request, WrongPassword.says)
        async with begin_unit(request) as unit:
            sign_ins.wrong_password(unit, person_id=person.id)
        return
    async with begin_unit(request) as unit:
        sign_in, sitting = await visits.sitting(request, unit)
        try:
            if given.answer:
                party = party_of(request)
                await passkeys.prove(
                    unit, party, person_id=sitting.id, sign_in=sign_in, answer=given.answer, verified=True
                )
            elif factors.totp:
                again = visits.answer_was_lost(request, sign_in)
                await second_factor.prove_totp(unit, person=sitting, code=given.code.strip(), again=again)
        except Refusal as refusal:
            sign_ins.wrong_factor(unit, person_id=sitting.id)
            form.errors["answer" if given.answer else "code"] = say(request, refusal.says)


async def _renewed(request: web.Request) -> str:
    token = visits.cookie_to_come(request)
    async with begin_unit(request) as unit:
        sign_in, _ = await visits.sitting(request, unit)
        await sign_ins.reauthenticate(unit, sign_in=sign_in, token=token)
    return token


async def _onward(request: web.Request, form: Form[Again], token: str) -> web.Response:
    """To the page one was going to, or on with the form that was kept: never with somebody else's."""
    async with begin_unit(request, writes=False) as unit:
        sent = carrying.opened(unit, form.value.carried) if form.value.carried else None
    if wants_json(request):
        response = answer({})
    else:
        next, back = own_page(form.value.next), own_page(form.value.back)
        response = render(request, "accounts/go_on.html", sent=sent) if sent else onward(request, next, back)
    visits.hand_over_cookie(request, response, token)
    return response
