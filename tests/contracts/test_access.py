"""The access matrix, asked of the running application: every route and every message of the sockets.

Everything is made from what there is: the routes of the application, the decode table of signalling, access.toml.
What is expected of a request follows from the action of its route, the role, and how whoever asks stands to the
object. An address whose object is not named here, or a message whose need is not, fails: name it below.
"""

from datetime import timedelta
from difflib import unified_diff

import pytest
import pytest_asyncio
import socketio
from socketio.exceptions import ConnectionError as Unwelcome

from server.accounts.model import ABSOLUTE, IDLE
from server.accounts.roles import Role
from server.core.access import Relation
from server.core.http import PUBLIC, SIGNED_IN
from signaling.group_messages import GROUP_DECODERS
from signaling.hall_messages import HALL_DECODERS
from signaling.lesson_messages import LESSON_DECODERS
from signaling.messages import DECODERS
from tests.contracts.access_world import (
    NOW,
    NOWHERE,
    PATIENT,
    QUESTION,
    STANDS,
    STREAM,
    TUS,
    creation,
    forgetting,
    open_world,
    remembering,
)
from tests.rules.source import nothing
from tests.stores import create_database

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN, PARTICIPANT, INSTITUTION, CONSORTIUM = (
    Relation.OWN,
    Relation.PARTICIPANT,
    Relation.INSTITUTION,
    Relation.CONSORTIUM,
)

OBJECTS = (
    ("/consultations/{id}", "case"),
    ("/api/consultations/{id}", "case"),
    ("/patients/{id}", "patient"),
    ("/consents/{id}", "consent"),
    ("/files/uploads/{id}", "upload"),
    ("/files/{id}/complete", "upload"),
    ("/files/{id}/put-back", "withdrawn"),
    ("/files/{id}/withdraw", "own file"),
    ("/files/of/{kind}/{id}", "case"),
    ("/files/{id}", "file"),
    ("/rooms/{id}", "room"),
    ("/schedule/posts/{id}", "post"),
    ("/schedule/exceptions/{id}", "exception"),
    ("/directory/institutions/{id}", "institution"),
    ("/directory/agreements/{id}", "agreement"),
    ("/directory/consortia/{id}", "consortium"),
    ("/directory/departments/{id}", "department"),
    ("/me/sign-ins/{id}", "sign_in"),
    ("/second-factor/passkeys/{id}", "passkey"),
    ("/people/{id}", "person"),
    ("/teaching/sessions/{id}", "session"),
    ("/teaching/cases/{id}/copies", "case under review"),
    ("/teaching/cases/{id}", "teaching case"),
    ("/teaching/recordings/{id}", "recording"),
    ("/consultations/recordings/{id}", "case recording"),
    ("/teaching/courses/{id}", "course"),
)
"""The beginning of an address → what its {id} is; the first that fits counts."""

SAME_AS = {"own file": "file"}

OF_A_CASE = {
    "own": {OWN, INSTITUTION, CONSORTIUM},
    "participant": {PARTICIPANT, INSTITUTION, CONSORTIUM},
    "hospital": {INSTITUTION, CONSORTIUM},
    "consortium": {CONSORTIUM},
    "other": frozenset(),
}
OF_WHO_DID_IT = {**dict.fromkeys(STANDS, frozenset()), "own": {OWN, INSTITUTION, CONSORTIUM}}
OF_A_POST = {**OF_A_CASE, "participant": {CONSORTIUM}}
OF_A_PATIENT = {**dict.fromkeys(STANDS, frozenset()), "own": {OWN, INSTITUTION}, "hospital": {INSTITUTION}}
RELATIONS = {
    "case": OF_A_CASE,
    "case recording": OF_A_CASE,
    "file": OF_A_CASE,
    "room": OF_A_CASE,
    "patient": OF_A_PATIENT,
    "consent": OF_A_PATIENT,
    "upload": OF_WHO_DID_IT,
    "withdrawn": OF_WHO_DID_IT,
    "own file": OF_WHO_DID_IT,
    "post": OF_A_POST,
    "exception": OF_A_POST,
    "course": OF_A_POST,
    "session": {**OF_A_CASE, "participant": {PARTICIPANT, CONSORTIUM}},
    "recording": {**OF_A_CASE, "participant": {PARTICIPANT, CONSORTIUM}},
    "teaching case": {**OF_A_CASE, "own": {CONSORTIUM}, "participant": {OWN, CONSORTIUM}},
    "case under review": {**OF_A_CASE, "own": {CONSORTIUM}, "participant": {OWN, CONSORTIUM}},
    "institution": OF_A_POST,
    "department": OF_A_POST,
    "consortium": {**dict.fromkeys(STANDS, frozenset({CONSORTIUM})), "other": frozenset()},
    "person": OF_A_POST,
    "agreement": {**OF_A_POST, "participant": {INSTITUTION, CONSORTIUM}},
}
"""How each stands to an object of a kind."""

