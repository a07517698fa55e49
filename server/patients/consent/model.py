"""A consent: which text in which version was shown, who signed it and how, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.core.errors import Refusal
from server.core.orm import Base, Id


class ConsentKind(StrEnum):
    """Each is ticked by itself (PIPL art. 29)."""

    CONSULTATION = "consultation"
    RECORDING = "recording"
    TEACHING = "teaching"


class Occasion(StrEnum):
    """What somebody agrees to take part in: each has texts of its own."""

    CONSULTATION = "consultation"
    LESSON = "lesson"


class Signer(StrEnum):
    PATIENT = "patient"
    GUARDIAN = "guardian"
    RELATIVE = "relative"


class Method(StrEnum):
    ON_SCREEN = "on_screen"
    PAPER_PHOTO = "paper_photo"


class ConsentState(StrEnum):
    SIGNED = "signed"
    EMERGENCY = "emergency"  # begun without consent, by approval (Physicians Law art. 27); to be completed
    COMPLETED = "completed"  # an emergency exception that has been signed for since
    SUPERSEDED = "superseded"  # signed again
    WITHDRAWN = "withdrawn"


MOVES: dict[ConsentState, frozenset[ConsentState]] = {
    ConsentState.SIGNED: frozenset({ConsentState.SUPERSEDED, ConsentState.WITHDRAWN}),
    ConsentState.EMERGENCY: frozenset({ConsentState.COMPLETED, ConsentState.WITHDRAWN}),
    ConsentState.COMPLETED: frozenset(),
    ConsentState.SUPERSEDED: frozenset(),
    ConsentState.WITHDRAWN: frozenset(),
}
IN_FORCE = frozenset({ConsentState.SIGNED, ConsentState.EMERGENCY})


class ConsentOver(Refusal):
    code = "consent.over"
    says = "这份同意书已经失效，不能再改动"


class Consent(Base):
    """One kind of consent of one patient about a consultation or a lesson; signed at once: one `signing_id`."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_subject", "subject_id", "kind"),
        Index("ix_consents_waiting", "institution_id", "state"),
        Index("ix_consents_to_complete", "state", "complete_by"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), index=True)
    subject_id: Mapped[str] = mapped_column(String(64))
    occasion: Mapped[Occasion] = mapped_column(default=Occasion.CONSULTATION)
    kind: Mapped[ConsentKind]
    state: Mapped[ConsentState] = mapped_column()
    signing_id: Mapped[str] = mapped_column(String(32), index=True)

    form_version: Mapped[int]
    form_locale: Mapped[str] = mapped_column(String(8))
    form_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    fee_shown: Mapped[str] = mapped_column(String(120))

    signer: Mapped[Signer | None]
    signer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    method: Mapped[Method | None]
    signature_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    paper_file_id: Mapped[str | None] = mapped_column(String(32))
    emergency_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)

    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    complete_by: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    withdrawal_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    def move(self, state: ConsentState) -> None:
        """Raises ConsentOver."""
        if state not in MOVES[self.state]:
            raise ConsentOver
        self.state = state

    def holds(self, current_version: int) -> bool:
        """An emergency exception holds whatever the text; a signature only under the text that was shown."""
        signed_now = self.state is ConsentState.SIGNED and self.form_version == current_version
        return signed_now or self.state is ConsentState.EMERGENCY
