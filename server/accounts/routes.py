"""Signing in and out, switching posts, the language."""

import re
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import passwords, queries, second_factor, service, sign_ins, visits
from server.accounts.model import Person, SignIn
from server.accounts.roles import Standing
from server.core import ids
from server.core.edge import set_cookie
from server.core.errors import NotFound
from server.core.http import (
    PUBLIC,
    SIGNED_IN,
    Routes,
    begin_unit,
    read_form,
    render,
    say,
    see_other,
    sent_fields,
    unit_of,
    visit_of,
)
from server.core.i18n import LOCALES
from server.core.limits import Limiter

LIMITER: web.AppKey[Limiter] = web.AppKey("limiter", object)  # type: ignore[arg-type]
DEMO_SIGN_INS: web.AppKey[list[dict[str, str]]] = web.AppKey("demo_sign_ins", list)
SECOND_FACTOR_REQUIRED = web.AppKey("second_factor_required", bool)
"""Whether everybody must have a second factor; who has none sets one up before anything else."""

TRIES, WINDOW = 5, 900
"""Guesses at one account from one address within so many seconds."""

routes = Routes("accounts")


class Credentials(BaseModel):
    login: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=200)
    next: str = "/"


OWN = re.compile(r"/(?![/\\])[^\x00-\x20\x7f]*")
"""A browser drops tabs and line breaks out of an address; a backslash is a slash to it."""


def own_page(address: str) -> str:
    """Only pages of ours are gone on to, never another site's."""
    return address if OWN.fullmatch(address) else "/"


FILE = re.compile(r"/(content|[\w-]+\.(xlsx|csv|zip))(\?|$)")


def onward(request: web.Request, address: str, back: str = "/") -> web.Response:
    """To where one was going. A file leaves the browser where it is: so that this is no form to be filled in again, a
    page says that it comes and where one goes from there."""
    if FILE.search(address):
        return render(request, "accounts/download.html", address=address, back=back)
    return see_other(address)


@routes.get("/sign-in", PUBLIC)
async def sign_in_page(request: web.Request) -> web.StreamResponse:
    if visit_of(request).actor:
        return see_other(own_page(request.query.get("next", "/")))
    return _page(request, None)


def _page(request: web.Request, form: object, status: int = 200, trouble: str = "") -> web.Response:
    return render(
        request,
        "accounts/sign_in.html",
        status=status,
        form=form,
        next=own_page(request.query.get("next", "/")),
        trouble=trouble,
        done=say(request, "密码已经设置，请用它登录") if "set" in request.query else "",
        demo=request.app.get(DEMO_SIGN_INS, []),
        step="password",
    )


@routes.post("/sign-in", PUBLIC, own_units=True)
async def sign_in(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, Credentials)
    if form.errors:
        return _page(request, form, status=422)
    given = form.value
    device = visits.known_device(request, given.login)
    key = f"sign-in device {device}" if device else f"sign-in {given.login.strip().lower()} {request.remote}"
    await request.app[LIMITER].count(key, limit=TRIES, seconds=WINDOW)
    person = await _person_with(request, given)
    if person is None:
        return _page(request, form, status=422, trouble=say(request, sign_ins.WrongSignIn.says))
    await request.app[LIMITER].forget(key)
    return await _begin(request, person, own_page(given.next))


async def _person_with(request: web.Request, given: Credentials) -> Person | None:
    async with begin_unit(request, writes=False) as unit:
        person = await queries.person_by_login(unit, given.login)
    right = await passwords.matches(person.password_hash if person else "", given.password)
    if person and right and person.standing == Standing.ACTIVE:
        return person
    async with begin_unit(request) as unit:
        sign_ins.wrong_password(unit, person_id=person.id if person else "")
    return None


async def _begin(request: web.Request, person: Person, back: str) -> web.Response:
    token = ids.new_token()
    async with begin_unit(request) as unit:
        factors = await second_factor.factors_of(unit, person)
        owes = factors.any or request.app.get(SECOND_FACTOR_REQUIRED, False)
        browser = request.headers.get("User-Agent", "")
        person = await queries.person(unit, person.id)
        person.locale = person.locale or visits.chosen_language(request)
        await sign_ins.begin(unit, person=person, token=token, browser=browser, complete=not owes)
    page = "/sign-in/second-factor" if factors.any else "/second-factor"
    response = see_other(f"{page}?next={quote(back, safe='')}") if owes else onward(request, back)
    visits.hand_over_cookie(request, response, token)
    if not owes:
        visits.remember_device(request, response, person.login)
    return response


@routes.post("/sign-out", SIGNED_IN, half_way=True)
async def sign_out(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    sign_in = await unit.session.get(SignIn, request[visits.SIGN_IN])
    if sign_in:
        await sign_ins.end(unit, sign_in=sign_in)
    response = see_other("/sign-in")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.del_cookie(visits.cookie_name(request), path="/")
    return response


@routes.post("/posts/switch", SIGNED_IN)
async def switch_post(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    post = await queries.post(unit, str((await sent_fields(request)).get("post", "")))
    sign_in = await unit.session.get(SignIn, request[visits.SIGN_IN])
    if sign_in is None or post.person_id != unit.actor.person_id or not post.held(service.today(unit.now)):
        raise NotFound
    await sign_ins.switch_post(unit, sign_in=sign_in, post=post)
    return see_other("/")


@routes.post("/language", PUBLIC)
async def choose_language(request: web.Request) -> web.StreamResponse:
    fields = await sent_fields(request)
    wished = str(fields.get("locale", "zh"))
    locale = wished if wished in LOCALES else "zh"
    unit = unit_of(request)
    if unit.signed_in:
        (await queries.person(unit, unit.actor.person_id)).locale = locale
    response = see_other(own_page(str(fields.get("next", "/"))))
    set_cookie(request, response, visits.LANGUAGE, locale, 365 * 86400)
    return response