ROOM = [("room.enter", "room")]
CASE_OF_A_CONSENT = [("consent.record", "patient"), ("consultation.edit", "case")]
BEHIND = {
    "GET /rooms/{id}": ROOM,
    "POST /rooms/{id}/join": ROOM,
    "POST /rooms/{id}/check": ROOM,
    "POST /rooms/{id}/handover": ROOM,
    "POST /rooms/{id}/guests": [*ROOM, ("room.invite_guest", "room")],
    "POST /rooms/{id}/guests/{link}/revoke": [*ROOM, ("room.invite_guest", "room")],
    "GET /patients/{id}/consent": CASE_OF_A_CONSENT,
    "POST /patients/{id}/consent": CASE_OF_A_CONSENT,
    "POST /patients/{id}/consent/emergency": CASE_OF_A_CONSENT,
    "POST /files/uploads": [("file.upload", "case")],
}
"""Routes that ask for more than their action: each of these, with what its object is."""

ONLY_ONES_OWN = {
    "POST /posts/switch",
    "POST /me/sign-ins/{id}/revoke",
    "POST /second-factor/passkeys/{id}/remove",
}
"""Routes for whoever is signed in, about something of their own: nobody else's is found."""

MISSING_IS_FINE = {"GET /verify/{code}", "GET /calendar/{code}.ics"}
"""Public routes that answer 404 to what there is not."""


# ---- the world, once for all ----


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sqlite", "postgresql"])
async def world(request, run, worker, tmp_path_factory):
    url = await create_database(run.postgresql(), f"{worker}_access") if request.param == "postgresql" else ""
    async with open_world(tmp_path_factory.mktemp("access") / "data", url) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def unchanged(world):
    """The world, in which nothing that is asked for is kept."""
    async with forgetting(world):
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def known(unchanged):
    """The same, in which a cookie is looked up once."""
    async with remembering(unchanged):
        yield unchanged


# ---- what is asked, and what is expected ----


def asked_of(app_rules):
    """(name, method, pattern, rule) of every route."""
    return [(f"{method} {pattern}", method, pattern, rule) for (method, pattern), rule in sorted(app_rules.items())]


def kind_in(pattern):
    if "{id}" not in pattern:
        return None
    return next((kind for beginning, kind in OBJECTS if pattern.startswith(beginning)), "unlisted")


def filled(world, name, method, pattern, *, absent=False):
    """The request that this route gets: its address, fields and headers."""
    objects, kind = world.objects, kind_in(pattern)
    id = NOWHERE if absent else objects.get(SAME_AS.get(kind, kind), NOWHERE)
    case = NOWHERE if absent else objects["case"]
    words = {"{id}": id, "{signing}": objects["signing"], "{kind}": "consultation", "{name}": "document", "{code}": "X"}
    words |= {"{member}": objects["member"], "{post}": objects["persons post"], "{phase}": "0"}
    words |= {"{file}": objects["recorded file of the case" if kind == "case recording" else "recorded file"]}
    words |= {"{rung}": "180", "{line}": objects["caption"]}
    words |= {"{copy}": objects["copy"], "{place}": "0", "{link}": objects["link"]}
    if pattern.startswith("/people/export"):
        words["{kind}"] = "xlsx"
    path, fields, headers = pattern, None if method == "GET" else {"reason": "试一试"}, None
    for word, value in words.items():
        path = path.replace(word, value)
    if "/consent" in pattern and kind == "patient":
        path, fields = (f"{path}?for={case}", None) if method == "GET" else (path, {**fields, "subject": case})
    if name == "POST /files/uploads":
        headers = creation(case)
    elif "/files/uploads" in pattern:
        headers = {**STREAM, "Upload-Offset": "0"} if method == "PATCH" else TUS
    elif name == "POST /files/{id}/complete":
        fields = {"sha256": "0" * 64}
    elif name == "POST /posts/switch":
        fields = {"post": NOWHERE if absent else objects["post"]}
    return path, fields, headers


