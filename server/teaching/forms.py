"""What the pages of teaching send, as values."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, field_validator, model_validator

from server.core.forms import Day, Moment, WrongField
from server.documents.kinds import RevocationReason
from server.scheduling.working_calendar import CHINA
from server.teaching.kinds import CourseKind, CreditClass, Finding, Material, Reach, Scope, SessionKind
from server.teaching.planning import Plan
from server.teaching.states import Move

AGENDA_LINE = re.compile(r"(\d{1,3})\s*(?:分钟?|min)?\s+(.+)")  # not words
NUMBER_OF_SOMEBODY = re.compile(r"\d{8,}|\d{17}[\dXx]")
APART = re.compile(r"[、,，;；\s]+")  # not words
LONGEST = 12 * 60
MOST_CASES = 20


def _no_numbers(text: str) -> str:
    """A telephone, an identity or a record number has no place in what everybody reads."""
    if NUMBER_OF_SOMEBODY.search(text):
        raise WrongField("这里不能有电话、证件号或病历号；请先去标识")
    return text


Public = Annotated[str, AfterValidator(_no_numbers)]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _agenda(text: str) -> Iterator[tuple[int, str, str]]:
    for line in lines(text):
        found = AGENDA_LINE.fullmatch(line)
        if found is None:
            raise WrongField("每行写“分钟 内容 / 主讲人”，例如：20 病例汇报 / 王芳")
        what, _, who = found[2].partition("/")
        yield int(found[1]), what.strip()[:80], who.strip()[:40]


class PlanForm(BaseModel):
    kind: SessionKind
    title: Public = Field(min_length=1, max_length=80)
    about: Public = Field("", max_length=2000)
    specialty: str = Field("", max_length=40)
    starts: Moment
    minutes: int = Field(ge=10, le=LONGEST)
    teacher: str = Field(min_length=1, max_length=32)
    coteacher: str = Field("", max_length=32)
    presenter: str = Field("", max_length=32)
    room: str = Field("", max_length=32)
    agenda: Public = Field("", max_length=3000)
    cases: Public = Field("", max_length=3000)
    case_ids: list[str] = Field([], max_length=MOST_CASES)
    case_words: str = Field("", max_length=60)
    """What teaching cases were still being looked for."""
    scope: Scope = Scope.CONSORTIUM
    institutions: list[str] = []
    titles: str = Field("", max_length=200)
    village_doctors_due: bool = False
    capacity: int = Field(0, ge=0, le=10_000)
    credit_class: CreditClass = CreditClass.NONE
    credits: float = Field(0, ge=0, le=25)
    project_no: str = Field("", max_length=40)
    material: Material = Material.NONE
    min_percent: int = Field(80, ge=0, le=100)
    checks_of_three: int = Field(2, ge=0, le=3)
    planned_checks: int = Field(0, ge=0, le=6)
    pass_mark: int = Field(60, ge=0, le=100)
    course: str = Field("", max_length=32)
    phase: int = Field(1, ge=1, le=20)
    """As people count: the first is 1."""
    weeks: int = Field(1, ge=1, le=26)
    reach: Reach = Reach.ONE
    version: int = 0

    @field_validator("agenda")
    @classmethod
    def _readable(cls, text: str) -> str:
        list(_agenda(text))
        return text

    @model_validator(mode="after")
    def _whole(self) -> "PlanForm":
        if sum(minutes for minutes, *_ in _agenda(self.agenda)) > self.minutes:
            raise WrongField("议程的分钟数加起来超过了总时长")
        return self

    def lacking(self) -> dict[str, str]:
        """What is missing because of something else that was chosen, by field (a msgid)."""
        found = {}
        if self.credit_class is not CreditClass.NONE and self.credits <= 0:
            found["credits"] = "授学分时请填写分值"
        if self.credit_class is not CreditClass.NONE and not self.project_no:
            found["project_no"] = "授学分时请填写项目编号"
        if self.case_words:
            found["case_words"] = "请勾选找到的病例，或清空这里"
        if self.scope is Scope.INSTITUTIONS and not self.institutions:
            found["institutions"] = "请选择至少一家机构"
        return found

    def plan(self) -> Plan:
        starts = local(self.starts)
        own = {name: getattr(self, name) for name in SAME}
        return Plan(
            **own,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=self.minutes),
            teacher_posts=[id for id in (self.teacher, self.coteacher, self.presenter) if id],
            room_id=self.room or None,
            agenda=list(_agenda(self.agenda)),
            cases=lines(self.cases),
            case_ids=list(dict.fromkeys(self.case_ids)),
            institution_ids=self.institutions if self.scope is Scope.INSTITUTIONS else (),
            titles=[part for part in APART.split(self.titles) if part],
            credit_tenths=round(self.credits * 10) if self.credit_class is not CreditClass.NONE else 0,
            course_id=self.course or None,
            phase=self.phase - 1 if self.course else 0,
        )


SAME = (
    *("kind", "title", "about", "specialty", "scope", "village_doctors_due", "capacity", "credit_class"),
    *("project_no", "material", "min_percent", "checks_of_three", "planned_checks", "pass_mark"),
)
"""Fields that a plan has under the same name."""


def local(moment: datetime) -> datetime:
    """What was typed without a zone is Beijing time."""
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA.zone)


class Filing(BaseModel):
    filing_no: str = Field(min_length=1, max_length=40)
    filed_on: Day

    def moment(self) -> datetime:
        """A day counts from its morning on."""
        return datetime.combine(self.filed_on, time(8), CHINA.zone)


class ByHand(StrEnum):
    """Moves that a button on the page makes as they are."""

    CLOSE_ENROLMENT = Move.CLOSE_ENROLMENT.value
    REOPEN_ENROLMENT = Move.REOPEN_ENROLMENT.value
    OPEN_LOBBY = Move.OPEN_LOBBY.value
    BEGIN = Move.BEGIN.value
    PAUSE = Move.PAUSE.value
    RESUME = Move.RESUME.value
    END = Move.END.value
    ARCHIVE = Move.ARCHIVE.value


class MoveForm(BaseModel):
    move: ByHand


class Why(BaseModel):
    reason: str = Field(min_length=1, max_length=300)
    reach: Reach = Reach.ONE


class ListView(StrEnum):
    AHEAD = "ahead"
    MINE = "mine"
    PAST = "past"
    PREPARED = "prepared"


class ListQuery(BaseModel):
    view: ListView = ListView.AHEAD
    before: Moment | None = None


class CalendarView(StrEnum):
    MONTH = "month"
    WEEK = "week"
    ROOMS = "rooms"
    LIST = "list"


class CalendarQuery(BaseModel):
    view: CalendarView = CalendarView.MONTH
    day: Day | None = None


class CourseForm(BaseModel):
    kind: CourseKind
    title: Public = Field(min_length=1, max_length=80)
    about: Public = Field("", max_length=2000)
    phases: str = Field("", max_length=600)


class FeedbackForm(BaseModel):
    content: int = Field(ge=1, le=5)
    teaching: int = Field(ge=1, le=5)
    technique: int = Field(ge=1, le=5)
    words: str = Field("", max_length=1000)


class QuizForm(BaseModel):
    paper: str = Field(min_length=1, max_length=20_000)
    pass_mark: int = Field(60, ge=0, le=100)
    attempts: int = Field(3, ge=1, le=20)
    phase: int = Field(0, ge=0, le=20)


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=200)]


class CorrectionForm(BaseModel):
    version: int = 0
    """Of the attendance as the sender saw it."""
    finding: Finding
    minutes: int = Field(0, ge=0, le=LONGEST)
    reason: Words

    def lacking(self) -> dict[str, str]:
        """What is missing because of something else that was chosen, by field (a msgid)."""
        unsaid = self.finding is Finding.MINUTES and not self.minutes
        return {"minutes": "请填写补计的分钟数"} if unsaid else {}


class RevocationForm(BaseModel):
    version: int = 0
    cause: RevocationReason
    reason: Words


class ReviewForm(BaseModel):
    words: Words


class AnswerForm(ReviewForm):
    version: int = 0


class Signature(BaseModel):
    secret: str = Field(min_length=1, max_length=200)


class Choice(BaseModel):
    """What goes into the authority's file."""

    recordings: bool = False
