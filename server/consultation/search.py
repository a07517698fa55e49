"""Finding consultations by what people have at hand: a number, or whom they are about."""

import re
from functools import partial
from typing import Literal

from server.consultation import queries, service
from server.consultation.queries import Page
from server.core.access import Matrix
from server.core.unit import Unit
from server.directory import queries as directory
from server.documents import queries as documents
from server.patients import service as patients

NUMBER = re.compile(r"(SQ|HZ).*\d")
"""Of a request, of a report. Initials (sq: 孙强) have no digits."""

NOTHING = Page(rows=[], older=None, newer=None)


def offered(matrix: Matrix, role: str) -> Literal["patient", "number", ""]:
    """By what a role finds consultations: whoever reads charts by patient too; nothing for whoever opens none."""
    if matrix.granted(role, "consultation.chart"):
        return "patient"
    return "number" if matrix.granted(role, "consultation.read") else ""


async def find(unit: Unit, text: str) -> Page:
    """Of the actor's consultations those meant by `text`."""
    number = text.upper()
    if NUMBER.match(number) or offered(unit.matrix, unit.actor.role) == "number":
        reported = await _reported_in(unit, number)
        return await queries.listed(unit, number="" if reported else number, ids=reported or None)
    meant = await _patients(unit, text)
    return await queries.listed(unit, patient_ids=meant) if meant else NOTHING


async def _reported_in(unit: Unit, number: str) -> list[str]:
    """The consultation whose report, of whichever edition, bears the number."""
    report = await documents.by_numbers(unit, [number])
    return [report.subject_id] if report and report.subject_kind == service.SUBJECT else []


async def _patients(unit: Unit, text: str) -> list[str]:
    """Of the consortia's institutions, those whom a consultation of the actor's is about."""
    places = await directory.members_of(unit, unit.actor.consortium_ids)
    places |= {unit.actor.institution_id}
    among = partial(queries.has_patient, unit)
    return await patients.known_as(unit, text, institution_ids=sorted(places), among=among)
