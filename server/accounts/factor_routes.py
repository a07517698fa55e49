"""The second step of signing in, and proving oneself again before what matters."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import passkeys, passwords, queries, second_factor, sign_ins, visits
from server.accounts.model import Person, SignIn
from server.accounts.passkeys import RelyingParty
from server.accounts.routes import LIMITER, TRIES, WINDOW, onward, own_page
from server.core import ids
from server.core.errors import Refusal, TooMany
from server.core.forms import Form
from server.core.http import (
    SIGNED_IN,
    Routes,
    actor_of,
    answer,
    begin_unit,
    read_form,
    render,
    say,
    see_other,
    unit_of,
    visit_of,
)
from server.core.unit import Unit

routes = Routes("accounts")

MOST_GUESSES = 30
"""At the second factor of one person, from wherever, within a window: whoever guesses has the password already."""


class Code(BaseModel):
    code: str = Field(min_length=1, max_length=12)
    next: str = "/"


class Recovery(BaseModel):
    recovery_code: str = Field(min_length=1, max_length=40)
    next: str = "/"


class Shown(BaseModel):
    answer: str = Field(min_length=1, max_length=20_000)
    next: str = "/"


class WrongPassword(Refusal):
    code = "accounts.password_wrong"
    status = 422
    says = "密码不对"


def party_of(request: web.Request) -> RelyingParty:
    """The site under the name the browser knows it by: the edge has seen that it is ours. Raises NoPasskeysHere."""
    return passkeys.relying_party(request.headers.get("Origin") or f"{request.scheme}://{request.host}")


async def guessing(request: web.Request, person_id: str, at: str = "factor") -> None:
    """Counts a guess at somebody's second factor, or at another lock of theirs. Raises TooMany."""
    limiter = request.app[LIMITER]
    await limiter.count(f"{at} {person_id} {request.remote}", limit=TRIES, seconds=WINDOW)
    await limiter.count(f"{at} {person_id}", limit=MOST_GUESSES, seconds=WINDOW)


async def guessed_right(request: web.Request, person_id: str, at: str = "factor") -> None:
    for key in (f"{at} {person_id} {request.remote}", f"{at} {person_id}"):
        await request.app[LIMITER].forget(key)


async def check_password(request: web.Request, form: Form[Any], field: str) -> None:
    """The password of whoever sits there, asked for in the middle of their work; what is wrong stands at its field.

    Nobody is signed out by it. Opens units of its own.
    """
    if form.errors:
        return
    try:
        await _prove_password(request, getattr(form.value, field))
    except (WrongPassword, TooMany) as refusal:
        form.errors[field] = say(request, refusal.says, refusal.facts)


async def _prove_password(request: web.Request, password: str) -> None:
    """Counted apart from the second factor: who knows the password gains no guesses at a code.

    A wrong one goes on record. Raises WrongPassword, TooMany.
    """
    person_id = actor_of(request).person_id
    await guessing(request, person_id, "password")
    async with begin_unit(request, writes=False) as unit:
        person = await queries.person(unit, person_id)
    if not await passwords.matches(person.password_hash, password):
        async with begin_unit(request) as unit:
            sign_ins.wrong_password(unit, person_id=person_id)
        raise WrongPassword
    await guessed_right(request, person_id, "password")


# ---- the second step


@routes.get("/sign-in/second-factor", SIGNED_IN, half_way=True)
async def second_step(request: web.Request) -> web.StreamResponse:
    return await _step(request, "second_factor")


@routes.get("/sign-in/recovery", SIGNED_IN, half_way=True)
async def recovery_step(request: web.Request) -> web.StreamResponse:
    return await _step(request, "recovery")


async def _step(
    request: web.Request, step: str, form: Form[Any] | None = None, trouble: str = ""
) -> web.StreamResponse:
    back = own_page(str(form.typed.get("next", "/")) if form else request.query.get("next", "/"))
    if visit_of(request).actor:
        return see_other(back)
    unit = unit_of(request)
    _, person = await visits.sitting(request, unit)
    factors = await second_factor.factors_of(unit, person)
    return render(
        request,
        "accounts/sign_in.html",
        status=422 if form else 200,
        step=step,
        form=form,
        next=back,
        trouble=trouble,
        has_passkey=bool(factors.passkeys),
        has_code=factors.totp,
    )


Prove = Callable[[Unit, Person, SignIn], Awaitable[None]]


async def _completed(
    request: web.Request, form: Form[Any], prove: Prove, *, step: str, field: str
) -> web.StreamResponse:
    """Signed in when `prove` does not refuse; else the step again, with why at the field."""
    if form.errors:
        return await _step(request, step, form)
    unit = unit_of(request)
    sign_in, person = await visits.sitting(request, unit)
    await guessing(request, person.id)
    try:
        await prove(unit, person, sign_in)
    except Refusal as refusal:
        sign_ins.wrong_factor(unit, person_id=person.id)
        form.errors[field] = say(request, refusal.says)
        return await _step(request, step, form, trouble=form.errors[field] if field == "answer" else "")
    await guessed_right(request, person.id)
    response = onward(request, own_page(form.value.next))
    await complete_with_new_cookie(request, response, sign_in, person)
    return response


async def complete_with_new_cookie(
    request: web.Request, response: web.StreamResponse, sign_in: SignIn, person: Person
) -> None:
    token = ids.new_token()
    await sign_ins.complete(unit_of(request), sign_in=sign_in, token=token)
    visits.hand_over_cookie(request, response, token)
    visits.remember_device(request, response, person.login)


@routes.post("/sign-in/second-factor", SIGNED_IN, half_way=True)
async def prove_by_code(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, Code)

    async def prove(unit: Unit, person: Person, sign_in: SignIn) -> None:
        await second_factor.prove_totp(unit, person=person, code=form.value.code.strip())

    return await _completed(request, form, prove, step="second_factor", field="code")


@routes.post("/sign-in/recovery", SIGNED_IN, half_way=True)
async def prove_by_recovery(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, Recovery)

    async def prove(unit: Unit, person: Person, sign_in: SignIn) -> None:
        await second_factor.use_code(unit, person=person, code=form.value.recovery_code)

    return await _completed(request, form, prove, step="recovery", field="recovery_code")


@routes.post("/sign-in/passkey/options", SIGNED_IN, half_way=True, survives_idle=True)
async def passkey_options(request: web.Request) -> web.StreamResponse:
    """What the browser is to sign; also for proving oneself again."""
    unit = unit_of(request)
    sign_in, person = await visits.sitting(request, unit)
    factors = await second_factor.factors_of(unit, person)
    again = visit_of(request).actor is not None
    options = passkeys.options_to_prove(
        unit, party_of(request), sign_in=sign_in, known=factors.passkeys, verified=again
    )
    return answer(options)


@routes.post("/sign-in/passkey", SIGNED_IN, half_way=True)
async def prove_by_passkey(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, Shown)

    async def prove(unit: Unit, person: Person, sign_in: SignIn) -> None:
        await passkeys.prove(unit, party_of(request), person_id=person.id, sign_in=sign_in, answer=form.value.answer)

    return await _completed(request, form, prove, step="second_factor", field="answer")
