"""A patient as the store keeps them: sealed, with a blind index of the terms they are found by."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.core.orm import Base, Id
from server.patients.papers import Sex


class Patient(Base):
    """A patient of one institution. Sex and birth date are open: they order and guard, and name nobody."""

    __tablename__ = "patients"
    __table_args__ = (
        UniqueConstraint("institution_id", "id_no_index"),
        Index("ix_patients_institution", "institution_id", "id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("institutions.id"))
    identity_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    facts_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sex: Mapped[Sex]
    birth_date: Mapped[date | None]
    id_no_index: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    created_at: Mapped[datetime]
    created_by_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class PatientSearchTerm(Base):
    """Which patients of an institution have a term, without saying which term."""

    __tablename__ = "patient_search_terms"
    __table_args__ = (Index("ix_patient_search_terms_patient", "patient_id"), {"sqlite_with_rowid": False})

    institution_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    term: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), primary_key=True)


class PatientRevision(Base):
    """What was on file before an amendment: `version` is the one that was replaced."""

    __tablename__ = "patient_revisions"

    patient_id: Mapped[str] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fields: Mapped[list[str]] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
