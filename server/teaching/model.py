"""Courses, sessions, who teaches, who is enrolled, papers, attendance as it was credited, feedback."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base, Id
from server.scheduling.intervals import Interval
from server.teaching.kinds import CourseKind, CreditClass, EnrolmentState, Finding, Material, Scope, SessionKind
from server.teaching.states import Move, State, after


class Course(Base):
    """A series, or a course whose phases follow each other; the exam of a phase is the gate to the next."""

    __tablename__ = "teaching_courses"
    __table_args__ = (Index("ix_teaching_courses_consortium", "consortium_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[CourseKind]
    title: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(Text, default="")
    consortium_id: Mapped[str | None] = mapped_column(ForeignKey("consortia.id"))
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    organiser_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    phases: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class TeachingSession(Base):
    __tablename__ = "teaching_sessions"
    __table_args__ = (
        Index("ix_teaching_sessions_when", "consortium_id", "starts_at"),
        Index("ix_teaching_sessions_course", "course_id", "phase", "starts_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[SessionKind]
    title: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(Text, default="")
    specialty: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[State] = mapped_column(default=State.PLANNED)
    state_since: Mapped[datetime]

    consortium_id: Mapped[str | None] = mapped_column(ForeignKey("consortia.id"))
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    organiser_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    course_id: Mapped[str | None] = mapped_column(ForeignKey("teaching_courses.id"))
    phase: Mapped[int] = mapped_column(default=0)

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    room_id: Mapped[str | None] = mapped_column(ForeignKey("bookable_rooms.id"))
    agenda: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{minutes, what, who}] in order."""
    cases: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What will be discussed beside cases of the casebook, without a name, a date or a number of a patient."""

    scope: Mapped[Scope] = mapped_column(default=Scope.CONSORTIUM)
    institution_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    titles: Mapped[list[str]] = mapped_column(JSON, default=list)
    village_doctors_due: Mapped[bool] = mapped_column(default=False)
    """Only village doctors whose training is due."""
    capacity: Mapped[int] = mapped_column(default=0)
    """0: no limit."""

    credit_class: Mapped[CreditClass] = mapped_column(default=CreditClass.NONE)
    credit_tenths: Mapped[int] = mapped_column(default=0)
    project_no: Mapped[str] = mapped_column(String(40), default="")
    filing_no: Mapped[str] = mapped_column(String(40), default="")
    filed_at: Mapped[datetime | None]
    min_percent: Mapped[int] = mapped_column(default=80)
    checks_of_three: Mapped[int] = mapped_column(default=2)
    planned_checks: Mapped[int] = mapped_column(default=0)
    """How many are asked by themselves while it runs."""
    pass_mark: Mapped[int] = mapped_column(default=60)

    material: Mapped[Material] = mapped_column(default=Material.NONE)
    released_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    released_at: Mapped[datetime | None]

    meeting_id: Mapped[str | None] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def period(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    @property
    def minutes(self) -> int:
        return int(self.period.length.total_seconds() // 60)

    @property
    def credits(self) -> str:
        """1.5, 2"""
        return f"{self.credit_tenths / 10:g}"

    def move(self, move: Move, *, now: datetime) -> State:
        """The one way the state changes. Returns the state left behind. Raises IllegalMove."""
        before, self.state = self.state, after(self.state, move)
        self.state_since = now
        return before


class Teacher(Base):
    __tablename__ = "teaching_teachers"

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    position: Mapped[int]


class SessionStep(Base):
    """One line of a session's history; the moves of its running time are what minutes are counted in."""

    __tablename__ = "teaching_steps"
    __table_args__ = (Index("ix_teaching_steps_of", "session_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"))
    at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    move: Mapped[Move]
    before: Mapped[State]
    after: Mapped[State]
    reason: Mapped[str] = mapped_column(String(500), default="")


class SessionCase(Base):
    """A case of the casebook that is discussed in a session."""

    __tablename__ = "teaching_session_cases"

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("teaching_cases.id"), primary_key=True, index=True)
    position: Mapped[int]


class SessionPatient(Base):
    """A patient who is seen in a session: known to those who teach it, to nobody who learns there."""

    __tablename__ = "teaching_patients"

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    named_at: Mapped[datetime]
    named_by: Mapped[str] = mapped_column(ForeignKey("people.id"))


