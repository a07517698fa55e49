"""What is taught in the access tests: a session to come, one that begins, a recording, teaching cases."""

from datetime import timedelta

from server.accounts import service as accounts
from server.accounts.roles import Role
from server.casebook import service as casebook
from server.casebook.copy_states import CopyState
from server.casebook.model import TeachingCopy
from server.consultation.states import State
from server.files.desk import DESK
from server.meeting import queries as meetings_queries
from server.meeting import service as meetings
from server.patients import queries as patients_queries
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind, Signer
from server.patients.consent.signature import read_strokes
from server.patients.consent.signing import Shown, SignedBy
from server.teaching import appointments, enrolling, exams, linked, planning
from server.teaching import queries as teaching_queries
from server.teaching.kinds import CourseKind, SessionKind
from server.teaching.planning import Plan
from tests.contracts.access_cases import STROKES, consultation_of
from tests.contracts.access_world import NOW, NOWHERE
from tests.services.recorded_films import kept, laddered

CO_TEACHER = ("consortium", Role.TEACHER)
"""On the stage of a hall by right, and not its host."""


async def a_lesson(world):
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


async def a_hall(world, organiser, teachers):
    """A session of their posts that begins in a moment."""
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, world.posts[organiser])
        moment = NOW + timedelta(minutes=5)
        plan = Plan(
            kind=SessionKind.LECTURE,
            title="胸痛的分诊",
            starts_at=moment,
            ends_at=moment + timedelta(minutes=30),
            teacher_posts=[world.posts[one].id for one in teachers],
        )
        session = await planning.draft(unit, plan=plan)
        await planning.publish(unit, session=session)
        await appointments.release(unit, session, "others begin in the same hour")
    return session


async def the_hall(world):
    """Of a teacher of who asks and one of another hospital; the expert is enrolled."""
    teacher = ("own", Role.TEACHER)
    session = await a_hall(world, teacher, [teacher, CO_TEACHER])
    async with world.database.unit() as unit:
        unit.signed_in = await accounts.actor_at(unit, world.posts["participant", Role.TRAINEE])
        await enrolling.enrol(unit, session=await teaching_queries.session(unit, session.id))
    world.objects["hall"] = session.meeting_id


async def recordings(world):
    """Of that session, and of the case."""
    async with world.database.unit(writes=False) as unit:
        session = await teaching_queries.session(unit, world.objects["session"])
    of_session = await _recorded(world, session.meeting_id)
    of_case = await _recorded(world, world.objects["room"])
    world.objects |= {"recording": of_session.id, "recorded file": of_session.files[0].id}
    world.objects |= {"case recording": of_case.id, "recorded file of the case": of_case.files[0].id}
    async with world.database.unit() as unit:
        said = {"name": "蔡明", "text": "先看体温", "began": unit.now.timestamp(), "seconds": 2.0}
        await meetings.write(unit, meeting_id=session.meeting_id, kind="caption", body=said, key="caption:1")
        [caption] = await meetings_queries.entries_of(unit, session.meeting_id, ["caption"])
    world.objects["caption"] = str(caption.seq)


async def _recorded(world, meeting):
    recording = await kept(world.database, world.app[DESK].vault, meeting)
    await laddered(world.database, world.app[DESK].vault, recording)
    return recording


async def teaching_cases(world):
    """Of two other cases: one released by a teacher of who asks, one under review with a file to be looked through."""
    async with world.database.unit() as unit:
        case = await _proposed(world, unit, "-4")
        unit.signed_in = await accounts.actor_at(unit, world.posts["own", Role.TEACHER])
        texts = [text for _, text in casebook.chapters_of(unit, case)]
        await casebook.release(unit, case=case, title=case.title, points="", texts=texts, checked=casebook.CHECKS)
        session = await teaching_queries.session(unit, world.objects["session"])
        await linked.choose(unit, session=session, case_ids=[case.id])
    async with world.database.unit() as unit:
        reviewed = await _proposed(world, unit, "-5")
        copy = await _copy_of_a_photo(world, unit, reviewed)
    world.objects |= {"teaching case": case.id, "case under review": reviewed.id, "copy": copy.id}


async def _proposed(world, unit, more):
    """By the expert, with the patient's consent."""
    doctor, expert = world.posts["own", Role.APPLICANT], world.posts["participant", Role.SPECIALIST]
    unit.signed_in = await accounts.actor_at(unit, doctor)
    patient = await patients_queries.by_id(unit, world.objects["patient"])
    consultation = await consultation_of(unit, patient, doctor, expert, more, State.CLOSED)
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
