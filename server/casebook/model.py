"""A teaching case: whence it comes, who proposed and who released it, its text sealed until it is read."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.casebook.states import Move, State, after
from server.core.orm import Base, Id


class TeachingCase(Base):
    """`text_sealed` is what is to be read, as JSON [[heading, text]]; before release it may still name somebody."""

    __tablename__ = "teaching_cases"
    __table_args__ = (Index("ix_teaching_cases_consortium", "consortium_id", "state", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultations.id"), unique=True)
    consortium_id: Mapped[str | None] = mapped_column(ForeignKey("consortia.id"))
    title: Mapped[str] = mapped_column(String(80))
    specialty: Mapped[str] = mapped_column(String(40), default="")
    points: Mapped[str] = mapped_column(String(500), default="")
    """What is to be learnt from it."""
    state: Mapped[State] = mapped_column(default=State.PROPOSED)
    state_since: Mapped[datetime]
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)

    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    proposer_institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    sent_back_why: Mapped[str] = mapped_column(String(500), default="")
    reviewed_by_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    reviewed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    def move(self, move: Move, *, now: datetime) -> State:
        """The one way the state changes. Returns the state left behind. Raises IllegalMove."""
        before, self.state = self.state, after(self.state, move)
        self.state_since = now
        return before
