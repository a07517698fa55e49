"""The patients a session shows: named by those who teach it, known to no learner; and what they agreed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.core.errors import NotFound, Refusal
from server.core.unit import Unit
from server.meeting import queries as meeting_queries
from server.meeting import service as meetings
from server.patients import queries as patient_queries
from server.patients import service as patients
from server.patients.consent import queries as consent_queries
from server.patients.consent import service as consents
from server.patients.consent import views as consent_views
from server.patients.consent.model import IN_FORCE, Consent, ConsentKind, Occasion
from server.patients.consent.ports import ConsentSubject, Subjects
from server.patients.consent.texts import TEXTS_OF
from server.teaching import letters, linked, queries, steps
from server.teaching.kinds import Material, SessionKind
from server.teaching.model import SessionPatient, TeachingSession

if TYPE_CHECKING:
    from server.patients.model import Patient
    from server.patients.service import PatientCard

TEXTS = TEXTS_OF[Occasion.LESSON]
FILMED = (ConsentKind.TEACHING, ConsentKind.RECORDING)
"""What a patient must have agreed to before a lesson with them is recorded, or its recording watched."""
AT_THE_BEDSIDE = frozenset({SessionKind.ROUND, SessionKind.SURGERY})


def shows_patients(session: TeachingSession) -> bool:
    """Whether there is reason to ask who is seen in it."""
    return session.material is not Material.NONE or session.kind in AT_THE_BEDSIDE


class SignedHere(Refusal):
    code = "teaching.patient_signed"
    says = "这位患者已为这场教学签署过同意书，不能移除；患者改变主意，请登记撤回"


# ---- naming


async def name(unit: Unit, *, session: TeachingSession, patient: Patient) -> None:
    """Twice is once. Whoever has not agreed is not filmed: a recording that runs ends. Raises OfItsPatient."""
    if await _named(unit, session.id, patient.id):
        return
    await linked.require_none_of(unit, session, patient.id)
    unit.session.add(
        SessionPatient(session_id=session.id, patient_id=patient.id, named_at=unit.now, named_by=unit.actor.person_id)
    )
    await _changed(unit, session, "patient_named", patient.id)


async def unname(unit: Unit, *, session: TeachingSession, patient_id: str) -> None:
    """It was another, or they are not seen after all. Raises NotFound, SignedHere: they were asked, and answered."""
    row = await _named(unit, session.id, patient_id)
    if row is None:
        raise NotFound
    if await consent_queries.about(unit, subject_id=session.id, patient_id=patient_id):
        raise SignedHere
    await unit.session.delete(row)
    await _changed(unit, session, "patient_removed", patient_id)


async def _named(unit: Unit, session_id: str, patient_id: str) -> SessionPatient | None:
    return await unit.session.get(SessionPatient, (session_id, patient_id))


async def _changed(unit: Unit, session: TeachingSession, what: str, patient_id: str) -> None:
    await unit.session.flush()
    unit.record(f"teaching.{what}", kind="teaching", id=session.id, patient=patient_id)
    await _tell(unit, session)


# ---- agreeing


async def require(unit: Unit, session: TeachingSession) -> None:
    """Raises ConsentMissing, ConsentTextChanged, ConsentWithdrawn: somebody seen there has not agreed to be filmed."""
    named = await queries.patients_of(unit, [session.id])
    if not named and session.material is Material.CONSENTED:
        raise consents.ConsentMissing
    for one in named:
        for kind in FILMED:
            await consents.require(unit, subject_id=session.id, patient_id=one.patient_id, kind=kind, texts=TEXTS)


async def withdraw(unit: Unit, *, session: TeachingSession, patient_id: str, said: str) -> list[Consent]:
    """All that this patient had agreed to about the session. Raises NotFound, ConsentOver."""
    if await _named(unit, session.id, patient_id) is None:
        raise NotFound
    held = await consent_queries.about(unit, subject_id=session.id, patient_id=patient_id)
    standing = [one for one in held if one.state in IN_FORCE]
    ended = [over for one in standing for over in await consents.withdraw(unit, consent=one, said=said)]
    await _tell(unit, session)
    return ended


async def withheld(unit: Unit, session_ids: Iterable[str]) -> frozenset[str]:
    """Sessions whose recordings nobody may watch: a patient seen there has withdrawn, or a teaching case is."""
    ids = set(session_ids)
    named = await queries.patients_of(unit, ids)
    held = await consent_queries.in_force_about(unit, {one.session_id for one in named})
    agreed = {(one.subject_id, one.patient_id, one.kind) for one in held}
    needed = {(one.session_id, one.patient_id, kind) for one in named for kind in FILMED}
    unsigned = frozenset(session_id for session_id, *_ in needed - agreed)
    return unsigned | await linked.with_one_taken_back(unit, ids)


class LessonConsents:
    """server.patients.consent.ports.Subjects: lessons, and whatever else there is to agree to."""

    def __init__(self, others: Subjects) -> None:
        self._others = others

    async def subject(self, unit: Unit, subject_id: str, patient_id: str) -> ConsentSubject:
        if await _named(unit, subject_id, patient_id) is None:
            return await self._others.subject(unit, subject_id, patient_id)
        session = await queries.get_for(unit, "teaching.patients", subject_id)
        return ConsentSubject(
            id=session.id,
            patient_id=patient_id,
            occasion=Occasion.LESSON,
            title=session.title,
            fee_cents=0,
            back=href(session),
        )

    async def changed(self, unit: Unit, consents: Sequence[Consent], *, on: bool) -> None:
        await self._others.changed(unit, consents, on=on)
        for id in {one.subject_id for one in consents if one.occasion is Occasion.LESSON}:
            session = await queries.session(unit, id)
            if session is not None:
                await _tell(unit, session)


async def _tell(unit: Unit, session: TeachingSession) -> None:
    """The pages that show it, and its hall when what the patients agree to is no longer what the hall knows."""
    steps.announce(unit, session)
    if session.meeting_id is None or session.ended_at is not None:
        return
    agreed = await _agreed(unit, session)
    if agreed is not await _known_to_hall(unit, session, session.meeting_id):
        body = {"of": ConsentKind.RECORDING.value, "on": agreed}
        key = f"consent:{unit.new_id()}"
        await meetings.write(unit, meeting_id=session.meeting_id, kind="consent", body=body, key=key)


async def _agreed(unit: Unit, session: TeachingSession) -> bool:
    try:
        await require(unit, session)
    except Refusal:
        return False
    return True


async def _known_to_hall(unit: Unit, session: TeachingSession, meeting_id: str) -> bool:
    """What its log said last; before anything was said, what holds of a session that names nobody."""
    said = await meeting_queries.entries_of(unit, meeting_id, ["consent"])
    return bool(meeting_queries.opened(unit, said[-1])["on"]) if said else session.material is not Material.CONSENTED


# ---- what the page shows


@dataclass(frozen=True, kw_only=True)
class SeenPatient:
    """A patient of a session; of another institution's the page has no name."""

    id: str
    card: PatientCard
    lines: list[consent_views.ConsentLine]
    """The last word on each kind."""
    sign_href: str
    """'' where another institution asks for the signature."""
    asked: bool
    """They have signed something, then or later taken back."""
    agreed: bool
    standing: bool
    """Something is signed that can be withdrawn."""


