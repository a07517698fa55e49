"""What wraps every request: headers, refusals, who visits, form tokens, rules, the transaction, repeated POSTs."""

import gzip
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web

from server.core import csrf, idempotency, ids
from server.core.errors import CrossSite, Forbidden, NotFound, ReauthenticationNeeded, Refusal, SignedOut
from server.core.forms import UNREADABLE
from server.core.http import (
    DATABASE,
    PUBLIC,
    REQUEST_ID,
    SIGNED_IN,
    UNIT,
    VISIT,
    Handler,
    Rule,
    Visit,
    begin_unit,
    problem,
    render,
    rule_of,
    sent_fields,
    visit_of,
    wants_json,
)
from server.core.unit import Unit

log = structlog.get_logger()

Identify = Callable[[web.Request, Rule | None], Awaitable[Visit]]
IDENTIFY: web.AppKey[Identify] = web.AppKey("identify", object)  # type: ignore[arg-type]
OWN_ORIGINS = web.AppKey("own_origins", frozenset[str])
ASK_AGAIN: web.AppKey[Handler] = web.AppKey("ask_again", object)  # type: ignore[arg-type]
"""Answers a form of ours whose sender must prove themselves first."""
OBSERVE: web.AppKey[Callable[[str, str, int, float], None]] = web.AppKey("observe", object)  # type: ignore[arg-type]

STAYS = "X-Stays"
"""Header of what a page asks for that must not be left for another page: a call goes on in it."""
CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Cache-Control": "no-store",
}
TEXT = frozenset({"text/html", "application/json", "application/problem+json", "image/svg+xml", "text/calendar"})
WORTH_SQUEEZING = 1200  # bytes; less fits into one packet anyway


@web.middleware
async def believe_proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whom and how the proxy in front of us serves: its last word of X-Forwarded-For, and X-Forwarded-Proto."""
    sender = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip() or request.remote or ""
    scheme = "https" if request.headers.get("X-Forwarded-Proto") == "https" else request.scheme
    return await handler(request.clone(remote=sender, scheme=scheme))


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: the request's id, its headers, its line in the log (the route's pattern, never what was asked for)."""
    request[REQUEST_ID] = ids.new_id()
    request[VISIT] = Visit()
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request=request[REQUEST_ID]):
        response = await handler(request)
        seconds = time.perf_counter() - began
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "unknown"
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            response.headers["X-Request-Id"] = request[REQUEST_ID]
            squeeze(request, response)
        log.info("request", method=request.method, route=route, status=response.status, ms=round(seconds * 1000, 1))
        if OBSERVE in request.app:
            request.app[OBSERVE](request.method, route, response.status, seconds)
    return response


def squeeze(request: web.Request, response: web.StreamResponse) -> None:
    """Text leaves compressed: on a poor line a page takes as long as its bytes do (decision 0013)."""
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return
    accepted = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if not accepted or response.content_type not in TEXT or len(response.body) < WORTH_SQUEEZING:
        return
    if hdrs.CONTENT_ENCODING not in response.headers:
        response.body = gzip.compress(response.body, 5, mtime=0)
        response.headers[hdrs.CONTENT_ENCODING], response.headers[hdrs.VARY] = "gzip", hdrs.ACCEPT_ENCODING


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one table from refusals to answers of the web."""
    try:
        return await handler(request)
    except (ReauthenticationNeeded, SignedOut) as refusal:
        return await _ask_again(request) or refuse(request, refusal)
    except Refusal as refusal:
        return refuse(request, refusal)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refuse(request, _refusal_for(error))
    except ConnectionResetError:
        if request.transport is not None and not request.transport.is_closing():
            raise
        return web.Response(status=499)  # whoever asked has gone: nobody reads this, and nothing is wrong
    except TimeoutError:
        raise
    except Exception:
        log.exception("request failed", route=request.path.split("/")[1] if request.path else "")
        return refuse(request, Failed())


class Failed(Refusal):
    code = "failed"
    status = 500
    says = "系统出了问题，没有完成；已保存的内容不受影响，请稍后重试"


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    status = 405
    says = "这个地址不能这样使用"


class TooLarge(Refusal):
    code = "too_large"
    status = 413
    says = "内容太大，无法接收"


class BadRequest(Refusal):
    code = "bad_request"
    status = 400
    says = "请求的格式不对"


def _refusal_for(error: web.HTTPException) -> Refusal:
    known: dict[int, type[Refusal]] = {404: NotFound, 405: MethodNotAllowed, 413: TooLarge, 403: Forbidden}
    return known.get(error.status, BadRequest)()


def refuse(request: web.Request, refusal: Refusal) -> web.Response:
    by_script = wants_json(request) or STAYS in request.headers or hdrs.RANGE in request.headers  # of a file, no page
    if isinstance(refusal, SignedOut | ReauthenticationNeeded) and not by_script:
        return _to_sign_in(request, refusal)
    described = problem(request, refusal)
    if wants_json(request) or isinstance(refusal, SignedOut | ReauthenticationNeeded):
        body = described.model_dump_json(exclude_defaults=True)
        return web.Response(text=body, status=refusal.status, content_type="application/problem+json")
    return render(request, "errors/page.html", status=refusal.status, problem=described)


async def _ask_again(request: web.Request) -> web.StreamResponse | None:
    """Who they are, of whoever sent a form and is known here; what they typed is kept meanwhile."""
    visit = visit_of(request)
    if visit.actor is None and visit.asleep is None:
        return None
    if not await _form_of_ours(request):
        return None
    visit.actor = visit.actor or visit.asleep
    return await request.app[ASK_AGAIN](request)


async def _form_of_ours(request: web.Request) -> bool:
    """A form that a page of ours sent: only such is kept while its sender proves themselves, no stranger's."""
    asked = request.method in csrf.SAFE or wants_json(request) or "HX-Request" in request.headers
    if asked or ASK_AGAIN not in request.app:
        return False
    try:
        await check_origin(request, visit_of(request))
    except CrossSite:
        return False
    return True


