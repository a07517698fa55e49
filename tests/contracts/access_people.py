"""The houses and the people of the access tests, and what belongs to the doctor who asks."""

from datetime import timedelta

from server.accounts import service as accounts
from server.accounts.model import Passkey, Post, SignIn
from server.accounts.roles import Role
from server.directory import queries as directory_queries
from server.directory import service as directory
from server.directory.kinds import ConsortiumKind, Kind, Level, Service
from tests.contracts.access_world import NOW

CONSORTIUM = "临湖医疗集团"


async def places_of(unit):
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


async def somebody(unit, world, stand, place):
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


async def belongings(world, places):
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
