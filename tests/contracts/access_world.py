"""A case with everything that hangs on it, and people who stand to it in every way, in every role.

Rights hang on posts, so each person here holds a post of every role: the same doctor who asked, acting as an auditor,
stands to the case as before and may do what an auditor may.
"""

import asyncio
import base64
import hashlib
import io
import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import aiohttp
import orjson
from aiohttp import web
from pypdf import PdfWriter

from server import app as composition
from server import log
from server.accounts import queries as accounts_queries
from server.accounts import service as accounts
from server.accounts import visits
from server.accounts.model import Passkey, Post, SignIn
from server.accounts.roles import Role
from server.casebook import service as casebook
from server.casebook.copy_states import CopyState
from server.casebook.model import TeachingCopy
from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Invitation, Opinion
from server.consultation.states import State
from server.core import csrf, edge, ids
from server.core.clock import SetClock
from server.core.database import keep_quiet
from server.core.http import DATABASE, RULES
from server.directory import queries as directory_queries
from server.directory import service as directory
from server.directory.kinds import ConsortiumKind, Kind, Level, Service
from server.documents import service as documents
from server.documents import signers
from server.documents.office import OFFICE
from server.files.desk import DESK
from server.meeting import queries as meetings_queries
from server.meeting import service as meetings
from server.meeting.kinds import MeetingKind
from server.migrations import upgrade
from server.patients import queries as patients_queries
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind, Signer
from server.patients.consent.signature import read_strokes
from server.patients.consent.signing import Shown, SignedBy
from server.patients.particulars import Particulars, read_registrant
from server.scheduling import hours
from server.scheduling.availability import ExceptionKind
from server.settings import Settings
from server.teaching import enrolling, exams, planning
from server.teaching import queries as teaching_queries
from server.teaching.kinds import CourseKind, SessionKind
from server.teaching.planning import Plan
from tests.services.documents_scene import report
from tests.services.recorded_films import kept, laddered

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
NOWHERE = "f" * 32
CONSORTIUM = "临湖医疗集团"
PATIENT, QUESTION = "秦文远", "是否需要立即上转行冠脉造影？"
NUMBER = "HZ310901101202611230001"
SECRET = "春眠不觉晓-2026"

STANDS = ("own", "participant", "hospital", "consortium", "other")
"""Who asks, the expert asked, a colleague of who asks, another hospital of the consortium, another consortium's."""

SECTIONS = {
    **dict.fromkeys(("basis", "findings", "plan", "warnings", "referral_advice"), ""),
    **{name: [] for name in ("diagnoses", "medications", "tests")},
}
STROKES = orjson.dumps({"width": 600, "height": 200, "lines": [[[10, 20, 0], [200, 120, 300]]]}).decode()
TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class World:
    app: web.Application
    url: str
    clock: SetClock
    people: dict = field(default_factory=dict)
    posts: dict = field(default_factory=dict)
    cookies: dict = field(default_factory=dict)
    """(stand, role) → the cookie and the form token of somebody signed in so."""
    objects: dict = field(default_factory=dict)
    session: aiohttp.ClientSession = None

    @property
    def database(self):
        return self.app[DATABASE]

    def rules(self):
        return self.app[RULES]

    async def ask(self, method, path, principal=None, *, fields=None, headers=None, accept="application/json"):
        """One request of `principal`, a (stand, role) or None for a stranger."""
        cookie, token = self.cookies.get(principal, ("", ""))
        sent = {"Accept": accept, "Origin": self.url, "X-CSRF": token, **(headers or {})}
        if cookie:
            sent["Cookie"] = cookie
        async with self.session.request(method, path, data=fields, headers=sent, allow_redirects=False) as response:
            body = await response.read()
            return Answer(response.status, body, response.headers)

    async def visit(self):
        """The cookie and form token of a browser in which nobody is signed in."""
        answer = await self.ask("GET", "/sign-in", "somebody new", accept="text/html")
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        token = re.search(rb'name="csrf" content="([0-9a-f]+)"', answer.body)[1].decode()
        return cookie, token

    async def sign_in(self, stand, role, **facts):
        """Somebody signed in without a password; `facts` of the sign-in may be other than usual."""
        token, now = ids.new_token(), self.clock.now()
        known = {"created_at": now, "seen_at": now, "second_factor_at": now, "reauthenticated_at": now} | facts
        async with self.database.unit() as unit:
            row = SignIn(
                id=unit.new_id(),
                digest=accounts_queries.digest_of(token),
                person_id=self.people[stand].id,
                post_id=self.posts[stand, role].id,
                **known,
            )
            unit.session.add(row)
        form_token = csrf.new_token(self.database.keys.derive("csrf"), row.id)
        return f"lianzhen_session={token}", form_token


