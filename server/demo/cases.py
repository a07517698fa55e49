"""Brings each of the demo's stories to its state, by the verbs that people use, each step at its own hour."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from server.accounts import queries as accounts
from server.accounts import service as people
from server.accounts.roles import Role
from server.consultation import answers, centre, decisions, opinions, service, submitting
from server.consultation import queries as consultations
from server.consultation.attachments import ConsultationFiles
from server.consultation.kinds import Adoption
from server.consultation.reporting import compose
from server.consultation.states import State
from server.core.http import DATABASE, TEMPLATES
from server.core.i18n import BEIJING
from server.core.unit import Unit
from server.demo import pictures
from server.demo.stories import OPINION, STORIES, Story
from server.documents import service as documents
from server.documents import signers
from server.documents.office import OFFICE
from server.files import service as files
from server.files.desk import DESK
from server.files.subjects import Access
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind, Signer
from server.patients.consent.signature import Strokes
from server.patients.consent.signing import Shown, SignedBy
from server.patients.names import invent_person
from server.patients.particulars import Kin, Particulars, read_registrant

if TYPE_CHECKING:
    from server.consultation.model import Consultation
    from server.patients.model import Patient

ROAD = (
    State.DRAFT,
    State.APPROVING,
    State.TRIAGE,
    State.SUPPLEMENT,
    State.INVITING,
    State.SCHEDULING,
    State.SCHEDULED,
    State.OPINION_PENDING,
    State.ISSUED,
    State.CLOSED,
)
HAND = Strokes(
    width=400,
    height=150,
    lines=(tuple((30 + 9 * n, 60 + (n * n) % 47, 18 * n) for n in range(32)), ((60, 110, 700), (260, 96, 900))),
)


class Teller:
    """Tells stories into one unit of work, acting as each person in turn."""

    def __init__(self, app: web.Application, unit: Unit, secret: str) -> None:
        self.app, self.unit, self.secret = app, unit, secret
        self.present = unit.now
        self.luck = random.Random(20261122)  # noqa: S311 - the same invented people at every loading
        self.files: list[tuple[str, str, str]] = []
        self.taught: list[tuple[str, Story]] = []

    async def tell_all(self) -> None:
        for story in STORIES:
            await self._tell(story)
        self.unit.signed_in, self.unit.now = None, self.present
        self.unit.announcements.clear()

    async def act(self, login: str, role: Role, at: datetime) -> None:
        person = await accounts.person_by_login(self.unit, login)
        assert person is not None
        posts = await accounts.posts_of(self.unit, person.id, people.today(self.present))
        post = next(one for one in posts if one.role is role)
        self.unit.signed_in, self.unit.now = await people.actor_at(self.unit, post), min(at, self.present)

    async def _tell(self, story: Story) -> None:
        began = self.present - timedelta(days=story.days_ago)
        await self.act(story.doctor, Role.APPLICANT, began)
        patient = await self._patient(story)
        case = await service.draft(self.unit, patient_id=patient.id, complaint=story.complaint)
        await service.save(self.unit, case=case, fields=_fields(story))
        self.files += [(case.id, story.doctor, name) for name in story.files]
        self.taught += [(case.id, story)] if story.taught else []
        if story.until is State.DRAFT:
            return
        await self._consent(patient, case, teaching=story.taught is not None)
        self.unit.now = began + timedelta(minutes=6)
        await submitting.submit(self.unit, case=case)
        if story.until is not State.APPROVING:
            await self._through_the_centre(story, case, began)

    async def _through_the_centre(self, story: Story, case: Consultation, began: datetime) -> None:
        if story.until is State.TRIAGE:
            return
        await self.act("chenyu", Role.COORDINATOR, began + timedelta(minutes=25))
        if story.until is State.SUPPLEMENT:
            await centre.ask_more(self.unit, case=case, what="请补充尿蛋白定量、肝肾功能和胎心监护结果。")
            return
        person = await accounts.person_by_login(self.unit, story.expert)
        assert person is not None
        post = (await accounts.posts_of(self.unit, person.id, people.today(self.present)))[0]
        await centre.invite(self.unit, case=case, post=post)
        if story.until is State.INVITING:
            return
        await self.act(story.expert, Role.SPECIALIST, began + timedelta(minutes=70))
        await answers.accept(self.unit, case=case)
        if story.until is not State.SCHEDULING:
            await self._meet(story, case, began)

    async def _meet(self, story: Story, case: Consultation, began: datetime) -> None:
        ahead = story.until is State.SCHEDULED
        starts = _quarter(self.present + timedelta(minutes=10) if ahead else began + timedelta(hours=5))
        await self.act("chenyu", Role.COORDINATOR, began + timedelta(minutes=95))
        ends = starts + timedelta(minutes=30)
        await centre.schedule(self.unit, case=case, starts=starts, ends=ends, key=case.id)
        if ahead:
            return
        self.unit.signed_in, self.unit.now = None, starts
        both = frozenset({case.applicant_person_id, case.specialist_person_id or ""})
        await answers.entered(self.unit, case=case, present=both)
        await self.act(story.expert, Role.SPECIALIST, starts + timedelta(minutes=24))
        await answers.end(self.unit, case=case)
        if story.until is not State.OPINION_PENDING:
            await self._sign(story, case, starts + timedelta(minutes=50))

    async def _sign(self, story: Story, case: Consultation, at: datetime) -> None:
        await self.act(story.expert, Role.SPECIALIST, at)
        unit, office = self.unit, self.app[OFFICE]
        opinion = await opinions.draft_for(unit, case=case)
        await opinions.save(unit, case=case, opinion=opinion, sections=OPINION, version=None)
        actor = unit.actor
        await signers.renew_signer(
            unit, person_id=actor.person_id, name=actor.name, secret=self.secret, institution=actor.institution_name
        )
        handle = await signers.signing_key_for(unit, person_id=actor.person_id, secret=self.secret)
        document = await documents.issue(
            unit,
            office=office,
            report=await compose(unit, case, opinion, self._say, "zh"),
            signer=handle,
            subject_kind="consultation",
            subject_id=case.id,
            institutions=[case.inviting_id, case.invited_id or ""],
            key=f"opinion:{opinion.id}",
            patient_id=case.patient_id,
        )
        await opinions.signed(unit, case=case, opinion=opinion, document_id=document.id)
        if story.until is State.CLOSED:
            await self.act(story.doctor, Role.APPLICANT, at + timedelta(hours=2))
            await decisions.decide(unit, case=case, adoption=Adoption.ADOPTED, plan="按会诊意见用药，3 天后复诊。")
            await decisions.rate(unit, case=case, stars=5, words="意见具体，能照着做。")

    def _say(self, message: str, facts: dict[str, object] | None = None) -> str:
        return self.app[TEMPLATES].translations.say("zh", message, facts)

    async def _patient(self, story: Story) -> Patient:
        person = invent_person(self.luck, today=people.today(self.present), youngest=story.age[0], oldest=story.age[1])
        child = story.age[1] < 14
        typed = Particulars(
            name=person.name,
            id_no=person.id_no,
            phone=person.phone,
            address=person.address,
            guardian_name="周建国" if child else "",
            guardian_relation=Kin.FATHER if child else None,
            guardian_phone=person.phone if child else "",
        )
        return await patients.register(self.unit, registrant=read_registrant(typed, now=self.present))

    async def _consent(self, patient: Patient, case: Consultation, *, teaching: bool) -> None:
        child = patient.birth_date is not None and (self.present.date() - patient.birth_date).days < 14 * 365
        guardian = SignedBy(signer=Signer.GUARDIAN, name="周建国", relation=Kin.FATHER.value)
        await consents.record(
            self.unit,
            patient=patient,
            subject_id=case.id,
            kinds=[ConsentKind.CONSULTATION, ConsentKind.RECORDING, *([ConsentKind.TEACHING] if teaching else [])],
            signed_by=guardian if child else SignedBy(signer=Signer.PATIENT),
            proof=HAND,
            shown=Shown(locale="zh", fee="595 元"),
            signing_id=self.unit.new_id(),
        )


def _fields(story: Story) -> dict[str, object]:
    return {
        "urgency": story.urgency,
        "specialty": story.specialty,
        "question": story.question,
        "story": story.story,
        "findings": story.findings,
        "diagnosis": story.diagnosis,
        "vitals": dict(story.vitals),
    }


def _quarter(at: datetime) -> datetime:
    """The next five minutes of the clock."""
    whole = at.replace(second=0, microsecond=0)
    return whole + timedelta(minutes=-whole.minute % 5)


class Told(ConsultationFiles):
    """The story is over before its pictures come: they may be added to any of its cases."""

    async def may(self, unit: Unit, subject_kind: str, subject_id: str, action: Access) -> bool:
        return True


async def attach(app: web.Application, teller: Teller) -> None:
    """Sends the pictures the way a browser's bytes go: sealed, proven, waiting to be looked at in the sandbox."""
    desk = app[DESK]
    for case_id, login, name in teller.files:
        async with app[DATABASE].unit() as unit:
            teller.unit = unit
            await teller.act(login, Role.APPLICANT, teller.present)
            about = await Told().about(unit, "consultation", case_id)
            case = await consultations.get_for(unit, "consultation.read", case_id)
            content, file_name = pictures.of(name, about, case.created_at.astimezone(BEIJING))
            attachment = await files.begin(
                unit,
                subjects={service.SUBJECT: Told()},
                vault=desk.vault,
                subject_kind="consultation",
                subject_id=case_id,
                name=file_name,
                size=len(content),
            )
        await desk.vault.append(attachment.id, attachment.wrapped_key, 0, _once(content))
        async with app[DATABASE].unit() as unit:
            kept = await unit.session.get(type(attachment), attachment.id)
            assert kept is not None
            await files.received(unit, attachment=kept, sha256=hashlib.sha256(content).hexdigest())


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
