"""What consent needs of a consultation: the case somebody agrees to, and the photo of a signed paper."""

from collections.abc import Sequence
from typing import Any

from server.consultation import answers, queries, service
from server.consultation.model import Consultation
from server.consultation.states import WITHOUT_OPINION, State
from server.core.errors import NotFound
from server.core.unit import Unit
from server.directory import queries as directory
from server.files import queries as files
from server.files.states import Kind, Status
from server.files.subjects import About, Access
from server.meeting import queries as rooms
from server.meeting import service as meetings
from server.patients.consent import queries as consents
from server.patients.consent.model import IN_FORCE, Consent, ConsentKind, ConsentState
from server.patients.consent.papers import ConsentPapers
from server.patients.consent.ports import ConsentSubject
from server.patients.consent.views import Say, signings

PAPER = "consent"
"""The subject kind under which a signed paper's photo is uploaded; its id is the signing's."""


class ConsentedCase:
    """server.patients.consent.ports.Subjects for consultations."""

    async def subject(self, unit: Unit, subject_id: str, patient_id: str) -> ConsentSubject:
        case = await queries.get_for(unit, "consultation.edit", subject_id)
        if case.patient_id is None:
            raise NotFound
        return ConsentSubject(
            id=case.id,
            patient_id=case.patient_id,
            title=case.number or "",
            invited=await _invited_name(unit, case),
            fee_cents=await service.expected_fee(unit, case),
            back=f"{service.href(case)}/edit" if case.state in (State.DRAFT, State.SUPPLEMENT) else service.href(case),
        )

    async def changed(self, unit: Unit, consents: Sequence[Consent], *, on: bool) -> None:
        """Those in the case's room see it at once, and whoever comes in later: it is written into the room's log."""
        for one in consents:
            case = await unit.session.get(Consultation, one.subject_id)
            if case is None or case.meeting_id is None or case.patient_id != one.patient_id:
                continue
            if not answers.room_open(case):
                continue
            body = {"of": one.kind.value, "on": on}
            key = f"consent:{one.id}:{'given' if on else 'withdrawn'}"
            await meetings.write(unit, meeting_id=case.meeting_id, kind="consent", body=body, key=key)
            if present := await rooms.present(unit, case.meeting_id):
                await answers.entered(unit, case=case, present=present)


def sign_href(case: Consultation) -> str:
    """Where the patient of the case signs."""
    return f"/patients/{case.patient_id}/consent?for={case.id}"


async def to_complete(unit: Unit) -> list[tuple[Consultation, Consent]]:
    """The actor's consultations that began without consent and still have none, the most urgent first."""
    excepted = await consents.to_complete(unit, unit.actor.institution_id)
    page = await queries.listed(unit, ids=[one.subject_id for one in excepted]) if excepted else None
    cases = {case.id: case for case in page.rows} if page else {}
    found = [(cases[one.subject_id], one) for one in excepted if one.subject_id in cases]
    return [(case, one) for case, one in found if owes(case, one)]


def owes(case: Consultation, exception: Consent) -> bool:
    """Whether the signature is still to come: the exception is of this patient, and the case came or comes to pass."""
    return case.patient_id == exception.patient_id and case.state not in WITHOUT_OPINION


async def standing(unit: Unit, case: Consultation, translate: Say) -> dict[str, Any]:
    """What the case's pages show: `signings`; `withdrawn_at` while the patient does not agree to go on; `complete_by`
    while an emergency exception stands.
    """
    held = await consents.about(unit, subject_id=case.id, patient_id=case.patient_id)
    mine = [one for one in held if one.kind is ConsentKind.CONSULTATION]
    agreed = any(one.state in IN_FORCE for one in mine)
    withdrawn = [one.withdrawn_at for one in mine if one.withdrawn_at]
    excepted = [one.complete_by for one in mine if one.state is ConsentState.EMERGENCY and owes(case, one)]
    return {
        "signings": signings(held, translate),
        "complete_by": min(filter(None, excepted), default=None),
        "sign_href": sign_href(case),
        "withdrawn_at": max(withdrawn) if withdrawn and not agreed else None,
    }


async def _invited_name(unit: Unit, case: Consultation) -> str:
    return (await directory.institution(unit, case.invited_id)).name if case.invited_id else ""


class SigningPapers:
    """server.patients.consent.ports.Papers: the uploaded photo of a signed form, once it was checked."""

    async def of_signing(self, unit: Unit, signing_id: str) -> str | None:
        for one in await files.of_subject(unit, PAPER, signing_id):
            if one.status is Status.READY and one.kind in (Kind.PHOTO, Kind.PDF):
                return one.id
        return None


class PaperFiles:
    """server.files.subjects.SubjectAccess for signed papers: theirs until signed, nobody's to change afterwards."""

    def __init__(self) -> None:
        self._papers = ConsentPapers()

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: Access) -> bool:
        if not await self._papers.may(unit, subject_kind, subject_id, action):
            return False
        rows = await files.of_subject(unit, PAPER, subject_id)
        return all(one.institution_id == unit.actor.institution_id for one in rows)

    async def about(self, unit: Unit, subject_kind: str, subject_id: str) -> About:
        return About(patient_id=await self._papers.patient_id(unit, subject_id))