@dataclass
class Answer:
    status: int
    body: bytes
    headers: object

    @property
    def told(self):
        """What is said, apart from what every answer has of its own."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return self.lines
        if isinstance(value, dict):
            value.pop("request_id", None)
        return value

    @property
    def lines(self):
        """The same as a page has it."""
        return re.sub(r"[0-9a-f]{32,64}", "*", self.body.decode(errors="replace")).splitlines()

    @property
    def heads(self):
        own = {"date", "x-request-id", "content-length"}
        return {name: value for name, value in self.headers.items() if name.lower() not in own}

    def __str__(self):
        told = self.told
        return (
            f"{self.status} {HTTPStatus(self.status).phrase} {told.get('title', '') if isinstance(told, dict) else ''}"
        )


@asynccontextmanager
async def open_world(folder, database_url=""):
    clock = SetClock(NOW)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.set_up(for_people=True)
    settings = Settings(data=folder, port=_free_port(), database_url=database_url, demo=True)
    await upgrade(settings.store_url)
    app = composition.build(settings, clock=clock)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.port).start()
    world = World(app, settings.base_url, clock)
    jar = aiohttp.DummyCookieJar()
    world.session = aiohttp.ClientSession(settings.base_url, cookie_jar=jar)
    try:
        await _furnish(world)
        yield world
    finally:
        await world.session.close()
        await runner.cleanup()


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def forgetting(world):
    """What is asked for is done and answered, and nothing of it is kept: the next finds everything as it was."""

    async def forget(unit):
        await unit.session.rollback()

    before, delivered = world.database.before_commit, world.database.deliver
    world.database.before_commit, world.database.deliver = [*before, forget], keep_quiet
    try:
        yield
    finally:
        world.database.before_commit, world.database.deliver = before, delivered


@asynccontextmanager
async def remembering(world):
    """Whoever has shown their cookie once is known from then on: asking the store again doubles the time of a test."""
    identify, known = world.app[edge.IDENTIFY], {}

    async def recognise(request, rule):
        cookie = request.headers.get("Cookie", "")
        if cookie not in known:
            known[cookie] = await identify(request, rule), request.get(visits.SIGN_IN, "")
        visit, request[visits.SIGN_IN] = known[cookie]
        return visit

    with _thawed(world.app) as app:
        app[edge.IDENTIFY] = recognise
    try:
        yield
    finally:
        with _thawed(world.app) as app:
            app[edge.IDENTIFY] = identify


@contextmanager
def _thawed(app):
    """An application that has started takes no new parts, as a rule."""
    app._frozen, frozen = False, app._frozen
    yield app
    app._frozen = frozen


# ---- people ----


async def _furnish(world):
    async with world.database.unit() as unit:
        places = await _places(unit)
        for stand, place in places.items():
            await _somebody(unit, world, stand, place)
        await signers.found_authority(unit, site="青山市医联体")
        author = world.people["participant"]
        await signers.enrol_signer(unit, person_id=author.id, name=author.name, secret=SECRET)
    for stand in STANDS:
        for role in Role:
            world.cookies[stand, role] = await world.sign_in(stand, role)
    world.cookies[None] = await world.visit()
    await _belongings(world, places)
    await _case(world, places)
    await _lesson(world)
    await _recordings(world)
    await _teaching_cases(world)
    await _files(world)


async def _places(unit):
    async def add(code, level, kind):
        return await directory.add_institution(
            unit, code=code, name=f"{code}医院", short_name=code, level=level, kind=kind
        )

    city = await add("310900-001", Level.CITY, Kind.GENERAL)
    town = await add("310901-101", Level.TOWNSHIP, Kind.TOWNSHIP_CENTRE)
    next_town = await add("310901-102", Level.TOWNSHIP, Kind.TOWNSHIP_CENTRE)
    far, far_town = (
        await add("420100-001", Level.CITY, Kind.GENERAL),
        await add("420101-101", Level.TOWNSHIP, Kind.GENERAL),
    )
    group = {"kind": ConsortiumKind.CITY_GROUP}
    await directory.form_consortium(unit, name=CONSORTIUM, lead_id=city.id, member_ids=[town.id, next_town.id], **group)
    await directory.form_consortium(unit, name="远山医疗集团", lead_id=far.id, member_ids=[far_town.id], **group)
    return {"own": town, "participant": city, "hospital": town, "consortium": next_town, "other": far}


async def _somebody(unit, world, stand, place):
    person = await accounts.enrol(unit, login=f"person-{stand}", name=f"{stand}医生", password_hash="x")
    world.people[stand] = person
    for role in Role:
        post = Post(
            id=unit.new_id(),
            person_id=person.id,
            institution_id=place.id,
            role=role,
            starts=(NOW - timedelta(days=400)).date(),
            created_at=unit.now,
        )
        unit.session.add(post)
        world.posts[stand, role] = post
    await unit.session.flush()


async def _belongings(world, places):
    """An agreement of the two hospitals; a passkey and another sign-in of the doctor who asks."""
    owner = world.people["own"]
    async with world.database.unit() as unit:
        day = NOW.date()
        agreement = await directory.conclude_agreement(
            unit,
            number="YLT-1",
            inviting_id=places["own"].id,
            invited_id=places["participant"].id,
            services=[Service.TEACHING],
            starts=day,
            ends=day + timedelta(days=300),
            liability="",
            fee_cents=0,
        )
        passkey = Passkey(
            id=unit.new_id(), person_id=owner.id, credential_id=b"1", public_key=b"2", created_at=unit.now
        )
        sign_in = SignIn(id=unit.new_id(), digest=bytes(32), person_id=owner.id, created_at=unit.now, seen_at=unit.now)
        unit.session.add_all([passkey, sign_in])
        department = await directory.add_department(unit, institution_id=places["own"].id, name="全科")
        consortium = await directory_queries.consortium_named(unit, CONSORTIUM)
    world.objects |= {
        "agreement": agreement.id,
        "department": department.id,
        "consortium": consortium.id,
        "member": places["consortium"].id,
        "institution": places["own"].id,
        "passkey": passkey.id,
        "sign_in": sign_in.id,
        "person": await _looked_after(world, places["own"]),
    }


async def _looked_after(world, place):
    """Somebody of the hospital of who asks, whose account is none of the others'."""
    async with world.database.unit() as unit:
        person = await accounts.enrol(unit, login="looked-after", name="沈悦", password_hash="x")
        post = await accounts.appoint(
            unit, person=person, institution_id=place.id, role=Role.TECHNICIAN, starts=NOW.date() - timedelta(days=9)
        )
    world.objects["persons post"] = post.id
    return person.id


