"""The demo's people, in every role. All invented; mail addresses end in `.invalid`."""

from dataclasses import dataclass
from datetime import date, timedelta

from server.accounts import service
from server.accounts.roles import CredentialKind, Role
from server.accounts.service import today
from server.core.unit import Unit
from server.demo.places import CITY, COUNTY, Places


@dataclass(frozen=True)
class Member:
    login: str
    name: str
    role: Role
    where: str
    department: str
    title: str
    what: str
    specialties: tuple[str, ...] = ()
    credential: CredentialKind = CredentialKind.PHYSICIAN
    years: int = 8


def _expert(
    login: str, name: str, department: str, title: str, specialty: str, years: int, where: str = CITY
) -> Member:
    return Member(login, name, Role.SPECIALIST, where, department, title, f"{specialty}专家", (specialty,), years=years)


def _doctor(login: str, name: str, where: str, title: str = "主治医师", years: int = 6) -> Member:
    return Member(login, name, Role.APPLICANT, where, "全科", title, "乡镇申请医师", ("全科",), years=years)


def _villager(login: str, name: str, where: str) -> Member:
    return Member(
        login, name, Role.APPLICANT, where, "全科", "乡村医生", "村医", ("全科",), CredentialKind.VILLAGE_DOCTOR, 10
    )


PEOPLE: tuple[Member, ...] = (
    _doctor("wangfang", "王芳", "310901-101"),
    _doctor("liuqiang", "刘强", "310901-102"),
    _doctor("yangxue", "杨雪", "310901-103", "住院医师", 4),
    _doctor("huangbo", "黄波", "310901-104"),
    _doctor("zhouting", "周婷", "310901-105"),
    _doctor("wugang", "吴刚", "310901-106", "住院医师", 3),
    _doctor("xumei", "徐梅", "310901-107"),
    _doctor("malin", "马林", "310901-108", "副主任医师", 15),
    _villager("sunli", "孙丽", "310901-201"),
    _villager("zhuping", "朱平", "310901-202"),
    _villager("hutao", "胡涛", "310901-203"),
    _villager("linjun", "林军", "310901-204"),
    Member("gaoyuan", "高原", Role.APPLICANT, COUNTY, "内科", "主治医师", "县医院申请医师", ("内科",), years=9),
    Member("jiangyan", "江燕", Role.APPLICANT, CITY, "普通外科", "主治医师", "市一院病房医师", ("普通外科",)),
    Member("hejing", "何静", Role.DEPT_LEAD, COUNTY, "医务科", "副主任医师", "县医院审批人", ("内科",), years=18),
    Member("chenyu", "陈瑜", Role.COORDINATOR, CITY, "远程会诊中心", "主管护师", "会诊中心", (), CredentialKind.NURSE),
    Member("luodan", "罗丹", Role.COORDINATOR, CITY, "远程会诊中心", "护师", "会诊中心", (), CredentialKind.NURSE),
    _expert("zhaomin", "赵敏", "心血管内科", "主任医师", "心血管内科", 22),
    _expert("zhenghai", "郑海", "心血管内科", "副主任医师", "心血管内科", 14),
    _expert("xiewen", "谢文", "神经内科", "主任医师", "神经内科", 25),
    _expert("songyi", "宋怡", "儿科", "副主任医师", "儿科", 16),
    _expert("tangli", "唐力", "普通外科", "主任医师", "普通外科", 24),
    _expert("hanbing", "韩冰", "骨科", "副主任医师", "骨科", 13),
    _expert("fengxia", "冯霞", "产科", "主任医师", "产科", 21),
    _expert("dengchao", "邓超", "影像科", "副主任医师", "影像科", 12),
    _expert("caoyan", "曹燕", "内分泌科", "主任医师", "内分泌科", 19),
    _expert("pengfei", "彭飞", "内科", "主治医师", "内科", 7, COUNTY),
    _expert("zengxin", "曾欣", "外科", "副主任医师", "普通外科", 13, COUNTY),
    _expert("xiaona", "肖娜", "儿科", "主治医师", "儿科", 2, COUNTY),
    Member("lihua", "李华", Role.INST_ADMIN, CITY, "医务处", "工程师", "市一院管理员", (), CredentialKind.NONE),
    Member("tianyu", "田宇", Role.INST_ADMIN, COUNTY, "医务科", "工程师", "县医院管理员", (), CredentialKind.NONE),
    Member("guowei", "郭伟", Role.CONS_ADMIN, CITY, "医务处", "高级工程师", "医联体管理员", (), CredentialKind.NONE),
    Member("panhong", "潘虹", Role.QC_OFFICER, CITY, "医务处", "主任护师", "质控员", (), CredentialKind.NURSE),
    Member("yujie", "于洁", Role.AUDITOR, CITY, "医务处", "审计师", "审计员", (), CredentialKind.NONE),
    Member("admin", "董明", Role.PLATFORM_ADMIN, CITY, "医务处", "工程师", "平台运维", (), CredentialKind.NONE),
    Member("jiangbo", "蒋波", Role.REGULATOR, "310900-000", "", "主任科员", "市卫健委监管", (), CredentialKind.NONE),
    Member("caiming", "蔡明", Role.TEACHER, CITY, "心血管内科", "主任医师", "授课教师", ("心血管内科",), years=20),
    Member("jiaxin", "贾欣", Role.TRAINEE, "310901-104", "全科", "住院医师", "学员", ("全科",), years=2),
    Member("fanghua", "方华", Role.TEACHING_ADMIN, CITY, "医务处", "副主任医师", "教学管理员", ("全科",), years=15),
    Member("dingrui", "丁睿", Role.READER, CITY, "影像科", "主治医师", "诊断医师", ("影像科",), years=8),
    Member("shenyue", "沈悦", Role.TECHNICIAN, COUNTY, "影像科", "技师", "检查技师", (), CredentialKind.TECHNICIAN),
    Member("yaolan", "姚兰", Role.REFERRAL_OFFICER, CITY, "医务处", "主管护师", "转诊专员", (), CredentialKind.NURSE),
    Member("lupeng", "卢鹏", Role.FAMILY_DOCTOR, "310901-105", "全科", "主治医师", "家庭医生", ("全科",), years=7),
)

SECOND_POSTS = (("zhaomin", Role.TEACHER), ("songyi", Role.TEACHER))
"""Who holds another post in the same institution."""


async def enrol_all(unit: Unit, places: Places, password_hash: str) -> None:
    day = today(unit.now)
    for member in PEOPLE:
        person = await service.enrol(
            unit,
            login=member.login,
            name=member.name,
            email=f"{member.login}@demo.invalid",
            title=member.title,
            specialties=member.specialties,
            credential=member.credential,
            credential_ends=day + timedelta(days=900) if member.credential != CredentialKind.NONE else None,
            independent_since=_years_before(day, member.years),
            password_hash=password_hash,
        )
        roles = [member.role, *(role for login, role in SECOND_POSTS if login == member.login)]
        for role in roles:
            await service.appoint(
                unit,
                person=person,
                institution_id=places.institutions[member.where].id,
                department_id=places.departments.get((member.where, member.department)),
                role=role,
                starts=day - timedelta(days=400 if role is member.role else 30),
            )


def _years_before(day: date, years: int) -> date:
    return date(day.year - years, day.month, min(day.day, 28))
