"""The rules of a lesson's tools: who may, what the log keeps, what each page is told of it, and what nobody is told."""

from datetime import UTC, datetime, timedelta

import pytest

from signaling.effects import Emit, Record, Spread
from signaling.hall import Hall
from signaling.lesson_messages import (
    Ask,
    Chats,
    Check,
    Choose,
    Draw,
    Here,
    Hush,
    Look,
    Point,
    Poll,
    Reveal,
    Settle,
    Show,
    Support,
    Undo,
    Unsay,
    Wipe,
)
from signaling.messages import Chat, Stage
from signaling.refusals import (
    AlreadyChosen,
    ChatClosed,
    CheckOver,
    CheckRunning,
    Hushed,
    Malformed,
    NoSuchThing,
    NotAllowed,
    NotHost,
    PageTurned,
    PollOver,
    PollRunning,
    TooMany,
)
from tests.signaling.test_hall import hall, learner, presenter, teacher
from tests.signaling.test_room import entry

NOON = datetime(2026, 11, 23, tzinfo=UTC)  # when `entry` writes
QUIZ = Poll("p1", "首选？", ("甲", "乙", "丙"), False, (1,), 20)
FILE = "f" * 32
LINE = Draw("l1", FILE, 1, "red", (0, 0, 10_000, 10_000))


class Class:
    """A hall whose log writes itself, and what each of its pages has been told."""

    def __init__(self, *people):
        self.hall, seats = hall(*people)
        self.seats = {seat.who: seat for seat in seats}
        self.log, self.told, self.clock = [], {who: [] for who in self.seats}, 0.0

    def says(self, who, message):
        return self.does(self.hall.said(who, self.seats[who].epoch, message))

    def checks(self, who, seconds=60, key="c1", at=NOON):
        return self.does(self.hall.lesson.checks.ask(self.seats[who], Check(key, seconds), at))

    def answers(self, who, check="c1", at=NOON):
        return self.does(self.hall.lesson.checks.answer(self.seats[who], Here(check), at))

    def does(self, effects):
        written = {record.key for record, _ in self.log}
        for record in effects:
            if isinstance(record, Record) and record.key not in written:
                made = entry(self.hall.history.seq + 1, record.kind, record.by, **record.body)
                self.log.append((record, made))
                self.hear(self.hall.recorded([made], whole=False))
        return effects

    def hear(self, effects):
        for effect in effects:
            for who in effect.to if isinstance(effect, Emit) and effect.event == "lesson" else ():
                self.told[who].append(effect.payload)

    def second(self):
        self.clock += 1.0
        self.hear(self.hall.ticked(self.clock))

    def sees(self, who):
        return self.hall.recap(self.seats[who])["lesson"]

    @property
    def kinds(self):
        return [record.kind for record, _ in self.log]


@pytest.fixture
def room():
    return Class(teacher(), presenter(), learner(), learner("li"))


# ---- checks and looking away


def test_a_check_is_before_all_at_once_and_its_answers_are_counted_for_hosts_only(room):
    room.checks("zhao")
    check = {"id": "c1", "until": "2026-11-23T00:01:00.000Z"}
    assert (room.told["wang"], room.told["zhao"][-1]) == ([{"check": check}], {"check": check | {"answered": 0}})
    room.answers("wang")
    room.answers("wang")
    assert room.told["wang"][1:] == [{"mine": {"answered": "c1"}}]
    room.second()
    assert room.told["zhao"][-1] == {"check": check | {"answered": 1}}
    assert room.told["li"] == [{"check": check}], "nobody hears of another's answer"
    assert [(record.kind, record.body) for record, _ in room.log] == [
        ("check", {"check": "c1", "seconds": 60}),
        ("answered", {"check": "c1"}),
    ]
    assert room.sees("li")["mine"]["answered"] is None


def test_only_hosts_check_one_at_a_time_and_late_is_late(room):
    with pytest.raises(NotHost):
        room.checks("qian")
    room.checks("zhao")
    with pytest.raises(CheckRunning):
        room.checks("zhao", key="c2")
    assert room.checks("zhao") != [], "the same, said again"
    for check, at in (("c1", NOON + timedelta(seconds=60)), ("c0", NOON)):
        with pytest.raises(CheckOver):
            room.answers("wang", check, at)
    room.checks("zhao", key="c2", at=NOON + timedelta(seconds=60))
    assert room.sees("wang")["check"]["id"] == "c2"


def test_a_page_that_is_not_looked_at_is_logged_once_each_way_with_its_stay(room):
    for number, away in enumerate((False, True, True, False, True)):
        room.says("wang", Look(f"k{number}", away))
    assert room.kinds == ["away", "back", "away"]
    assert room.log[0][0].body == {"who": "wang", "stay": room.seats["wang"].stay}
    assert room.told == {who: [] for who in room.seats}


# ---- polls


