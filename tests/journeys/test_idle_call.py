"""A quarter of an hour of talk without a touch: a reload returns to the call, the chart waits for a proof beside it."""

import json
from datetime import timedelta

from server.demo import PASSWORD
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import planned
from tests.journeys.test_signing import TYPED

JSON = {"Accept": "application/json"}
BESIDE = {"HX-Request": "true", "X-Stays": "1"}


async def talked(house):  # noqa: F811
    """The expert, the address of the case and of the room, sixteen minutes after the last touch."""
    doctor, expert, case, room = await planned(house)
    for one in (doctor, expert):
        await one.get(f"{room}?now")
        await one.enter(room)
    house.clock.turn(timedelta(minutes=16))
    return expert, case, room


async def test_the_room_comes_back_and_the_chart_is_locked_beside_it(house):  # noqa: F811
    expert, case, room = await talked(house)
    page = await expert.get(f"{room}?now")
    assert (page.status, page.path) == (200, f"{room}?now")
    chart = await expert.get(f"{case}/summary", headers=BESIDE)
    assert (chart.status, json.loads(chart.text)["code"], "HX-Redirect" in chart.headers) == (401, "signed_out", False)
    draft = await expert.post(f"{case}/opinion/draft", TYPED, headers=JSON)
    assert (draft.status, json.loads(draft.text)["code"]) == (401, "signed_out")
    assert (await expert.get(case)).path.startswith("/sign-in")


async def test_it_is_unlocked_beside_the_call_and_what_waited_is_saved(house):  # noqa: F811
    expert, case, room = await talked(house)
    await expert.get(f"{room}?now")
    wrong = await expert.post("/reauthenticate", {"password": "guess"}, headers=JSON)
    assert (wrong.status, json.loads(wrong.text)["errors"]) == (422, {"password": "密码不对"})
    assert (await expert.post("/reauthenticate", {"password": PASSWORD}, headers=JSON)).status == 200
    assert (await expert.get(f"{case}/summary", headers=BESIDE)).status == 200
    assert (await expert.post(f"{case}/opinion/draft", TYPED, headers=JSON)).status == 200
    assert (await expert.says("hand", {"up": True}))["ok"]


async def test_signing_asks_for_the_password_anyway_and_needs_no_other_proof(house):  # noqa: F811
    expert, case, _ = await talked(house)
    signed = await expert.post(f"{case}/opinion/sign", {**TYPED, "secret": PASSWORD}, headers=BESIDE)
    assert (signed.status, signed.headers["HX-Redirect"]) == (204, f"{case}?signed=1")
