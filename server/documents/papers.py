"""Papers besides the report: the record of a consent, the history of a case, a certificate of learning."""

from dataclasses import dataclass
from datetime import datetime

from server.documents.report import PatientLine


@dataclass(frozen=True, kw_only=True)
class Handwriting:
    """A signature as it was written: SVG paths on a pad of width × height."""

    width: int
    height: int
    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EmergencyWords:
    """Begun without consent: by whose approval, why, and when the signature followed."""

    approver: str
    reason: str
    completed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """A consent as it was shown and signed. `paragraphs` are the words that stood on the screen, fee included."""

    institution: str
    title: str
    edition: int
    patient: PatientLine
    paragraphs: tuple[str, ...]
    answers: tuple[tuple[str, bool], ...]
    """What was asked one by one (会诊, 录制, 教学使用) and whether it was agreed to."""
    recorded_by: str
    recorded_at: datetime
    fee: str = ""
    signer: str = ""
    relation: str = ""
    """本人, 父亲, …"""
    handwriting: Handwriting | None = None
    on_paper: bool = False
    """Signed on paper; a photo of it is kept with the case."""
    emergency: EmergencyWords | None = None
    withdrawn_at: datetime | None = None
    subject_number: str = ""
    locale: str = "zh"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A headed text of a history: the request, an opinion, the decision."""

    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happened: when, who, what."""

    at: datetime
    who: str
    what: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseHistory:
    """A case from request to closing, for reading on paper. `title` and headings come in the reader's language."""

    institution: str
    title: str
    number: str
    patient: PatientLine
    facts: tuple[tuple[str, str], ...]
    passages: tuple[Passage, ...]
    steps: tuple[Step, ...]
    printed_by: str
    printed_at: datetime
    locale: str = "zh"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """That somebody attended and was given credit. Words come in the certificate's language."""

    holder: str
    holder_title: str
    holder_institution: str
    issuer: str
    issuer_code: str
    title: str
    kind: str
    held_at: datetime
    minutes: int
    credit: str
    """II类学分 1 分; empty when none was given."""
    project_no: str = ""
    filing_no: str = ""
    signer: str = ""
    signer_title: str = ""
    locale: str = "zh"
    number: str = ""
    replaces: str = ""
    """The number of the revoked one whose place it takes."""
    signed_at: datetime | None = None
