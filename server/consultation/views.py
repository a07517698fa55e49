"""What pages show of consultations: plain values, in the reader's words, masked where rights say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from server.accounts import queries as accounts
from server.consultation import policy, queries, service
from server.consultation.kinds import Complaint, Verdict
from server.consultation.model import Consultation, LateApproval, Step
from server.consultation.states import LIVE, PARTY_WORDS, STATE_WORDS, Move
from server.core.access import Relation
from server.core.unit import Unit
from server.directory import queries as directory
from server.patients import service as patients
from server.patients.service import PatientCard
from server.scheduling.deadlines import Urgency

if TYPE_CHECKING:
    from server.accounts.model import Person, Post
    from server.directory.model import Department, Institution

Say = Callable[..., str]
ENTER_BEFORE = timedelta(minutes=20)

URGENCY_WORDS: dict[Urgency, tuple[str, str]] = {
    Urgency.IMMEDIATE: ("特急", "danger"),
    Urgency.URGENT: ("急", "soon"),
    Urgency.ROUTINE: ("普通", "idle"),
    Urgency.ELECTIVE: ("择期", "idle"),
}
COMPLAINT_WORDS: dict[Complaint, str] = {
    Complaint.CHEST_PAIN: "胸痛",
    Complaint.STROKE: "卒中",
    Complaint.FEVERISH_CHILD: "发热患儿",
    Complaint.ABDOMINAL_PAIN: "腹痛",
    Complaint.TRAUMA: "外伤",
    Complaint.OBSTETRIC: "产科",
    Complaint.CHRONIC: "慢病复诊",
    Complaint.BLANK: "空白",
}
ICONS = {"idle": "idle", "wait": "wait", "active": "active", "soon": "soon", "danger": "over", "done": "done"}
"""The shape of a tone: state is told by word and shape, colour comes third."""
MOVE_WORDS: dict[Move, str] = {
    Move.SUBMIT: "提交申请",
    Move.SUBMIT_FOR_APPROVAL: "提交院内审批",
    Move.DISCARD: "已放弃草稿",
    Move.APPROVE: "院内审批通过",
    Move.RETURN: "院内审批退回",
    Move.HAND_ON: "院内没有其他审批人，转会诊中心",
    Move.INVITE: "已邀请专家",
    Move.ASK_MORE: "已要求补充资料",
    Move.REJECT: "未受理",
    Move.CONVERT: "转为其他服务",
    Move.RESUBMIT: "补充后再次提交",
    Move.TIME_OUT: "超时未补充",
    Move.ACCEPT: "专家接受",
    Move.ACCEPT_AT_ONCE: "专家即时接受",
    Move.ACCEPT_WRITTEN: "专家接受书面会诊",
    Move.DECLINE: "专家谢绝",
    Move.EXHAUST: "重新安排专家",
    Move.BOOK: "时间已排定",
    Move.RESCHEDULE: "已改期",
    Move.CHECK: "进入候诊",
    Move.MISS: "未到场",
    Move.BEGIN: "会诊开始",
    Move.LOSE: "会诊中断",
    Move.REJOIN: "恢复会诊",
    Move.GO_WRITTEN: "转为书面继续",
    Move.REBOOK: "已另约时间",
    Move.END: "会诊结束",
    Move.ISSUE: "意见签名出具",
    Move.AMEND: "意见已修订",
    Move.DECIDE: "申请方作出决定",
    Move.FOLLOW: "开始随访",
    Move.CLOSE: "归档",
    Move.REOPEN: "已重新打开",
    Move.HOLD: "已封存",
    Move.CANCEL: "已取消",
}

VERDICT_WORDS = {Verdict.APPROVED: ("急会诊补审批通过", "done"), Verdict.OBJECTED: ("院内审批人有异议", "danger")}


@dataclass(frozen=True, kw_only=True)
class CaseCard:
    """The small card by which a case is recognised everywhere (partials/ui.html case_card).

    `href` is empty for who may know of the case and not open it.
    """

    id: str
    href: str
    number: str
    patient_name: str
    sex: str
    age: str
    question: str
    asked_by: str
    acts_next: str
    due: datetime | None
    since: datetime
    """When the case came into its state."""
    state: str
    state_label: str
    state_tone: str
    state_icon: str = ""
    urgency_label: str = ""
    urgency_tone: str = "idle"
    enter_href: str = ""
    starts_at: datetime | None = None
    specialty: str = ""
    complaint: str = ""
    expert: str = ""


@dataclass
class Lookups:
    """The people, places and patients that a set of cases mentions, found in a constant number of queries."""

    people: dict[str, Person] = field(default_factory=dict)
    institutions: dict[str, Institution] = field(default_factory=dict)
    patients: dict[str, PatientCard] = field(default_factory=dict)
    full: dict[str, PatientCard] = field(default_factory=dict)


async def look_up(unit: Unit, cases: Iterable[Consultation]) -> Lookups:
    rows = list(cases)
    person_ids = {id for one in rows for id in (one.applicant_person_id, one.specialist_person_id) if id}
    places = {id for one in rows for id in (one.inviting_id, one.invited_id) if id}
    found = await directory.institutions(unit, places) if places else []
    mine = {one.patient_id for one in rows if one.patient_id and _identified(unit, one)}
    others = {one.patient_id for one in rows if one.patient_id} - mine
    return Lookups(
        people=await accounts.people(unit, person_ids) if person_ids else {},
        institutions={one.id: one for one in found},
        patients={
            **(await patients.cards(unit, mine, full=True) if mine else {}),
            **(await patients.cards(unit, others, full=False) if others else {}),
        },
    )


def _identified(unit: Unit, case: Consultation) -> bool:
    return policy.sees_identity(unit.actor, policy.relations(unit.actor, case))


async def cards(unit: Unit, cases: Iterable[Consultation], say: Say) -> list[CaseCard]:
    rows = list(cases)
    found = await look_up(unit, rows)
    return [card(unit, one, found, say) for one in rows]


def card(unit: Unit, case: Consultation, found: Lookups, say: Say) -> CaseCard:
    patient = found.patients.get(case.patient_id or "")
    word, tone = STATE_WORDS[case.state]
    urgency, urgency_tone = URGENCY_WORDS[case.urgency]
    applicant = found.people.get(case.applicant_person_id)
    expert = found.people.get(case.specialist_person_id or "")
    place = found.institutions.get(case.inviting_id)
    return CaseCard(
        id=case.id,
        href=service.href(case) if unit.matrix.granted(unit.actor.role, "consultation.read") else "",
        number=case.number or "",
        patient_name=patient.name if patient else say("未选患者"),
        sex=say(patient.sex_says) if patient else "",
        age=say(patient.age_says, patient.age_facts) if patient else "",
        question=case.question or say("（还没有写问题）"),
        asked_by=f"{place.short_name if place else ''} {applicant.name if applicant else ''}".strip(),
        acts_next=say(PARTY_WORDS[case.acts_next]),
        due=case.due_at,
        since=case.state_since,
        state=case.state.value,
        state_label=say(word),
        state_tone=tone,
        urgency_label=say(urgency) if case.urgency is not Urgency.ROUTINE else "",
        urgency_tone=urgency_tone,
        enter_href=room_href(unit, case),
        starts_at=case.starts_at,
        specialty=say("、").join(map(say, case.specialties)),
        complaint=say(COMPLAINT_WORDS[case.complaint]),
        expert=expert.name if expert else "",
    )


def room_href(unit: Unit, case: Consultation) -> str:
    """Straight into the room, from twenty minutes before, for those who treat; empty otherwise."""
    if case.meeting_id is None or case.state not in LIVE or case.starts_at is None or not case.rejoinable_at(unit.now):
        return ""
    related = policy.relations(unit.actor, case)
    treats = not related.isdisjoint({Relation.OWN, Relation.PARTICIPANT})
    return f"/rooms/{case.meeting_id}?now" if treats and unit.now >= case.starts_at - ENTER_BEFORE else ""


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One line of a case's history (partials/ui.html timeline)."""

    at: datetime
    who: str
    what: str
    note: str
    tone: str = "idle"
    icon: str = ""