def allowed(world, name, pattern, rule, stand, role):
    """Whether access.toml lets this role do it, standing so to the object."""
    if name in ONLY_ONES_OWN:
        return stand == "own"
    if rule.action in (PUBLIC, SIGNED_IN) and name not in BEHIND:
        return True
    needs = BEHIND.get(name) or [(rule.action, kind_in(pattern))]
    return all(_granted(world, role, stand, action, kind) for action, kind in needs)


def _granted(world, role, stand, action, kind):
    granted = world.database.matrix.granted(role.value, action)
    if kind is None:
        return bool(granted)
    return Relation.ANY in granted or not granted.isdisjoint(RELATIONS[kind][stand])


def let_in(answer):
    return answer.status < 500 and answer.status not in (401, 403, 404)


def turned_away(answer, method, absent):
    return answer.status == 404 and (method == "HEAD" or answer.told == absent)


async def nothing_there(world):
    """What every address answers that is not there."""
    answer = await world.ask("GET", "/no/such/page", ("own", Role.APPLICANT))
    assert answer.status == 404
    return answer.told


# ---- the routes ----


async def test_every_address_with_an_object_says_which(world):
    assert [name for name, _, pattern, _ in asked_of(world.rules()) if kind_in(pattern) == "unlisted"] == []


async def test_what_is_said_of_routes_is_said_of_routes_that_exist(world):
    known = {name for name, *_ in asked_of(world.rules())}
    assert {*BEHIND, *ONLY_ONES_OWN, *MISSING_IS_FINE} - known == set()
    patterns = [pattern for _, _, pattern, _ in asked_of(world.rules())]
    assert [one for one, _ in OBJECTS if not any(pattern.startswith(one) for pattern in patterns)] == []


@pytest.mark.parametrize("stand", STANDS)
@pytest.mark.parametrize("role", Role)
async def test_a_role_gets_what_the_matrix_grants_and_no_more(known, stand, role):
    absent = await nothing_there(known)
    wrong = []
    for name, method, pattern, rule in asked_of(known.rules()):
        path, fields, headers = filled(known, name, method, pattern)
        answer = await known.ask(method, path, (stand, role), fields=fields, headers=headers)
        if name in MISSING_IS_FINE:
            continue
        if allowed(known, name, pattern, rule, stand, role):
            fits = let_in(answer)
        else:
            fits = turned_away(answer, method, absent)
        if not fits:
            wrong.append(f"{name} {answer}")
        if stand == "other" and (PATIENT.encode() in answer.body or QUESTION.encode() in answer.body):
            wrong.append(f"{name} tells another consortium of the patient")
    nothing(wrong)


@pytest.mark.parametrize("role", Role)
async def test_what_is_not_there_answers_as_what_is_not_yours(known, role):
    absent = await nothing_there(known)
    wrong = []
    for name, method, pattern, rule in asked_of(known.rules()):
        path, fields, headers = filled(known, name, method, pattern, absent=True)
        about_something = NOWHERE in path or NOWHERE in str(fields) or name == "POST /files/uploads"
        if not about_something or rule.action == PUBLIC:
            continue
        answer = await known.ask(method, path, ("own", role), fields=fields, headers=headers)
        if not turned_away(answer, method, absent):
            wrong.append(f"{name} {answer}")
    nothing(wrong)


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.SPECIALIST, Role.COORDINATOR, Role.INST_ADMIN, Role.AUDITOR])
async def test_the_page_of_what_is_not_there_is_that_of_what_is_not_yours(known, role):
    """As a browser sees them, headers and all."""
    other, wrong = ("other", role), []
    for name, method, pattern, rule in asked_of(known.rules()):
        if method != "GET" or kind_in(pattern) is None or allowed(known, name, pattern, rule, *other):
            continue
        pages = []
        for absent in (False, True):
            path, *_ = filled(known, name, method, pattern, absent=absent)
            pages.append(await known.ask(method, path, other, accept="text/html"))
        foreign, missing = pages
        if (foreign.status, foreign.heads, foreign.lines) != (missing.status, missing.heads, missing.lines):
            wrong.append("\n".join([name, *unified_diff(missing.lines, foreign.lines, n=0)]))
    nothing(wrong)


