"""Marks from the hall's log: what counts, and what does not."""

from datetime import UTC, datetime, timedelta

from server.scheduling.intervals import Interval
from server.teaching.quizzes import CHOSE, POLL, REVEALED, Line, opinions, questions, scores

BEGUN = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
RUNNING = [Interval(BEGUN, BEGUN + timedelta(hours=1))]


def at(minute):
    return BEGUN + timedelta(minutes=minute)


def poll(minute, id, right=(1,), marks=10):
    body = {"poll": id, "text": id, "options": ["甲", "乙", "丙"], "many": True, "right": list(right), "marks": marks}
    return Line(at=at(minute), kind=POLL, who="zhao", body=body)


def chose(minute, id, who, *choice):
    return Line(at=at(minute), kind=CHOSE, who=who, body={"poll": id, "choice": list(choice)})


def shown(minute, id):
    return Line(at=at(minute), kind=REVEALED, who="zhao", body={"poll": id})


def marks(*lines):
    return scores(questions(lines, RUNNING))


def test_exactly_the_right_options_earn_the_marks_and_the_score_is_of_a_hundred():
    lines = [poll(1, "a", (1,), 30), poll(5, "b", (0, 2), 10)]
    lines += [chose(2, "a", "wang", 1), chose(6, "b", "wang", 0), chose(2, "a", "li", 1), chose(6, "b", "li", 2, 0)]
    assert marks(*lines) == {"wang": 75, "li": 100}


def test_what_was_not_answered_earns_nothing_and_who_answered_nothing_has_no_score():
    assert marks(poll(1, "a"), poll(2, "b"), chose(3, "a", "wang", 1)) == {"wang": 50}
    assert marks(poll(1, "a")) == {}


def test_the_first_answer_counts_and_none_after_the_result():
    lines = [poll(1, "a"), chose(2, "a", "wang", 0), chose(3, "a", "wang", 1), shown(4, "a"), chose(5, "a", "li", 1)]
    assert marks(*lines) == {"wang": 0}


def test_opinions_and_what_was_asked_before_the_session_began_are_no_quiz():
    lines = [poll(-1, "early"), chose(1, "early", "wang", 1), poll(1, "opinion", (), 0), chose(2, "opinion", "wang", 1)]
    assert questions(lines, RUNNING) == []
    assert questions([poll(1, "a")], []) == []


def test_opinions_are_counted_the_first_word_of_each_and_none_after_the_result():
    lines = [poll(-1, "early", (), 0), poll(1, "quiz"), poll(2, "b", (), 0), chose(2, "b", "wang", 0, 2), shown(4, "b")]
    lines[3:3] = [chose(2, "early", "li", 1), chose(3, "early", "li", 0)]
    lines.append(chose(5, "b", "li", 1))
    assert [(one.text, one.counts) for one in opinions(lines)] == [("early", [0, 1, 0]), ("b", [1, 0, 1])]