async def history(unit: Unit, case: Consultation, say: Say) -> list[HistoryLine]:
    steps, late = await queries.history(unit, case.id), await queries.late_approval(unit, case.id)
    answered_by = late.answered_by if late else None
    people = await accounts.people(unit, {id for id in (*(one.person_id for one in steps), answered_by) if id})
    lines = [_line(one, people, say) for one in steps]
    return sorted([*lines, *_late_lines(late, people, say)], key=lambda line: line.at) if late else lines


def _late_lines(late: LateApproval, people: Mapping[str, Person], say: Say) -> list[HistoryLine]:
    """That an urgent request went out before its approval, and what came of that."""
    lines = [(late.asked_at, "", "急会诊先行提交，院内审批后补", "", "soon")]
    if late.answered_at:
        word, tone = VERDICT_WORDS[late.verdict]
        lines.append((late.answered_at, late.answered_by or "", word, late.reason, tone))
    return [
        HistoryLine(at=at, who=_named(people.get(who), say), what=say(what), note=note, tone=tone, icon=ICONS[tone])
        for at, who, what, note, tone in lines
    ]


async def sent_back(unit: Unit, case: Consultation, say: Say) -> HistoryLine | None:
    """Why a request is with its writer again: what the centre asks for, or why the approver returned it."""
    steps = await queries.history(unit, case.id)
    if not steps or steps[-1].move not in (Move.ASK_MORE, Move.RETURN):
        return None
    people = await accounts.people(unit, {one.person_id for one in steps[-1:] if one.person_id})
    return _line(steps[-1], people, say)


def _line(step: Step, people: Mapping[str, Person], say: Say) -> HistoryLine:
    tone, who = STATE_WORDS[step.after][1], _named(people.get(step.person_id or ""), say)
    return HistoryLine(
        at=step.at, who=who, what=say(MOVE_WORDS[step.move]), note=step.reason, tone=tone, icon=ICONS[tone]
    )


def _named(person: Person | None, say: Say) -> str:
    return f"{person.name} {person.title}".strip() if person else say("系统")


@dataclass(frozen=True, kw_only=True)
class PostLine:
    """A person in a post, as a choice: 赵敏 主任医师 · 市一院 心血管内科."""

    id: str
    name: str
    title: str
    institution: str
    department: str
    specialties: tuple[str, ...]


async def post_lines(unit: Unit, pairs: Iterable[tuple[Post, Person]]) -> list[PostLine]:
    rows = list(pairs)
    places = {one.id: one for one in await directory.institutions(unit, {post.institution_id for post, _ in rows})}
    rooms: dict[str, Department] = {
        one.id: one for one in await directory.departments(unit, {post.institution_id for post, _ in rows})
    }
    return [
        PostLine(
            id=post.id,
            name=person.name,
            title=person.title,
            institution=places[post.institution_id].short_name,
            department=rooms[post.department_id].name if post.department_id in rooms else "",
            specialties=tuple(person.specialties),
        )
        for post, person in rows
    ]


def story_of(case: Consultation) -> dict[str, Any]:
    """The request's free parts with every field present."""
    empty: dict[str, Any] = {"vitals": {}, "answers": {}}
    return {**dict.fromkeys(service.STORY_FIELDS, ""), **empty, **case.story}
