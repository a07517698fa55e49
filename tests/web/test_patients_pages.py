"""Pages of patients and of consent, as doctors of two township centres see them."""

import re

import orjson
import pytest
from sqlalchemy import select

from server.accounts import service as accounts
from server.audit.model import AuditRecord
from server.core.access import Actor
from server.directory import service as directory
from server.directory.kinds import Kind, Level
from server.patients import service as patients
from server.patients.consent import service as consents
from server.patients.papers import IdKind
from server.patients.particulars import Particulars, read_registrant
from tests.web.patients_site import Cases, Papers, site, unbuilt
from tests.web.scheduling_site import Browser

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")

CASE = "c" * 32
WANG = {"name": "王芳", "id_no": "11010519491231002X", "phone": "13812345678"}
CHILD = {
    "name": "陈小宝",
    "id_kind": "birth_certificate",
    "id_no": "T350123456",
    "sex": "male",
    "birth_date": "2020-05-01",
}
MOTHER = {"guardian_name": "李红", "guardian_relation": "mother", "guardian_phone": "13900001111"}
STROKES = orjson.dumps({"width": 600, "height": 200, "lines": [[[10, 20, 0], [200, 120, 300]]]}).decode()


class Doctor(Browser):
    """Who signed in at a centre."""

    @property
    def actor(self):
        person, post, institution, role = self.headers["X-Person"].split()
        return Actor(person_id=person, post_id=post, institution_id=institution, department_id=None, role=role)

    async def register(self, **typed):
        await self.open("/patients")
        await self.send("/patients", **typed)
        return self.address.rsplit("/", 1)[-1]

    async def find(self, asked):
        """The fragment that the page fetches while one types."""
        await self.open("/patients")
        token = re.search(r'name="csrf" content="(\w+)"', self.html)[1]
        headers = {**self.headers, "HX-Request": "true", "X-CSRF": token}
        async with self.client.post("/patients/find", data={"q": asked}, headers=headers) as response:
            self.html = await response.text()
        return re.findall(r'class="patient-row-name">([^<]+)<', self.html)


@pytest.fixture
async def people(database):
    async with database.unit() as unit:
        kind = {"level": Level.TOWNSHIP, "kind": Kind.TOWNSHIP_CENTRE}
        here = await directory.add_institution(unit, code="A1", name="城厢镇卫生院", short_name="城厢", **kind)
        there = await directory.add_institution(unit, code="B1", name="湖头镇卫生院", short_name="湖头", **kind)
        lin = await accounts.enrol(unit, login="lin", name="林医生", password_hash="x")
        return {"person": lin.id, "here": here.id, "there": there.id}


@pytest.fixture
def cases():
    return Cases()


@pytest.fixture
def papers():
    return Papers()


@pytest.fixture
async def client(database, cases, papers, tmp_path):
    async with site(database, cases=cases, papers=papers, static=unbuilt(tmp_path)) as client:
        yield client


@pytest.fixture
def doctor(client, people):
    return Doctor(client, people["person"], "2" * 32, people["here"], "applicant")


@pytest.fixture
def neighbour(client, people):
    return Doctor(client, people["person"], "2" * 32, people["there"], "applicant")


@pytest.fixture
def coordinator(client, people):
    return Doctor(client, people["person"], "2" * 32, people["here"], "coordinator")


async def in_force(database, patient):
    about = {"subject_id": CASE, "patient_id": patient}
    async with database.unit(writes=False) as unit:
        return {kind.value for kind in await consents.kinds_in_force(unit, **about)}


# ---- the list and the desk ----


async def test_an_empty_list_says_what_to_do_next(doctor):
    await doctor.open("/patients")
    assert "还没有患者" in doctor.words
    assert "登记第一位患者" in doctor.words


async def test_a_patient_is_registered_in_one_line_and_opened(doctor):
    await doctor.register(**WANG)
    assert (doctor.status, doctor.address[:10]) == (200, "/patients/")
    assert "王芳 女 · 76岁" in doctor.words
    assert "证件号 11010519491231002X" in doctor.words
    assert "建立档案 林医生" in doctor.words


async def test_the_list_shows_the_number_masked(doctor):
    await doctor.register(**WANG)
    await doctor.open("/patients")
    assert "王芳 女 76岁 1101**********002X" in doctor.words
    assert WANG["id_no"] not in doctor.html


