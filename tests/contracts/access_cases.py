"""The case of the access tests with everything that hangs on it: its patient, rooms, opinion, report and files."""

import asyncio
import base64
import hashlib
import io
from datetime import timedelta

import orjson
from pypdf import PdfWriter
from sqlalchemy import select

from server.accounts import service as accounts
from server.accounts.roles import Role
from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Invitation, Opinion
from server.consultation.states import State
from server.documents import service as documents
from server.documents import signers
from server.documents.office import OFFICE
from server.files.model import Attachment
from server.meeting import queries as meetings_queries
from server.meeting import service as meetings
from server.meeting.kinds import MeetingKind
from server.patients import queries as patients_queries
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind, Signer
from server.patients.consent.signature import read_strokes
from server.patients.consent.signing import Shown, SignedBy
from server.patients.particulars import Particulars, read_registrant
from server.scheduling import hours
from server.scheduling.availability import ExceptionKind
from server.scheduling.model import AvailabilityException
from tests.contracts.access_world import NOW, PATIENT, QUESTION, STREAM, TUS
from tests.services.documents_scene import report

NUMBER = "HZ310901101202611230001"
SECRET = "春眠不觉晓-2026"
IN_SESSION = State.IN_SESSION

SECTIONS = {
    **dict.fromkeys(("basis", "findings", "plan", "warnings", "referral_advice"), ""),
    **{name: [] for name in ("diagnoses", "medications", "tests")},
}
STROKES = orjson.dumps({"width": 600, "height": 200, "lines": [[[10, 20, 0], [200, 120, 300]]]}).decode()


async def a_case(world, places):
    doctor, expert = world.posts["own", Role.APPLICANT], world.posts["participant", Role.SPECIALIST]
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, doctor)
        typed = Particulars(name=PATIENT, id_no="11010519491231002X")
        patient = await patients.register(unit, registrant=read_registrant(typed, now=unit.now))
        case = await consultation_of(unit, patient, doctor, expert)
        talk, other = [await consultation_of(unit, patient, doctor, expert, more, IN_SESSION) for more in ("-2", "-3")]
        consent = (
            await consents.record(
                unit,
                patient=patient,
                subject_id=case.id,
                kinds=[ConsentKind.CONSULTATION, ConsentKind.RECORDING],
                signed_by=SignedBy(signer=Signer.PATIENT),
                proof=read_strokes(STROKES),
                shown=Shown(locale="zh", fee="595 元"),
            )
        )[0]
        meeting = await meetings_queries.meeting(unit, case.meeting_id)
        link = await meetings.link_for_guest(unit, meeting=meeting, name="家属")
        start = NOW + timedelta(days=3)
        away = ExceptionKind.AWAY
        await hours.add_exception(unit, post_id=doctor.id, start=start, end=start + timedelta(hours=2), kind=away)
        exception = await _exception_of(unit, doctor)
    world.objects |= {
        "case": case.id,
        "patient": patient.id,
        "consent": consent.id,
        "signing": consent.signing_id,
        "room": case.meeting_id,
        "link": link.id,
        "talk": talk.meeting_id,
        "talk with a guest": other.meeting_id,
        "post": doctor.id,
        "exception": exception,
    }
    await _report(world, case, places)


async def another_talk(world):
    """A consultation of the same patient, in session; its room."""
    doctor, expert = world.posts["own", Role.APPLICANT], world.posts["participant", Role.SPECIALIST]
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, doctor)
        patient = await patients_queries.by_id(unit, world.objects["patient"])
        case = await consultation_of(unit, patient, doctor, expert, f"-{unit.new_id()[-8:]}", IN_SESSION)
    return case.meeting_id


async def _exception_of(unit, post):
    return await unit.session.scalar(select(AvailabilityException.id).where(AvailabilityException.post_id == post.id))


