"""The demo's institutions, consortia, departments and agreements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from server.accounts.service import today
from server.core.unit import Unit
from server.directory import queries, service
from server.directory.kinds import ConsortiumKind, Kind, Level, Ownership, Service

if TYPE_CHECKING:
    from server.directory.model import Institution

CITY, COUNTY = "310900-001", "310901-001"
LIABILITY = "邀请方对诊疗决定和所传资料的质量负责；受邀方对会诊意见的内容负责。"
ENDS_SOON = ("310901-204", COUNTY)
FEE_CENTS = {CITY: 59_500, COUNTY: 30_000}


@dataclass
class Places:
    """What was built, by the code of the institution."""

    institutions: dict[str, Institution] = field(default_factory=dict)
    departments: dict[tuple[str, str], str] = field(default_factory=dict)


TOWNS = (
    ("310901-101", "青溪镇中心卫生院", "青溪卫生院", False),
    ("310901-102", "石桥镇卫生院", "石桥卫生院", False),
    ("310901-103", "云岭乡卫生院", "云岭卫生院", True),
    ("310901-104", "白沙镇卫生院", "白沙卫生院", False),
    ("310901-105", "柳河镇卫生院", "柳河卫生院", False),
    ("310901-106", "东坪乡卫生院", "东坪卫生院", True),
    ("310901-107", "临江镇卫生院", "临江卫生院", False),
    ("310901-108", "大洼乡卫生院", "大洼卫生院", True),
)
VILLAGES = (
    ("310901-201", "青溪镇杨柳村卫生室", "杨柳村卫生室", "310901-101"),
    ("310901-202", "云岭乡石门村卫生室", "石门村卫生室", "310901-103"),
    ("310901-203", "东坪乡上河村卫生室", "上河村卫生室", "310901-106"),
    ("310901-204", "大洼乡新兴村卫生室", "新兴村卫生室", "310901-108"),
)
CITY_DEPARTMENTS = (
    "心血管内科",
    "神经内科",
    "儿科",
    "普通外科",
    "骨科",
    "产科",
    "影像科",
    "内分泌科",
    "远程会诊中心",
    "医务处",
)
COUNTY_DEPARTMENTS = ("内科", "外科", "儿科", "妇产科", "影像科", "医务科")


async def exist(unit: Unit) -> bool:
    return bool(await queries.institutions(unit))


async def build(unit: Unit) -> Places:
    places = Places()
    province = await _add(
        unit, places, "310000-000", "远山省卫生健康委员会", "省卫健委", Level.PROVINCE, Kind.AUTHORITY
    )
    office = await _add(
        unit, places, "310900-000", "临湖市卫生健康委员会", "市卫健委", Level.CITY, Kind.AUTHORITY, parent=province.id
    )
    city = await _add(unit, places, CITY, "临湖市第一人民医院", "市一院", Level.CITY, Kind.GENERAL, parent=office.id)
    county = await _add(
        unit, places, COUNTY, "清源县人民医院", "县人民医院", Level.COUNTY, Kind.GENERAL, parent=city.id
    )
    mothers = await _add(
        unit, places, "310901-002", "清源县妇幼保健院", "县妇幼", Level.COUNTY, Kind.MATERNAL, parent=city.id
    )
    for code, name, short, remote in TOWNS:
        await _add(
            unit, places, code, name, short, Level.TOWNSHIP, Kind.TOWNSHIP_CENTRE, parent=county.id, remote=remote
        )
    for code, name, short, above in VILLAGES:
        parent = places.institutions[above].id
        await _add(unit, places, code, name, short, Level.VILLAGE, Kind.VILLAGE_STATION, parent=parent, remote=True)
    await _departments(unit, places)
    await _consortia(unit, places, city, county, mothers)
    return places


async def _add(
    unit: Unit,
    places: Places,
    code: str,
    name: str,
    short: str,
    level: Level,
    kind: Kind,
    *,
    parent: str | None = None,
    remote: bool = False,
) -> Institution:
    institution = await service.add_institution(
        unit,
        code=code,
        name=name,
        short_name=short,
        level=level,
        kind=kind,
        ownership=Ownership.COLLECTIVE if level is Level.VILLAGE else Ownership.PUBLIC,
        parent_id=parent,
        zone="清源片区" if code.startswith("310901") else "城区",
        is_remote_area=remote,
        phone="0919-5550100",
    )
    places.institutions[code] = institution
    return institution


async def _departments(unit: Unit, places: Places) -> None:
    named = {CITY: CITY_DEPARTMENTS, COUNTY: COUNTY_DEPARTMENTS}
    for code, institution in places.institutions.items():
        for name in named.get(code, ("全科",) if institution.kind is not Kind.AUTHORITY else ()):
            department = await service.add_department(unit, institution_id=institution.id, name=name)
            places.departments[(code, name)] = department.id


async def _consortia(unit: Unit, places: Places, city: Institution, county: Institution, mothers: Institution) -> None:
    grassroots = [one for one in places.institutions.values() if one.level in (Level.TOWNSHIP, Level.VILLAGE)]
    group = await service.form_consortium(
        unit,
        name="临湖市第一人民医院医疗集团",
        kind=ConsortiumKind.CITY_GROUP,
        lead_id=city.id,
        member_ids=[county.id, mothers.id, *(one.id for one in grassroots)],
    )
    await service.form_consortium(
        unit,
        name="临湖市胸痛专科联盟",
        kind=ConsortiumKind.SPECIALTY_ALLIANCE,
        lead_id=city.id,
        member_ids=[county.id],
    )
    for inviting in (county, mothers, *grassroots):
        for invited in (city, county):
            if inviting is not invited:
                await _agree(unit, inviting, invited, group.id)


async def _agree(unit: Unit, inviting: Institution, invited: Institution, consortium_id: str) -> None:
    day: date = today(unit.now)
    await service.conclude_agreement(
        unit,
        number=f"YLT-{day.year}-{inviting.code[-3:]}-{invited.code[3:6]}{invited.code[-3:]}",
        consortium_id=consortium_id,
        inviting_id=inviting.id,
        invited_id=invited.id,
        services=[Service.CONSULTATION, Service.DIAGNOSIS, Service.TEACHING],
        starts=day - timedelta(days=200),
        ends=day + timedelta(days=45 if (inviting.code, invited.code) == ENDS_SOON else 530),
        liability=LIABILITY,
        fee_cents=FEE_CENTS[invited.code],
    )
