"""Quizzes and gates, feedback, series and courses."""

from functools import partial
from typing import Any

from aiohttp import web

from server.core.errors import NotFound
from server.core.forms import Form
from server.core.http import Routes, read_form, render, say, see_other, sent_fields, unit_of
from server.teaching import enrolling, exams, feedback, letters, papers, planning, policy, queries, series, views
from server.teaching.forms import CourseForm, FeedbackForm, QuizForm, lines
from server.teaching.kinds import COURSE_WORDS
from server.teaching.model import Course, Quiz, TeachingSession
from server.teaching.routes import back, flash, plans, session_of
from server.teaching.states import ENROLLING

routes = Routes("teaching_learning")


# ---- a paper: of a session, or the gate of a phase


async def _quiz_page(
    request: web.Request, quiz: Quiz, title: str, action: str, home: str, status: int = 200, trouble: str = ""
) -> web.Response:
    unit = unit_of(request)
    mine = await queries.papers(unit, quiz.id, unit.actor.person_id)
    return render(
        request,
        "teaching/quiz.html",
        status=status,
        quiz=quiz,
        title=title,
        action=action,
        home=home,
        papers=mine,
        best=max((one.score for one in mine), default=None),
        left=max(0, quiz.attempts - len(mine)),
        trouble=trouble,
    )


async def _answers(request: web.Request, quiz: Quiz) -> list[list[int]]:
    """What was chosen, by question; what is no option of it counts as not chosen."""
    sent = await sent_fields(request)
    chosen = sent.getall if hasattr(sent, "getall") else lambda name, default: default
    found = []
    for number, question in enumerate(quiz.questions):
        given = [int(one) for one in chosen(f"q{number}", []) if str(one).isdecimal()]
        found.append([one for one in given if one < len(question["options"])])
    return found