# ---- who is nobody, half somebody, or somebody no longer ----


async def refused_unless(world, open_to, cookie="", token=""):
    """Asks everything of somebody who is not, or not any more, signed in; names what answered anything but that.

    `cookie` and `token` are what is left of an applicant's sign-in; a visitor's cookie goes along, as in a browser.
    """
    visitor, visitors_token = await world.visit()
    wrong = []
    for name, method, pattern, rule in asked_of(world.rules()):
        path, fields, headers = filled(world, name, method, pattern)
        for tried in {token or visitors_token, visitors_token}:
            world.cookies["nobody"] = (f"{cookie}; {visitor}", tried)
            async with forgetting(world):
                answer = await world.ask(method, path, "nobody", fields=fields, headers=headers)
            if answer.status != 403:  # the form token was the right one
                break
        not_theirs = answer.status == 404 and Role.APPLICANT not in world.database.matrix.grants.get(rule.action, ())
        fits = let_in(answer) or not_theirs or name in MISSING_IS_FINE if open_to(rule) else answer.status == 401
        if not fits:
            wrong.append(f"{name} {answer}")
        if PATIENT.encode() in answer.body:
            wrong.append(f"{name} tells of the patient")
    return wrong


async def test_a_stranger_gets_what_is_public(world):
    nothing(await refused_unless(world, lambda rule: rule.action == PUBLIC))


async def test_between_password_and_second_factor_only_that_answers(world):
    half = await world.sign_in("hospital", Role.APPLICANT, second_factor_at=None)
    nothing(await refused_unless(world, lambda rule: rule.action == PUBLIC or rule.half_way, *half))


async def test_whoever_went_away_finds_only_a_running_consultation_open(world):
    idle = await world.sign_in("own", Role.APPLICANT, seen_at=world.clock.now() - IDLE)
    nothing(await refused_unless(world, lambda rule: rule.action == PUBLIC or rule.survives_idle, *idle))


async def test_after_twelve_hours_nothing_is_open(world):
    old = await world.sign_in("own", Role.APPLICANT, created_at=world.clock.now() - ABSOLUTE)
    nothing(await refused_unless(world, lambda rule: rule.action == PUBLIC, *old))


async def test_what_asks_for_the_password_again_does_so_after_five_minutes(world):
    matrix, stale = world.database.matrix, world.clock.now() - timedelta(minutes=6)
    wrong = []
    for name, method, pattern, rule in asked_of(world.rules()):
        for role in matrix.grants[rule.action] if rule.action in matrix.stepped_up else ():
            world.cookies["stale"] = await world.sign_in("own", Role(role), reauthenticated_at=stale)
            path, fields, headers = filled(world, name, method, pattern)
            answer = await world.ask(method, path, "stale", fields=fields, headers=headers)
            if answer.told.get("code") != "reauthentication_needed":
                wrong.append(f"{name} {answer}")
    nothing(wrong)


# ---- the sockets ----

