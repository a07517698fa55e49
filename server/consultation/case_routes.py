"""One consultation on one page, as each side may see and move it; the same summary as a fragment beside the video."""

from functools import partial
from typing import Any

from aiohttp import web

from server.accounts import queries as accounts
from server.consultation import (
    answers,
    approvals,
    attachments,
    centre,
    complaints,
    consenting,
    decisions,
    films,
    gate,
    policy,
    queries,
    service,
    views,
)
from server.consultation.gate import NEEDED_WORDS
from server.consultation.kinds import Adoption, Answer, OpinionState, Verdict
from server.consultation.model import Consultation, LateApproval
from server.consultation.opinions import WRITABLE
from server.consultation.routes import case_of
from server.consultation.states import MOVES, WITHOUT_OPINION, Move, State
from server.core.access import Relation
from server.core.forms import Form
from server.core.http import Routes, render, say, see_other, unit_of
from server.core.unit import Unit
from server.meeting import queries as meetings
from server.meeting.queries import Said

routes = Routes("case")

VITAL_WORDS = (
    ("systolic", "收缩压", "mmHg"),
    ("diastolic", "舒张压", "mmHg"),
    ("pulse", "脉搏", "次/分"),
    ("saturation", "血氧", "%"),
    ("temperature", "体温", "℃"),
    ("respiration", "呼吸", "次/分"),
)
STORY_WORDS = (
    ("story", "主诉和经过"),
    ("findings", "查体"),
    ("tests", "已做检查"),
    ("treatment", "已做处理"),
    ("history", "既往史、过敏史"),
    ("diagnosis", "初步诊断"),
)
ADOPTION_WORDS = {Adoption.ADOPTED: "采纳", Adoption.PARTLY: "部分采纳", Adoption.NOT_ADOPTED: "未采纳"}
STAR_WORDS = {5: "很好", 4: "好", 3: "一般", 2: "差", 1: "很差"}
ANSWER_WORDS = {
    Answer.WAITING: "待答复",
    Answer.ACCEPTED: "已接受",
    Answer.DECLINED: "已谢绝",
    Answer.WITHDRAWN: "已撤回",
}


@routes.get("/consultations/{id}", "consultation.read")
async def case_page(request: web.Request) -> web.StreamResponse:
    case = await case_of(request, "consultation.read")
    if case.state is State.DRAFT and case.applicant_person_id == unit_of(request).actor.person_id:
        return see_other(f"{service.href(case)}/edit")
    context = await case_context(request, case)
    if "signed" in request.query:
        context["onward"] = await _onward(unit_of(request))
    return render(request, "consultation/case.html", **context)


async def case_again(request: web.Request, case: Consultation, form: Form[Any]) -> web.Response:
    """The case's page once more, with what is wrong at the field."""
    context = await case_context(request, case)
    return render(request, "consultation/case.html", status=422, **{**context, "form": form})


async def _onward(unit: Unit) -> tuple[str, str]:
    """Where to after a signature, and the word for it: the next opinion owed, else the next invitation, else home."""
    owed = await queries.waiting(unit, [State.OPINION_PENDING], limit=1)
    if owed:
        return f"{service.href(owed[0])}/opinion", "写下一份意见"
    invited = await queries.invited_now(unit, unit.actor.person_id)
    return (service.href(invited[0][1]), "答复下一份邀请") if invited else ("/", "回到首页")


@routes.get("/consultations/{id}/summary", "consultation.chart")
async def summary(request: web.Request) -> web.StreamResponse:
    """The case beside the video."""
    case = await case_of(request, "consultation.chart")
    return render(request, "consultation/summary.html", **await case_context(request, case))


@routes.get("/consultations/{id}/history", "consultation.history")
async def history_page(request: web.Request) -> web.StreamResponse:
    """Everything that happened, readable and printable as one page."""
    case = await case_of(request, "consultation.history")
    return render(request, "consultation/history.html", **await history_context(request, case))


async def history_context(request: web.Request, case: Consultation) -> dict[str, Any]:
    """That of the case, and what only its history tells: what was written in the room."""
    context = await case_context(request, case)
    return {**context, "chat": await _chat(unit_of(request), case)}


async def _chat(unit: Unit, case: Consultation) -> list[Said]:
    """For those who might have been in the room: it is not masked."""
    if case.meeting_id is None or not unit.may("room.enter", await queries.relations_of(unit, case)):
        return []
    unit.record("consultation.read", kind="consultation", id=case.id, patient=case.patient_id, fields=["chat"])
    return await meetings.chat(unit, case.meeting_id)


