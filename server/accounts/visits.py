"""Whose request this is: the session cookie, its limits, and the language."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from aiohttp import web

from server.accounts import queries, service, sign_ins
from server.accounts.model import Person, SignIn
from server.core import ids
from server.core.access import Actor
from server.core.database import Database
from server.core.edge import set_cookie
from server.core.errors import ReauthenticationNeeded, SignedOut
from server.core.http import DATABASE, Rule, Visit, actor_of
from server.core.i18n import LOCALES, choose_locale
from server.core.together import Together
from server.core.unit import Unit

SESSION = "lianzhen_session"
VISITOR = "lianzhen_visitor"
LANGUAGE = "lianzhen_language"
DEVICE = "lianzhen_device"
BACKGROUND = "X-Background"
"""Header of what a page asks for by itself, without anybody touching it."""
DEVICE_DAYS = 180
SIGN_IN = web.RequestKey("sign_in", str)

InCall = Callable[[Unit, str, str], Awaitable[bool]]
"""Asked with a person and an id out of an address: whether they are in that call, or in the one about that."""
IN_CALL: web.AppKey[InCall] = web.AppKey("in_call", object)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SignedIn:
    sign_in: SignIn
    actor: Actor | None
    """None when the person or every post of theirs is out of use."""


def cookie_name(request: web.Request) -> str:
    """With TLS the browser itself guards the name: no other host, no other path, never in the clear."""
    return f"__Host-{SESSION}" if request.scheme == "https" else SESSION


class Visits:
    """Whose requests these are; cookies that come at one moment are looked up together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = Together(self._look_up)

    async def identify(self, request: web.Request, rule: Rule | None) -> Visit:
        """The visit of a request; an idle or ended session counts as none."""
        token = request.cookies.get(cookie_name(request), "")
        visit = await self._signed_in(request, token, rule) if token and token.isascii() else None
        if visit is None:
            visit = _stranger(request)
        wished = chosen_language(request) or (visit.actor.locale if visit.actor else None)
        visit.locale = choose_locale(wished, request.headers.get("Accept-Language", ""))
        return visit

    async def _look_up(self, tokens: Sequence[str]) -> list[SignedIn | None]:
        keys = self._database.keys
        digests = [
            (queries.digest_of(token), queries.digest_of(sign_ins.cookie_after(keys, token))) for token in tokens
        ]
        async with self._database.unit(writes=False) as unit:
            found = await queries.sign_ins_by_digest(unit, chain.from_iterable(digests))
            actors = await service.actors_of(unit, list(found.values()))
            now = unit.now
        known = {digest: SignedIn(sign_in, actors.get(sign_in.id)) for digest, (sign_in, *_) in found.items()}
        return [known.get(own) or _unproved(known.get(after), now) for own, after in digests]

    async def _signed_in(self, request: web.Request, token: str, rule: Rule | None) -> Visit | None:
        found, now = await self._known.ask(token), self._database.clock.now()
        if found is None or not (found.sign_in.alive(now) or await _still_talks(request, rule, found.sign_in)):
            return None
        sign_in, visit = found.sign_in, _visit(found)
        idle = sign_in.idle(now)
        # the call of somebody idle goes on, which does not unlock their pages; nor does a page that refreshes itself
        due = not idle and BACKGROUND not in request.headers and now - sign_in.seen_at >= sign_ins.SEEN_GRAIN
        request[SIGN_IN] = sign_in.id
        if idle and not (rule and rule.survives_idle):
            return Visit(session=visit.session, asleep=visit.actor) if visit and visit.actor else None
        if due and visit:
            async with self._database.unit() as unit:
                await _touch(unit, sign_in.id)
        return visit


def _unproved(found: SignedIn | None, now: datetime) -> SignedIn | None:
    """What the cookie of before a proof still stands for: the same sign-in, for a minute, and never for the proof."""
    if found is None or not found.sign_in.just_proved(now):
        return None
    return SignedIn(found.sign_in, replace(found.actor, reauthenticated_at=None) if found.actor else None)


def chosen_language(request: web.Request) -> str:
    """What was chosen in this browser, on the sign-in page or later: it goes before what a person chose elsewhere."""
    chosen = request.cookies.get(LANGUAGE, "")
    return chosen if chosen in LOCALES else ""


def _stranger(request: web.Request) -> Visit:
    known = request.cookies.get(VISITOR, "")
    if len(known) >= 32:
        return Visit(session=known)
    fresh = ids.new_token()
    return Visit(session=fresh, new_cookies={VISITOR: fresh})


async def _still_talks(request: web.Request, rule: Rule | None, sign_in: SignIn) -> bool:
    """Whether a sign-in past its absolute limit comes back to the call that its person is in, and to nothing else."""
    if sign_in.ended_at is not None or rule is None or not rule.survives_idle:
        return False
    async with request.app[DATABASE].unit(writes=False) as unit:
        return await request.app[IN_CALL](unit, sign_in.person_id, request.match_info.get("id", ""))


def _visit(found: SignedIn) -> Visit | None:
    session = found.sign_in.id
    if found.sign_in.second_factor_at is None:
        return Visit(session=session, half_way=True)
    return Visit(actor=found.actor, session=session) if found.actor else None


async def _touch(unit: Unit, id: str) -> None:
    sign_in = await unit.session.get(SignIn, id)
    if sign_in:
        sign_in.seen_at = unit.now


# ---- what handlers ask of the visit


async def sitting(request: web.Request, unit: Unit) -> tuple[SignIn, Person]:
    """The sign-in of this browser and whose it is, also half-way through it. Raises SignedOut."""
    sign_in = await unit.session.get(SignIn, request.get(SIGN_IN, ""))
    if sign_in is None:
        raise SignedOut
    return sign_in, await queries.person(unit, sign_in.person_id)


def answer_was_lost(request: web.Request, sign_in: SignIn) -> bool:
    """Whether this browser still comes with the cookie of before the last proof."""
    return sign_in.digest != queries.digest_of(request.cookies[cookie_name(request)])


def cookie_to_come(request: web.Request) -> str:
    """The cookie under which the sign-in of this browser goes on once more was proved."""
    return sign_ins.cookie_after(request.app[DATABASE].keys, request.cookies[cookie_name(request)])


def proved(request: web.Request, *, ahead: timedelta = timedelta(0)) -> bool:
    """Whether the person proved who they are within five minutes, and that still counts so much later."""
    return actor_of(request).proved(request.app[DATABASE].clock.now() + ahead)


def require_fresh(request: web.Request) -> None:
    """Raises ReauthenticationNeeded unless the person proved who they are within five minutes."""
    if not proved(request):
        raise ReauthenticationNeeded


def hand_over_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    set_cookie(request, response, cookie_name(request), token)


# ---- browsers from which somebody has signed in before: no stranger's guesses lock those out


def remember_device(request: web.Request, response: web.StreamResponse, login: str) -> None:
    nonce = ids.new_token()
    value = f"{nonce}.{_device_mark(request, login, nonce)}"
    set_cookie(request, response, DEVICE, value, DEVICE_DAYS * 86400)


def known_device(request: web.Request, login: str) -> str:
    """The name of this browser, when `login` has signed in from it; else nothing."""
    nonce, _, mark = request.cookies.get(DEVICE, "").partition(".")
    right = hmac.compare_digest(mark.encode(), _device_mark(request, login, nonce).encode())
    return nonce if nonce and right else ""


def _device_mark(request: web.Request, login: str, nonce: str) -> str:
    key = request.app[DATABASE].keys.derive("known devices")
    return hmac.new(key, f"{nonce} {login.strip().lower()}".encode(), hashlib.sha256).hexdigest()
