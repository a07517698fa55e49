"""Setting up, renewing and removing second factors: by oneself, or on the way in where the site demands one."""

import base64
import binascii
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import letters, passkeys, queries, second_factor, totp, visits
from server.accounts.factor_routes import complete_with_new_cookie, party_of
from server.accounts.model import Person, SignIn
from server.accounts.routes import SECOND_FACTOR_REQUIRED, own_page
from server.core.crypto import UnreadableSeal
from server.core.errors import Refusal, SignedOut
from server.core.forms import Form
from server.core.http import (
    SIGNED_IN,
    Routes,
    answer,
    read_form,
    render,
    say,
    see_other,
    unit_of,
    visit_of,
)
from server.core.unit import Unit

routes = Routes("accounts")


class NewTotp(BaseModel):
    sealed: str = Field(min_length=1, max_length=400)
    code: str = Field(min_length=1, max_length=12)
    next: str = "/me"


class NewPasskey(BaseModel):
    answer: str = Field(min_length=1, max_length=40_000)
    name: str = Field("", max_length=60)
    next: str = "/me"


async def enroller(request: web.Request) -> tuple[SignIn, Person]:
    """Whoever may change the second factors of this account now.

    On the way in that is only who has none yet: else a password alone would do. Raises SignedOut,
    ReauthenticationNeeded.
    """
    unit = unit_of(request)
    sign_in, person = await visits.sitting(request, unit)
    if visit_of(request).actor:
        visits.require_fresh(request)
    elif (await second_factor.factors_of(unit, person)).any:
        raise SignedOut
    return sign_in, person


@routes.get("/second-factor", SIGNED_IN, half_way=True)
async def enrol_page(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    if visit_of(request).half_way:
        _, person = await visits.sitting(request, unit)
        if (await second_factor.factors_of(unit, person)).any:
            return see_other("/sign-in/second-factor")
    _, person = await enroller(request)
    return _page(request, person, totp.secret_of(unit.new_token()), None)


def _page(request: web.Request, person: Person, secret: str, form: Form[Any] | None, trouble: str = "") -> web.Response:
    address = totp.address_of(secret, person.login)
    return render(
        request,
        "accounts/second_factor.html",
        status=422 if form else 200,
        form=form,
        next=own_page(str(form.typed.get("next", "/me")) if form else request.query.get("next", "/me")),
        trouble=trouble,
        forced=visit_of(request).half_way,
        picture=totp.picture_of(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        address=address,
        sealed=_sealed(unit_of(request), person, secret),
    )


def _sealed(unit: Unit, person: Person, secret: str) -> str:
    """The secret on its way through the form: nothing is kept before a code of it was shown."""
    return base64.urlsafe_b64encode(unit.keys.seal(secret.encode(), f"totp on its way:{person.id}")).decode()


def _unsealed(unit: Unit, person: Person, sealed: str) -> str:
    """Raises WrongCode for what we have not given out."""
    try:
        return unit.keys.open(base64.urlsafe_b64decode(sealed), f"totp on its way:{person.id}").decode()
    except (UnreadableSeal, binascii.Error, ValueError):
        raise second_factor.WrongCode from None


@routes.post("/second-factor/totp", SIGNED_IN, half_way=True)
async def add_totp(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    sign_in, person = await enroller(request)
    form = await read_form(request, NewTotp)
    secret = totp.secret_of(unit.new_token())
    if not form.errors:
        try:
            secret = _unsealed(unit, person, form.value.sealed)
            await second_factor.enrol_totp(unit, person=person, secret=secret, code=form.value.code.strip())
        except Refusal as refusal:
            form.errors["code"] = say(request, refusal.says)
    elif sealed := str(form.typed.get("sealed", "")):
        secret = _unsealed(unit, person, sealed)
    if form.errors:
        return _page(request, person, secret, form)
    letters.warn(request, unit, person, "设置了验证器应用")
    return await _added(request, sign_in, person, form.value.next)


@routes.post("/second-factor/passkey/options", SIGNED_IN, half_way=True)
async def passkey_options(request: web.Request) -> web.StreamResponse:
    """What the browser makes a passkey with."""
    unit = unit_of(request)
    sign_in, person = await enroller(request)
    known = await queries.passkeys_of(unit, person.id)
    return answer(passkeys.options_to_enrol(unit, party_of(request), person=person, sign_in=sign_in, known=known))


@routes.post("/second-factor/passkey", SIGNED_IN, half_way=True)
async def add_passkey(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    sign_in, person = await enroller(request)
    form = await read_form(request, NewPasskey)
    if form.errors:
        return _page(request, person, totp.secret_of(unit.new_token()), form, next(iter(form.errors.values())))
    given = form.value
    name = given.name.strip() or say(request, "通行密钥")
    try:
        await passkeys.enrol(unit, party_of(request), person=person, sign_in=sign_in, answer=given.answer, name=name)
    except Refusal as refusal:
        return _page(request, person, totp.secret_of(unit.new_token()), form, say(request, refusal.says))
    letters.warn(request, unit, person, "登记了一把通行密钥")
    return await _added(request, sign_in, person, given.next)


async def _added(request: web.Request, sign_in: SignIn, person: Person, back: str) -> web.StreamResponse:
    """Recovery codes with the first factor; on the way in one is inside now."""
    unit, half_way = unit_of(request), visit_of(request).half_way
    first = await queries.codes_left(unit, person.id) == 0
    codes = await second_factor.new_codes(unit, person=person) if first else []
    response = _codes_page(request, codes, own_page(back)) if codes else see_other(own_page(back))
    if half_way:
        await complete_with_new_cookie(request, response, sign_in, person)
    return response


def _codes_page(request: web.Request, codes: list[str], back: str) -> web.Response:
    return render(request, "accounts/recovery_codes.html", codes=codes, next=back, forced=visit_of(request).half_way)


@routes.post("/second-factor/codes", SIGNED_IN)
async def renew_codes(request: web.Request) -> web.StreamResponse:
    _, person = await enroller(request)
    codes = await second_factor.new_codes(unit_of(request), person=person)
    letters.warn(request, unit_of(request), person, "重新生成了恢复码")
    return _codes_page(request, codes, "/me")


@routes.post("/second-factor/totp/remove", SIGNED_IN)
async def remove_totp(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    _, person = await enroller(request)
    await _require_another(request, person)
    await second_factor.remove_totp(unit, person=person)
    letters.warn(request, unit, person, "停用了验证器应用")
    return see_other("/me#second-factor")


@routes.post("/second-factor/passkeys/{id}/remove", SIGNED_IN)
async def remove_passkey(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    passkey = await queries.own_passkey(unit, unit.actor.person_id, request.match_info["id"])
    _, person = await enroller(request)
    await _require_another(request, person)
    await passkeys.remove(unit, passkey=passkey)
    letters.warn(request, unit, person, "移除了一把通行密钥")
    return see_other("/me#second-factor")


async def _require_another(request: web.Request, person: Person) -> None:
    """Raises SecondFactorNeeded when it would be the last of who must have one."""
    factors = await second_factor.factors_of(unit_of(request), person)
    if request.app.get(SECOND_FACTOR_REQUIRED, False) and factors.count < 2:
        raise second_factor.SecondFactorNeeded