async def test_what_was_typed_stays_and_each_wrong_field_says_why(doctor):
    await doctor.register(name="王1", id_no="110105194912310021", phone="12", address="山溪镇")
    assert (doctor.status, doctor.address) == (422, "/patients")
    assert [doctor.typed(name) for name in ("name", "id_no", "phone", "address")] == [
        "王1",
        "110105194912310021",
        "12",
        "山溪镇",
    ]
    for sentence in ("姓名里有不能用的符号", "证件号有一位不对", "电话号码不对", "还有 3 处要改"):
        assert sentence in doctor.words


async def test_a_known_paper_leads_to_the_patient_on_file(doctor):
    patient = await doctor.register(**WANG)
    await doctor.register(name="王方", id_no="110105491231002")
    assert doctor.status == 422
    assert f'href="/patients/{patient}"' in doctor.html
    assert "打开原有档案" in doctor.words


async def test_a_child_is_asked_for_the_guardian(doctor):
    await doctor.register(**CHILD)
    assert "患者未满 14 岁，请填写监护人姓名" in doctor.words
    await doctor.register(**CHILD, **MOTHER)
    assert "监护人姓名 李红 与患者的关系 母亲 监护人电话 13900001111" in doctor.words


async def test_a_stranger_is_registered_with_two_clicks(doctor):
    await doctor.register(id_kind="unknown")
    assert "无名氏11230900 性别未知 · 年龄不详" in doctor.words


async def test_a_double_click_registers_once(doctor):
    await doctor.open("/patients")
    await doctor.send("/patients", **WANG, idempotency_key="k1")
    first = doctor.address
    await doctor.open("/patients")
    await doctor.send("/patients", **WANG, idempotency_key="k1")
    assert (doctor.status, doctor.address) == (200, first)


async def test_searching_while_typing_finds_by_any_part(doctor):
    await doctor.register(**WANG)
    await doctor.register(name="欧阳修", id_kind="unknown")
    for asked, names in {
        "欧阳": ["欧阳修"],
        "wf": ["王芳"],
        "002x": ["王芳"],
        "": ["欧阳修", "王芳"],
        "李": [],
    }.items():
        assert await doctor.find(asked) == names
    assert "没有找到“李”" in doctor.html


async def test_searching_without_scripts_gives_a_page(doctor):
    await doctor.register(**WANG)
    await doctor.open("/patients")
    await doctor.send("/patients/find", q="王")
    assert (doctor.status, doctor.typed("q")) == (200, "王")
    assert "王芳" in doctor.words


async def test_a_search_is_no_address_and_in_no_record_by_its_words(database, doctor):
    await doctor.register(**WANG)
    await doctor.find("王芳")
    async with database.unit(writes=False) as unit:
        records = list(await unit.session.scalars(select(AuditRecord).order_by(AuditRecord.seq)))
    assert {record.action for record in records} >= {"patient.register", "patient.read"}
    assert not any("王" in f"{vars(record)}" for record in records)


async def test_who_reads_which_patient_is_on_record(database, doctor):
    patient = await doctor.register(**WANG)
    await doctor.open(f"/patients/{patient}")
    async with database.unit(writes=False) as unit:
        read = select(AuditRecord).where(AuditRecord.action == "patient.read", AuditRecord.patient_id == patient)
        assert {record.fields for record in await unit.session.scalars(read)} == {"identity,facts"}


async def test_the_next_page_of_the_list_goes_on_below(doctor, database):
    async with database.unit(doctor.actor) as unit:
        for number in range(51):
            typed = Particulars(name=f"无名氏{number:02}", id_kind=IdKind.UNKNOWN)
            await patients.register(unit, registrant=read_registrant(typed, now=unit.now))
    await doctor.open("/patients")
    older = re.search(r'href="(/patients\?before=\w+)"', doctor.html)[1]
    assert "无名氏50" in doctor.words
    assert "无名氏00" not in doctor.words
    await doctor.open(older)
    assert re.findall(r"无名氏\d\d", doctor.words) == ["无名氏00"]


# ---- others ----


async def test_a_neighbour_centre_sees_nothing_and_cannot_tell_why(doctor, neighbour):
    patient = await doctor.register(**WANG)
    assert await neighbour.find("王芳") == []
    for path in ("", "/edit", f"/consent?for={CASE}", f"/consents/{CASE}"):
        await neighbour.open(f"/patients/{patient}{path}")
        seen = (neighbour.status, neighbour.words.replace(patient, ""))
        await neighbour.open(f"/patients/{'f' * 32}{path}")
        told = (neighbour.status, neighbour.words)
        assert seen[0] == told[0] == 404
        assert re.sub(r"[0-9a-f]{32}", "", seen[1]) == re.sub(r"[0-9a-f]{32}", "", told[1])