# ---- the case ----


async def _case(world, places):
    doctor, expert = world.posts["own", Role.APPLICANT], world.posts["participant", Role.SPECIALIST]
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, doctor)
        typed = Particulars(name=PATIENT, id_no="11010519491231002X")
        patient = await patients.register(unit, registrant=read_registrant(typed, now=unit.now))
        case = await _consultation(unit, patient, doctor, expert)
        talks = [await _consultation(unit, patient, doctor, expert, more, State.IN_SESSION) for more in ("-2", "-3")]
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
        link = await meetings.link_for_guest(unit, meeting=meeting, token=ids.new_token(), name="家属", relation="")
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
        "talks": [talk.meeting_id for talk in talks],
        "post": doctor.id,
        "exception": exception,
    }
    await _report(world, case, places)


async def _exception_of(unit, post):
    from sqlalchemy import select

    from server.scheduling.model import AvailabilityException

    return await unit.session.scalar(select(AvailabilityException.id).where(AvailabilityException.post_id == post.id))


async def _consultation(unit, patient, doctor, expert, more="", state=State.INVITING):
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
    from sqlalchemy import select

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


# ---- teaching ----


async def _lesson(world):
    """A published session of who asks; the expert is enrolled in it."""
    teacher, learner = world.posts["own", Role.TEACHER], world.posts["participant", Role.TRAINEE]
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, teacher)
        plan = Plan(
            kind=SessionKind.LECTURE,
            title="心电图判读",
            starts_at=NOW + timedelta(days=5),
            ends_at=NOW + timedelta(days=5, hours=1),
            teacher_posts=[teacher.id],
        )
        session = await planning.draft(unit, plan=plan)
        await planning.publish(unit, session=session)
        unit.signed_in = await accounts.actor_at(unit, learner)
        await enrolling.enrol(unit, session=session)
        unit.signed_in = await accounts.actor_at(unit, teacher)
        course = await planning.found_course(unit, kind=CourseKind.COURSE, title="儿科急症", phases=["发热"])
        question = {"text": "先看什么", "options": ["精神", "体温"], "right": [0]}
        await exams.write(unit, course=course, phase=0, questions=[question], pass_mark=60, attempts=30)
    world.objects |= {"session": session.id, "course": course.id}


