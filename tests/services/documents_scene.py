"""A consultation whose report is signed: two hospitals, a doctor with a key, an office with an archive on disk."""

from dataclasses import dataclass, replace
from datetime import timedelta

from server.accounts.model import Person, Post
from server.accounts.roles import Role
from server.core import places
from server.core.access import Actor
from server.core.i18n import Translations
from server.directory.kinds import Kind, Level
from server.directory.model import Institution
from server.documents import service, signers
from server.documents.archive import SealedArchive
from server.documents.office import Office
from server.documents.report import Diagnosis, Material, Medication, PatientLine, ProposedTest, Report, Side
from server.files.blobs import DiskBlobs

SECRET = "春眠不觉晓-2026"
TOWNSHIP, CITY = "7" * 32, "8" * 32
DOCTOR, OTHER_DOCTOR, POST = "d" * 32, "e" * 32, "a" * 32
SUBJECT = "c" * 32


def report(now, **changes):
    written = Report(
        applying=Side(
            institution="柳河镇中心卫生院",
            institution_code="510722101",
            department="全科门诊",
            doctor="周建国",
            title="执业医师",
        ),
        invited=Side(
            institution="青山市第一人民医院",
            institution_code="510700001",
            department="心血管内科",
            doctor="李慧敏",
            title="主任医师",
        ),
        patient=PatientLine(name="王德福", sex="男", age="58岁", record_no="LH20261122-0031"),
        kind="单学科会诊",
        question="胸痛是否为急性冠脉综合征？",
        requested_at=now - timedelta(hours=2),
        held_at=now - timedelta(hours=1),
        summary="胸骨后压榨样疼痛 2 小时，SpO₂ 95%，血小板 210×10⁹/L。",
        materials=(Material(name="十二导联心电图", kind="心电图", date="2026-11-23 08:05"),),
        findings="Ⅱ、Ⅲ、aVF 导联 ST 段抬高。",
        diagnoses=(Diagnosis(text="急性下壁 ST 段抬高型心肌梗死", code="I21.1"),),
        plan="1. 立即卧床、吸氧、心电监护。\n2. 30 分钟内溶栓后转运。",
        medications=(Medication(name="阿司匹林肠溶片", dose="300 mg", route="嚼服", frequency="立即一次"),),
        tests=(ProposedTest(name="十八导联心电图", purpose="除外右室受累", when="溶栓前"),),
        warnings="血压下降时先补液。",
        referral_advice="溶栓后立即转诊。",
    )
    return replace(written, **changes)


def actor(person_id=DOCTOR, institution_id=CITY, role="specialist"):
    return Actor(person_id=person_id, post_id=POST, institution_id=institution_id, department_id=None, role=role)


def office_in(folder, keys):
    return Office(
        archive=SealedArchive(DiskBlobs(folder / "documents"), keys),
        address="https://lianzhen.example.cn",
        translate=Translations(places.locales()).say,
    )


@dataclass
class Scene:
    database: object
    office: Office
    clock: object

    def unit(self, **options):
        return self.database.unit(actor(), **options)

    async def issue(self, key="opinion-1", **changes):
        """The signed report, committed."""
        async with self.unit() as unit:
            return await self.issue_in(unit, key, **changes)

    async def issue_in(self, unit, key="opinion-1", *, supersedes=None, subject_id=SUBJECT, **changes):
        signer = await signers.signing_key_for(unit, person_id=DOCTOR, secret=SECRET)
        return await service.issue(
            unit,
            office=self.office,
            report=report(unit.now, **changes),
            signer=signer,
            subject_kind="consultation",
            subject_id=subject_id,
            institutions=(TOWNSHIP, CITY),
            supersedes=supersedes,
            key=key,
        )

    async def pdf(self, document):
        async with self.unit(writes=False) as unit:
            return await service.open_pdf(unit, office=self.office, document_id=document.id)


async def set_up(database, clock, folder):
    async with database.unit(actor()) as unit:
        unit.session.add_all(
            [
                institution(TOWNSHIP, "510722101", "柳河镇中心卫生院"),
                institution(CITY, "510700001", "青山市第一人民医院"),
                *(person(each, unit.now) for each in (DOCTOR, OTHER_DOCTOR)),
            ]
        )
        await unit.session.flush()
        unit.session.add(
            Post(
                id=POST,
                person_id=DOCTOR,
                institution_id=CITY,
                role=Role.SPECIALIST,
                starts=unit.now.date(),
                created_at=unit.now,
            )
        )
        await signers.found_authority(unit, site="青山市医联体")
        await signers.enrol_signer(unit, person_id=DOCTOR, name="李慧敏", secret=SECRET)
    return Scene(database, office_in(folder, database.keys), clock)


def institution(identifier, code, name):
    return Institution(id=identifier, code=code, name=name, short_name=name[:6], level=Level.CITY, kind=Kind.GENERAL)


def person(identifier, now):
    return Person(id=identifier, login=f"doctor-{identifier[0]}", name="李慧敏", created_at=now)