async def seen(unit: Unit, session: TeachingSession, translate: Callable[[str], str]) -> list[SeenPatient]:
    ids = [one.patient_id for one in await queries.patients_of(unit, [session.id])]
    known = {one.id: one for one in await patient_queries.by_ids(unit, ids)}
    return [await _seen(unit, session, known[id], translate) for id in ids]


async def _seen(unit: Unit, session: TeachingSession, patient: Patient, translate: Callable[[str], str]) -> SeenPatient:
    held = await consent_queries.about(unit, subject_id=session.id, patient_id=patient.id)
    last = {one.kind: one for one in reversed(held)}
    own = patient.institution_id == unit.actor.institution_id
    in_force = await consents.kinds_in_force(unit, subject_id=session.id, patient_id=patient.id, texts=TEXTS)
    return SeenPatient(
        id=patient.id,
        card=patients.card(unit, patient, full=own),
        lines=[consent_views.line(last[kind], translate) for kind in FILMED if kind in last],
        sign_href=f"/patients/{patient.id}/consent?for={session.id}" if own else "",
        asked=bool(held),
        agreed=in_force.issuperset(FILMED),
        standing=any(one.state in IN_FORCE for one in held),
    )


def href(session: TeachingSession) -> str:
    """Where patients are named and their consent is taken."""
    return f"{letters.href(session)}#patients"