def test_a_quiz_tells_trainees_neither_the_right_answer_nor_others_before_it_is_shown(room):
    room.says("zhao", QUIZ)
    asked = {"id": "p1", "text": "首选？", "options": ["甲", "乙", "丙"], "many": False, "marks": 20, "shown": False}
    assert room.told["wang"] == [{"poll": asked}]
    room.says("wang", Choose("p1", (1,)))
    room.says("li", Choose("p1", (0,)))
    room.second()
    result = {"counts": [1, 1, 0], "answered": 2, "right": [1]}
    assert room.told["wang"][1:] == [{"mine": {"chose": {"poll": "p1", "choice": [1]}}}]
    assert room.told["zhao"][-1] == {"poll": asked | result}
    assert "right" not in room.sees("li")["poll"]
    room.says("zhao", Reveal("p1"))
    assert room.told["li"][-1] == {"poll": asked | result | {"shown": True}}


def test_the_first_answer_counts_and_none_after_the_result(room):
    room.says("zhao", QUIZ)
    for choice in ((), (3,), (0, 1)):
        with pytest.raises(Malformed):
            room.says("wang", Choose("p1", choice))
    room.says("wang", Choose("p1", (0,)))
    room.says("wang", Choose("p1", (0,)))
    with pytest.raises(AlreadyChosen):
        room.says("wang", Choose("p1", (1,)))
    room.says("zhao", Reveal("p1"))
    with pytest.raises(PollOver):
        room.says("li", Choose("p1", (1,)))
    assert room.kinds == ["poll", "chose", "revealed"]


def test_only_hosts_ask_and_show_and_one_question_is_open_at_a_time(room):
    for message in (QUIZ, Reveal("p1")):
        with pytest.raises(NotHost):
            room.says("qian", message)
    room.says("zhao", QUIZ)
    second = Poll("p2", "听得清吗", ("是", "否"), False, (), 0)
    with pytest.raises(PollRunning):
        room.says("zhao", second)
    room.says("zhao", Reveal("p1"))
    room.says("zhao", second)
    assert room.sees("wang")["mine"]["chose"] is None


def test_what_is_told_of_a_poll_grows_with_the_question_and_not_with_the_audience():
    many = [learner(f"l{number}") for number in range(200)]
    room = Class(teacher(), learner(), *many)
    room.says("zhao", QUIZ)
    for one in many:
        room.says(one.participant, Choose("p1", (1,)))
    room.second()
    room.second()
    assert len(room.told["wang"]) == 1
    assert len([told for told in room.told["zhao"] if "poll" in told]) == 2
    assert room.told["zhao"][-1]["poll"]["answered"] == 200


# ---- questions


def test_questions_are_supported_once_each_and_the_most_wanted_are_first(room):
    room.says("wang", Ask("k1", "剂量怎么算？"))
    room.says("li", Ask("k2", "何时转上级？"))
    for who in ("qian", "wang", "wang"):
        room.says(who, Support(2))
    room.second()
    seen = [(one["id"], one["name"], one["votes"]) for one in room.sees("li")["questions"]]
    assert seen == [(2, "Li", 2), (1, "Wang", 0)]
    assert len([told for told in room.told["li"] if "questions" in told]) == 1
    assert room.sees("wang")["mine"]["supported"] == [2]


def test_hosts_settle_questions_and_a_hidden_one_is_told_to_nobody_else(room):
    room.says("wang", Ask("k1", "不当的话"))
    with pytest.raises(NotHost):
        room.says("qian", Settle(1, "hidden"))
    room.says("zhao", Settle(1, "hidden"))
    room.second()
    assert room.sees("li")["questions"] == []
    assert room.told["li"][-1] == {"questions": [{"id": 1, "state": "hidden"}]}
    assert room.sees("zhao")["questions"][0]["text"] == "不当的话"
    with pytest.raises(NoSuchThing):
        room.says("li", Support(1))
    for how in ("open", "answered", "answered"):
        room.says("zhao", Settle(1, how))
    assert room.kinds == ["question", "settled", "settled", "settled"]


def test_nobody_fills_the_list_alone(room):
    for number in range(5):
        room.says("wang", Ask(f"k{number}", "问"))
    with pytest.raises(TooMany):
        room.says("wang", Ask("k5", "问"))
    room.says("zhao", Settle(1, "answered"))
    room.says("wang", Ask("k5", "问"))


# ---- writing


def test_a_line_that_was_taken_back_is_told_to_nobody_who_comes_later(room):
    room.says("wang", Chat("k1", "张三的身份证号"))
    line = room.log[0][1]
    assert room.hall.tells(line, "wang") is True
    with pytest.raises(NotHost):
        room.says("qian", Unsay(1))
    with pytest.raises(NoSuchThing):
        room.says("zhao", Unsay(2))
    room.says("zhao", Unsay(1))
    assert (room.hall.tells(line, "wang"), room.hall.tells(room.log[1][1], "wang")) == (False, True)