MEDIA = {"mic": False, "cam": False, "screen": False}
PAGE, ELSEWHERE = "page-0001", "page-0002"
SAID = {
    "join": {"ticket": "x" * 40, "page": PAGE, "last": 0, "media": MEDIA},
    "signal": {"to": "nobody", "page": ELSEWHERE, "candidate": None},
    "media": MEDIA,
    "chat": {"key": "k1", "text": "听得到吗"},
    "hand": {"up": True},
    "net": {"rtt": 40, "loss": 0, "kbps": 1000},
    "admit": {"who": "nobody"},
    "deny": {"who": "nobody"},
    "remove": {"who": "nobody"},
    "mute": {"who": "nobody"},
    "ice": {},
    "since": {"last": 0},
    "stage": {"who": "nobody", "on": True},
    "audience": {},
    "publish": {"sdp": "v=0\r\n", "roles": {"0": "voice"}},
    "unpublish": {},
    "watch": {},
    "arrange": {},
    "answer": {"number": 1, "sdp": "v=0\r\n"},
    "limit": {"view": "stage", "layer": 0},
    "unwatch": {},
    "film": {"on": True},
    "seek": {},
    "agree": {"on": False},  # who agrees may be recorded, and what is recorded is carried from then on
    "check": {"key": "k2", "seconds": 30},
    "here": {"check": "c1"},
    "look": {"key": "k3", "away": True},
    "poll": {"key": "k4", "text": "先做什么？", "options": ["溶栓", "转院"], "many": False, "right": [0], "marks": 5},
    "choose": {"poll": "p1", "choice": [0]},
    "reveal": {"poll": "p1"},
    "ask": {"key": "k5", "text": "儿童剂量怎么算？"},
    "support": {"question": 1},
    "settle": {"question": 1, "how": "answered"},
    "unsay": {"seq": 1},
    "hush": {"who": "nobody", "on": True},
    "chats": {"open": False},
    "show": {"key": "k6", "file": "f1", "page": 1},
    "draw": {"key": "k7", "file": "f1", "page": 1, "colour": "red", "points": [0, 0, 10, 10]},
    "undo": {},
    "wipe": {"key": "k8"},
    "point": {"x": 1, "y": 1, "on": True},
    "drawn": {"file": "f1", "page": 1},
    "captions": {"on": True},
    "correct": {"line": 1, "text": "阿司匹林"},
    "split": {"key": "k9", "count": 2, "seconds": 0, "chosen": {}},
    "group": {"who": "nobody", "group": 1},
    "broadcast": {"key": "k10", "text": "还有五分钟"},
    "gather": {},
    "leave": {},
    "end": {},
}
"""Something a page would say, for each message."""

HOSTS_ONLY = {"admit", "deny", "remove", "mute", "end", "film", "seek"}
LAST = ("end", "leave")
"""After these one is in the room no more."""
HEARD = {None, "room.nobody_there", "room.consent_missing", "room.patient_consent_missing"}
"""Answers of a room that let the message through: done, or the one it is about is not there or has not agreed."""
HALLS_ONLY = {*HALL_DECODERS, *LESSON_DECODERS, *GROUP_DECODERS} - {"film", "seek", "agree"}
"""A consultation's room does not know them, whoever says them; tests/signaling says them in halls."""


class Page:
    """A browser's socket in `/room`."""

    def __init__(self, world, principal, talk=0):
        self.world, self.principal, self.room = world, principal, world.objects["talks"][talk]
        self.socket = socketio.AsyncClient(reconnection=False, logger=False)

    async def __aenter__(self):
        cookie, _ = self.world.cookies.get(self.principal, ("", ""))
        headers = {"Origin": self.world.url, **({"Cookie": cookie} if cookie else {})}
        await self.socket.connect(self.world.url, headers=headers, transports=["websocket"], namespaces=["/room"])
        return self

    async def __aexit__(self, *_):
        await self.socket.disconnect()

    async def say(self, message, **changes):
        """The code of the refusal, None for what was done."""
        answer = await self.socket.call(message, {**SAID[message], **changes}, namespace="/room", timeout=10)
        return None if answer["ok"] else answer["error"]["code"]

    async def ticket(self):
        path = f"/rooms/{self.room}/join"
        answer = await self.world.ask("POST", path, self.principal)
        return answer.told.get("ticket") if answer.status == 200 else None


async def test_every_message_is_said_here():
    assert set(SAID) == set(DECODERS)
    assert HOSTS_ONLY | set(LAST) <= set(DECODERS)


async def said_by(page, *unsaid):
    """The answer to each message but `unsaid` and `join`, those that end the seat last."""
    order = [one for one in SAID if one not in (*LAST, "join")] + list(LAST)
    return {message: await page.say(message) for message in order if message not in unsaid}