@routes.get("/teaching/sessions/{id}/quiz", "teaching.enter")
async def session_quiz(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.enter")
    quiz = await queries.quiz_of(unit_of(request), session.id)
    if quiz is None:
        raise exams.NoPaper
    href = letters.href(session)
    return await _quiz_page(request, quiz, session.title, f"{href}/quiz", href)


@routes.post("/teaching/sessions/{id}/quiz", "teaching.enter")
async def hand_in(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    session = await session_of(request, "teaching.enter")
    quiz = await queries.quiz_of(unit, session.id)
    if quiz is None:
        raise exams.NoPaper
    await exams.hand_in(unit, quiz=await exams.locked(unit, quiz), answers=await _answers(request, quiz))
    return see_other(f"{letters.href(session)}/quiz")


@routes.get("/teaching/sessions/{id}/paper", "teaching.edit")
async def paper_page(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.edit")
    quiz = await queries.quiz_of(unit_of(request), session.id)
    return _paper(request, quiz, session.title, f"{letters.href(session)}/paper", letters.href(session), None)


def _paper(
    request: web.Request, quiz: Quiz | None, title: str, action: str, home: str, form: Form[QuizForm] | None
) -> web.Response:
    known = (
        {"paper": papers.written(quiz.questions), "pass_mark": quiz.pass_mark, "attempts": quiz.attempts}
        if quiz
        else {}
    )
    return render(
        request,
        "teaching/paper.html",
        status=422 if form else 200,
        form=form,
        known=known,
        title=title,
        action=action,
        home=home,
    )


async def _written(request: web.Request) -> tuple[Form[QuizForm], list[dict[str, Any]]]:
    form = await read_form(request, QuizForm)
    if form.errors:
        return form, []
    try:
        return form, papers.read(form.value.paper)
    except papers.Unreadable as refusal:
        form.errors["paper"] = say(request, refusal.says, refusal.facts)
        return form, []


@routes.post("/teaching/sessions/{id}/paper", "teaching.edit")
async def write_paper(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    session = await session_of(request, "teaching.edit", locked=True)
    form, questions = await _written(request)
    if form.errors:
        home = letters.href(session)
        return _paper(request, None, session.title, f"{home}/paper", home, form)
    await exams.write(
        unit, session=session, questions=questions, pass_mark=session.pass_mark, attempts=form.value.attempts
    )
    return back(session, "paper")


# ---- feedback


@routes.get("/teaching/sessions/{id}/feedback", "teaching.enter")
async def feedback_page(request: web.Request) -> web.StreamResponse:
    return await _feedback(request, await session_of(request, "teaching.enter"), None)


async def _feedback(request: web.Request, session: TeachingSession, form: Form[FeedbackForm] | None) -> web.Response:
    unit = unit_of(request)
    given = await queries.feedback_of(unit, session.id, unit.actor.person_id)
    return render(
        request,
        "teaching/feedback.html",
        status=422 if form else 200,
        session=session,
        href=letters.href(session),
        form=form,
        given=given,
    )


@routes.post("/teaching/sessions/{id}/feedback", "teaching.enter")
async def give_feedback(request: web.Request) -> web.StreamResponse:
    session = await session_of(request, "teaching.enter")
    form = await read_form(request, FeedbackForm)
    if form.errors:
        return await _feedback(request, session, form)
    await feedback.give(unit_of(request), session=session, **form.value.model_dump())
    return back(session, "answers")


# ---- series and courses


@routes.get("/teaching/courses", "teaching.list")
async def courses(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    rows = []
    for course in await queries.courses(unit):
        rows.append((course, say(request, COURSE_WORDS[course.kind]), await queries.of_course(unit, course.id)))
    return render(request, "teaching/courses.html", rows=rows, may_plan=plans(unit), form=None, kinds=_kinds(request))


def _kinds(request: web.Request) -> list[tuple[str, str]]:
    return [(one.value, say(request, word)) for one, word in COURSE_WORDS.items()]


@routes.post("/teaching/courses", "teaching.plan")
async def found(request: web.Request) -> web.StreamResponse:
    form = await read_form(request, CourseForm)
    if form.errors:
        return render(
            request, "teaching/courses.html", status=422, rows=[], may_plan=True, form=form, kinds=_kinds(request)
        )
    asked = form.value
    course = await planning.found_course(
        unit_of(request), kind=asked.kind, title=asked.title, about=asked.about, phases=lines(asked.phases)
    )
    return see_other(f"/teaching/courses/{course.id}")


async def _course_of(request: web.Request, action: str) -> Course:
    return await queries.course_for(unit_of(request), action, request.match_info["id"])


@routes.get("/teaching/courses/{id}", "teaching.read")
async def course_page(request: web.Request) -> web.StreamResponse:
    unit, translate = unit_of(request), partial(say, request)
    course = await _course_of(request, "teaching.read")
    sessions = await queries.of_course(unit, course.id)
    gates, me = await queries.gates_of(unit, course.id), unit.actor.person_id
    cards = await views.cards(unit, sessions, translate)
    phases = []
    for number, name in enumerate(course.phases or [""]):
        gate = gates.get(number)
        best = (await queries.best_scores(unit, gate.id)).get(me) if gate else None
        lessons = [card for session, card in zip(sessions, cards, strict=True) if session.phase == number]
        opened = number == 0 or await exams.passed_gate(unit, course, number - 1, me)
        phases.append({"name": name, "number": number, "gate": gate, "best": best, "cards": lessons, "open": opened})
    related = policy.relations_to_course(unit.actor, course)
    return render(
        request,
        "teaching/course.html",
        course=course,
        kind=translate(COURSE_WORDS[course.kind]),
        phases=phases,
        may_edit=unit.may("teaching.edit", related),
        may_sit=unit.may("teaching.enrol", related),
        may_enrol=unit.may("teaching.enrol", related) and any(one.state in ENROLLING for one in sessions),
        ready=len(await series.publishable(unit, course)) if unit.may("teaching.edit", related) else 0,
        flash=flash(request),
    )


@routes.post("/teaching/courses/{id}/enrol", "teaching.enrol")
async def enrol_in_course(request: web.Request) -> web.StreamResponse:
    """In every session of the phases that are open to the learner."""
    unit = unit_of(request)
    course = await _course_of(request, "teaching.enrol")
    for session in await queries.of_course(unit, course.id):
        locked = await queries.get_for(unit, "teaching.enrol", session.id, locked=True)
        try:
            await enrolling.enrol(unit, session=locked)
        except (enrolling.EnrolmentShut, enrolling.GateShut, enrolling.NotForYou, enrolling.TeachesIt):
            continue
    return see_other(f"/teaching/courses/{course.id}?done=enrolled")


async def _gate(request: web.Request, course: Course) -> tuple[Quiz, int]:
    phase = int(request.match_info["phase"])
    quiz = (await queries.gates_of(unit_of(request), course.id)).get(phase)
    if quiz is None:
        raise exams.NoPaper
    return quiz, phase


@routes.get("/teaching/courses/{id}/gates/{phase:[0-9]+}", "teaching.enrol")
async def gate(request: web.Request) -> web.StreamResponse:
    course = await _course_of(request, "teaching.enrol")
    quiz, phase = await _gate(request, course)
    home = f"/teaching/courses/{course.id}"
    return await _quiz_page(request, quiz, course.phases[phase], f"{home}/gates/{phase}", home)


@routes.post("/teaching/courses/{id}/gates/{phase:[0-9]+}", "teaching.enrol")
async def hand_in_gate(request: web.Request) -> web.StreamResponse:
    unit = unit_of(request)
    course = await _course_of(request, "teaching.enrol")
    quiz, phase = await _gate(request, course)
    if phase and not await exams.passed_gate(unit, course, phase - 1, unit.actor.person_id):
        raise enrolling.GateShut(phase=course.phases[phase - 1])
    await exams.hand_in(unit, quiz=await exams.locked(unit, quiz), answers=await _answers(request, quiz))
    return see_other(f"/teaching/courses/{course.id}/gates/{phase}")


@routes.get("/teaching/courses/{id}/gates/{phase:[0-9]+}/paper", "teaching.edit")
async def gate_paper(request: web.Request) -> web.StreamResponse:
    course = await _course_of(request, "teaching.edit")
    phase = int(request.match_info["phase"])
    if phase >= len(course.phases):
        raise NotFound
    quiz = (await queries.gates_of(unit_of(request), course.id)).get(phase)
    home = f"/teaching/courses/{course.id}"
    return _paper(request, quiz, course.phases[phase], f"{home}/gates/{phase}/paper", home, None)


@routes.post("/teaching/courses/{id}/gates/{phase:[0-9]+}/paper", "teaching.edit")
async def write_gate(request: web.Request) -> web.StreamResponse:
    course = await _course_of(request, "teaching.edit")
    phase = int(request.match_info["phase"])
    home = f"/teaching/courses/{course.id}"
    form, questions = await _written(request)
    if form.errors:
        name = course.phases[phase] if phase < len(course.phases) else course.title
        return _paper(request, None, name, f"{home}/gates/{phase}/paper", home, form)
    asked = form.value
    await exams.write(
        unit_of(request),
        course=course,
        phase=phase,
        questions=questions,
        pass_mark=asked.pass_mark,
        attempts=asked.attempts,
    )
    return see_other(f"{home}?done=paper")