async def consultation_of(unit, patient, doctor, expert, more="", state=State.INVITING):
    number = NUMBER + more
    case = Consultation(
        id=unit.new_id(),
        number=number,
        state=state,
        consortium_id=min(unit.actor.consortium_ids),
        inviting_id=doctor.institution_id,
        applicant_post_id=doctor.id,
        applicant_person_id=doctor.person_id,
        patient_id=patient.id,
        question=QUESTION,
        specialty="心血管内科",
        invited_id=expert.institution_id,
        specialist_post_id=expert.id,
        specialist_person_id=expert.person_id,
        created_at=unit.now,
        state_since=unit.now,
        submitted_at=unit.now,
    )
    unit.session.add(case)
    await unit.session.flush()
    end = NOW + timedelta(hours=1)
    about = {"kind": MeetingKind.CONSULTATION, "subject_kind": "consultation", "subject_id": case.id}
    case.meeting_id = (await meetings.plan(unit, title=number, starts_at=NOW, ends_at=end, **about)).id
    unit.session.add(_invitation(unit, case, expert))
    for edition, state in ((1, OpinionState.SIGNED), (2, OpinionState.DRAFT)):
        unit.session.add(_opinion(unit, case, expert, edition, state))
    await unit.session.flush()
    return case


def _invitation(unit, case, expert):
    return Invitation(
        id=unit.new_id(),
        consultation_id=case.id,
        institution_id=expert.institution_id,
        post_id=expert.id,
        person_id=expert.person_id,
        invited_by="",
        sent_at=unit.now,
    )


def _opinion(unit, case, expert, edition, state):
    return Opinion(
        id=unit.new_id(),
        consultation_id=case.id,
        author_post_id=expert.id,
        author_person_id=expert.person_id,
        edition=edition,
        state=state,
        sections={**SECTIONS, "plan": "当日转院"},
        created_at=unit.now,
        saved_at=unit.now,
    )


async def _report(world, case, places):
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, world.posts["participant", Role.SPECIALIST])
        signer = await signers.signing_key_for(unit, person_id=unit.actor.person_id, secret=SECRET)
        document = await documents.issue(
            unit,
            office=world.app[OFFICE],
            report=report(unit.now),
            signer=signer,
            subject_kind="consultation",
            subject_id=case.id,
            institutions=[places["own"].id, places["participant"].id],
            key="opinion",
        )
        signed = select(Opinion).where(Opinion.consultation_id == case.id, Opinion.state == OpinionState.SIGNED)
        (await unit.session.scalar(signed)).document_id = document.id


# ---- its files ----


async def files_of(world):
    sheet = io.BytesIO()
    page = PdfWriter()
    page.add_blank_page(200, 200)
    page.write(sheet)
    for name in ("file", "withdrawn"):
        id = await _upload(world, sheet.getvalue(), whole=True)
        world.objects[name] = id
        await _looked_at(world, id)
    doctor = ("own", Role.APPLICANT)
    assert (await world.ask("POST", f"/files/{world.objects['withdrawn']}/withdraw", doctor)).status == 200
    world.objects["upload"] = await _upload(world, sheet.getvalue(), whole=False)


async def _upload(world, content, *, whole):
    doctor = ("own", Role.APPLICANT)
    begun = await world.ask("POST", "/files/uploads", doctor, headers=creation(world.objects["case"], len(content)))
    assert begun.status == 201, begun
    address = begun.headers["Location"]
    if whole:
        sent = await world.ask("PATCH", address, doctor, fields=content, headers={**STREAM, "Upload-Offset": "0"})
        assert sent.status == 204, sent
        fields = {"sha256": hashlib.sha256(content).hexdigest()}
        done = await world.ask("POST", f"{address.replace('/uploads', '')}/complete", doctor, fields=fields)
        assert done.status == 200, done
    return address.rsplit("/", 1)[1]


def creation(case, size=10):
    subject = base64.b64encode(f"consultation:{case}".encode()).decode()
    name = base64.b64encode("心电图.pdf".encode()).decode()
    return {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"subject {subject},filename {name}"}


async def _looked_at(world, id):
    for _ in range(600):
        async with world.database.unit(writes=False) as unit:
            status = (await unit.session.get(Attachment, id)).status.value
        if status not in ("uploading", "checking"):
            assert status == "ready", status
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody looked at the file")