async def test_a_coordinator_sees_surnames_and_opens_nobody(doctor, coordinator):
    patient = await doctor.register(**WANG)
    await coordinator.open("/patients")
    assert "王* 女 76岁" in coordinator.words
    assert "王芳" not in coordinator.html
    assert f"/patients/{patient}" not in coordinator.html
    await coordinator.open(f"/patients/{patient}")
    assert coordinator.status == 404


async def test_the_page_speaks_english(doctor):
    patient = await doctor.register(**CHILD, **MOTHER)
    for path in ("/patients", f"/patients/{patient}", f"/patients/{patient}/edit"):
        await doctor.open(f"{path}?lang=en")
        left = re.sub(r"陈小宝|李红|林医生|T350123456", "", doctor.words)
        assert re.findall(r"[一-鿿]+", left) == []


# ---- amending ----


async def test_an_amendment_shows_in_the_history(doctor):
    patient = await doctor.register(**WANG)
    await doctor.open(f"/patients/{patient}/edit")
    assert [doctor.typed(name) for name in ("name", "id_no", "phone", "version")] == [*WANG.values(), "1"]
    await doctor.send(f"/patients/{patient}", **{**WANG, "name": "王方"}, version="1")
    assert "修改了 林医生 姓名" in doctor.words


async def test_a_stale_amendment_keeps_what_was_typed(doctor):
    patient = await doctor.register(**WANG)
    await doctor.open(f"/patients/{patient}/edit")
    for name in ("王方", "王房"):
        await doctor.send(f"/patients/{patient}", **{**WANG, "name": name}, version="1")
        if doctor.address.endswith(patient) and doctor.status == 200:
            await doctor.open(f"/patients/{patient}/edit")
    assert (doctor.status, doctor.typed("name")) == (422, "王房")
    assert "内容已被他人更新" in doctor.words


# ---- consent ----


@pytest.fixture
async def wang(doctor, cases):
    patient = await doctor.register(**WANG)
    cases.add(CASE, patient, invited="市第一医院", fee_cents=30000)
    return patient


async def sign(doctor, patient, **typed):
    await doctor.open(f"/patients/{patient}/consent?for={CASE}")
    fields = {
        "subject": CASE,
        "text": "zh",
        "signing": doctor.typed("signing"),
        "signer": "patient",
        "kinds": "consultation",
    }
    await doctor.send(f"/patients/{patient}/consent", **{**fields, "strokes": STROKES, **typed})


async def test_the_text_is_shown_with_the_fee_and_nothing_ticked(doctor, wang):
    await doctor.open(f"/patients/{wang}/consent?for={CASE}")
    assert "费用：300.00 元" in doctor.words
    assert "受邀方：市第一医院" in doctor.words
    assert re.findall(r'<input[^>]*name="kinds"[^>]*checked', doctor.html) == []
    assert len(re.findall(r'name="kinds"', doctor.html)) == 3


async def test_the_text_is_there_in_english_for_who_reads_it(doctor, wang):
    await doctor.open(f"/patients/{wang}/consent?for={CASE}&text=en")
    assert "Fee: 300.00 yuan." in doctor.words
    assert "确认签署" in doctor.words


async def test_a_signature_puts_the_ticked_kinds_in_force(database, doctor, wang):
    await sign(doctor, wang)
    assert doctor.address == f"/consultations/{CASE}/edit"
    assert await in_force(database, wang) == {"consultation"}


async def test_the_signed_document_shows_text_ticks_and_strokes(doctor, wang):
    await sign(doctor, wang)
    await doctor.open(f"/patients/{wang}")
    document = re.search(rf'href="(/patients/{wang}/consents/\w+)"', doctor.html)[1]
    await doctor.open(document)
    assert 'd="M10 20 200 120"' in doctor.html
    assert "远程会诊知情同意书" in doctor.words
    assert "签字人 王芳 身份 患者本人" in doctor.words
    assert "经办医师 林医生" in doctor.words


async def test_without_a_signature_nothing_is_kept_and_the_ticks_stay(database, doctor, wang):
    await sign(doctor, wang, strokes="")
    assert doctor.status == 422
    assert "请本人在签名框内手写姓名" in doctor.words
    assert re.search(r'name="kinds" value="consultation"[^>]* checked', doctor.html)
    assert await in_force(database, wang) == set()


async def test_without_a_tick_nothing_is_kept_and_the_strokes_stay(database, doctor, wang):
    await sign(doctor, wang, kinds=())
    assert (doctor.status, "请至少勾选一项" in doctor.words) == (422, True)
    assert "[[10,20,0],[200,120,300]]" in doctor.html
    assert await in_force(database, wang) == set()


