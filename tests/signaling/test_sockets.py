"""The room over real sockets: python-socketio's own client against the real server."""

import asyncio

import pytest

from tests.signaling.house import QUIET, eventually, grant, guest, host

OFFER = {"type": "offer", "sdp": "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 10.0.0.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


def refusal(answer):
    assert answer["ok"] is False
    return answer["error"]["code"]


# ---- joining


async def test_a_page_joins_and_sees_who_is_there(site):
    zhao = await site.page(host())
    wang = await site.page(grant(), media={"mic": True, "cam": True, "screen": False})
    assert zhao.answer["ok"] is True
    assert wang.answer["state"] == "in"
    assert wang.answer["you"] == {
        "id": "wang",
        "name": "Wang",
        "title": "主任医师",
        "role": "specialist",
        "host": False,
        "may": ["chat", "share", "speak"],
        "hand": False,
    }
    assert wang.answer["room"] == {
        "id": "r1",
        "kind": "consultation",
        "title": "心内科会诊",
        "ends": "2026-11-23T02:00:00.000Z",
        "withdrawn": [],
    }
    assert [(e["seq"], e["kind"], e["by"]) for e in wang.answer["events"]] == [
        (1, "joined", "zhao"),
        (2, "joined", "wang"),
    ]
    assert wang.answer["seq"] == 2
    assert wang.answer["snapshot"] is False
    assert wang.peers["zhao"]["state"] == "here"
    await zhao.until(lambda: "wang" in zhao.peers)
    assert zhao.peers["wang"] == {
        "id": "wang",
        "name": "Wang",
        "title": "主任医师",
        "role": "specialist",
        "host": False,
        "page": wang.id,
        "mic": True,
        "cam": True,
        "screen": False,
        "hand": False,
        "line": "good",
        "state": "here",
    }


async def test_turn_credentials_come_with_the_join_and_again_when_asked(site):
    wang = await site.page(grant())
    ice = wang.answer["ice"]
    assert (ice["policy"], ice["ttl"]) == ("all", 300)
    assert ice["servers"][1]["urls"] == ["turn:turn.lianzhen.test"]
    assert ice["servers"][1]["username"].endswith(":wang")
    assert set((await wang.ask("ice"))["ice"]) == {"servers", "policy", "ttl"}


async def test_a_ticket_opens_the_room_once(site):
    ticket = await site.signaling.mint(grant())
    first, second = await site.page(join=False), await site.page(join=False)
    assert (await first.join(ticket=ticket))["ok"]
    assert refusal(await second.join(ticket=ticket)) == "room.ticket_refused"
    assert refusal(await second.join(ticket="x" * 43)) == "room.ticket_refused"


async def test_the_house_is_asked_at_every_join(site, house):
    wang = await site.page(grant())
    house.rights.revoked.add("wang")
    await wang.drop()
    await wang.connect()
    assert refusal(await wang.join(again=True)) == "room.revoked"
    assert house.rights.asked == 2


async def test_nothing_but_join_is_answered_before_joining(site):
    stranger = await site.page(join=False)
    for message in [("chat", {"key": "1", "text": "?"}), ("ice", {}), ("leave", {}), ("since", {"last": 0})]:
        assert refusal(await stranger.ask(*message)) == "room.not_joined"


async def test_a_second_join_on_one_socket_is_refused(site):
    wang = await site.page(grant())
    assert refusal(await wang.join()) == "room.already_joined"


async def test_an_observer_joins_without_microphone_camera_or_screen(site):
    live = {"mic": True, "cam": True, "screen": True}
    await site.page(grant("trainee", may=frozenset({"chat"})), media=live)
    wang = await site.page(grant())
    seen = wang.peers["trainee"]
    assert (seen["mic"], seen["cam"], seen["screen"]) == (False, False, False)


# ---- talking


async def test_everybody_sees_the_same_lines_in_the_same_order(site):
    pages = [await site.page(grant(who)) for who in ("chen", "li", "wang")]

    async def talk(page):
        for n in range(20):
            assert (await page.ask("chat", {"key": f"k{n}", "text": f"{page.grant.name} {n}"}))["ok"]

    await asyncio.gather(*(talk(page) for page in pages))
    for page in pages:
        await page.until(lambda p=page: p.log and p.log[-1]["seq"] == 63)
        assert [e["seq"] for e in page.log] == list(range(1, 64))
    lines = [[e["body"]["text"] for e in page.log if e["kind"] == "chat"] for page in pages]
    assert lines[0] == lines[1] == lines[2]
    assert len(set(lines[0])) == 60


async def test_a_line_sent_again_is_the_same_line(site, house):
    wang = await site.page(grant())
    first = await wang.ask("chat", {"key": "k1", "text": "血压 150/90"})
    again = await wang.ask("chat", {"key": "k1", "text": "血压 150/90"})
    assert first == again
    assert house.log.told("chat") == [{"text": "血压 150/90", "name": "Wang"}]
    await wang.until(lambda: wang.log[-1]["kind"] == "chat")
    assert [e["kind"] for e in wang.log] == ["joined", "chat"]


async def test_messages_of_one_page_are_handled_in_the_order_sent(site, house):
    wang = await site.page(grant())
    sent = [asyncio.create_task(wang.ask("chat", {"key": f"k{n}", "text": str(n)})) for n in range(80)]
    answers = await asyncio.gather(*sent)
    assert [answer["seq"] for answer in answers] == list(range(2, 82))
    assert [body["text"] for body in house.log.told("chat")] == [str(n) for n in range(80)]


async def test_a_signal_reaches_the_one_it_is_meant_for(site):
    zhao, li, wang = await site.page(host()), await site.page(grant("li")), await site.page(grant())
    assert await wang.ask("signal", {"to": "zhao", "page": zhao.id, "description": OFFER}) == {"ok": True}
    assert await wang.ask("signal", {"to": "zhao", "page": zhao.id, "candidate": CANDIDATE}) == {"ok": True}
    assert await wang.ask("signal", {"to": "zhao", "page": zhao.id, "candidate": None}) == {"ok": True}
    await zhao.until(lambda: len(zhao.heard("signal")) == 3)
    assert zhao.heard("signal") == [
        {"from": "wang", "page": wang.id, "description": OFFER},
        {"from": "wang", "page": wang.id, "candidate": {**CANDIDATE, "usernameFragment": None}},
        {"from": "wang", "page": wang.id, "candidate": None},
    ]
    assert li.heard("signal") == []


async def test_a_signal_never_comes_before_the_roster_that_shows_its_sender(site):
    zhao = await site.page(host())
    for n in range(8):
        newcomer = await site.page(grant(f"w{n}"))
        await newcomer.ask("signal", {"to": "zhao", "page": zhao.id, "description": OFFER})
        await newcomer.ask("leave")
    await zhao.until(lambda: len(zhao.heard("signal")) == 8)
    known = set()
    for event, payload in [(name, arguments[0]) for name, *arguments in zhao.told if arguments]:
        if event == "peers":
            known = {peer["id"] for peer in payload["peers"]}
        if event == "signal":
            assert payload["from"] in known


async def test_a_signal_for_nobody_or_for_a_page_that_is_gone_is_refused(site):
    zhao, wang = await site.page(host()), await site.page(grant())
    to = {"to": "zhao", "page": zhao.id, "description": OFFER}
    assert refusal(await wang.ask("signal", {**to, "to": "nobody"})) == "room.nobody_there"
    assert refusal(await wang.ask("signal", {**to, "to": "wang"})) == "room.nobody_there"
    assert refusal(await wang.ask("signal", {**to, "page": "page-of-yesterday"})) == "room.page_gone"
    await zhao.drop()
    await wang.until(lambda: wang.peers["zhao"]["state"] == "reconnecting")
    assert refusal(await wang.ask("signal", to)) == "room.away"


async def test_state_hand_and_line_are_on_everybodys_roster(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await wang.ask("media", {"mic": True, "cam": False, "screen": True})
    await wang.ask("hand", {"up": True})
    assert (await wang.ask("net", {"rtt": 700, "loss": 0.01, "kbps": 900}))["line"] == "bad"
    await zhao.until(lambda: zhao.peers["wang"]["line"] == "bad")
    seen = zhao.peers["wang"]
    assert (seen["mic"], seen["cam"], seen["screen"], seen["hand"]) == (True, False, True, True)
    await eventually(lambda: house.log.told("shared") == [{"on": True}])


async def test_what_the_grant_does_not_allow_is_refused(site):
    trainee = await site.page(grant("trainee", may=frozenset()))
    assert refusal(await trainee.ask("chat", {"key": "1", "text": "?"})) == "room.not_allowed"
    on_air = {"mic": True, "cam": False, "screen": False}
    assert (await trainee.ask("media", on_air))["error"] == {"code": "room.not_allowed", "may": "speak"}
    sharing = {"mic": False, "cam": False, "screen": True}
    assert (await trainee.ask("media", sharing))["error"] == {"code": "room.not_allowed", "may": "share"}


# ---- hosts


async def test_a_guest_waits_hears_nothing_and_is_let_in(site, house):
    zhao = await site.page(host())
    await zhao.ask("chat", {"key": "1", "text": "among doctors"})
    aunt = await site.page(guest())
    assert set(aunt.answer) == {"ok", "state", "you", "room", "again", "at"}
    assert aunt.answer["state"] == "waiting"
    await zhao.until(lambda: zhao.waiting == ["aunt"])
    await zhao.ask("chat", {"key": "2", "text": "still among doctors"})
    for message in [("chat", {"key": "1", "text": "?"}), ("since", {"last": 0}), ("ice", {})]:
        assert refusal(await aunt.ask(*message)) == "room.waiting"
    assert aunt.told == []

    assert await zhao.ask("admit", {"who": "aunt"}) | {"at": "", "seq": 0} == {"ok": True, "at": "", "seq": 0}
    await aunt.until(lambda: aunt.heard("welcome"))
    welcome = aunt.heard("welcome")[0]
    assert (welcome["ok"], welcome["state"]) == (True, "in")
    assert [e["kind"] for e in welcome["events"]] == ["admitted", "joined"]
    assert "doctors" not in str(aunt.told)
    await zhao.until(lambda: "aunt" in zhao.peers and not zhao.waiting)
    assert house.log.kinds() == ["joined", "chat", "chat", "admitted", "joined"]


async def test_who_waits_is_for_hosts_to_know(site):
    zhao, wang = await site.page(host()), await site.page(grant())
    await site.page(guest())
    await zhao.until(lambda: zhao.waiting == ["aunt"])
    assert wang.waiting == []
    assert "aunt" not in wang.peers


async def test_a_guest_who_was_let_in_does_not_wait_again(site):
    zhao, aunt = await site.page(host()), await site.page(guest())
    await zhao.until(lambda: zhao.waiting)
    await zhao.ask("admit", {"who": "aunt"})
    await aunt.until(lambda: aunt.heard("welcome"))
    reloaded = await site.page(guest())
    assert reloaded.answer["state"] == "in"
    assert [e["kind"] for e in reloaded.answer["events"]] == ["admitted", "joined"]


async def test_a_guest_sent_away_is_out(site, house):
    zhao, aunt = await site.page(host()), await site.page(guest())
    await zhao.until(lambda: zhao.waiting)
    await zhao.ask("deny", {"who": "aunt"})
    await aunt.until(lambda: ("disconnect",) in aunt.told)
    assert aunt.heard("closed") == [{"reason": "denied"}]
    await zhao.until(lambda: zhao.waiting == [])
    assert house.log.kinds() == ["joined", "denied"]


async def test_removing_somebody_closes_their_page_and_their_tickets(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await zhao.until(lambda: "wang" in zhao.peers)
    assert (await zhao.ask("remove", {"who": "wang"}))["ok"]
    await wang.until(lambda: ("disconnect",) in wang.told)
    assert wang.heard("closed") == [{"reason": "removed"}]
    await zhao.until(lambda: "wang" not in zhao.peers)
    await wang.connect()
    assert refusal(await wang.join(again=True)) == "room.ticket_refused"
    await eventually(lambda: house.log.kinds() == ["joined", "joined", "removed", "left"])
    assert house.log.told("left")[0]["reason"] == "removed"


async def test_a_host_may_ask_for_silence_and_nobody_for_sound(site):
    zhao, wang = await site.page(host()), await site.page(grant(), media={**QUIET, "mic": True})
    await zhao.until(lambda: "wang" in zhao.peers)
    await zhao.ask("mute", {"who": "wang"})
    await wang.until(lambda: wang.heard("muted"))
    assert wang.heard("muted") == [{"by": "zhao"}]
    assert refusal(await zhao.ask("unmute", {"who": "wang"})) == "message.unknown"


@pytest.mark.parametrize("command", ["admit", "deny", "remove", "mute"])
async def test_only_hosts_command(site, command):
    zhao, wang, aunt = await site.page(host()), await site.page(grant()), await site.page(guest())
    await zhao.until(lambda: zhao.waiting)
    assert refusal(await wang.ask(command, {"who": "zhao"})) == "room.not_host"
    assert refusal(await aunt.ask(command, {"who": "aunt"})) == "room.waiting"
    assert refusal(await zhao.ask(command, {"who": "nobody"})) == "room.nobody_there"


async def test_only_a_host_ends_the_session_and_then_it_is_over(site, house):
    zhao, wang, aunt = await site.page(host()), await site.page(grant()), await site.page(guest())
    assert refusal(await wang.ask("end")) == "room.not_host"
    assert (await zhao.ask("end"))["ok"]
    for page in (zhao, wang, aunt):
        await page.until(lambda p=page: ("disconnect",) in p.told)
        assert page.heard("closed") == [{"reason": "ended"}]
    await eventually(lambda: len(house.log.told("left")) == 2)
    assert {(body["who"], body["reason"]) for body in house.log.told("left")} == {
        ("zhao", "ended"),
        ("wang", "ended"),
    }
    late = await site.page(grant("li"))
    assert refusal(late.answer) == "room.ended"


async def test_a_session_that_the_house_calls_not_begun_is_not_ended(site, house):
    zhao = await site.page(host())
    house.log.begun = False
    assert refusal(await zhao.ask("end")) == "room.not_begun"
    assert house.log.kinds() == ["joined"]
    house.log.begun = True
    assert (await zhao.ask("end"))["ok"]


async def test_to_what_the_patient_no_longer_consents_is_told_and_stands_in_every_answer(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    assert zhao.answer["room"]["withdrawn"] == []
    for n, (of, on) in enumerate([("teaching", False), ("consultation", False), ("teaching", True)]):
        await house.log.write("r1", "consent", None, {"of": of, "on": on}, f"consent:{n}")
    site.signaling.stir("r1")
    await wang.until(lambda: [event["body"] for event in wang.log[-3:]] == house.log.told("consent"))
    li = await site.page(grant("li"))
    assert li.answer["room"]["withdrawn"] == ["consultation"]


async def test_the_house_ends_a_session(site, house):
    wang = await site.page(grant())
    await site.signaling.close_room("r1", "expired")
    await wang.until(lambda: wang.heard("closed"))
    assert wang.heard("event")[-1]["body"] == {"reason": "expired"}


async def test_the_house_takes_a_right_away(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await site.signaling.revoke(person="wang")
    await wang.until(lambda: wang.heard("closed") == [{"reason": "revoked"}])
    await zhao.until(lambda: "wang" not in zhao.peers)
    await wang.connect()
    assert refusal(await wang.join(again=True)) == "room.ticket_refused"
    await eventually(lambda: [b["reason"] for b in house.log.told("left")] == ["revoked"])


async def test_what_the_house_writes_into_the_log_is_told_when_it_says_so(site, house):
    wang = await site.page(grant())
    await house.log.write("r1", "signed", None, {"opinion": "o1"}, "signed:o1")
    site.signaling.stir("r1")
    await wang.until(lambda: wang.log[-1]["kind"] == "signed")


async def test_the_house_can_ask_who_is_there(site):
    await site.page(host())
    await site.page(guest())
    seats = await site.signaling.occupants("r1")
    assert sorted((seat.who, seat.waiting) for seat in seats) == [("aunt", True), ("zhao", False)]
    assert await site.signaling.occupants("empty") == []


# ---- going and coming back


async def test_leaving_is_leaving(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    assert await wang.ask("leave") == {"ok": True}
    await zhao.until(lambda: "wang" not in zhao.peers)
    await eventually(lambda: [b["reason"] for b in house.log.told("left")] == ["left"])
    assert refusal(await wang.ask("ice")) == "room.not_joined"
    assert (await wang.join())["ok"]
    await eventually(lambda: house.log.kinds() == ["joined", "joined", "left", "joined"])


async def test_a_page_comes_back_and_gets_exactly_what_it_missed(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await wang.ask("hand", {"up": True})
    await wang.ask("chat", {"key": "0", "text": "before"})
    await wang.until(lambda: wang.log[-1]["kind"] == "chat")
    last = wang.log[-1]["seq"]
    await wang.drop()
    await zhao.until(lambda: zhao.peers["wang"]["state"] == "reconnecting")
    for n in range(5):
        await zhao.ask("chat", {"key": f"k{n}", "text": f"meanwhile {n}"})

    await wang.connect()
    answer = await wang.join(again=True, last=last, media={"mic": False, "cam": True, "screen": False})
    assert [e["body"]["text"] for e in answer["events"]] == [f"meanwhile {n}" for n in range(5)]
    assert answer["peers"][0]["page"] == zhao.id
    assert answer["you"]["hand"] is True
    await zhao.until(lambda: zhao.peers["wang"]["state"] == "here")
    assert (zhao.peers["wang"]["page"], zhao.peers["wang"]["mic"]) == (wang.id, False)
    assert "left" not in house.log.kinds()
    assert house.log.kinds().count("joined") == 2
    await zhao.ask("chat", {"key": "after", "text": "after"})
    await wang.until(lambda: wang.heard("event") and wang.heard("event")[-1]["body"].get("text") == "after")


async def test_who_missed_very_much_gets_a_snapshot(site, house):
    for n in range(450):
        await house.log.write("r1", "chat", "zhao", {"text": str(n), "name": "Zhao"}, f"chat:{n}")
    wang = await site.page(grant())
    assert wang.answer["snapshot"] is True
    assert [e["seq"] for e in wang.answer["events"]] == list(range(252, 452))
    page = await wang.ask("since", {"last": 10})
    assert [e["seq"] for e in page["events"]] == list(range(11, 211))
    assert (page["seq"], page["more"]) == (210, True)
    assert (await wang.ask("since", {"last": 400}))["more"] is False


async def test_a_reloaded_page_replaces_its_own_ghost_at_once(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await zhao.until(lambda: "wang" in zhao.peers)
    reloaded = await site.page(grant())
    assert reloaded.answer["state"] == "in"
    await zhao.until(lambda: zhao.peers["wang"]["page"] == reloaded.id)
    await wang.until(lambda: ("disconnect",) in wang.told)
    assert wang.heard("closed") == [{"reason": "moved"}]
    assert house.log.kinds() == ["joined", "joined"]
    assert zhao.peers["wang"]["state"] == "here"


async def test_another_device_asks_before_taking_the_call(site, house):
    at_desk = await site.page(grant())
    phone = await site.page(join=False)
    ticket = await site.signaling.mint(grant(device="phone"))
    assert refusal(await phone.join(ticket=ticket)) == "room.elsewhere"
    assert at_desk.heard("closed") == []
    assert (await phone.join(ticket=ticket, move=True))["state"] == "in"
    await at_desk.until(lambda: at_desk.heard("closed") == [{"reason": "moved"}])
    assert house.log.kinds() == ["joined"]


async def test_a_device_that_was_lost_does_not_hold_the_seat(site):
    zhao, wang = await site.page(host()), await site.page(grant())
    await wang.drop()
    await zhao.until(lambda: zhao.peers["wang"]["state"] == "reconnecting")
    phone = await site.page(grant(device="phone"))
    assert phone.answer["state"] == "in"


async def test_twenty_network_changes_leave_one_of_each(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    for _ in range(20):
        await wang.drop()
        await wang.connect()
        wang.answer = await wang.join(again=True, last=wang.answer["seq"])
        assert wang.answer["ok"]
    await zhao.until(lambda: zhao.peers["wang"]["state"] == "here")
    assert list(zhao.peers) == ["wang"]
    assert house.log.kinds() == ["joined", "joined"]


# ---- when the database is away


async def test_without_the_database_lines_are_refused_and_the_call_goes_on(site, house):
    zhao, wang = await site.page(host()), await site.page(grant())
    await zhao.until(lambda: "wang" in zhao.peers)
    house.log.down = True
    assert refusal(await wang.ask("chat", {"key": "1", "text": "?"})) == "server.unavailable"
    assert (await wang.ask("signal", {"to": "zhao", "page": zhao.id, "description": OFFER}))["ok"]
    assert (await wang.ask("leave"))["ok"]
    await zhao.until(lambda: "wang" not in zhao.peers)
    newcomer = await site.page(grant("li"))
    assert refusal(newcomer.answer) == "server.unavailable"
    house.log.down = False
    await eventually(lambda: [b["reason"] for b in house.log.told("left")] == ["left"])
    assert (await zhao.ask("chat", {"key": "2", "text": "back"}))["ok"]


# ---- hints


async def test_pages_hear_of_their_own_topics_only(site, house):
    wang, li = await site.page(join=False), await site.page(join=False)
    house.topics["li"] = frozenset({"post:2"})
    await wang.close()
    await li.close()
    await wang.connect(["/live"], Cookie="person=wang")
    await li.connect(["/live"], Cookie="person=li")
    site.signaling.hint("post:1", "request.placed", {"id": "c1"})
    site.signaling.hint("post:2", "request.placed", {"id": "c2"})
    await wang.until(lambda: wang.heard("changed"))
    await li.until(lambda: li.heard("changed"))
    assert wang.heard("changed") == [{"topic": "post:1", "kind": "request.placed", "id": "c1"}]
    assert li.heard("changed") == [{"topic": "post:2", "kind": "request.placed", "id": "c2"}]


async def connects_late(site, says):
    """What a page of wang's is told that was fetched before post:1 and post:2 changed; something changes later too."""
    page = await site.page(join=False)
    await page.close()
    for topic in ("post:1", "post:2"):
        site.signaling.hint(topic, "request.placed", {"about": "missed", "more": "x"})
    await page.connect(["/live"], says, Cookie="person=wang")
    site.signaling.hint("post:1", "request.placed", {"about": "last"})
    await page.until(lambda: {"topic": "post:1", "kind": "request.placed", "about": "last"} in page.heard("changed"))
    return [one["about"] for one in page.heard("changed")], page.heard("resync")


async def test_a_page_is_told_what_changed_between_its_fetch_and_its_socket(site):
    site.signaling._feed._remembers_from -= 30
    assert await connects_late(site, {"age": 5000}) == (["missed", "last"], [])
    assert await connects_late(site, {"age": 0}) == (["last"], [])


async def test_a_page_older_than_what_is_remembered_fetches_all_it_shows(site):
    assert await connects_late(site, {"age": 61_000}) == (["last"], [{}])
    assert await connects_late(site, {"age": 40_000}) == (["last"], [{}])  # older than this node


@pytest.mark.parametrize("says", [None, {}, [], "old", {"age": "5000"}, {"age": -1}, {"age": None}])
async def test_a_page_that_tells_no_age_is_told_what_changes_from_now_on(site, says):
    assert await connects_late(site, says) == (["last"], [])


async def test_nobody_signed_out_follows_anything(site):
    stranger = await site.page(join=False)
    await stranger.close()
    with pytest.raises(Exception, match="failed to connect"):
        await stranger.connect(["/live"])


async def test_the_feed_takes_no_messages(site):
    wang = await site.page(join=False)
    await wang.close()
    await wang.connect(["/live"], Cookie="person=wang")
    assert refusal(await wang.ask("changed", {"topic": "post:1"}, namespace="/live")) == "message.unknown"


async def test_a_revoked_person_hears_no_more_hints(site):
    wang = await site.page(join=False)
    await wang.close()
    await wang.connect(["/live"], Cookie="person=wang")
    await site.signaling.revoke(person="wang")
    await wang.until(lambda: ("disconnect",) in wang.told)
    site.signaling.hint("post:1", "request.placed", {"id": "c1"})
    assert wang.heard("changed") == []
