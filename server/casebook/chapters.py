"""What of a consultation is taught: its chapters, before anything is taken out; and whom it speaks of."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from server.accounts import queries as accounts
from server.casebook.known import Known, known_of
from server.casebook.pieces import STANDS_FOR, What
from server.consultation import queries as consultations
from server.consultation.whole import OPINION_WORDS
from server.core.unit import Unit
from server.directory import queries as directory
from server.patients import queries as patients
from server.patients import service as identities
from server.patients.identity import age_on, day_in_clinic
from server.patients.papers import Sex
from server.patients.particulars import SEX_WORDS

if TYPE_CHECKING:
    from server.consultation.model import Consultation, Decision, Opinion

Chapter = tuple[str, str]
"""A heading (a msgid) and its text."""

STORY = (
    ("story", "主诉和经过"),
    ("findings", "查体"),
    ("tests", "已做检查"),
    ("treatment", "已做处理"),
    ("history", "既往史、过敏史"),
    ("diagnosis", "初步诊断"),
)
VITALS = (("pulse", "P", "/min"), ("saturation", "SpO2", "%"), ("temperature", "T", "℃"), ("respiration", "R", "/min"))
"""In signs that are read in every language."""


OLDEST = 90


@dataclass(frozen=True, kw_only=True)
class Source:
    """A consultation as it was, and all that is known of who it is about."""

    patient_id: str
    chapters: list[Chapter]
    known: Known
    year: int


async def source_of(unit: Unit, case: "Consultation") -> Source:
    """Opens who the patient is, on record."""
    assert case.patient_id is not None
    patient = await patients.by_id(unit, case.patient_id)
    identity = await identities.identify(unit, patient.id, reason="teaching")
    at = case.submitted_at or case.created_at
    whom = _whom(patient.sex, patient.birth_date, at)
    return Source(
        patient_id=patient.id,
        chapters=[("患者", whom), *await _chapters(unit, case)],
        known=known_of(
            identity, born=patient.birth_date, staff=await _staff(unit, case), institutions=await _places(unit, case)
        ),
        year=day_in_clinic(at).year,
    )


def _whom(sex: Sex, born: date | None, at: datetime) -> str:
    """Sex and age at the time; the very old are one group, their age would tell who they are."""
    if born is None:
        return SEX_WORDS[sex]
    age = age_on(day_in_clinic(at), born)
    words, facts = age.text
    return f"{SEX_WORDS[sex]} {words % facts if age.years < OLDEST else STANDS_FOR[What.AGE]}"


async def _chapters(unit: Unit, case: "Consultation") -> list[Chapter]:
    told: list[Chapter] = [("想问专家的问题", case.question)]
    told += [(word, str(case.story.get(name) or "")) for name, word in STORY]
    told.append(("生命体征", _vitals(dict(case.story.get("vitals") or {}))))
    opinion = await consultations.signed(unit, case.id)
    told += _opinion(opinion) if opinion else []
    told += [("申请方决定", _decision(one)) for one in await consultations.decisions(unit, case.id)]
    return [(heading, text.strip()) for heading, text in told if text.strip()]


def _vitals(vitals: dict[str, Any]) -> str:
    pressure = f"BP {vitals['systolic']:g}/{vitals.get('diastolic', 0):g} mmHg" if "systolic" in vitals else ""
    others = [f"{sign} {vitals[name]:g} {unit}" for name, sign, unit in VITALS if name in vitals]
    return ", ".join(filter(None, [pressure, *others]))


def _opinion(opinion: "Opinion") -> list[Chapter]:
    return [(word, _written(opinion.sections.get(name, ""))) for name, word in OPINION_WORDS]


def _written(section: Any) -> str:
    if isinstance(section, str):
        return section
    return "\n".join(" ".join(filter(None, map(str, row.values()))) for row in section)


def _decision(one: "Decision") -> str:
    return "\n".join(filter(None, (one.reason, one.plan)))


async def _staff(unit: Unit, case: "Consultation") -> list[str]:
    ids = [id for id in (case.applicant_person_id, case.specialist_person_id) if id]
    people = await accounts.people(unit, ids)
    return [*(one.name for one in people.values()), *filter(None, [case.companion])]


async def _places(unit: Unit, case: "Consultation") -> list[str]:
    """Every institution there is: whichever is named, it narrows down who it was."""
    return [name for one in await directory.institutions(unit) for name in (one.name, one.short_name) if name]
