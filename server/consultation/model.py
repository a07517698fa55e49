"""A consultation and what hangs on it: invitations, opinions, the decision, its history."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.consultation.kinds import Adoption, Answer, Complaint, Mode, OpinionState, Verdict
from server.consultation.states import ACTS_NEXT, Move, Party, State, after
from server.core.orm import Base, Id
from server.scheduling.deadlines import Urgency

REJOIN_WITHIN = timedelta(minutes=15)
"""How long an interrupted session waits for its people."""


class Consultation(Base):
    """The aggregate. `story` holds the fields of the request as the asking doctor wrote them."""

    __tablename__ = "consultations"
    __table_args__ = (
        Index("ix_consultations_inviting", "inviting_id", "state", "id"),
        Index("ix_consultations_applicant", "applicant_person_id", "state", "id"),
        Index("ix_consultations_specialist", "specialist_person_id", "state", "id"),
        Index("ix_consultations_consortium", "consortium_id", "state", "due_at"),
        Index("ix_consultations_consortium_recent", "consortium_id", "id"),
        Index("ix_consultations_inviting_recent", "inviting_id", "id"),
        Index("ix_consultations_specialist_recent", "specialist_person_id", "id"),
        Index("ix_consultations_applicant_recent", "applicant_person_id", "id"),
        Index("ix_consultations_due", "state", "due_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    state: Mapped[State] = mapped_column(default=State.DRAFT)
    acts_next: Mapped[Party] = mapped_column(default=Party.APPLICANT)
    due_at: Mapped[datetime | None]

    consortium_id: Mapped[str | None] = mapped_column(ForeignKey("consortia.id"))
    inviting_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    inviting_department_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"))
    applicant_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    applicant_person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    companion: Mapped[str] = mapped_column(String(60), default="")
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"), index=True)

    complaint: Mapped[Complaint] = mapped_column(default=Complaint.BLANK)
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.ROUTINE)
    mode: Mapped[Mode] = mapped_column(default=Mode.LIVE)
    specialty: Mapped[str] = mapped_column(String(40), default="")
    further_specialties: Mapped[list[str]] = mapped_column(JSON, default=list)
    wished_post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    preferred_times: Mapped[list[str]] = mapped_column(JSON, default=list)
    question: Mapped[str] = mapped_column(Text, default="")
    story: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    fee_cents: Mapped[int] = mapped_column(default=0)

    invited_id: Mapped[str | None] = mapped_column(ForeignKey("institutions.id"))
    specialist_post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"))
    specialist_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    reschedules: Mapped[int] = mapped_column(default=0)
    meeting_id: Mapped[str | None] = mapped_column(String(32), index=True)
    converted_to: Mapped[str] = mapped_column(String(32), default="")

    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    state_since: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    issued_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    def move(self, move: Move, *, now: datetime) -> State:
        """The one way the state changes. Returns the state left behind. Raises IllegalMove."""
        before, self.state = self.state, after(self.state, move)
        self.acts_next = ACTS_NEXT[self.state]
        self.state_since = now
        return before

    @property
    def specialties(self) -> list[str]:
        """All that are asked for, each once; the one it is mainly for first."""
        return [one for one in dict.fromkeys((self.specialty, *self.further_specialties)) if one]

    def rejoinable_at(self, now: datetime) -> bool:
        """Whether the session is not interrupted, or not for so long that it must go on in another way."""
        return self.state is not State.INTERRUPTED or now <= self.state_since + REJOIN_WITHIN


class Step(Base):
    """One line of a consultation's history: who moved it, from where to where, and why."""

    __tablename__ = "consultation_steps"
    __table_args__ = (Index("ix_consultation_steps_of", "consultation_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"))
    at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(String(32), default="")
    move: Mapped[Move]
    before: Mapped[State]
    after: Mapped[State]
    reason: Mapped[str] = mapped_column(Text, default="")


class Invitation(Base):
    __tablename__ = "consultation_invitations"
    __table_args__ = (
        Index("ix_consultation_invitations_person", "person_id", "answer"),
        Index("ix_consultation_invitations_of", "consultation_id", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"))
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    invited_by: Mapped[str] = mapped_column(String(32))
    sent_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    answer: Mapped[Answer] = mapped_column(default=Answer.WAITING)
    reason: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[datetime | None]


class LateApproval(Base):
    """Of an urgent request, which went to the centre before its institution had approved it."""

    __tablename__ = "late_approvals"
    __table_args__ = (
        Index("ix_late_approvals_of", "institution_id", "verdict"),
        Index("ix_late_approvals_due", "verdict", "due_at"),
    )

    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    verdict: Mapped[Verdict]
    reason: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    told_at: Mapped[datetime | None]
    """When approvers and centre were told that it is overdue."""


class Opinion(Base):
    """A version of one expert's opinion. A signed one never changes; an amendment is a new row naming the old."""

    __tablename__ = "opinions"
    __table_args__ = (UniqueConstraint("consultation_id", "author_person_id", "edition"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"))
    author_post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))
    author_person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    edition: Mapped[int] = mapped_column(default=1)
    state: Mapped[OpinionState] = mapped_column(default=OpinionState.DRAFT)
    sections: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    amends_id: Mapped[str | None] = mapped_column(ForeignKey("opinions.id"))
    amends_why: Mapped[str] = mapped_column(String(500), default="")
    document_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Decision(Base):
    """What the inviting side does with an opinion: its own step, its own responsibility."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_of", "consultation_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"))
    opinion_id: Mapped[str] = mapped_column(ForeignKey("opinions.id"))
    adoption: Mapped[Adoption]
    reason: Mapped[str] = mapped_column(Text, default="")
    plan: Mapped[str] = mapped_column(Text, default="")
    follow_up_on: Mapped[date | None]
    reminded_at: Mapped[datetime | None]
    """When the asking doctor was told that the day has come."""
    decided_by: Mapped[str] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime]


class Rating(Base):
    """One side's word on how it went; once a side."""

    __tablename__ = "ratings"

    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    stars: Mapped[int]
    words: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime]
