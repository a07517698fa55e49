"""The web edge: routes with their rule, one transaction a request, one table from refusals to answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import hdrs, web
from multidict import MultiDict, MultiMapping
from pydantic import BaseModel

from server.core import forms
from server.core.access import Actor
from server.core.database import Database
from server.core.errors import Refusal
from server.core.templates import Templates
from server.core.unit import Unit

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PUBLIC = "public"
"""Rule of a route anyone may call."""
SIGNED_IN = "signed in"
"""Rule of a route for whoever is signed in, in any role."""

DATABASE = web.AppKey("database", Database)
LEAVING = web.AppKey("leaving", asyncio.Event)
"""Set once this process was told to stop."""
TEMPLATES = web.AppKey("templates", Templates)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold before a handler runs."""

    action: str
    own_units: bool = False
    """The handler opens its units itself (it computes for long, or streams)."""
    survives_idle: bool = False
    """An idle session still does, and one past its absolute limit whose person sits in that very call:
    a live consultation is never cut by a timer."""
    foreign: bool = False
    """Called by other programs with a token of their own: no form token is asked."""
    half_way: bool = False
    """Answers between the password and the second factor."""


RULES = web.AppKey("rules", dict[tuple[str, str], Rule])
REQUEST_ID = web.RequestKey("request_id", str)
UNIT = web.RequestKey("unit", Unit)


class Routes:
    """The routes of one capability, each with the action of access.toml it needs."""

    def __init__(self, capability: str) -> None:
        self.capability = capability
        self.entries: list[tuple[str, str, Handler, Rule]] = []

    def _add(self, method: str, path: str, action: str, options: dict[str, bool]) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.entries.append((method, path, handler, Rule(action=action, **options)))
            return handler

        return keep

    def get(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_GET, path, action, options)

    def post(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_POST, path, action, options)

    def put(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_PUT, path, action, options)

    def patch(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_PATCH, path, action, options)

    def delete(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_DELETE, path, action, options)

    def head(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_HEAD, path, action, options)

    def options(self, path: str, action: str, **options: bool) -> Callable[[Handler], Handler]:
        return self._add(hdrs.METH_OPTIONS, path, action, options)


def mount(app: web.Application, *tables: Routes) -> None:
    rules = app.setdefault(RULES, {})
    for table in tables:
        for method, path, handler, rule in table.entries:
            route = (
                app.router.add_get(path, handler, allow_head=False)
                if method == hdrs.METH_GET
                else app.router.add_route(method, path, handler)
            )
            assert route.resource is not None
            rules[(method, route.resource.canonical)] = rule


def rule_of(request: web.Request) -> Rule | None:
    """The rule of the route that matched; None for an unknown address or a static file."""
    resource = request.match_info.route.resource
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    rules = request.app[RULES]
    canonical = resource.canonical if resource else ""
    return rules.get((request.method, canonical)) or rules.get((method, canonical))


@dataclass
class Visit:
    """Who is at the other end of this request, and in which language."""

    actor: Actor | None = None
    locale: str = "zh"
    session: str = ""
    """What the form token is bound to: the session, or the visitor's cookie."""
    half_way: bool = False
    asleep: Actor | None = None
    """Who is signed in here and went away: nothing is theirs until they prove that they are back."""
    new_cookies: dict[str, str] = field(default_factory=dict)


VISIT = web.RequestKey("visit", Visit)


def visit_of(request: web.Request) -> Visit:
    return request[VISIT]


def unit_of(request: web.Request) -> Unit:
    return request[UNIT]


def begin_unit(request: web.Request, *, writes: bool = True) -> AbstractAsyncContextManager[Unit]:
    """A unit of the handler's own, for routes with own_units."""
    return request.app[DATABASE].unit(
        visit_of(request).actor, writes=writes, address=request.remote or "", request_id=request[REQUEST_ID]
    )


def actor_of(request: web.Request) -> Actor:
    """The signed-in actor; a route's rule has made sure there is one."""
    actor = visit_of(request).actor
    assert actor is not None
    return actor


def say(request: web.Request, message: str, facts: Mapping[str, Any] | None = None) -> str:
    return request.app[TEMPLATES].translations.say(visit_of(request).locale, message, facts)


ContextSource = Callable[[web.Request], Mapping[str, Any]]
CONTEXT = web.AppKey("context", list[ContextSource])


def render_text(request: web.Request, name: str, **context: Any) -> str:
    frame: dict[str, Any] = {}
    for source in request.app[CONTEXT]:
        frame.update(source(request))
    return request.app[TEMPLATES].render(visit_of(request).locale, name, {**frame, **context})


def render(request: web.Request, name: str, *, status: int = 200, **context: Any) -> web.Response:
    return web.Response(text=render_text(request, name, **context), status=status, content_type="text/html")


def see_other(location: str) -> web.Response:
    """To the next page after a POST (returned, never raised: raising would roll the work back)."""
    return web.Response(status=303, headers={hdrs.LOCATION: location})


def answer(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


async def sent_fields(request: web.Request) -> MultiMapping[Any] | dict[str, Any]:
    """The fields of a form or of a JSON object; what no text holds (a NUL pasted along) is left out."""
    if request.content_type == "application/json":
        raw = await request.read()
        try:
            value = orjson.loads(raw) if raw else {}
        except orjson.JSONDecodeError:
            value = {}
        return forms.readable(value) if isinstance(value, dict) else {}
    posted = await request.post()
    return MultiDict((name, forms.readable(value)) for name, value in posted.items())


async def read_form(request: web.Request, model: type[forms.Model]) -> forms.Form[forms.Model]:
    """What was sent, as a value of `model` or as errors by field in the reader's language."""
    return forms.read(model, await sent_fields(request), lambda text, facts: say(request, text, facts))


def read_query(request: web.Request, model: type[forms.Model]) -> forms.Model:
    """The query of an address; what is malformed in it counts as not given."""
    form = forms.read(model, request.query)
    kept = {name: value for name, value in form.typed.items() if name not in form.errors and value != ""}
    return form.value if not form.errors else model.model_validate(kept)


def wrong_fields(request: web.Request, refusal: Refusal, field: str = "") -> dict[str, str]:
    """The sentences of a refusal by the field they stand at; one that names none stands at `field`."""
    facts = {name: value for name, value in refusal.facts.items() if name != "errors"}
    errors = refusal.facts.get("errors") or {field: refusal.says}
    return {name: say(request, text, facts) for name, text in errors.items()}


def wants_json(request: web.Request) -> bool:
    accepts = request.headers.get(hdrs.ACCEPT, "")
    return (
        request.path.startswith("/api/")
        or "application/json" in accepts
        or (request.content_type == "application/json" and "text/html" not in accepts)
    )


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: dict[str, str] = {}
    href: str = ""
    """The page on which something can be done about it."""


def problem(request: web.Request, refusal: Refusal) -> Problem:
    facts = {name: value for name, value in refusal.facts.items() if name != "errors"}
    sentence = say(request, refusal.says, facts)
    errors = refusal.facts.get("errors", {})
    return Problem(
        type=f"/problems/{refusal.code}",
        title=sentence,
        status=refusal.status,
        detail=sentence,
        code=refusal.code,
        request_id=request[REQUEST_ID],
        errors={name: say(request, text, facts) for name, text in errors.items()},
        href=facts.get("href", ""),
    )