def _to_sign_in(request: web.Request, refusal: Refusal) -> web.Response:
    page = "/reauthenticate" if isinstance(refusal, ReauthenticationNeeded) else "/sign-in"
    back = request.path_qs if request.method == hdrs.METH_GET else request.headers.get("X-Page", "/")
    location = f"{page}?next={quote(back, safe='')}"
    if request.headers.get("HX-Request"):
        return web.Response(status=204, headers={"HX-Redirect": location})
    return web.Response(status=303, headers={hdrs.LOCATION: location})


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who visits, and whether the route's rule lets them in: the one place where the matrix meets a route."""
    if UNREADABLE.search(request.path) or any(UNREADABLE.search(value) for value in request.query.values()):
        raise NotFound
    rule = rule_of(request)
    if rule is None and request.match_info.route.resource is not None:
        return await _for_anybody(request, handler)
    visit = request[VISIT] = await request.app[IDENTIFY](request, rule)
    if rule is not None:
        check_rule(request, rule, visit)
        if not rule.foreign:
            await check_origin(request, visit)
    response = await handler(request)
    if not response.prepared:
        for name, value in visit.new_cookies.items():
            set_cookie(request, response, name, value)
    return response


async def _for_anybody(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Files of the page, and sockets, which ask who comes when something is joined; a refusal is in words, and so in
    the language of whoever asks."""
    try:
        return await handler(request)
    except web.HTTPException:
        request[VISIT] = await request.app[IDENTIFY](request, None)
        raise


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, max_age: int | None = None
) -> None:
    secure = request.scheme == "https"
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=secure, path="/", max_age=max_age)


def check_rule(request: web.Request, rule: Rule, visit: Visit) -> None:
    """Raises SignedOut, NotFound (never yours in this role) or ReauthenticationNeeded."""
    if rule.action == PUBLIC:
        return
    if visit.actor is None:
        if visit.half_way and rule.half_way:
            return
        raise SignedOut
    if rule.action == SIGNED_IN:
        return
    database = request.app[DATABASE]
    if not database.matrix.granted(visit.actor.role, rule.action):
        raise NotFound
    if rule.action in database.matrix.stepped_up and not visit.actor.proved(database.clock.now()):
        raise ReauthenticationNeeded


async def check_origin(request: web.Request, visit: Visit) -> None:
    """Raises CrossSite unless the request comes from a page of ours, with its token."""
    csrf.refuse_foreign_origin(request, request.app[OWN_ORIGINS])
    if request.method in csrf.SAFE:
        return
    sent = request.headers.get("X-CSRF")
    if sent is None:
        sent = str((await sent_fields(request)).get("csrf", ""))
    csrf.refuse_wrong_token(sent, _form_secret(request), visit.session)


def form_token(request: web.Request, visit: Visit) -> str:
    return csrf.new_token(_form_secret(request), visit.session)


def _form_secret(request: web.Request) -> bytes:
    return request.app[DATABASE].keys.derive("csrf")


@web.middleware
async def transact(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One request, one unit of work; a POST that was answered before gets that answer."""
    rule = rule_of(request)
    if rule is None or rule.own_units:
        return await handler(request)
    writes = request.method not in csrf.SAFE
    key = await _repeat_key(request) if writes else ""
    async with begin_unit(request, writes=writes) as unit:
        request[UNIT] = unit
        if not key:
            return keep_or_undo(unit, await handler(request))
        return await _once(request, handler, unit, key)


def keep_or_undo(unit: Unit, response: web.StreamResponse) -> web.StreamResponse:
    if response.status >= 400:
        unit.undo()
    return response


async def _repeat_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None and request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        key = str((await sent_fields(request)).get("idempotency_key", ""))
    return (key or "")[:80]


async def _once(request: web.Request, handler: Handler, unit: Unit, key: str) -> web.StreamResponse:
    actor = visit_of(request).actor
    owner = actor.person_id if actor else "visitor"
    row = await idempotency.claim(unit, owner, key)
    if row is None:
        unit.undo()
        before = await idempotency.given_before(unit, owner, key)
        return _given(unit, before) if before else refuse(request, Forbidden())
    response = keep_or_undo(unit, await handler(request))
    if isinstance(response, web.Response) and response.status < 400:
        row.status, row.location = response.status, response.headers.get(hdrs.LOCATION, "")
        row.media_type = response.content_type
        body = response.body if isinstance(response.body, bytes) else b""
        row.sealed_body = unit.keys.seal(body[: idempotency.LARGEST_KEPT], f"answer:{owner}:{key}") if body else b""
    return response


def _given(unit: Unit, row: idempotency.GivenAnswer) -> web.Response:
    body = unit.keys.open(row.sealed_body, f"answer:{row.owner}:{row.key}") if row.sealed_body else b""
    headers = {hdrs.LOCATION: row.location} if row.location else {}
    return web.Response(body=body, status=row.status, headers=headers, content_type=row.media_type)


MIDDLEWARES = (observe, answer_refusals, identify, transact)
