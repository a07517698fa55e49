"""What pages show of patients: words for codes, histories. Pure but for the names of colleagues."""

from collections.abc import Callable, Iterable
from typing import Any

from server.accounts import queries as accounts
from server.core.unit import Unit
from server.patients.model import Patient, PatientRevision
from server.patients.papers import IdKind, Sex
from server.patients.particulars import ID_KIND_WORDS, KIN_WORDS, SEX_WORDS, Kin

Say = Callable[[str], str]

FIELD_WORDS = {
    "name": "姓名",
    "id_kind": "证件类型",
    "id_no": "证件号",
    "sex": "性别",
    "birth_date": "出生日期",
    "phone": "电话",
    "address": "住址",
    "record_no": "病历号",
    "mother_name": "母亲姓名",
    "guardian": "监护人",
    "allergies": "过敏史",
    "past_history": "既往史",
}


def choices(say: Say) -> dict[str, list[tuple[str, str]]]:
    """Options of the desk's form, by field."""
    return {
        "id_kinds": [(kind.value, say(ID_KIND_WORDS[kind])) for kind in IdKind],
        "sexes": [(sex.value, say(SEX_WORDS[sex])) for sex in Sex],
        "kin": kin_choices(say),
    }


def kin_choices(say: Say) -> list[tuple[str, str]]:
    return [(kin.value, say(KIN_WORDS[kin])) for kin in Kin]


def kin_word(say: Say, relation: str) -> str:
    return say(KIN_WORDS[Kin(relation)]) if relation in KIN_WORDS else relation


async def names_of(unit: Unit, person_ids: Iterable[str | None]) -> dict[str, str]:
    """Colleagues by id."""
    people = await accounts.people(unit, {id for id in person_ids if id})
    return {id: person.name for id, person in people.items()}


async def history(unit: Unit, patient: Patient, revisions: list[PatientRevision], say: Say) -> list[dict[str, Any]]:
    """Who registered and who changed what, the last first; the old values stay sealed."""
    names = await names_of(unit, [patient.created_by_id, *(revision.changed_by_id for revision in revisions)])
    changes = [
        {
            "at": revision.changed_at,
            "who": names.get(revision.changed_by_id or "", ""),
            "what": say("修改了"),
            "note": say("、").join(say(FIELD_WORDS[field]) for field in revision.fields),
            "icon": "edit",
        }
        for revision in revisions
    ]
    begun = {"at": patient.created_at, "who": names.get(patient.created_by_id or "", ""), "what": say("建立档案")}
    return [*changes, {**begun, "icon": "plus"}]
