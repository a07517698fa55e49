"""My account: who the site takes me for, password, second factors, where I am signed in; and the first password."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from server.accounts import invitations, letters, passwords, queries, second_factor, service, sign_ins
from server.accounts.factor_routes import check_password
from server.accounts.model import Person, SignIn
from server.accounts.roles import ROLE_WORDS
from server.accounts.routes import LIMITER, SECOND_FACTOR_REQUIRED
from server.core.errors import Refusal
from server.core.forms import Form
from server.core.http import (
    PUBLIC,
    SIGNED_IN,
    UNIT,
    Routes,
    actor_of,
    begin_unit,
    read_form,
    render,
    say,
    see_other,
    unit_of,
)
from server.core.unit import Unit
from server.directory import queries as directory

routes = Routes("accounts")

PasswordChanged = Callable[[Unit, str, str | None, str], Awaitable[None]]
"""Told of (unit, person id, password before or None when it was lost, new password)."""
PASSWORD_CHANGED: web.AppKey[list[PasswordChanged]] = web.AppKey("password_changed", list)

DONE = {
    "password": "密码已更改，其他浏览器上的登录都已退出",
    "revoked": "已退出那个浏览器上的登录",
    "others": "其他浏览器上的登录都已退出",
}


class NewPassword(BaseModel):
    current: str = Field(min_length=1, max_length=200)
    password: str = Field(min_length=1, max_length=200)
    again: str = Field(min_length=1, max_length=200)


class FirstPassword(BaseModel):
    token: str = Field(min_length=20, max_length=100)
    password: str = Field(min_length=1, max_length=200)
    again: str = Field(min_length=1, max_length=200)


@dataclass(frozen=True, kw_only=True)
class SignedInBrowser:
    id: str
    browser: str
    address: str
    since: datetime
    seen: datetime
    here: bool


@routes.get("/me", SIGNED_IN)
async def my_page(request: web.Request) -> web.StreamResponse:
    return await _page(request, None)


async def _page(request: web.Request, form: Form[Any] | None) -> web.Response:
    unit = unit_of(request)
    person = await queries.person(unit, unit.actor.person_id)
    done = DONE.get(request.query.get("done", ""))
    return render(
        request,
        "accounts/me.html",
        status=422 if form else 200,
        form=form,
        person=person,
        phone=service.phone_of(unit, person),
        posts=await _posts(request, unit, person),
        factors=await second_factor.factors_of(unit, person),
        required=request.app.get(SECOND_FACTOR_REQUIRED, False),
        browsers=[_browser(request, one) for one in await queries.open_sign_ins(unit, person.id)],
        flash=[{"text": say(request, done), "tone": "done"}] if done else [],
    )


async def _posts(request: web.Request, unit: Unit, person: Person) -> list[dict[str, Any]]:
    held = await queries.posts_of(unit, person.id, service.today(unit.now))
    names = await directory.short_names(unit, [one.institution_id for one in held])
    departments = {one.id: one.name for one in await directory.departments(unit, names)}
    return [
        {
            "role": say(request, ROLE_WORDS[one.role]),
            "place": names[one.institution_id],
            "department": departments.get(one.department_id or "", ""),
            "ends": one.ends,
            "here": one.id == unit.actor.post_id,
        }
        for one in held
    ]


def _browser(request: web.Request, sign_in: SignIn) -> SignedInBrowser:
    return SignedInBrowser(
        id=sign_in.id,
        browser=browser_named(sign_in.browser) or say(request, "未知浏览器"),
        address=sign_in.address,
        since=sign_in.created_at,
        seen=sign_in.seen_at,
        here=sign_in.id == actor_of(request).session_id,
    )


BROWSERS = (
    *(("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("QQBrowser", "QQ Browser")),
    *(("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")),
)
SYSTEMS = (
    *(("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")),
)


def browser_named(user_agent: str) -> str:
    """'Chrome · Windows', as far as the browser says; the first word of each that fits counts."""
    found = (next((name for word, name in words if word in user_agent), "") for words in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, found))


# ---- the password


@routes.post("/me/password", SIGNED_IN, own_units=True)
async def change_password(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, NewPassword)
    async with begin_unit(request, writes=False) as unit:
        person = await queries.person(unit, unit.actor.person_id)
    await check_password(request, form, "current")
    if not form.errors:
        form.errors.update(wrong_with(request, form.value.password, form.value.again, person))
    if form.errors:
        async with begin_unit(request, writes=False) as unit:
            request[UNIT] = unit
            return await _page(request, form)
    await _change(request, person.id, form.value)
    return see_other("/me?done=password")


def wrong_with(request: web.Request, password: str, again: str, person: Person) -> dict[str, str]:
    """What is wrong with a new password, by field."""
    weak = passwords.weakness(password, login=person.login, name=person.name)
    if weak:
        return {"password": say(request, weak)}
    return {} if password == again else {"again": say(request, "两次输入的密码不一样")}


async def _change(request: web.Request, person_id: str, given: NewPassword) -> None:
    hashed = await passwords.hashed(given.password)
    async with begin_unit(request) as unit:
        person = await queries.person(unit, person_id)
        await service.set_password(unit, person=person, password_hash=hashed)
        for tell in request.app.get(PASSWORD_CHANGED, []):
            await tell(unit, person_id, given.current, given.password)
        await sign_ins.revoke_all(unit, person_id=person_id, but=unit.actor.session_id)
        letters.warn(request, unit, person, "更改了密码")


# ---- where I am signed in


@routes.post("/me/sign-ins/{id}/revoke", SIGNED_IN)
async def revoke_sign_in(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    sign_in = await queries.own_sign_in(unit, unit.actor.person_id, request.match_info["id"])
    await sign_ins.revoke(unit, person_id=unit.actor.person_id, sign_ins=[sign_in])
    return see_other("/me?done=revoked#browsers")


@routes.post("/me/sign-ins/revoke-others", SIGNED_IN)
async def revoke_others(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    await sign_ins.revoke_all(unit, person_id=unit.actor.person_id, but=unit.actor.session_id)
    return see_other("/me?done=others#browsers")


# ---- the first password


@routes.get("/invitation", PUBLIC)
async def invitation_page(request: web.Request) -> web.StreamResponse:
    """The token is in the fragment: no log and no Referer carries it; a script puts it into the form."""
    return render(request, "accounts/invitation.html", form=None, trouble="")


@routes.post("/invitation", PUBLIC, own_units=True)
async def accept_invitation(request: web.Request) -> web.StreamResponse:
    await request.app[LIMITER].count(f"invitation {request.remote}", limit=20, seconds=900)
    form = await read_form(request, FirstPassword)
    if not form.errors:
        try:
            async with begin_unit(request, writes=False) as unit:
                person = await invitations.invited(unit, form.value.token)
            form.errors.update(wrong_with(request, form.value.password, form.value.again, person))
            if not form.errors:
                await _accept(request, form.value)
                return see_other("/sign-in?set=1")
        except Refusal as refusal:
            trouble = say(request, refusal.says)
            return render(request, "accounts/invitation.html", status=refusal.status, form=form, trouble=trouble)
    return render(request, "accounts/invitation.html", status=422, form=form, trouble="")


async def _accept(request: web.Request, given: FirstPassword) -> None:
    hashed = await passwords.hashed(given.password)
    async with begin_unit(request) as unit:
        person = await invitations.accept(unit, token=given.token, password_hash=hashed)
        for tell in request.app.get(PASSWORD_CHANGED, []):
            await tell(unit, person.id, None, given.password)
        letters.warn(request, unit, person, "用邀请链接设置了密码")