class Enrolment(Base):
    __tablename__ = "teaching_enrolments"
    __table_args__ = (
        UniqueConstraint("session_id", "person_id"),
        Index("ix_teaching_enrolments_person", "person_id", "state"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"), index=True)
    state: Mapped[EnrolmentState]
    place: Mapped[int]
    """In the queue of the session: given under its lock, so that no two clocks can disagree."""
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Quiz(Base):
    """The paper of a session, or of a phase of a course (its gate)."""

    __tablename__ = "teaching_quizzes"
    __table_args__ = (UniqueConstraint("session_id"), UniqueConstraint("course_id", "phase"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("teaching_sessions.id"))
    course_id: Mapped[str | None] = mapped_column(ForeignKey("teaching_courses.id"))
    phase: Mapped[int | None]
    pass_mark: Mapped[int] = mapped_column(default=60)
    attempts: Mapped[int] = mapped_column(default=3)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{text, options: [...], right: [0, 2]}]"""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Paper(Base):
    """One handing-in: the questions as they were asked, what was answered, what it scored. Never changed."""

    __tablename__ = "teaching_papers"

    quiz_id: Mapped[str] = mapped_column(ForeignKey("teaching_quizzes.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    answers: Mapped[list[list[int]]] = mapped_column(JSON)
    score: Mapped[int]
    handed_in_at: Mapped[datetime]


class Attendance(Base):
    """Somebody's attendance as it was reckoned from the log up to `last_seq`; with the credit given for it."""

    __tablename__ = "teaching_attendance"
    __table_args__ = (
        Index("ix_teaching_attendance_person", "person_id", "granted_at"),
        Index("ix_teaching_attendance_institution", "institution_id", "granted_at"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    seconds: Mapped[int]
    required_seconds: Mapped[int]
    stays: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    """[[from, to]] in seconds since the session began: the bar that shows when they were there."""
    checks_asked: Mapped[int] = mapped_column(default=0)
    checks_answered: Mapped[int] = mapped_column(default=0)
    score: Mapped[int | None]
    met: Mapped[bool]
    short_of: Mapped[list[str]] = mapped_column(JSON, default=list)
    last_seq: Mapped[int]
    reckoned_at: Mapped[datetime]
    credit_class: Mapped[CreditClass] = mapped_column(default=CreditClass.NONE)
    credit_tenths: Mapped[int] = mapped_column(default=0)
    granted_at: Mapped[datetime | None]
    granted_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[datetime | None]
    """Since when a correction keeps the credit from counting."""
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))

    @property
    def credits(self) -> str:
        return f"{self.credit_tenths / 10:g}"

    @property
    def credited(self) -> bool:
        return self.granted_at is not None and self.revoked_at is None

    @property
    def percent(self) -> int:
        return 100 * self.seconds // self.required_seconds if self.required_seconds else 100


class Correction(Base):
    """What somebody found of one person's attendance, beside what was reckoned: the last counts, none is changed."""

    __tablename__ = "teaching_corrections"
    __table_args__ = (Index("ix_teaching_corrections_person", "person_id"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    finding: Mapped[Finding]
    minutes: Mapped[int] = mapped_column(default=0)
    """Counted in addition, where that was found."""
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("people.id"))


class Review(Base):
    """Somebody's word that their attendance is not right; open until it was corrected or refused."""

    __tablename__ = "teaching_reviews"

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    corrected: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(String(200), default="")


class HandIn(Base):
    """What became of the authority's file of a session: who first took all of it, who handed it in."""

    __tablename__ = "teaching_hand_ins"

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    told: Mapped[int] = mapped_column(default=0)
    """How many of the reminders have gone out."""
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    handed_in_at: Mapped[datetime | None]
    handed_in_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Feedback(Base):
    __tablename__ = "teaching_feedback"

    session_id: Mapped[str] = mapped_column(ForeignKey("teaching_sessions.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    content: Mapped[int]
    teaching: Mapped[int]
    technique: Mapped[int]
    words: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime]


class CalendarFeed(Base):
    """The secret address under which somebody's calendar program reads their calendar; the newest is the valid one."""

    __tablename__ = "calendar_feeds"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_at: Mapped[datetime]
