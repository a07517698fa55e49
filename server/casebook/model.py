"""A teaching case: whence it comes, who proposed and who released it, its text sealed until it is read; its files."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.casebook.copy_states import CopyMove, CopyState, copy_after
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


class TeachingCopy(Base):
    """A file of the consultation as it will be shown to trainees.

    `original_id` and `file_id` are attachments, named without a foreign key: the one may be cleared away by its owner,
    the other is made and deleted by the darkroom. `sheets` are the pictures to be looked through, as [group, width,
    height, offset, length] in a sealed blob of their own, which is deleted on release. `masks` are boxes by group.
    """

    __tablename__ = "teaching_copies"
    __table_args__ = (Index("ix_teaching_copies_case", "case_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("teaching_cases.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[CopyState] = mapped_column(default=CopyState.WAITING)
    reason: Mapped[str] = mapped_column(String(32), default="")
    original_id: Mapped[Id]
    file_id: Mapped[str | None] = mapped_column(String(32))
    sheets: Mapped[list[Any]] = mapped_column(JSON, default=list)
    sheets_id: Mapped[str | None] = mapped_column(String(32))
    sheets_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    masks: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    confirmed_by_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def groups(self) -> list[str]:
        """Of its pictures, in order."""
        return list(dict.fromkeys(sheet[0] for sheet in self.sheets))

    def move(self, move: CopyMove) -> None:
        """The one way the state changes. Raises IllegalCopyMove."""
        self.state = copy_after(self.state, move)
