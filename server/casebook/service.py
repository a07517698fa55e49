"""Proposing a closed consultation as a teaching case, changing it, letting it out, taking it back."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import orjson

from server.casebook import copies, queries
from server.casebook.chapters import Chapter, Source, source_of
from server.casebook.deidentify import cut, still_known
from server.casebook.model import TeachingCase, TeachingCopy
from server.casebook.pieces import Piece, joined
from server.casebook.states import Move, State
from server.consultation import queries as consultations
from server.consultation.states import State as ConsultationState
from server.core.errors import Invalid, Refusal
from server.core.unit import Unit
from server.files.parsing import Wishes
from server.notices import service as notices
from server.patients.consent import service as consenting
from server.patients.consent.model import Consent, ConsentKind

if TYPE_CHECKING:
    from server.consultation.model import Consultation

CHECKS = ("names", "numbers", "places", "dates", "rare")
"""What the second person says they looked for."""


class NotClosed(Refusal):
    code = "casebook.not_closed"
    says = "会诊归档以后才能提议为教学病例"


class NoTeachingConsent(Refusal):
    code = "casebook.no_consent"
    says = "患者没有单独同意教学使用，不能用作教学病例"


class ProposedAlready(Refusal):
    code = "casebook.proposed_already"
    says = "这次会诊已经提议过教学病例"


class OwnProposal(Refusal):
    code = "casebook.own_proposal"
    says = "提议人不能复核自己的病例，请由另一人复核"


def href(case: TeachingCase) -> str:
    return f"/teaching/cases/{case.id}"


# ---- the text


def chapters_of(unit: Unit, case: TeachingCase) -> list[Chapter]:
    """What is to be read, as it stands."""
    plain = unit.keys.open(case.text_sealed, _about(case))
    return [(heading, text) for heading, text in orjson.loads(plain)]


def _keep(unit: Unit, case: TeachingCase, chapters: Sequence[Chapter]) -> None:
    case.text_sealed = unit.keys.seal(orjson.dumps(chapters), _about(case))


def _about(case: TeachingCase) -> str:
    return f"teaching_cases:text:{case.id}"


def shift_of(unit: Unit, patient_id: str) -> int:
    """Days by which this patient's dates move: the same in all their cases, told by nothing that is stored."""
    drawn = hmac.digest(unit.keys.derive("casebook:dates"), patient_id.encode(), hashlib.sha256)
    return -(30 + int.from_bytes(drawn[:4]) % 336)


async def source_for(unit: Unit, case: TeachingCase) -> Source:
    """The consultation it comes from, its patient opened on record."""
    return await source_of(unit, await consultations.by_id(unit, case.consultation_id))


def cut_up(unit: Unit, source: Source) -> list[tuple[str, list[Piece]]]:
    """The consultation's chapters, each in pieces: what may stay and what was taken out."""
    shift = shift_of(unit, source.patient_id)
    return [(heading, cut(text, source.known, shift=shift, year=source.year)) for heading, text in source.chapters]


def wishes_for(unit: Unit, case: TeachingCase, copy: TeachingCopy, source: Source) -> Wishes:
    """How the copy of a file differs: by the same days as the text, under UIDs of this case's own."""
    words = {word for word, _ in source.known.words} | source.known.latin
    shift = shift_of(unit, source.patient_id)
    return Wishes(shift=shift, key=copies.uid_key(unit, case), words=frozenset(words), masks=copy.masks)


# ---- verbs


async def proposable(unit: Unit, consultation: "Consultation") -> None:
    """Raises NotClosed, NoTeachingConsent, ProposedAlready."""
    if consultation.state is not ConsultationState.CLOSED or consultation.patient_id is None:
        raise NotClosed
    await _require_consent(unit, consultation)
    if await queries.of_consultation(unit, consultation.id):
        raise ProposedAlready


async def _require_consent(unit: Unit, of: "Consultation") -> None:
    if not await consenting.in_force(unit, subject_id=of.id, patient_id=of.patient_id, kind=ConsentKind.TEACHING):
        raise NoTeachingConsent


async def propose(unit: Unit, *, consultation: "Consultation", title: str, points: str) -> TeachingCase:
    """One step: what names anybody is taken out, and it waits for a second person.

    Raises NotClosed, NoTeachingConsent, ProposedAlready, Invalid (title or points name somebody).
    """
    await proposable(unit, consultation)
    source = await source_of(unit, consultation)
    _refuse_known(source, {"title": title, "points": points})
    actor = unit.actor
    case = TeachingCase(
        id=unit.new_id(),
        consultation_id=consultation.id,
        consortium_id=consultation.consortium_id,
        title=title.strip(),
        points=points.strip(),
        specialty=consultation.specialty,
        state=State.PROPOSED,
        state_since=unit.now,
        proposed_at=unit.now,
        proposed_by_id=actor.person_id,
        proposer_institution_id=actor.institution_id,
        text_sealed=b"",
    )
    pieces = cut_up(unit, source)
    _keep(unit, case, [(heading, joined(cuts)) for heading, cuts in pieces])
    unit.session.add(case)
    await _take(unit, case, Move.PREPARE, "casebook.propose")
    await copies.take_in(unit, case)
    return case


