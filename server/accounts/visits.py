"""Whose request this is: the session cookie, its limits, and the language."""

from aiohttp import web

from server.accounts import queries, service
from server.accounts.model import Person, Post, SignIn
from server.core import ids
from server.core.http import DATABASE, Rule, Visit
from server.core.i18n import choose_locale
from server.core.unit import Unit

SESSION = "lianzhen_session"
VISITOR = "lianzhen_visitor"
LANGUAGE = "lianzhen_language"
SIGN_IN = web.RequestKey("sign_in", str)


def cookie_name(request: web.Request) -> str:
    """With TLS the browser itself guards the name: no other host, no other path, never in the clear."""
    return f"__Host-{SESSION}" if request.scheme == "https" else SESSION


async def identify(request: web.Request, rule: Rule | None) -> Visit:
    """The visit of a request; an idle or ended session counts as none."""
    token = request.cookies.get(cookie_name(request))
    visit = await _signed_in(request, token, rule) if token else None
    if visit is None:
        visit = _stranger(request)
    wished = request.cookies.get(LANGUAGE) or (visit.actor.locale if visit.actor else None)
    visit.locale = choose_locale(wished, request.headers.get("Accept-Language", ""))
    return visit


def _stranger(request: web.Request) -> Visit:
    known = request.cookies.get(VISITOR, "")
    if len(known) >= 32:
        return Visit(session=known)
    fresh = ids.new_token()
    return Visit(session=fresh, new_cookies={VISITOR: fresh})


async def _signed_in(request: web.Request, token: str, rule: Rule | None) -> Visit | None:
    database = request.app[DATABASE]
    async with database.unit(writes=False) as unit:
        found = await queries.sign_in_by_token(unit, token)
        if found is None or not found[0].alive(unit.now):
            return None
        sign_in, person, posts = found
        if sign_in.idle(unit.now) and not (rule and rule.survives_idle):
            return None
        due = unit.now - sign_in.seen_at >= service.SEEN_GRAIN
        visit = await _visit(unit, sign_in, person, posts)
    request[SIGN_IN] = sign_in.id
    if due and visit:
        async with database.unit() as unit:
            await _touch(unit, sign_in.id)
    return visit


async def _visit(unit: Unit, sign_in: SignIn, person: Person, posts: list[Post]) -> Visit | None:
    if sign_in.second_factor_at is None:
        return Visit(session=sign_in.id, half_way=True)
    actor = await service.actor_of(unit, sign_in, person, posts)
    return Visit(actor=actor, session=sign_in.id) if actor else None


async def _touch(unit: Unit, id: str) -> None:
    sign_in = await unit.session.get(SignIn, id)
    if sign_in:
        sign_in.seen_at = unit.now
