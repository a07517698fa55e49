"""Papers: the questions of a session or of a phase's gate, handing in, what was scored."""

from collections.abc import Sequence
from typing import Any

from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.teaching import queries
from server.teaching.model import Course, Paper, Quiz, TeachingSession


class NoPaper(Refusal):
    code = "teaching.no_paper"
    says = "这里还没有出题"


class NoTriesLeft(Refusal):
    code = "teaching.no_tries_left"
    says = "您已用完 %(attempts)s 次机会"


class QuestionsChanged(Refusal):
    code = "teaching.questions_changed"
    says = "题目刚被修改，请按新题目重新作答"


class AlreadyAnswered(Refusal):
    code = "teaching.already_answered"
    says = "已有人交卷，不能再改题目"


def score_of(questions: Sequence[dict[str, Any]], answers: Sequence[Sequence[int]]) -> int:
    """Of a hundred: a question counts when exactly its right options are chosen."""
    if not questions:
        return 0
    right = sum(set(question["right"]) == set(answer) for question, answer in zip(questions, answers, strict=True))
    return 100 * right // len(questions)


async def write(
    unit: Unit,
    *,
    session: TeachingSession | None = None,
    course: Course | None = None,
    phase: int | None = None,
    questions: list[dict[str, Any]],
    pass_mark: int,
    attempts: int,
) -> Quiz:
    """The paper of a session, or the gate that closes a phase of a course. Raises AlreadyAnswered."""
    quiz = await _paper(unit, session, course, phase)
    if quiz is None:
        quiz = Quiz(
            id=unit.new_id(),
            session_id=session.id if session else None,
            course_id=course.id if course else None,
            phase=phase if course else None,
        )
        unit.session.add(quiz)
    elif questions != quiz.questions and await queries.papers(unit, quiz.id):
        raise AlreadyAnswered
    quiz.questions, quiz.pass_mark, quiz.attempts = questions, pass_mark, attempts
    await unit.session.flush()
    unit.record("teaching.paper_written", kind="quiz", id=quiz.id)
    return quiz


async def _paper(unit: Unit, session: TeachingSession | None, course: Course | None, phase: int | None) -> Quiz | None:
    if session is not None:
        return await queries.quiz_of(unit, session.id)
    if course is None or phase is None or not 0 <= phase < len(course.phases):
        raise NotFound
    return (await queries.gates_of(unit, course.id)).get(phase)


async def hand_in(unit: Unit, *, quiz: Quiz, answers: Sequence[Sequence[int]]) -> Paper:
    """The actor's next paper. Raises NoTriesLeft, QuestionsChanged. `quiz` is locked: two at once are two tries."""
    earlier = await queries.papers(unit, quiz.id, unit.actor.person_id)
    if len(earlier) >= quiz.attempts:
        raise NoTriesLeft(attempts=quiz.attempts)
    if len(answers) != len(quiz.questions):
        raise QuestionsChanged
    paper = Paper(
        quiz_id=quiz.id,
        person_id=unit.actor.person_id,
        attempt=len(earlier) + 1,
        questions=quiz.questions,
        answers=[sorted(set(one)) for one in answers],
        score=score_of(quiz.questions, answers),
        handed_in_at=unit.now,
    )
    unit.session.add(paper)
    await unit.session.flush()
    unit.record("teaching.paper_handed_in", kind="quiz", id=quiz.id)
    return paper


async def locked(unit: Unit, quiz: Quiz) -> Quiz:
    return await unit.session.get_one(Quiz, quiz.id, with_for_update=True)


async def passed_gate(unit: Unit, course: Course, phase: int, person_id: str) -> bool:
    """Whether somebody may go on after `phase`: its exam is passed, or it has none."""
    gate = (await queries.gates_of(unit, course.id)).get(phase)
    if gate is None:
        return True
    return (await queries.best_scores(unit, gate.id)).get(person_id, -1) >= gate.pass_mark
