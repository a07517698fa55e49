"""The report of a consultation: everything the signed PDF says, gathered once from the case."""

from datetime import datetime

from server.accounts import queries as accounts
from server.consultation import attachments, views
from server.consultation.model import Consultation, Opinion
from server.core.errors import NotFound
from server.core.unit import Unit
from server.directory import queries as directory
from server.documents.report import Diagnosis, Material, Medication, PatientLine, ProposedTest, Report, Side
from server.patients import service as patients


async def compose(unit: Unit, case: Consultation, opinion: Opinion, say: views.Say, locale: str) -> Report:
    """Raises NotFound when the case has no patient or no specialist yet."""
    if case.patient_id is None or case.specialist_post_id is None:
        raise NotFound
    card = (await patients.cards(unit, [case.patient_id], full=True))[case.patient_id]
    sections = opinion.sections
    return Report(
        applying=await _side(unit, case.applicant_post_id),
        invited=await _side(unit, case.specialist_post_id),
        patient=PatientLine(
            name=card.name, sex=say(card.sex_says), age=say(card.age_says, card.age_facts), record_no=card.number
        ),
        kind=say("远程会诊（单学科）"),
        question=case.question,
        requested_at=case.submitted_at or case.created_at,
        held_at=case.begun_at,
        summary=_summary(case, say),
        materials=await _materials(unit, case, say),
        basis=str(sections.get("basis", "")),
        findings=str(sections.get("findings", "")),
        diagnoses=tuple(Diagnosis(**_only(row, ("text", "code"))) for row in sections.get("diagnoses", ())),
        plan=str(sections.get("plan", "")),
        medications=tuple(
            Medication(**_only(row, ("name", "dose", "route", "frequency", "course", "note")))
            for row in sections.get("medications", ())
        ),
        tests=tuple(ProposedTest(**_only(row, ("name", "purpose", "when"))) for row in sections.get("tests", ())),
        warnings=str(sections.get("warnings", "")),
        referral_advice=str(sections.get("referral_advice", "")),
        locale=locale,
    )


def _only(row: dict[str, object], names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(row.get(name, "")) for name in names}


async def _side(unit: Unit, post_id: str) -> Side:
    post = await accounts.post(unit, post_id)
    person = await accounts.person(unit, post.person_id)
    place = await directory.institution(unit, post.institution_id)
    room = await directory.department(unit, post.department_id) if post.department_id else None
    return Side(
        institution=place.name,
        institution_code=place.code,
        department=room.name if room else "",
        doctor=person.name,
        title=person.title,
    )


def _summary(case: Consultation, say: views.Say) -> str:
    from server.consultation.case_routes import STORY_WORDS, vitals_of

    story = views.story_of(case)
    parts = [f"{say(word)}：{story[name]}" for name, word in STORY_WORDS if str(story[name]).strip()]
    vitals = "，".join(f"{word} {value}" for word, value in vitals_of(case, say))
    if vitals:
        parts.insert(1, f"{say('生命体征')}：{vitals}")
    return "\n".join(parts)


async def _materials(unit: Unit, case: Consultation, say: views.Say) -> tuple[Material, ...]:
    rows = await attachments.materials(unit, case.id)
    return tuple(Material(name=name, kind=say(kind), date=_day(at)) for name, kind, at in rows)


def _day(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d") if at else ""
