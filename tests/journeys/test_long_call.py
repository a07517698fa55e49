"""Twelve hours after the sign-in a call that still goes on is come back to; all else asks for a whole sign-in."""

import json
from datetime import timedelta

from server.accounts.model import ABSOLUTE
from server.demo import PASSWORD
from tests.journeys.test_idle_call import BESIDE, JSON
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import planned, until
from tests.journeys.test_signing import TYPED


async def talked(house):  # noqa: F811
    """The expert, the address of the case and of the room, a minute after the sign-in had its twelve hours."""
    doctor, expert, case, room = await planned(house)
    for one in (doctor, expert):
        await one.get(f"{room}?now")
        await one.enter(room)
    house.clock.turn(ABSOLUTE + timedelta(minutes=1))
    return expert, case, room


async def test_a_reload_and_a_fresh_ticket_lead_back_into_the_call(house):  # noqa: F811
    expert, _, room = await talked(house)
    page = await expert.get(f"{room}?now")
    assert (page.status, page.path) == (200, f"{room}?now")
    assert (await expert.enter(room))["state"] == "in"


async def test_the_chart_is_locked_meanwhile_and_a_password_alone_opens_it_no_more(house):  # noqa: F811
    expert, case, room = await talked(house)
    await expert.get(f"{room}?now")
    chart = await expert.get(f"{case}/summary", headers=BESIDE)
    assert (chart.status, json.loads(chart.text)["code"]) == (401, "signed_out")
    proof = await expert.post("/reauthenticate", {"password": PASSWORD}, headers=JSON)
    assert (proof.status, json.loads(proof.text)["code"]) == (401, "signed_out")
    assert (await expert.get(case)).path.startswith("/sign-in")


async def test_another_room_is_not_opened_nor_is_this_one_to_who_is_not_in_it(house):  # noqa: F811
    expert, _, room = await talked(house)
    other = await expert.get(f"/rooms/{'f' * 32}")
    assert other.path.startswith("/sign-in")
    centre = await house.visitor("chenyu")
    house.clock.turn(ABSOLUTE)
    assert (await centre.get(room)).path.startswith("/sign-in")


async def test_the_opinion_is_signed_in_the_call_and_then_all_asks_to_sign_in(house):  # noqa: F811
    expert, case, room = await talked(house)
    await expert.get(f"{room}?now")
    signed = await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": PASSWORD}, headers=BESIDE)
    assert (signed.status, signed.headers["HX-Redirect"]) == (204, f"{case}?signed=1")
    await until(lambda: not expert.sockets[-1].connected)
    for place in (room, case):
        assert (await expert.get(place)).path.startswith("/sign-in")
