"""The content of a consultation report: what is printed is exactly what is here, and nothing here is looked up."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

Rows = TypeVar("Rows")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of the consultation: 邀请方 (who asks) or 受邀方 (who answers)."""

    institution: str
    institution_code: str
    department: str = ""
    doctor: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class PatientLine:
    """The patient as the report names them; `age` and `sex` are already words (58岁, 男)."""

    name: str
    sex: str
    age: str
    record_no: str = ""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Something the specialist looked at: an ECG, a film, a page of the record."""

    name: str
    kind: str = ""
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    text: str
    code: str = ""
    """ICD-10, empty when the doctor chose none."""


@dataclass(frozen=True, kw_only=True)
class Medication:
    """A proposed drug; doses are written as the doctor wrote them, never converted."""

    name: str
    dose: str = ""
    route: str = ""
    frequency: str = ""
    course: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ProposedTest:
    name: str
    purpose: str = ""
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A consultation report (domain.md 2.3; 远程医疗服务管理规范 2018, both sides' duties).

    Times are aware. `number`, `signed_at`, `version` and `replaces` are empty in a draft and filled in when it is
    issued. Long texts keep their line breaks.
    """

    applying: Side
    invited: Side
    patient: PatientLine
    kind: str
    question: str
    requested_at: datetime
    held_at: datetime | None = None
    summary: str = ""
    materials: tuple[Material, ...] = ()
    basis: str = ""
    findings: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    plan: str = ""
    medications: tuple[Medication, ...] = ()
    tests: tuple[ProposedTest, ...] = ()
    warnings: str = ""
    referral_advice: str = ""
    title: str = "远程会诊报告单"
    locale: str = "zh"
    number: str = ""
    version: int = 1
    replaces: str = ""
    signed_at: datetime | None = None


def to_json(report: Report) -> str:
    """Canonical JSON: sorted names, UTF-8, times in UTC. Equal reports give equal bytes."""
    return json.dumps(asdict(report), default=_time, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Report:
    """The report that `to_json` wrote. Raises ValueError, TypeError or KeyError when it is none."""
    parts: dict[str, Any] = json.loads(text)
    for name in ("requested_at", "held_at", "signed_at"):
        if parts.get(name):
            parts[name] = datetime.fromisoformat(parts[name])
    parts["applying"], parts["invited"] = Side(**parts["applying"]), Side(**parts["invited"])
    parts["patient"] = PatientLine(**parts["patient"])
    parts["materials"] = _rows(Material, parts.get("materials", ()))
    parts["diagnoses"] = _rows(Diagnosis, parts.get("diagnoses", ()))
    parts["medications"] = _rows(Medication, parts.get("medications", ()))
    parts["tests"] = _rows(ProposedTest, parts.get("tests", ()))
    return Report(**parts)


def content_digest(report: Report) -> str:
    """SHA-256 (hex) of the canonical JSON; its first 16 digits stand at the foot of every page."""
    return hashlib.sha256(to_json(report).encode()).hexdigest()


def _rows(row: type[Rows], given: list[Mapping[str, Any]]) -> tuple[Rows, ...]:
    names = {field.name for field in fields(row)}  # type: ignore[arg-type]
    return tuple(row(**{name: each[name] for name in names & set(each)}) for each in given)


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"a report holds no {type(value).__name__}")