async def case_context(request: web.Request, case: Consultation) -> dict[str, Any]:
    unit, translate = unit_of(request), partial(say, request)
    related = await queries.relations_of(unit, case)
    found = await views.look_up(unit, [case])
    unit.record("consultation.read", kind="consultation", id=case.id, patient=case.patient_id, fields=["case"])
    opinions = [one for one in await queries.opinions(unit, case.id) if policy.may_see_opinion(unit.actor, one)]
    may_read_opinion = unit.may("opinion.read", related)
    return {
        "case": case,
        "card": views.card(unit, case, found, translate),
        "patient": found.patients.get(case.patient_id or ""),
        "applicant": found.people.get(case.applicant_person_id),
        "specialist": found.people.get(case.specialist_person_id or ""),
        "places": found.institutions,
        "story": views.story_of(case),
        "story_words": [(name, translate(word)) for name, word in STORY_WORDS],
        "vitals": vitals_of(case, translate),
        "answers": _answers(case, translate),
        "lines": await views.history(unit, case, translate),
        "invitations": await _invitations(unit, case, translate),
        "signed": next((one for one in reversed(opinions) if one.state is OpinionState.SIGNED), None)
        if may_read_opinion
        else None,
        "opinions": opinions if may_read_opinion else [],
        "decisions": [
            {"row": one, "word": translate(ADOPTION_WORDS[one.adoption])}
            for one in await queries.decisions(unit, case.id)
        ],
        "adoptions": [(one.value, translate(word)) for one, word in ADOPTION_WORDS.items()],
        "stars": [(str(number), translate(word)) for number, word in STAR_WORDS.items()],
        "ratings": await _ratings(unit, case, translate),
        "attendance": await meetings.attendance(unit, case.meeting_id) if case.meeting_id else [],
        "form": None,
        "consent": await consenting.standing(unit, case, translate),
        "files": await attachments.cards(unit, case),
        "may": _may(unit, case, related),
        "own_approval": approvals.is_own(unit, case),
        "late_approval": await _late_approval(unit, case, related),
        **await _films(unit, case, related),
        "room_open": answers.room_open(case) and Relation.CONSORTIUM in related,
        "room_href": f"/rooms/{case.meeting_id}" if case.meeting_id and case.rejoinable_at(unit.now) else "",
        "gate": await _gate(unit, case, translate),
        "sent": "sent" in request.query,
        "onward": None,
        "most_reschedules": centre.MOST_RESCHEDULES,
    }


def vitals_of(case: Consultation, translate: views.Say) -> list[tuple[str, str]]:
    vitals = dict(case.story.get("vitals") or {})
    return [
        (translate(word), f"{vitals[name]:g} {translate(unit)}") for name, word, unit in VITAL_WORDS if name in vitals
    ]


def _answers(case: Consultation, translate: views.Say) -> list[tuple[str, str]]:
    given = dict(case.story.get("answers") or {})
    return [(translate(words), given[name]) for name, words in complaints.PROMPTS[case.complaint] if given.get(name)]


async def _late_approval(unit: Unit, case: Consultation, related: frozenset[Relation]) -> LateApproval | None:
    """What the reader is to approve though the request has gone out; None for anybody else, and when it is settled."""
    if not unit.may("consultation.approve", related) or case.state in WITHOUT_OPINION:
        return None
    late = await queries.late_approval(unit, case.id)
    return late if late and late.verdict is Verdict.WAITING else None


async def _gate(unit: Unit, case: Consultation, translate: views.Say) -> list[tuple[str, bool]]:
    """What a session that should begin needs, and whether it is so; nothing in every other state."""
    lacking = await gate.waited_for(unit, case)
    return [] if lacking is None else [(translate(word), one not in lacking) for one, word in NEEDED_WORDS.items()]


async def _invitations(unit: Unit, case: Consultation, translate: views.Say) -> list[dict[str, Any]]:
    rows = await queries.invitations(unit, case.id)
    people = await accounts.people(unit, {one.person_id for one in rows})
    return [
        {"row": one, "name": people[one.person_id].name, "word": translate(ANSWER_WORDS[one.answer])} for one in rows
    ]


async def _ratings(unit: Unit, case: Consultation, translate: views.Say) -> list[dict[str, Any]]:
    rows = await queries.ratings(unit, case.id)
    people = await accounts.people(unit, {one.person_id for one in rows})
    return [{"row": one, "name": people[one.person_id].name, "word": translate(STAR_WORDS[one.stars])} for one in rows]


async def _films(unit: Unit, case: Consultation, related: frozenset[Relation]) -> dict[str, Any]:
    found = await films.of_case(unit, case, related)
    return {"films": found, "withheld": bool(found) and await films.withheld(unit, case)}


def _may(unit: Unit, case: Consultation, related: frozenset[Relation]) -> dict[str, bool]:
    """Which buttons a page shows: the right by the matrix and the move by the state, both."""

    def both(action: str, *moves: Move) -> bool:
        return unit.may(action, related) and any((case.state, move) in MOVES for move in moves)

    author = unit.actor.person_id == case.specialist_person_id
    return {
        "edit": unit.may("consultation.edit", related) and case.state in (State.DRAFT, State.SUPPLEMENT),
        "cancel": both("consultation.cancel", Move.CANCEL),
        "approve": both("consultation.approve", Move.APPROVE),
        "triage": both("consultation.triage", Move.ASK_MORE),
        "invite": both("consultation.invite", Move.INVITE),
        "withdraw": both("consultation.invite", Move.EXHAUST) and case.state is State.INVITING,
        "schedule": both("consultation.schedule", Move.BOOK),
        "reschedule": both("consultation.schedule", Move.RESCHEDULE),
        "no_show": both("consultation.schedule", Move.MISS) and centre.may_be_missed(case, unit.now),
        "resume": both("consultation.resume", Move.REBOOK),
        "answer": both("consultation.answer", Move.ACCEPT),
        "end": both("consultation.end", Move.END) and case.state is not State.INTERRUPTED,
        "write": unit.may("opinion.write", related) and author and case.state in WRITABLE,
        "amend": unit.may("opinion.write", related) and author and (case.state, Move.AMEND) in MOVES,
        "decide": both("consultation.decide", Move.DECIDE),
        "close": unit.may("consultation.decide", related) and case.state is State.FOLLOW_UP,
        "rate": unit.may("consultation.rate", related) and decisions.may_be_rated(case, unit.now),
        "repeat": unit.may("consultation.edit", related) and case.state in WITHOUT_OPINION,
        "teach": unit.may("casebook.propose", related) and case.state is State.CLOSED,
        "history": unit.may("consultation.history", related),
        "sign": unit.may("consultation.edit", related),
        "consent": unit.may("patient.read", related) and case.inviting_id == unit.actor.institution_id,
        "attach": unit.may("file.upload", related) and case.state in service.ATTACHABLE,
    }
