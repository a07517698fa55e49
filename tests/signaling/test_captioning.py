"""Captions of a hall: who switches them on, what stands in the log, what pages are told, and what ends them."""

import pytest

from signaling import captioning
from signaling.effects import Captioning, Emit, Record
from signaling.lesson_messages import Correct
from signaling.media.forwarder.spread import Ground, Spread
from signaling.media.ports import Said, SpeechService
from signaling.messages import decode
from signaling.refusals import ConsentMissing, Malformed, NoSuchThing, NotHost
from tests.media.people import LOOPBACK
from tests.media.speech_service import running
from tests.media.test_listener import Speaker
from tests.signaling.house import eventually, host
from tests.signaling.test_hall import hall, learner, presenter, seen, teacher, write
from tests.signaling.test_hall_media import People, people  # noqa: F401 - a fixture
from tests.signaling.test_hall_media import learner as listener
from tests.signaling.test_room import entry


def captioned():
    h, (zhao, qian, wang) = hall(teacher(), presenter(), learner())
    assert Captioning(True) in write(h, captioning.turn(h, zhao, True))
    return h, zhao, qian, wang


def heard(text, who="qian", began=1000.5):
    return Said("r1", who, text, began, 2.0)


def lines(h, seat):
    return [(one["name"], one["text"]) for one in h.recap(seat)["lesson"]["captions"]]


def correct(h, seat, line, text):
    return h.lesson.captions.correct(seat, Correct(line, text), text)


def test_a_host_switches_them_on_and_off_and_everybody_sees_it():
    h, zhao, qian, wang = captioned()
    with pytest.raises(NotHost):
        captioning.turn(h, qian, False)
    assert captioning.turn(h, zhao, True) == []
    assert [seen(h, seat)["captions"]["on"] for seat in (zhao, qian, wang)] == [True, True, True]
    assert Captioning(False) in write(h, captioning.turn(h, zhao, False))
    assert captioning.said(h, heard("迟到的一句"), "迟到的一句") == []


def test_what_is_said_stands_in_the_log_once_and_late_comers_are_told_the_last_lines():
    h, _, _, wang = captioned()
    [line] = captioning.said(h, heard("血压"), "血压")
    assert line == Record(
        "caption", "qian", "caption:qian:1000500", {"name": "Qian", "text": "血压", "began": 1000.5, "seconds": 2.0}
    )
    for number in range(8):
        write(h, captioning.said(h, heard(f"第{number}句", began=number), f"第{number}句"))
    assert lines(h, wang) == [("Qian", f"第{number}句") for number in range(2, 8)]


def test_whoever_left_is_quoted_no_more_and_nothing_is_no_line():
    h, _, _, _ = captioned()
    assert captioning.said(h, heard("谁", who="li"), "谁") == []
    assert captioning.said(h, heard("欧阳"), "") == []


def test_a_line_is_put_right_or_taken_away_by_hosts_alone():
    h, zhao, qian, wang = captioned()
    for text in ("阿司匹灵", "咳嗽"):
        write(h, captioning.said(h, heard(text, began=len(text)), text))
    first, second = (one["id"] for one in h.recap(wang)["lesson"]["captions"])
    with pytest.raises(NotHost):
        correct(h, qian, first, "阿司匹林")
    with pytest.raises(NoSuchThing):
        correct(h, zhao, 999, "阿司匹林")
    write(h, correct(h, zhao, first, "阿司匹林"))
    write(h, correct(h, zhao, second, ""))
    write(h, correct(h, zhao, first, "阿司匹林 100 mg"))
    assert lines(h, wang) == [("Qian", "阿司匹林 100 mg")]


def test_a_correction_is_told_by_number():
    h, zhao, _, _ = captioned()
    h.caught_up("wang", h.history.seq)
    write(h, captioning.said(h, heard("阿司匹灵"), "阿司匹灵"))
    line = h.history.seq
    told = write(h, correct(h, zhao, line, "阿司匹林"))
    news = {"captions": [{"id": line, "text": "阿司匹林"}]}
    assert [one.payload for one in told if isinstance(one, Emit)] == [news, news]  # to hosts, to all others


def test_a_patient_who_withdraws_ends_them_and_they_begin_no_more():
    h, zhao, _, _ = captioned()
    [off] = [
        one
        for one in h.recorded([entry(h.history.seq + 1, "consent", None, of="recording", on=False)], whole=False)
        if isinstance(one, Record) and one.kind == "captions"
    ]
    assert (off.by, off.body) == (None, {"on": False})
    assert Captioning(False) in write(h, [off])
    with pytest.raises(ConsentMissing) as refusal:
        captioning.turn(h, zhao, True)
    assert refusal.value.facts["patient"] is True


def test_the_end_of_the_hall_is_theirs():
    h, *_ = captioned()
    assert Captioning(False) in h.recorded([entry(h.history.seq + 1, "ended", "zhao", reason="host")], whole=False)


def test_a_model_that_does_not_keep_up_is_shown():
    h, _, _, wang = captioned()
    assert captioning.fares(h, well=True) == []
    captioning.fares(h, well=False)
    assert seen(h, wang)["captions"] == {"on": True, "paused": True}
    captioning.fares(h, well=True)
    assert seen(h, wang)["captions"]["paused"] is False


@pytest.mark.parametrize("said", [{"line": 1}, {"line": 1, "text": "字" * 501}, {"line": -1, "text": ""}])
def test_a_correction_of_nothing_is_malformed(said):
    with pytest.raises(Malformed):
        decode("correct", (said,))


# ---- with everything real


class Words:
    """What the house lets be shown."""

    async def shown(self, room, text):
        return text.replace("欧阳明珠", "[姓名]")


async def test_what_a_teacher_says_is_read_by_a_listener_and_stands_in_the_log(house, people):  # noqa: F811
    async with running() as service:
        ground = Ground([LOOPBACK], processes=1, speech=SpeechService(service.url))
        async with house.node(forwarder=lambda: Spread(ground), captions=Words()) as site:
            zhao, wang = await site.page(host(hall=True)), await site.page(listener())
            assert (await wang.ask("captions", {"on": True}))["error"]["code"] == "room.not_host"
            assert (await zhao.ask("captions", {"on": True}))["ok"] is True
            await people.watcher(wang)
            publisher = await people.publisher(zhao).publish()
            publisher.pc.getSenders()[0].replaceTrack(Speaker(*[600] * 30))
            await eventually(lambda: house.log.told("caption"), 30)
            first = house.log.told("caption")[0]
            assert (first["name"], first["text"]) == ("Zhao", "患者[姓名]血压一百六")
            await wang.until(lambda: any(told.get("captions") for told in wang.heard("lesson")))
            [line, *_] = next(told["captions"] for told in wang.heard("lesson") if told.get("captions"))
            assert (line["name"], line["text"]) == ("Zhao", "患者[姓名]血压一百六")
            corrected = await zhao.ask("correct", {"line": line["id"], "text": "欧阳明珠血压 160"})
            assert corrected["ok"] is True
            assert house.log.told("corrected") == [{"line": line["id"], "text": "[姓名]血压 160"}]


async def test_where_no_model_is_there_is_nothing_to_switch_on(house):
    async with house.node() as site:
        zhao = await site.page(host(hall=True))
        assert (await zhao.ask("captions", {"on": True}))["error"]["code"] == "media.unavailable"
