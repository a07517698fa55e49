"""People, for administrators: the list, one person, inviting, amending, posts, standing."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from server.accounts import (
    invitations,
    letters,
    people_views,
    queries,
    roll,
    second_factor,
    service,
    staff,
)
from server.accounts.forms import AmendedPerson, Ending, NewPerson, NewPost, PeopleQuery, Why
from server.accounts.model import Person
from server.accounts.queries import Sought
from server.core.addresses import ADDRESSES
from server.core.errors import Refusal
from server.core.forms import Form
from server.core.http import Routes, read_form, read_query, render, say, see_other, unit_of
from server.core.unit import Unit
from server.directory import queries as directory

PAGE = 50

routes = Routes("accounts")

DONE = {
    "amended": "资料已保存",
    "post": "岗位已增加",
    "ended": "岗位的结束日期已登记",
    "suspended": "账号已暂停，所有登录都已退出",
    "resumed": "账号已恢复",
    "deactivated": "账号已停用",
    "reset": "第二步验证已重置，下次登录时重新设置",
}


# ---- the list


def sought_in(request: web.Request, asked: PeopleQuery) -> Sought:
    on = service.today(unit_of(request).now)
    return Sought(
        text=asked.q.strip(),
        role=asked.role,
        institution_id=asked.place,
        standing=asked.standing,
        expiring_before=on + people_views.EXPIRING if asked.expiring else None,
    )


@routes.get("/people", "accounts.manage")
async def list_page(request: web.Request) -> web.StreamResponse:
    unit, asked, translate = unit_of(request), read_query(request, PeopleQuery), partial(say, request)
    on, places = service.today(unit.now), await staff.places_to_staff(unit)
    sought = sought_in(request, asked)
    people = await queries.listed(unit, sought, places=places, on=on, before=asked.before, limit=PAGE)
    expiring = Sought(expiring_before=on + people_views.EXPIRING)
    kept = {name: value for name, value in request.query.items() if value and name != "before"}
    return render(
        request,
        "accounts/people.html",
        people=await people_views.rows(unit, people, translate),
        total=await queries.counted(unit, sought, places=places, on=on),
        expiring=await queries.counted(unit, expiring, places=places, on=on),
        asked=asked,
        narrowed=bool(kept),
        older=f"/people?{urlencode({**kept, 'before': people[-1].id})}" if len(people) == PAGE else "",
        kept=urlencode(kept),
        roles=people_views.all_roles(translate),
        places=[(one.id, one.short_name) for one in await directory.institutions(unit, places)],
        standings=people_views.standing_choices(translate),
    )


# ---- inviting one


@routes.get("/people/new", "accounts.grant")
async def new_page(request: web.Request) -> web.StreamResponse:
    return await _new(request, None)


async def _new(request: web.Request, form: Form[Any] | None) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    return render(
        request,
        "accounts/person_new.html",
        status=422 if form else 200,
        form=form,
        places=await people_views.place_choices(unit),
        roles=people_views.role_choices(unit, translate),
        credentials=people_views.credential_choices(translate),
        today=service.today(unit.now),
    )


@routes.post("/people", "accounts.grant")
async def invite(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    form = await read_form(request, NewPerson)
    if form.errors:
        return await _new(request, form)
    given = form.value
    try:
        login = given.login or await _free_login(unit, given.name)
        person = await service.enrol(unit, login=login, **given.details())
        await _give(unit, person, given)
    except Refusal as refusal:
        form.errors[_field_of(refusal)] = say(request, refusal.says, refusal.facts)
        return await _new(request, form)
    return await _invited(request, person)


def _field_of(refusal: Refusal) -> str:
    if isinstance(refusal, service.LoginTaken):
        return "login"
    return "role" if isinstance(refusal, service.RolesApart | staff.RoleNotGivable | staff.OwnRights) else "place"


async def _free_login(unit: Unit, name: str) -> str:
    base = roll.login_for(name)
    taken = await queries.logins_taken(unit, [base, *(f"{base}{number}" for number in range(2, 100))])
    return next(login for number in range(1, 1000) if (login := f"{base}{number if number > 1 else ''}") not in taken)


async def _give(unit: Unit, person: Person, given: NewPost) -> None:
    await staff.give_post(
        unit,
        person=person,
        institution_id=given.institution_id,
        department_id=given.department_id,
        role=given.role,
        starts=given.starts or service.today(unit.now),
        ends=given.ends,
    )


async def _invited(request: web.Request, person: Person) -> web.Response:
    link = await send_link(request, person)
    return render(request, "accounts/invited.html", person=person, link=link, stays=invitations.STAYS.days)


async def send_link(request: web.Request, person: Person) -> str:
    """A fresh link, mailed where there is an address; it is shown this once. Raises OutOfUse."""
    unit = unit_of(request)
    token = unit.new_token()
    await invitations.invite(unit, person=person, token=token)
    link = f"{request.app[ADDRESSES].lasting}/invitation#token={token}"
    letters.send(
        request,
        unit,
        person,
        subject="联诊平台的邀请",
        body="%(name)s，您好：\n\n请在 %(days)s 天内打开链接，设置远程会诊平台的密码（账号 %(login)s）：\n\n%(link)s\n",
        link=link,
        login=person.login,
        days=invitations.STAYS.days,
    )
    return link


# ---- one person


async def _person(request: web.Request, action: str) -> Person:
    return await queries.get_for(unit_of(request), action, request.match_info["id"])


@routes.get("/people/{id}", "accounts.manage")
async def person_page(request: web.Request) -> web.StreamResponse:
    return await _page(request, await _person(request, "accounts.manage"))


async def _page(request: web.Request, person: Person, **typed: Any) -> web.Response:
    unit, translate = unit_of(request), partial(say, request)
    posts = await queries.all_posts_of(unit, [person.id])
    word, tone = people_views.STANDING_WORDS[person.standing]
    done = DONE.get(request.query.get("done", ""))
    context: dict[str, Any] = {"form": None, "post_form": None, "why_form": None, **typed}
    return render(
        request,
        "accounts/person.html",
        status=422 if typed else 200,
        person=person,
        known=staff.on_file(unit, person),
        credential=translate(people_views.CREDENTIAL_WORDS[person.credential]),
        credential_tone=people_views.credential_tone(person, service.today(unit.now)),
        standing=(translate(word), tone),
        moves={one.value for one in staff.MOVES[person.standing]},
        posts=(await people_views.post_lines(unit, posts, translate))[person.id],
        factors=await second_factor.factors_of(unit, person),
        links=await queries.open_invitations(unit, person.id),
        oneself=person.id == unit.actor.person_id,
        places=await people_views.place_choices(unit),
        roles=people_views.role_choices(unit, translate),
        credentials=people_views.credential_choices(translate),
        today=service.today(unit.now),
        flash=[{"text": translate(done), "tone": "done"}] if done else [],
        **context,
    )


@routes.get("/people/{id}/edit", "accounts.amend")
async def edit_page(request: web.Request) -> web.StreamResponse:
    return _edit(request, await _person(request, "accounts.amend"), None)


def _edit(request: web.Request, person: Person, form: Form[Any] | None) -> web.Response:
    return render(
        request,
        "accounts/person_edit.html",
        status=422 if form else 200,
        form=form,
        person=person,
        known=staff.on_file(unit_of(request), person),
        credentials=people_views.credential_choices(partial(say, request)),
    )


@routes.post("/people/{id}", "accounts.amend")
async def amend(request: web.Request) -> web.StreamResponse:
    person = await _person(request, "accounts.amend")
    form = await read_form(request, AmendedPerson)
    if form.errors:
        return _edit(request, person, form)
    await staff.amend(unit_of(request), person=person, details=form.value.details(), version=form.value.version)
    return _back(person, "amended")


def _back(person: Person, done: str) -> web.Response:
    return see_other(f"/people/{person.id}?done={done}")


# ---- posts


@routes.post("/people/{id}/posts", "accounts.grant")
async def give_post(request: web.Request) -> web.StreamResponse:
    person = await _person(request, "accounts.grant")
    staff.forbid_self(unit_of(request), person)
    form = await read_form(request, NewPost)
    if not form.errors:
        try:
            await _give(unit_of(request), person, form.value)
            return _back(person, "post")
        except Refusal as refusal:
            form.errors[_field_of(refusal)] = say(request, refusal.says, refusal.facts)
    return await _page(request, person, post_form=form)


@routes.post("/people/{id}/posts/{post}/end", "accounts.grant")
async def end_post(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    person = await _person(request, "accounts.grant")
    post = await queries.post_of(unit, person.id, request.match_info["post"])
    form = await read_form(request, Ending)
    on = service.today(unit.now) if form.errors else form.value.ends
    await staff.end_post(unit, person=person, post=post, on=max(on, service.today(unit.now)))
    return _back(person, "ended")


# ---- standing


@routes.post("/people/{id}/suspend", "accounts.reset")
async def suspend(request: web.Request) -> web.StreamResponse:
    person = await _person(request, "accounts.reset")
    form = await read_form(request, Why)
    if form.errors:
        return await _page(request, person, why_form=form)
    await staff.suspend(unit_of(request), person=person, reason=form.value.reason)
    return _back(person, "suspended")


@routes.post("/people/{id}/resume", "accounts.reset")
async def resume(request: web.Request) -> web.StreamResponse:
    person = await _person(request, "accounts.reset")
    await staff.resume(unit_of(request), person=person)
    return _back(person, "resumed")


@routes.post("/people/{id}/deactivate", "accounts.reset")
async def deactivate(request: web.Request) -> web.StreamResponse:
    person = await _person(request, "accounts.reset")
    form = await read_form(request, Why)
    if form.errors:
        return await _page(request, person, why_form=form)
    await staff.deactivate(unit_of(request), person=person, reason=form.value.reason)
    return _back(person, "deactivated")


@routes.post("/people/{id}/second-factor/reset", "accounts.reset")
async def reset_second_factor(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    person = await _person(request, "accounts.reset")
    await staff.reset_second_factor(unit, person=person)
    letters.warn(request, unit, person, "管理员重置了第二步验证")
    return _back(person, "reset")


@routes.post("/people/{id}/invitation", "accounts.reset")
async def invite_again(request: web.Request) -> web.StreamResponse:
    """A link to set a password anew; shown once, mailed where there is an address."""
    person = await _person(request, "accounts.reset")
    staff.forbid_self(unit_of(request), person)
    return await _invited(request, person)