async def test_a_relative_is_asked_for_name_and_relation(doctor, wang):
    await sign(doctor, wang, signer="relative")
    assert "请填写姓名" in doctor.words
    assert "请选择与患者的关系" in doctor.words


async def test_a_child_is_signed_for_by_the_guardian_whoever_the_form_says(database, doctor, cases):
    child = await doctor.register(**CHILD, **MOTHER)
    cases.add(CASE, child)
    await doctor.open(f"/patients/{child}/consent?for={CASE}")
    assert doctor.typed("signer_name") == "李红"
    assert "须由监护人签字" in doctor.words
    await sign(doctor, child, signer="patient")
    assert (doctor.status, await in_force(database, child)) == (422, set())
    guardian = {"signer": "guardian", "signer_name": "李红", "signer_relation": "mother"}
    await sign(doctor, child, **guardian)
    assert await in_force(database, child) == {"consultation"}


async def test_a_signed_paper_does_as_well_once_its_photo_is_there(database, doctor, wang, papers):
    await sign(doctor, wang, method="paper_photo", strokes="")
    assert "请先上传已签字的纸质同意书" in doctor.words
    papers.uploaded[doctor.typed("signing")] = "e" * 32
    fields = {"subject": CASE, "text": "zh", "signing": doctor.typed("signing"), "kinds": "consultation"}
    await doctor.send(f"/patients/{wang}/consent", **fields, signer="patient", method="paper_photo")
    assert await in_force(database, wang) == {"consultation"}


async def test_an_emergency_is_let_begin_and_asked_to_be_completed(database, doctor, wang):
    await doctor.open(f"/patients/{wang}/consent?for={CASE}")
    typed = {"subject": CASE, "text": "zh", "approver": "赵院长", "approver_post": "副院长", "reason": "急"}
    await doctor.send(f"/patients/{wang}/consent/emergency", **typed)
    assert (doctor.status, doctor.typed("approver")) == (422, "赵院长")
    assert "请写明为什么无法先取得同意" in doctor.words
    typed["reason"] = "患者昏迷，家属无法取得联系"
    await doctor.send(f"/patients/{wang}/consent/emergency", **typed)
    assert await in_force(database, wang) == {"consultation"}
    await doctor.open(f"/patients/{wang}")
    assert "紧急例外，待补签 还剩" in doctor.words
    await doctor.open(f"/patients/{wang}/consent?for={CASE}")
    assert "这次会诊以紧急例外开始，请尽快补签" in doctor.words
    await sign(doctor, wang)
    await doctor.open(f"/patients/{wang}")
    assert "紧急例外，已补签" in doctor.words


async def test_a_withdrawal_is_recorded_in_the_patients_words(database, doctor, neighbour, wang):
    await sign(doctor, wang)
    await doctor.open(f"/patients/{wang}")
    await doctor.open(re.search(rf'href="(/patients/{wang}/consents/\w+)"', doctor.html)[1])
    withdraw = re.search(r'action="(/consents/\w+/withdraw)"', doctor.html)[1]
    await neighbour.open("/patients")
    await neighbour.send(withdraw, said="不同意了")
    assert (neighbour.status, await in_force(database, wang)) == (404, {"consultation"})
    await doctor.send(withdraw, said="家属电话要求停止")
    assert await in_force(database, wang) == set()
    assert "撤回：家属电话要求停止" in doctor.words


async def test_a_case_of_another_patient_is_none_of_this_one(doctor, cases):
    wang = await doctor.register(**WANG)
    stranger = await doctor.register(id_kind="unknown")
    cases.add(CASE, wang)
    await doctor.open(f"/patients/{stranger}/consent?for={CASE}")
    assert doctor.status == 404


async def test_consent_pages_speak_english(doctor, wang):
    await doctor.open(f"/patients/{wang}/consent?for={CASE}&lang=en&text=en")
    left = re.sub(r"王芳|林医生|市第一医院|城厢镇卫生院|中文文本", "", doctor.words)
    assert re.findall(r"[一-鿿]+", left) == []
    await sign(doctor, wang)
    await doctor.open(f"/patients/{wang}")
    document = re.search(rf'href="(/patients/{wang}/consents/\w+)"', doctor.html)[1]
    await doctor.open(f"{document}?lang=en")
    told = re.sub(r'<section class="consent-text" lang="zh-CN">.*?</section>', "", doctor.html, flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", told[told.index('<main id="main"') : told.index("</main>")])
    assert re.findall(r"[一-鿿]+", re.sub(r"王芳|城厢镇卫生院|林医生|300.00 元", "", words)) == []