@pytest.mark.parametrize("stand", STANDS)
async def test_a_socket_is_worth_what_the_role_is(world, stand):
    """Whoever the matrix lets into the room may speak there; whoever it does not says nothing that counts.

    `end` is left to another test: nobody could come after it.
    """
    for role in Role:
        enters = _granted(world, role, stand, "room.enter", "room") and _by_the_invited_post(stand, role)
        async with Page(world, (stand, role)) as page:
            ticket = await page.ticket()
            assert bool(ticket) is enters, (stand, role)
            if ticket:
                assert await page.say("join", ticket=ticket) is None, (stand, role)
                answers = await said_by(page, "end")
                assert {answers.pop(one) for one in HALLS_ONLY} == {"message.unknown"}, (stand, role)
                assert {one: code for one, code in answers.items() if code not in HEARD} == {}, (stand, role)
            else:
                assert await page.say("join") == "room.ticket_refused"
                assert set((await said_by(page)).values()) == {"room.not_joined"}, (stand, role)


def _by_the_invited_post(stand, role):
    """The expert of a case comes into its room as the expert, whatever else their other posts would let them be."""
    return stand != "participant" or role is Role.SPECIALIST


async def test_a_stranger_at_the_socket_says_nothing_that_counts(world):
    async with Page(world, None) as page:
        assert await page.ticket() is None
        assert await page.say("join") == "room.ticket_refused"
        assert set((await said_by(page)).values()) == {"room.not_joined"}


async def test_a_ticket_is_used_once_and_a_spent_one_is_like_one_that_never_was(world):
    doctor = ("own", Role.APPLICANT)
    async with Page(world, doctor) as page, Page(world, ("other", Role.APPLICANT)) as thief:
        ticket = await page.ticket()
        assert await page.say("join", ticket=ticket) is None
        assert await thief.say("join", ticket=ticket) == await thief.say("join") == "room.ticket_refused"
        await page.say("leave")


async def test_a_guest_waits_and_commands_nobody(world):
    """By a one-time link; a host ends the session for all."""
    doctor, talk = ("own", Role.APPLICANT), world.objects["talks"][1]
    invited = await world.ask("POST", f"/rooms/{talk}/guests", doctor)
    token = invited.told["url"].partition("#token=")[2]
    entered = await world.ask("POST", "/join", None, fields={"token": token, "name": "家属"})
    async with Page(world, doctor, 1) as host, Page(world, None, 1) as guest:
        assert await host.say("join", ticket=await host.ticket()) is None
        assert await guest.say("join", ticket=entered.told["ticket"]) is None
        waiting = [one for one in SAID if one not in ("join", "media", "leave", *HALLS_ONLY)]
        assert {await guest.say(one) for one in waiting} <= {"room.waiting"}
        assert await host.say("admit", who=entered.told["participant"]) is None
        assert {await guest.say(one) for one in HOSTS_ONLY} == {"room.not_host"}
        assert await guest.say("chat") is None
        assert await guest.say("media", screen=True) == "room.not_allowed"
        assert await host.say("end") is None


@pytest.mark.parametrize(
    "left", [{}, {"second_factor_at": None}, {"seen_at": NOW - IDLE}, {"created_at": NOW - ABSOLUTE}]
)
async def test_pages_of_nobody_get_no_hints(world, left):
    cookie, _ = await (world.sign_in("own", Role.APPLICANT, **left) if left else world.visit())
    with pytest.raises(Unwelcome):
        async with Feed(world, cookie):
            pass


class Feed:
    """A browser's socket in `/live`."""

    def __init__(self, world, cookie):
        self.world, self.cookie = world, cookie
        self.socket = socketio.AsyncClient(reconnection=False, logger=False)

    async def __aenter__(self):
        headers = {"Origin": self.world.url, "Cookie": self.cookie}
        try:
            await self.socket.connect(self.world.url, headers=headers, transports=["websocket"], namespaces=["/live"])
        except Unwelcome:
            await self.socket.disconnect()
            raise
        return self.socket

    async def __aexit__(self, *_):
        await self.socket.disconnect()


@pytest.mark.parametrize("message", [*DECODERS, "changed", "hint", "connect", "disconnect"])
async def test_nothing_said_in_the_feed_is_listened_to(world, message):
    async with Feed(world, world.cookies["own", Role.APPLICANT][0]) as socket:
        answer = await socket.call(message, SAID.get(message, {}), namespace="/live", timeout=5)
        assert (answer["ok"], answer["error"]["code"]) == (False, "message.unknown")
