"""The access matrix, asked of the running application: every route and every message of the sockets.

Everything is made from what there is: the routes of the application, the decode table of signalling, access.toml.
What is expected of a request follows from the action of its route, the role, and how whoever asks stands to the
object; access_rights.py and access_pages.py say so.
"""

from datetime import timedelta
from difflib import unified_diff

import pytest
import pytest_asyncio
from socketio.exceptions import ConnectionError as Unwelcome

from server.accounts.model import ABSOLUTE, IDLE
from server.accounts.roles import Role
from server.core.http import PUBLIC
from signaling.messages import DECODERS
from tests.contracts.access_cases import another_talk
from tests.contracts.access_lessons import a_hall
from tests.contracts.access_pages import (
    HALLS_ONLY,
    HOSTS_OF_HALLS_ONLY,
    HOSTS_ONLY,
    LAST,
    ON_THE_STAGE_ONLY,
    ROOMS_ONLY,
    SAID,
    Feed,
    Page,
    wrong_in_a_hall,
    wrong_in_a_room,
)
from tests.contracts.access_rights import (
    BEHIND,
    MISSING_IS_FINE,
    OBJECTS,
    ONLY_ONES_OWN,
    allowed,
    asked_of,
    filled,
    granted,
    kind_in,
    let_in,
    seat_in_the_hall,
    turned_away,
)
from tests.contracts.access_site import open_world
from tests.contracts.access_world import NOW, NOWHERE, PATIENT, QUESTION, STANDS, forgetting, remembering
from tests.rules.source import nothing
from tests.stores import create_database

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


# ---- what is not there ----


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


@pytest.mark.parametrize("stand", STANDS)
async def test_a_lessons_page_names_its_cases_to_whoever_may_read_them(known, stand):
    session, case = known.objects["session"], known.objects["teaching case"]
    wrong = []
    for role in Role:
        page = await known.ask("GET", f"/teaching/sessions/{session}", (stand, role), accept="text/html")
        reads = page.status == 200 and granted(known, role, stand, "casebook.read", "teaching case")
        if (f'href="/teaching/cases/{case}"'.encode() in page.body) is not reads:
            wrong.append(f"{role} {page.status} {reads}")
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


async def test_what_asks_once_it_was_found_asks_only_whose_it_is(world):
    """To everybody else it is not there, as what there is not; nobody learns by being asked that there is something."""
    matrix, stale, absent = world.database.matrix, world.clock.now() - timedelta(minutes=6), await nothing_there(world)
    wrong = []
    for name, method, pattern, rule in asked_of(world.rules()):
        for role in map(Role, matrix.grants[rule.action] if rule.action in matrix.stepped_up_inside else ()):
            for stand, missing in [*((one, False) for one in STANDS), ("own", True)]:
                world.cookies["stale"] = await world.sign_in(stand, role, reauthenticated_at=stale)
                path, fields, headers = filled(world, name, method, pattern, absent=missing)
                answer = await world.ask(method, path, "stale", fields=fields, headers=headers)
                if not missing and allowed(world, name, pattern, rule, stand, role):
                    fits = answer.told.get("code") == "reauthentication_needed"
                else:
                    fits = turned_away(answer, method, absent)
                if not fits:
                    wrong.append(f"{name} {stand} {role} {answer}")
    nothing(wrong)


# ---- the sockets ----


async def test_every_message_is_said_here():
    assert set(SAID) == set(DECODERS)
    assert HOSTS_OF_HALLS_ONLY | ON_THE_STAGE_ONLY | ROOMS_ONLY | set(LAST) <= set(DECODERS)


@pytest.mark.parametrize("stand", STANDS)
async def test_a_socket_is_worth_what_the_role_is(world, stand):
    """Whoever the matrix lets into the room may speak there; whoever it does not says nothing that counts."""
    for role in Role:
        async with Page(world, (stand, role), world.objects["talk"]) as page:
            entered = await page.enters()
            assert entered is talks(world, stand, role), (stand, role)
            if entered:
                assert wrong_in_a_room(await page.said("end")) == {}, (stand, role)
            else:
                assert set((await page.said()).values()) == {"room.not_joined"}, (stand, role)


def talks(world, stand, role):
    """Whether they come into the room; the expert of a case only in the post that was invited."""
    invited = stand != "participant" or role is Role.SPECIALIST
    return granted(world, role, stand, "room.enter", "room") and invited


@pytest.mark.parametrize("stand", STANDS)
async def test_whoever_may_end_a_consultation_ends_it_in_its_room(world, stand):
    """Each a consultation of their own: nobody could come after."""
    for role in Role:
        if talks(world, stand, role):
            async with Page(world, (stand, role), await another_talk(world)) as page:
                assert await page.enters()
                ended = await page.say("end") is None
                assert ended is granted(world, role, stand, "consultation.end", "case"), (stand, role)


@pytest.mark.parametrize("stand", STANDS)
async def test_a_seat_in_a_hall_is_worth_what_role_and_session_make_it(world, stand):
    """Whoever teaches is on the stage and, unless they only teach along, its host; whoever enrolled listens."""
    for role in Role:
        seat = seat_in_the_hall(world, stand, role)
        async with Page(world, (stand, role), world.objects["hall"]) as page:
            assert await page.enters() is bool(seat), (stand, role)
            if seat:
                unsaid = ["end"] if seat == "host" else []
                assert wrong_in_a_hall(await page.said(*unsaid), seat) == {}, (stand, role)


@pytest.mark.parametrize("role", Role)
async def test_a_host_of_a_hall_ends_it(world, role):
    """Each a hall of their own, in which a colleague teaches."""
    if seat_in_the_hall(world, "own", role) == "host":
        session = await a_hall(world, ("own", role), [("hospital", role)])
        async with Page(world, ("own", role), session.meeting_id) as page:
            assert await page.enters()
            assert await page.say("end") is None


async def test_a_stranger_at_the_socket_says_nothing_that_counts(world):
    for room in ("talk", "hall"):
        async with Page(world, None, world.objects[room]) as page:
            assert not await page.enters()
            assert set((await page.said()).values()) == {"room.not_joined"}


async def test_a_ticket_is_used_once_and_a_spent_one_is_like_one_that_never_was(world):
    doctor, talk = ("own", Role.APPLICANT), world.objects["talk"]
    async with Page(world, doctor, talk) as page, Page(world, ("other", Role.APPLICANT), talk) as thief:
        ticket = await page.ticket()
        assert await page.say("join", ticket=ticket) is None
        assert await thief.say("join", ticket=ticket) == await thief.say("join") == "room.ticket_refused"
        await page.say("leave")


async def test_a_guest_waits_and_commands_nobody(world):
    """By a one-time link; a host ends the session for all."""
    doctor, talk = ("own", Role.APPLICANT), world.objects["talk with a guest"]
    invited = await world.ask("POST", f"/rooms/{talk}/guests", doctor)
    token = invited.told["url"].partition("#token=")[2]
    entered = await world.ask("POST", "/join", None, fields={"token": token, "name": "家属"})
    async with Page(world, doctor, talk) as host, Page(world, None, talk) as guest:
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


@pytest.mark.parametrize("message", [*DECODERS, "changed", "hint", "connect", "disconnect"])
async def test_nothing_said_in_the_feed_is_listened_to(world, message):
    async with Feed(world, world.cookies["own", Role.APPLICANT][0]) as socket:
        answer = await socket.call(message, SAID.get(message, {}), namespace="/live", timeout=5)
        assert (answer["ok"], answer["error"]["code"]) == (False, "message.unknown")
