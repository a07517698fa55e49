"""The opinion: a draft its author alone sees, signed once, amended only by a new edition that names the old."""

from collections.abc import Mapping
from typing import Any

from server.consultation import queries, service, steps
from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Opinion
from server.consultation.states import LIVE, Move, State
from server.core.errors import Refusal, Stale
from server.core.unit import Unit

SECTIONS = ("basis", "findings", "diagnoses", "plan", "medications", "tests", "warnings", "referral_advice")
WRITABLE = LIVE | {State.OPINION_PENDING}


class NotWritable(Refusal):
    code = "consultation.opinion_not_writable"
    says = "现在不能书写会诊意见"


class NothingWritten(Refusal):
    code = "consultation.nothing_written"
    says = "还没有写下意见，写好后再看预览"


class AlreadySigned(Refusal):
    code = "consultation.already_signed"
    says = "意见已经签名；如需更改请用“修订”，将产生新版本"


async def draft_for(unit: Unit, *, case: Consultation) -> Opinion:
    """The author's draft, begun when there is none. Raises NotWritable, AlreadySigned."""
    author = unit.actor
    existing = await queries.draft_of(unit, case.id, author.person_id)
    if existing:
        return existing
    if await queries.signed(unit, case.id):
        raise AlreadySigned
    if case.state not in WRITABLE:
        raise NotWritable
    return await _begin(unit, case, edition=1)


async def _begin(unit: Unit, case: Consultation, *, edition: int, amends: Opinion | None = None) -> Opinion:
    opinion = Opinion(
        id=unit.new_id(),
        consultation_id=case.id,
        author_post_id=unit.actor.post_id,
        author_person_id=unit.actor.person_id,
        edition=edition,
        state=OpinionState.DRAFT,
        sections=dict(amends.sections) if amends else {},
        amends_id=amends.id if amends else None,
        created_at=unit.now,
        saved_at=unit.now,
    )
    unit.session.add(opinion)
    await unit.session.flush()
    unit.record("opinion.drafted", kind="opinion", id=opinion.id, patient=case.patient_id)
    return opinion


async def save(
    unit: Unit, *, case: Consultation, opinion: Opinion, sections: Mapping[str, Any], version: int | None
) -> None:
    """Keeps what is typed. Raises AlreadySigned, Stale when another window saved since `version`."""
    if opinion.state != OpinionState.DRAFT:
        raise AlreadySigned
    if version is not None and version != opinion.version:
        raise Stale
    opinion.sections = {**opinion.sections, **{name: sections[name] for name in SECTIONS if name in sections}}
    opinion.saved_at = unit.now
    await unit.session.flush()
    unit.record("opinion.saved", kind="opinion", id=opinion.id, patient=case.patient_id, fields=sections)


def lacking(sections: Mapping[str, Any]) -> dict[str, str]:
    """What an opinion needs before it can be signed: section → sentence (a msgid)."""
    missing: dict[str, str] = {}
    if not sections.get("diagnoses"):
        missing["diagnoses"] = "请写诊断意见"
    if not str(sections.get("plan", "")).strip():
        missing["plan"] = "请写处理建议"
    return missing


async def signed(unit: Unit, *, case: Consultation, opinion: Opinion, document_id: str) -> None:
    """Records that the document of this opinion is signed, and hands the case on. Raises IllegalMove."""
    opinion.state, opinion.document_id, opinion.signed_at = OpinionState.SIGNED, document_id, unit.now
    if opinion.amends_id:
        old = await unit.session.get(Opinion, opinion.amends_id)
        if old:
            old.state = OpinionState.SUPERSEDED
    case.issued_at = unit.now
    if opinion.amends_id:
        case.closed_at = None
        await steps.take(unit, case, Move.AMEND, reason=opinion.amends_why)
        await service.tell_applicant(unit, case, "会诊 %(number)s 的意见有新版本，请重新确认")
    else:
        await steps.take(unit, case, Move.ISSUE)
        await service.tell_applicant(unit, case, "会诊 %(number)s 的意见已签名出具")
    unit.record("opinion.signed", kind="opinion", id=opinion.id, patient=case.patient_id)


async def amend(unit: Unit, *, case: Consultation, why: str) -> Opinion:
    """A new edition to write on, beginning with the old text. Raises NotWritable when nothing was signed."""
    current = await queries.signed(unit, case.id)
    if current is None or current.author_person_id != unit.actor.person_id:
        raise NotWritable
    existing = await queries.draft_of(unit, case.id, unit.actor.person_id)
    if existing:
        return existing
    opinion = await _begin(unit, case, edition=current.edition + 1, amends=current)
    opinion.amends_why = why
    await unit.session.flush()
    return opinion
