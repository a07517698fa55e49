"""A lesson over real sockets: what is said on one page stands on all, on every node, and outlives the server."""

from signaling.memory import MemoryStore
from tests.signaling.house import eventually, grant, host
from tests.signaling.test_sockets import refusal

FILE = "f" * 32
QUIZ = {"key": "p1", "text": "首选？", "options": ["甲", "乙"], "many": False, "right": [1], "marks": 20}


def learner(who="wang"):
    return grant(who, hall=True, may=frozenset({"chat"}))


def teacher():
    return host(hall=True)


def stands(page):
    """The lesson as that page has it, from the join answer and all that was told since."""
    lesson = dict(page.answer["lesson"])
    for told in page.heard("lesson"):
        mine = lesson["mine"] | told.get("mine", {})
        lesson |= told | {"mine": mine}
    return lesson


async def test_a_check_is_answered_and_both_are_in_the_log_as_attendance_reads_them(site, house):
    zhao, wang = await site.page(teacher()), await site.page(learner())
    assert (await zhao.ask("check", {"key": "c1", "seconds": 60}))["ok"] is True
    await wang.until(lambda: stands(wang)["check"]["id"] == "c1")
    answer = await wang.ask("here", {"check": "c1"})
    assert answer["at"] < stands(wang)["check"]["until"]
    assert refusal(await wang.ask("here", {"check": "c2"})) == "lesson.check_over"
    await zhao.until(lambda: stands(zhao)["check"]["answered"] == 1)
    await wang.ask("look", {"key": "k1", "away": True})
    assert [(entry.kind, entry.by, dict(entry.body)) for entry in house.log.of("r1")][2:] == [
        ("check", "zhao", {"check": "c1", "seconds": 60}),
        ("answered", "wang", {"check": "c1"}),
        ("away", "wang", {"who": "wang", "stay": house.log.told("joined")[1]["stay"]}),
    ]
    assert zhao.heard("event") == wang.heard("event") == []


async def test_who_comes_late_sees_what_stands_and_who_comes_back_what_they_did(site):
    zhao, wang = await site.page(teacher()), await site.page(learner())
    await zhao.ask("poll", QUIZ)
    await wang.ask("choose", {"poll": "p1", "choice": [1]})
    await zhao.ask("show", {"key": "s1", "file": FILE, "page": 4})
    line = {"key": "l1", "file": FILE, "page": 4, "colour": "red", "points": [0, 0, 5000, 5000]}
    assert (await zhao.ask("draw", line))["ok"] is True
    late = await site.page(learner("li"))
    seen = late.answer["lesson"]
    assert (seen["whole"], seen["poll"]["id"], seen["slide"]["page"]) == (True, "p1", 4)
    assert [stroke["id"] for stroke in seen["strokes"]["strokes"]] == ["zhao:l1"]
    assert (seen["mine"]["chose"], "right" in seen["poll"]) == (None, False)
    await wang.drop()
    await wang.connect()
    assert (await wang.join(again=True))["lesson"]["mine"]["chose"] == {"poll": "p1", "choice": [1]}
    asked = await late.ask("drawn", {"file": FILE, "page": 1})
    assert (asked["ok"], asked["strokes"]) == (True, [])


async def test_a_line_taken_back_is_gone_for_who_was_there_and_never_told_to_who_was_not(site):
    zhao, wang = await site.page(teacher()), await site.page(learner())
    said = await wang.ask("chat", {"key": "k1", "text": "患者张三"})
    assert (await zhao.ask("unsay", {"seq": said["seq"]}))["ok"] is True
    await wang.until(lambda: wang.heard("event")[-1]["kind"] == "unsaid")
    assert wang.heard("event")[-1]["body"] == {"line": said["seq"]}
    late = await site.page(learner("li"))
    assert "张三" not in str(late.answer) + str(await late.ask("since", {"last": 0}))
    await zhao.ask("hush", {"who": "wang", "on": True})
    assert refusal(await wang.ask("chat", {"key": "k2", "text": "为什么"})) == "chat.hushed"
    await zhao.ask("chats", {"open": False})
    assert refusal(await late.ask("chat", {"key": "k1", "text": "在吗"})) == "chat.closed"


async def test_the_pointer_is_seen_on_every_node_and_kept_on_none(nodes, house):
    one, two = nodes
    zhao, wang = await one.page(teacher()), await two.page(learner())
    await zhao.until(lambda: zhao.heard("peers")[-1]["hall"]["audience"] == 1)
    assert await zhao.ask("point", {"x": 100, "y": 200, "on": True}) == {"ok": True}
    await wang.until(lambda: wang.heard("pointed"))
    assert wang.heard("pointed") == [{"by": "zhao", "x": 100, "y": 200, "on": True}]
    await zhao.ask("poll", QUIZ)
    await wang.until(lambda: (stands(wang)["poll"] or {}).get("id") == "p1")
    await wang.ask("choose", {"poll": "p1", "choice": [0]})
    await zhao.until(lambda: stands(zhao)["poll"]["answered"] == 1)
    assert set(house.log.kinds()) == {"joined", "poll", "chose"}


async def test_what_the_house_writes_in_the_log_is_before_all(site, house):
    wang = await site.page(learner())
    await house.log.write("r1", "check", None, {"check": "c9", "seconds": 180}, "check:c9")
    site.signaling.stir("r1")
    await wang.until(lambda: (stands(wang)["check"] or {}).get("id") == "c9")
    assert (await wang.ask("here", {"check": "c9"}))["ok"] is True


async def test_a_killed_server_has_lost_nothing(house):
    async with house.node() as first:
        zhao, wang = await first.page(teacher()), await first.page(learner())
        await zhao.ask("poll", QUIZ)
        await wang.ask("choose", {"poll": "p1", "choice": [1]})
        await wang.ask("ask", {"key": "k", "text": "何时转诊？"})
        await first.kill()
    house.store = MemoryStore()  # it died with its process
    async with house.node() as second:
        zhao, wang = await second.page(teacher()), await second.page(learner())
        seen = zhao.answer["lesson"]
        assert (seen["poll"]["counts"], [one["text"] for one in seen["questions"]]) == ([0, 1], ["何时转诊？"])
        assert wang.answer["lesson"]["mine"]["chose"] == {"poll": "p1", "choice": [1]}


async def test_a_consultation_has_no_lesson(site):
    wang = await site.page(host())
    assert "lesson" not in wang.answer
    messages = (("check", {"key": "c", "seconds": 60}), ("ask", {"key": "k", "text": "?"}), ("undo", {}))
    for message in (*messages, ("drawn", {"file": FILE, "page": 1})):
        assert refusal(await wang.ask(*message)) == "message.unknown"


async def test_of_many_pointers_the_last_is_told(site):
    zhao, wang = await site.page(teacher()), await site.page(learner())
    for place in range(40):
        await zhao.ask("point", {"x": place, "y": 0, "on": True})
    await eventually(lambda: wang.heard("pointed")[-1]["x"] == 39)
    assert len(wang.heard("pointed")) < 40