def test_who_is_hushed_writes_nothing_until_a_host_gives_the_word_back(room):
    with pytest.raises(NotHost):
        room.says("li", Hush("wang", True))
    room.says("zhao", Hush("wang", True))
    assert {"mine": {"hushed": True}} in room.told["wang"]
    assert room.told["li"][-1] == {"chat": {"open": True}}
    assert room.told["zhao"][-1] == {"chat": {"open": True, "hushed": ["wang"]}}
    for message in (Chat("k", "x"), Ask("k", "x")):
        with pytest.raises(Hushed):
            room.says("wang", message)
    room.says("zhao", Hush("wang", False))
    room.says("zhao", Hush("wang", False))
    room.says("wang", Chat("k", "x"))
    room.says("zhao", Hush("wang", True))
    assert room.kinds == ["hushed", "unhushed", "chat", "hushed"]


def test_a_closed_chat_is_for_those_who_teach(room):
    room.says("zhao", Chats(False))
    with pytest.raises(ChatClosed):
        room.says("wang", Chat("k", "x"))
    for who in ("zhao", "qian"):
        room.says(who, Chat("k", "x"))
    room.says("wang", Ask("k", "还能问吗？"))
    room.says("zhao", Chats(True))
    room.says("wang", Chat("k", "x"))


# ---- slides


def test_a_page_is_before_all_and_what_is_drawn_belongs_to_it(room):
    room.says("qian", Show("s1", FILE, 1))
    room.says("qian", LINE)
    slide = {"file": FILE, "page": 1, "by": "qian"}
    stroke = {"id": "qian:l1", "by": "qian", "colour": "red", "points": [0, 0, 10_000, 10_000]}
    empty = {"file": FILE, "page": 1, "strokes": []}
    assert room.told["wang"] == [
        {"slide": slide, "strokes": empty},
        {"drawn": [{"file": FILE, "page": 1, **stroke}]},
    ]
    assert room.sees("li")["strokes"]["strokes"] == [stroke]
    room.says("qian", Show("s2", FILE, 2))
    assert room.told["wang"][-1] == {"slide": slide | {"page": 2}, "strokes": empty | {"page": 2}}
    with pytest.raises(PageTurned):
        room.says("qian", Draw("l2", FILE, 1, "red", (0, 0, 1, 1)))
    assert room.hall.lesson.slides.drawn((FILE, 1))["strokes"] == [stroke]


def test_one_takes_ones_own_last_line_back_or_wipes_the_page(room):
    room.says("qian", Show("s1", FILE, 1))
    for who, key in (("qian", "a"), ("zhao", "b"), ("qian", "c")):
        room.says(who, Draw(key, FILE, 1, "blue", (0, 0, 1, 1)))
    room.says("qian", Undo())
    assert [one["id"] for one in room.sees("li")["strokes"]["strokes"]] == ["qian:a", "zhao:b"]
    room.says("zhao", Wipe("w"))
    assert room.told["li"][-1] == {"strokes": {"file": FILE, "page": 1, "strokes": []}}
    assert (room.says("qian", Undo()), room.says("qian", Wipe("v"))) == ([], [])


def test_only_those_on_the_stage_present_and_a_pointer_is_kept_nowhere(room):
    for message in (Show("s", FILE, 1), LINE, Undo(), Wipe("w"), Point(1, 1, True)):
        with pytest.raises(NotAllowed):
            room.says("wang", message)
    room.says("zhao", Stage("wang", True))
    room.says("wang", Show("s", FILE, 1))
    pointed = room.says("wang", Point(5000, 2500, True))
    assert pointed == [Spread("pointed", {"by": "wang", "x": 5000, "y": 2500, "on": True})]
    assert room.kinds == ["staged", "slide"]


def test_a_page_takes_only_so_many_lines(room):
    room.says("zhao", Show("s", FILE, 1))
    long = tuple([1] * 512)
    for number in range(31):
        room.says("zhao", Draw(f"l{number}", FILE, 1, "red", long))
    with pytest.raises(TooMany):
        room.says("zhao", Draw("l31", FILE, 1, "red", long))


# ---- the log is the truth


def test_another_life_of_the_server_sees_the_same_from_the_log_alone(room):
    room.checks("zhao")
    room.answers("wang")
    room.says("zhao", QUIZ)
    room.says("wang", Choose("p1", (1,)))
    room.says("li", Ask("k", "问"))
    room.says("wang", Support(5))
    room.says("zhao", Hush("li", True))
    room.says("qian", Show("s", FILE, 3))
    room.says("qian", Draw("l", FILE, 3, "black", (0, 0, 1, 1)))
    again = Hall("r1", "b")
    again.recorded([made for _, made in room.log], whole=True)
    for seat in room.seats.values():
        assert again.recap(seat) == room.hall.recap(seat)
    assert not any(room.hall.tells(made, "wang") for _, made in room.log), "none of it is told as it is written"
