"""A link for a guest can be taken back: whoever came by it is out, waiting or inside. Both stores."""

import orjson

from server.meeting.model import RoomLink
from tests.journeys.test_road import house  # noqa: F401 - the fixture
from tests.journeys.test_session import JSON, acts, planned, until

REVOKED = ("closed", {"reason": "revoked"})


async def told(visitor, path, **fields):
    return orjson.loads((await visitor.post(path, fields, headers=JSON)).text)


async def hosted(house):  # noqa: F811
    """The doctor, in the room; its address."""
    doctor, _, _, room = await planned(house)
    await doctor.enter(room)
    return doctor, room


async def invited(house, doctor, room, name):  # noqa: F811
    """Somebody who came by a link and waits; the way back in, and the link's id."""
    invitation = await told(doctor, f"{room}/guests")
    guest = await house.visitor()
    await guest.get("/join")
    way = {"token": invitation["url"].partition("#token=")[2], "name": name}
    assert (await guest.enter("", way))["state"] == "waiting"
    return guest, way, invitation["open"][-1]["id"]


async def test_who_waits_is_told_and_the_link_opens_no_more(house):  # noqa: F811
    doctor, room = await hosted(house)
    guest, way, link = await invited(house, doctor, room, "患者女儿")
    left = await told(doctor, f"{room}/guests/{link}/revoke")
    await until(lambda: REVOKED in guest.heard)
    assert left == {"open": []}
    assert (await guest.post("/join", way, headers=JSON)).status == 410
    assert (await doctor.post(f"{room}/guests/{'0' * 32}/revoke", headers=JSON)).status == 404


async def test_who_was_let_in_is_put_out_and_the_others_stay(house):  # noqa: F811
    doctor, room = await hosted(house)
    daughter, _, link = await invited(house, doctor, room, "患者女儿")
    son, _, other = await invited(house, doctor, room, "患者儿子")
    for one in (link, other):
        assert (await doctor.says("admit", {"who": f"guest:{one}"}))["ok"]
    left = await told(doctor, f"{room}/guests/{link}/revoke")
    await until(lambda: REVOKED in daughter.heard)
    assert [(one["name"], one["used"]) for one in left["open"]] == [("患者儿子", True)]
    assert (await son.says("chat", {"text": "我还在", "key": "a" * 16}))["ok"]


async def lets_in(doctor, link):
    """What carries a fifth person may have to start first."""
    while not (answer := await doctor.says("admit", {"who": f"guest:{link}"}))["ok"]:
        assert answer["error"]["code"] == "server.unavailable"


async def test_a_link_that_nobody_used_is_shown_again_until_another_is_wanted(house):  # noqa: F811
    doctor, room = await hosted(house)
    first, again = [await told(doctor, f"{room}/guests") for _ in range(2)]
    assert first == again
    other = await told(doctor, f"{room}/guests", another="true")
    assert [one["id"] for one in other["open"]] == [first["id"], other["id"]]
    assert (await told(doctor, f"{room}/guests"))["url"] == other["url"] != first["url"]
    await told(doctor, f"{room}/guests/{other['id']}/revoke")
    _, way, link = await invited(house, doctor, room, "患者女儿")
    assert (link, way["token"]) == (first["id"], first["url"].partition("#token=")[2])
    assert (await told(doctor, f"{room}/guests"))["id"] not in (first["id"], other["id"]), "it was used"
    assert (await told(doctor, f"{room}/guests", another="perhaps"))["id"]


async def test_another_link_to_the_phone_takes_the_place_of_the_one_before(house):  # noqa: F811
    doctor, room = await hosted(house)
    first, again = [await told(doctor, f"{room}/handover") for _ in range(2)]
    assert first == again
    other = await told(doctor, f"{room}/handover", another="true")
    assert other["url"] != first["url"]
    await spent(house, {"token": first["url"].partition("#token=")[2].partition("&")[0]})
    assert (await told(doctor, f"{room}/handover"))["url"] == other["url"]
    assert await acts(house, "meeting.link_revoked") == 1


async def test_a_link_whose_token_nobody_knows_any_more_is_not_shown_again(house):  # noqa: F811
    """Those of before tokens were found again."""
    doctor, room = await hosted(house)
    first = await told(doctor, f"{room}/guests")
    async with house.database.unit() as unit:
        (await unit.session.get(RoomLink, first["id"])).digest = bytes(32)
    assert (await told(doctor, f"{room}/guests"))["id"] != first["id"]


async def test_a_large_family_is_let_in_and_the_server_carries_the_call_for_good(house):  # noqa: F811
    doctor, expert, _, room = await planned(house)
    for one in (doctor, expert):
        await one.enter(room)
    family = [await invited(house, doctor, room, name) for name in ("患者女儿", "患者儿子", "患者老伴")]
    for _, _, link in family:
        await lets_in(doctor, link)
    last, *_ = family[-1]
    await until(lambda: any(event == "welcome" and "carried" in told for event, told in last.heard))
    assert (await last.says("watch", {"views": None}))["ok"]
    await until(lambda: expert.events("carried") == [{}])
    await last.says("leave")
    assert "carried" in await expert.enter(room)


async def test_a_link_is_for_one_device_and_who_came_first_is_still_in(house):  # noqa: F811
    doctor, room = await hosted(house)
    daughter, way, link = await invited(house, doctor, room, "患者女儿")
    assert (await doctor.says("admit", {"who": f"guest:{link}"}))["ok"]
    await spent(house, way)
    assert (await daughter.says("chat", {"text": "我还在", "key": "a" * 16}))["ok"]
    assert (await daughter.enter("", way))["state"] == "in"


async def spent(house, way):  # noqa: F811
    """Another device finds that the way in is taken."""
    other = await house.visitor()
    await other.get("/join")
    refused = await other.post("/join", way, headers=JSON)
    assert (refused.status, orjson.loads(refused.text)["code"]) == (410, "meeting.link_spent")


async def test_a_session_goes_on_from_the_phone_which_need_not_sign_in(house):  # noqa: F811
    doctor, expert, case, room = await planned(house)
    for one in (doctor, expert):
        await one.enter(room)
    code = await told(doctor, f"{room}/handover")
    token, _, purpose = code["url"].partition("#token=")[2].partition("&")
    assert (purpose, code["svg"].startswith("<svg")) == ("for=phone", True)
    phone = await house.visitor()
    await phone.get("/join")
    entered = await phone.enter("", {"token": token}, move=True)
    assert (entered["state"], entered["you"]["name"]) == ("in", "王芳")
    await until(lambda: ("closed", {"reason": "moved"}) in doctor.heard)
    assert (await phone.says("chat", {"text": "我在手机上", "key": "b" * 16}))["ok"]
    await until(lambda: {"text": "我在手机上", "name": "王芳"} in expert.events("chat"))
    elsewhere = {"ok": False, "error": {"code": "room.proof_elsewhere"}}
    assert [await phone.says("seek"), await phone.says("film", {"on": True})] == [elsewhere, elsewhere]
    assert await phone.says("film", {"on": False}) == {"ok": True}, "to stop harms nobody"
    assert "/sign-in" in (await phone.get(case)).path
    await spent(house, {"token": token})