async def amend(unit: Unit, *, case: TeachingCase, title: str, points: str, texts: Sequence[str]) -> None:
    """The proposer changes what was sent back and hands it over again. Raises IllegalMove, Invalid."""
    source = await source_for(unit, case)
    _refuse_known(source, {"title": title, "points": points, **_numbered(texts)})
    _rewrite(unit, case, title, points, texts)
    case.sent_back_why = ""
    await _take(unit, case, Move.PREPARE, "casebook.amend")


async def release(
    unit: Unit, *, case: TeachingCase, title: str, points: str, texts: Sequence[str], checked: Collection[str]
) -> None:
    """The second person has read it, set it right and lets it out.

    Raises OwnProposal, NoTeachingConsent, IllegalMove, Invalid (unchecked, files unsettled, still
    naming somebody).
    """
    if unit.actor.person_id == case.proposed_by_id:
        raise OwnProposal
    await _require_consent(unit, await consultations.by_id(unit, case.consultation_id))
    source = await source_for(unit, case)
    unchecked = {} if set(CHECKS) <= set(checked) else {"checked": "请逐项核对后勾选"}
    if await copies.unsettled(unit, case):
        unchecked |= {"copies": "还有附件没有逐幅确认，也没有标为不采用"}
    _refuse_known(source, {"title": title, "points": points, **_numbered(texts)}, unchecked)
    _rewrite(unit, case, title, points, texts)
    if case.state is State.PREPARED:
        await _take(unit, case, Move.REVIEW, "casebook.review")
    case.reviewed_by_id, case.reviewed_at = unit.actor.person_id, unit.now
    await _take(unit, case, Move.RELEASE, "casebook.release")
    unit.announce(copies.WORK, "work")
    await _tell_proposer(unit, case, "您提议的教学病例“%(title)s”已发布")


async def send_back(unit: Unit, *, case: TeachingCase, why: str) -> None:
    """Raises OwnProposal, IllegalMove, Invalid."""
    if unit.actor.person_id == case.proposed_by_id:
        raise OwnProposal
    if not why.strip():
        raise Invalid({"reason": "请写明理由"})
    case.sent_back_why = why.strip()
    await _take(unit, case, Move.SEND_BACK, "casebook.send_back")
    await _tell_proposer(unit, case, "您提议的教学病例“%(title)s”被退回修改")


async def withdraw(unit: Unit, *, case: TeachingCase) -> None:
    """Nobody reads it any more; its text is emptied, its files are deleted. Raises IllegalMove."""
    case.move(Move.WITHDRAW, now=unit.now)
    case.withdrawn_at = unit.now
    _keep(unit, case, [])
    await copies.drop_all(unit, case)
    unit.record("casebook.withdraw", kind="teaching_case", id=case.id)
    await _flushed(unit, case)


async def consents_changed(unit: Unit, changed: Sequence[Consent], *, on: bool) -> None:
    """What the patient no longer allows to be taught with is taken back at once."""
    for one in changed:
        case = None if on else await queries.of_consultation(unit, one.subject_id)
        if case is None or case.state is State.WITHDRAWN or await queries.agreed(unit, case):
            continue
        await withdraw(unit, case=case)
        await _tell_proposer(unit, case, "患者撤回了教学使用的同意，教学病例“%(title)s”已撤回")


def _numbered(texts: Sequence[str]) -> dict[str, str]:
    return {f"text-{number}": text for number, text in enumerate(texts)}


def _refuse_known(source: Source, fields: dict[str, str], others: dict[str, str] | None = None) -> None:
    errors = {name: "这里还有能认出患者的内容，请删去" for name, text in fields.items() if _names(text, source)}
    if errors or others:
        raise Invalid({**errors, **(others or {})})


def _names(text: str, source: Source) -> bool:
    return bool(still_known(text, source.known))


def _rewrite(unit: Unit, case: TeachingCase, title: str, points: str, texts: Sequence[str]) -> None:
    headings = [heading for heading, _ in chapters_of(unit, case)]
    if len(headings) != len(texts):
        raise Invalid({"text-0": "页面可能已过期，请刷新"})
    case.title, case.points = title.strip(), points.strip()
    _keep(unit, case, list(zip(headings, (text.strip() for text in texts), strict=True)))


async def _take(unit: Unit, case: TeachingCase, move: Move, action: str) -> None:
    case.move(move, now=unit.now)
    unit.record(action, kind="teaching_case", id=case.id)
    await _flushed(unit, case)


async def _flushed(unit: Unit, case: TeachingCase) -> None:
    await unit.session.flush()
    unit.announce(f"consortium:{case.consortium_id}", "teaching_case", state=case.state.value)


async def _tell_proposer(unit: Unit, case: TeachingCase, says: str) -> None:
    await notices.tell(unit, person_ids=[case.proposed_by_id], says=says, facts={"title": case.title}, href=href(case))