async def _recordings(world):
    """Of that session, and of the case."""
    async with world.database.unit(writes=False) as unit:
        session = await teaching_queries.session(unit, world.objects["session"])
    of_session = await _recorded(world, session.meeting_id)
    of_case = await _recorded(world, world.objects["room"])
    world.objects |= {"recording": of_session.id, "recorded file": of_session.files[0].id}
    async with world.database.unit() as unit:
        said = {"name": "蔡明", "text": "先看体温", "began": unit.now.timestamp(), "seconds": 2.0}
        await meetings.write(unit, meeting_id=session.meeting_id, kind="caption", body=said, key="caption:1")
        [caption] = await meetings_queries.entries_of(unit, session.meeting_id, ["caption"])
    world.objects["caption"] = str(caption.seq)
    world.objects |= {"case recording": of_case.id, "recorded file of the case": of_case.files[0].id}


async def _recorded(world, meeting):
    recording = await kept(world.database, world.app[DESK].vault, meeting)
    await laddered(world.database, world.app[DESK].vault, recording)
    return recording


async def _teaching_cases(world):
    """Of two other cases: one released by a teacher of who asks, one under review with a file to be looked through."""
    async with world.database.unit() as unit:
        case = await _proposed(world, unit, "-4")
        unit.signed_in = await accounts.actor_at(unit, world.posts["own", Role.TEACHER])
        texts = [text for _, text in casebook.chapters_of(unit, case)]
        await casebook.release(unit, case=case, title=case.title, points="", texts=texts, checked=casebook.CHECKS)
    async with world.database.unit() as unit:
        reviewed = await _proposed(world, unit, "-5")
        copy = await _copy_of_a_photo(world, unit, reviewed)
    world.objects |= {"teaching case": case.id, "case under review": reviewed.id, "copy": copy.id}


async def _proposed(world, unit, more):
    """By the expert, with the patient's consent."""
    doctor, expert = world.posts["own", Role.APPLICANT], world.posts["participant", Role.SPECIALIST]
    unit.signed_in = await accounts.actor_at(unit, doctor)
    patient = await patients_queries.by_id(unit, world.objects["patient"])
    consultation = await _consultation(unit, patient, doctor, expert, more, State.CLOSED)
    await consents.record(
        unit,
        patient=patient,
        subject_id=consultation.id,
        kinds=[ConsentKind.TEACHING],
        signed_by=SignedBy(signer=Signer.PATIENT),
        proof=read_strokes(STROKES),
        shown=Shown(locale="zh", fee="595 元"),
    )
    unit.signed_in = await accounts.actor_at(unit, expert)
    return await casebook.propose(unit, consultation=consultation, title="胸痛一例", points="")


async def _copy_of_a_photo(world, unit, case):
    """As the darkroom leaves it: one picture, kept sealed."""
    vault, sheets = world.app[DESK].vault, unit.new_id()
    key = vault.new_key(sheets)
    await vault.append(sheets, key, 0, _once(b"\xff\xd8\xff"))
    copy = TeachingCopy(
        id=unit.new_id(),
        case_id=case.id,
        number=1,
        kind="photo",
        state=CopyState.OPEN,
        original_id=NOWHERE,
        sheets=[["1", 8, 8, 0, 3]],
        sheets_id=sheets,
        sheets_key=key,
    )
    unit.session.add(copy)
    await unit.session.flush()
    return copy


async def _once(content):
    yield content


# ---- its files ----


async def _files(world):
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
    from server.files.model import Attachment

    for _ in range(600):
        async with world.database.unit(writes=False) as unit:
            status = (await unit.session.get(Attachment, id)).status.value
        if status not in ("uploading", "checking"):
            assert status == "ready", status
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody looked at the file")
