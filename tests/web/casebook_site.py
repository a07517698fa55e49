"""A closed consultation and its way to a teaching case, for the tests of the casebook; its files, masked by hand."""

import asyncio
import hashlib
import html
import json
import re
from contextlib import asynccontextmanager
from datetime import timedelta

from server.accounts import queries as accounts_queries
from server.accounts import service as accounts
from server.accounts.roles import Role
from server.consultation.kinds import OpinionState
from server.consultation.model import Consultation, Opinion
from server.consultation.states import State
from server.core import ids
from server.files.desk import DESK
from server.files.model import Attachment
from server.files.states import Status
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.consent.model import ConsentKind, Signer
from server.patients.consent.signature import read_strokes
from server.patients.consent.signing import Shown, SignedBy
from server.patients.particulars import Particulars, read_registrant
from server.scheduling.working_calendar import CHINA
from tests.contracts.access_cases import STROKES
from tests.web.teaching_site import open_school

STORY = "秦文远（Qin Wenyuan，电话 138 1234 5678，住院号：778812）2026年11月20日在城东医院就诊，活动后胸痛 3 天。"
OF_WHOM = ("秦文远", "Wenyuan", "1234", "778812", "城东医院", "11月20日", "11010519491231002X")
ALL_CHECKED = ("names", "numbers", "places", "dates", "rare")
TITLE = "以胸痛起病的不稳定型心绞痛"


@asynccontextmanager
async def open_casebook(folder, database_url, clock):
    """A school whose doctor asked, whose expert answered and proposes, whose teacher or manager reviews."""
    async with open_school(folder, database_url, clock) as site:
        await site.enrol("asker", "王芳", Role.APPLICANT, "A1", title="主治医师")
        await site.enrol("expert", "赵敏", Role.SPECIALIST, "A0", title="主任医师")
        await site.enrol("manager", "林岚", Role.CONS_ADMIN, "A0")
        yield site


async def sends(visitor, path, **fields):
    """A form; a list is sent under one name, a field for each."""
    pairs = [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    return await visitor.post(path, pairs)


async def a_closed_case(site, *, teaching=True, state=State.CLOSED, story=STORY):
    """Of the doctor and the expert; the patient has ticked use in teaching, or not. The id."""
    day = CHINA.day_of(site.clock.now())
    async with site.database.unit() as unit:
        asking = (await accounts_queries.posts_of(unit, site.people["asker"].id, day))[0]
        expert = (await accounts_queries.posts_of(unit, site.people["expert"].id, day))[0]
        unit.signed_in = await accounts.actor_at(unit, asking)
        typed = Particulars(name="秦文远", id_no="11010519491231002X", phone="13812345678")
        patient = await patients.register(unit, registrant=read_registrant(typed, now=unit.now))
        case = Consultation(
            id=unit.new_id(),
            number="HZ310901101202611200001",
            state=state,
            consortium_id=min(unit.actor.consortium_ids),
            inviting_id=asking.institution_id,
            applicant_post_id=asking.id,
            applicant_person_id=asking.person_id,
            patient_id=patient.id,
            question="秦先生是否需要急诊造影？",
            story={"story": story, "vitals": {"systolic": 152, "diastolic": 94}},
            specialty="心血管内科",
            invited_id=expert.institution_id,
            specialist_post_id=expert.id,
            specialist_person_id=expert.person_id,
            created_at=unit.now,
            state_since=unit.now,
            submitted_at=unit.now - timedelta(days=2),
        )
        unit.session.add(case)
        await unit.session.flush()
        sections = {
            "findings": "V4–V6 ST 段压低 0.1 mV",
            "plan": "请王芳医生今日转院",
            "diagnoses": [{"text": "不稳定型心绞痛"}],
        }
        unit.session.add(
            Opinion(
                id=unit.new_id(),
                consultation_id=case.id,
                author_post_id=expert.id,
                author_person_id=expert.person_id,
                state=OpinionState.SIGNED,
                sections=sections,
                created_at=unit.now,
                saved_at=unit.now,
            )
        )
        kinds = [ConsentKind.CONSULTATION, *([ConsentKind.TEACHING] if teaching else [])]
        shown = Shown(locale="zh", fee="595 元")
        signed_by, proof = SignedBy(signer=Signer.PATIENT), read_strokes(STROKES)
        await consents.record(
            unit, patient=patient, subject_id=case.id, kinds=kinds, signed_by=signed_by, proof=proof, shown=shown
        )
    return case.id


async def proposed(site, expert, case):
    done = await sends(expert, f"/consultations/{case}/teaching-case", title=TITLE, points="先看心电图，再谈造影")
    assert done.status == 200, done.text[-3000:]
    return done.url.path


def texts_on(page):
    return [html.unescape(text) for text in re.findall(r'name="texts"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)]


async def released(site, reviewer, address, **changes):
    page = await reviewer.get(f"{address}/review")
    fields = {"title": TITLE, "points": "", "texts": texts_on(page), "checked": ALL_CHECKED, **changes}
    return await sends(reviewer, f"{address}/release", **fields)


# ---- its files


async def attach(site, case, content, name="秦文远.jpg", *, kind="consultation", by="asker"):
    """As the doctor of the case had sent it, looked at; or whoever else, with what else they have."""
    desk, id = site.app[DESK], ids.new_id()
    key = desk.vault.new_key(id)
    await desk.vault.append(id, key, 0, _blocks(content))
    async with site.database.unit() as unit:
        (doctor,) = await accounts_queries.posts_of(unit, site.people[by].id, CHINA.day_of(site.clock.now()))
        sent = Attachment(
            id=id,
            subject_kind=kind,
            subject_id=case,
            uploaded_by=doctor.id,
            person_id=doctor.person_id,
            institution_id=doctor.institution_id,
            sealed_name=unit.keys.seal(name.encode(), f"attachments:name:{id}"),
            size=len(content),
            wrapped_key=key,
            status=Status.CHECKING,
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=unit.now,
        )
        unit.session.add(sent)
    await desk.checking.check(id)
    async with site.database.unit(writes=False) as unit:
        found = await unit.session.get(Attachment, id)
    assert found.status is Status.READY, found.reason
    return id


async def _blocks(content):
    yield content


async def copies_on(reviewer, address, *, wanted):
    """The files that a review lists, as [(address, state)], once all stand as `wanted`."""
    for _ in range(900):
        page = await reviewer.get(f"{address}/copies")
        assert page.status == 200, page.text[:500]
        states = re.findall(r'data-state="(\w+)"', page.text)
        if states and set(states) <= set(wanted):
            return list(zip(re.findall(rf'href="({address}/copies/\w+)"', page.text), states, strict=False))
        await asyncio.sleep(0.1)
    raise AssertionError(states)


def groups_on(page):
    return re.findall(r'<mask-desk[^>]* group="([^"]+)"', page.text)


def masks_on(page):
    return json.loads(html.unescape(re.search(r'name="masks" value="([^"]*)"', page.text)[1]))


async def confirmed(reviewer, copy, masks=None):
    """Every picture looked at, boxes drawn beside what the system had proposed."""
    page = await reviewer.get(copy)
    drawn = {**masks_on(page), **(masks or {})}
    return await sends(reviewer, copy, masks=json.dumps(drawn), seen=groups_on(page))


async def files_of(learner, address):
    """Ids of the files that a case shows."""
    page = await learner.get(address)
    assert page.status == 200
    return re.findall(r'href="/files/(\w{32})"', page.text)
