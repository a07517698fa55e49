"""Two hospitals and who can be booked in them, for tests of scheduling."""

from dataclasses import dataclass
from datetime import date

from server.accounts import service as accounts
from server.accounts.roles import Role
from server.directory import service as directory
from server.directory.kinds import Kind, Level
from server.scheduling import hours
from server.scheduling.bookable import Resource, ResourceKind

LONG_AGO = date(2020, 1, 1)


@dataclass
class Place:
    expert: Resource
    expert_elsewhere: Resource
    """The same person's post at the other hospital."""
    doctor: Resource
    room: Resource
    expert_person: str
    doctor_person: str
    hospital: str
    township: str


async def furnish(unit, number=1):
    """A hospital with an expert and a room, a township centre with a doctor; told apart by `number`."""
    hospital = await add_institution(unit, f"H{number}", "市第一人民医院", Level.CITY, Kind.GENERAL)
    township = await add_institution(unit, f"T{number}", "青山镇卫生院", Level.TOWNSHIP, Kind.TOWNSHIP_CENTRE)
    expert = await accounts.enrol(unit, login=f"li{number}", name="李建国", password_hash="x")
    doctor = await accounts.enrol(unit, login=f"wang{number}", name="王小燕", password_hash="x")
    room = await hours.add_room(unit, institution_id=hospital, name="会诊室一")
    return Place(
        expert=await appoint(unit, expert, hospital, Role.SPECIALIST),
        expert_elsewhere=await appoint(unit, expert, township, Role.TEACHER),
        doctor=await appoint(unit, doctor, township, Role.APPLICANT),
        room=room.resource,
        expert_person=expert.id,
        doctor_person=doctor.id,
        hospital=hospital,
        township=township,
    )


async def add_institution(unit, code, name, level, kind):
    added = await directory.add_institution(
        unit, code=code, name=f"{name}{code}", short_name=name, level=level, kind=kind
    )
    return added.id


async def appoint(unit, person, institution_id, role):
    post = await accounts.appoint(unit, person=person, institution_id=institution_id, role=role, starts=LONG_AGO)
    return Resource(ResourceKind.POST, post.id)
