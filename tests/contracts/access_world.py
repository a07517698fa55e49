"""Who asks, and what of: people who stand to a case in every way, in every role, and what is remembered of it.

Rights hang on posts, so each person here holds a post of every role: the same doctor who asked, acting as an auditor,
stands to the case as before and may do what an auditor may.
"""

import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp
import orjson
from aiohttp import web

from server.accounts import queries as accounts_queries
from server.accounts import visits
from server.accounts.model import SignIn
from server.core import csrf, edge, ids
from server.core.clock import SetClock
from server.core.database import keep_quiet
from server.core.http import DATABASE, RULES

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
NOWHERE = "f" * 32
PATIENT, QUESTION = "秦文远", "是否需要立即上转行冠脉造影？"

STANDS = ("own", "participant", "hospital", "consortium", "other")
"""Who asks, the expert asked, a colleague of who asks, another hospital of the consortium, another consortium's."""

TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class World:
    app: web.Application
    url: str
    clock: SetClock
    people: dict = field(default_factory=dict)
    posts: dict = field(default_factory=dict)
    cookies: dict = field(default_factory=dict)
    """(stand, role) → the cookie and the form token of somebody signed in so."""
    objects: dict = field(default_factory=dict)
    session: aiohttp.ClientSession = None

    @property
    def database(self):
        return self.app[DATABASE]

    def rules(self):
        return self.app[RULES]

    async def ask(self, method, path, principal=None, *, fields=None, headers=None, accept="application/json"):
        """One request of `principal`, a (stand, role) or None for a stranger."""
        cookie, token = self.cookies.get(principal, ("", ""))
        sent = {"Accept": accept, "Origin": self.url, "X-CSRF": token, **(headers or {})}
        if cookie:
            sent["Cookie"] = cookie
        async with self.session.request(method, path, data=fields, headers=sent, allow_redirects=False) as response:
            body = await response.read()
            return Answer(response.status, body, response.headers)

    async def visit(self):
        """The cookie and form token of a browser in which nobody is signed in."""
        answer = await self.ask("GET", "/sign-in", "somebody new", accept="text/html")
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        token = re.search(rb'name="csrf" content="([0-9a-f]+)"', answer.body)[1].decode()
        return cookie, token

    async def sign_in(self, stand, role, **facts):
        """Somebody signed in without a password; `facts` of the sign-in may be other than usual."""
        token, now = ids.new_token(), self.clock.now()
        known = {"created_at": now, "seen_at": now, "second_factor_at": now, "reauthenticated_at": now} | facts
        async with self.database.unit() as unit:
            row = SignIn(
                id=unit.new_id(),
                digest=accounts_queries.digest_of(token),
                person_id=self.people[stand].id,
                post_id=self.posts[stand, role].id,
                **known,
            )
            unit.session.add(row)
        form_token = csrf.new_token(self.database.keys.derive("csrf"), row.id)
        return f"lianzhen_session={token}", form_token


@dataclass
class Answer:
    status: int
    body: bytes
    headers: object

    @property
    def told(self):
        """What is said, apart from what every answer has of its own."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return self.lines
        if isinstance(value, dict):
            value.pop("request_id", None)
        return value

    @property
    def lines(self):
        """The same as a page has it."""
        return re.sub(r"[0-9a-f]{32,64}", "*", self.body.decode(errors="replace")).splitlines()

    @property
    def heads(self):
        own = {"date", "x-request-id", "content-length"}
        return {name: value for name, value in self.headers.items() if name.lower() not in own}

    def __str__(self):
        told = self.told
        return (
            f"{self.status} {HTTPStatus(self.status).phrase} {told.get('title', '') if isinstance(told, dict) else ''}"
        )


@asynccontextmanager
async def forgetting(world):
    """What is asked for is done and answered, and nothing of it is kept: the next finds everything as it was."""

    async def forget(unit):
        await unit.session.rollback()

    before, delivered = world.database.before_commit, world.database.deliver
    world.database.before_commit, world.database.deliver = [*before, forget], keep_quiet
    try:
        yield
    finally:
        world.database.before_commit, world.database.deliver = before, delivered


@asynccontextmanager
async def remembering(world):
    """Whoever has shown their cookie once is known from then on: asking the store again doubles the time of a test."""
    identify, known = world.app[edge.IDENTIFY], {}

    async def recognise(request, rule):
        cookie = request.headers.get("Cookie", "")
        if cookie not in known:
            known[cookie] = await identify(request, rule), request.get(visits.SIGN_IN, "")
        visit, request[visits.SIGN_IN] = known[cookie]
        return visit

    with _thawed(world.app) as app:
        app[edge.IDENTIFY] = recognise
    try:
        yield
    finally:
        with _thawed(world.app) as app:
            app[edge.IDENTIFY] = identify


@contextmanager
def _thawed(app):
    """An application that has started takes no new parts, as a rule."""
    app._frozen, frozen = False, app._frozen
    yield app
    app._frozen = frozen
