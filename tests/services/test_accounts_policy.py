"""三员分立, and who may give what: over every way of giving roles."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts import policy, queries, service, staff
from server.accounts.roles import Role, Standing
from server.core.access import Actor, Relation
from server.core.errors import NotFound
from server.directory import service as directory
from server.directory.kinds import ConsortiumKind, Kind, Level

ADMINISTRATORS = (Role.INST_ADMIN, Role.CONS_ADMIN)


@given(st.lists(st.sampled_from(list(Role)), max_size=12))
def test_however_roles_are_given_nobody_operates_audits_and_administers(wishes):
    held = set()
    for role in wishes:
        if not policy.excluded(held, role):
            held.add(role)
    kinds = [held & {Role.PLATFORM_ADMIN}, held & {Role.AUDITOR}, held & {*ADMINISTRATORS}]
    assert sum(map(bool, kinds)) <= 1
    assert len(held) <= 1 or held.isdisjoint({Role.PLATFORM_ADMIN, Role.AUDITOR})


def test_the_same_role_elsewhere_is_no_conflict():
    assert policy.excluded([Role.AUDITOR], Role.AUDITOR) is None
    assert policy.excluded([Role.SPECIALIST, Role.TEACHER], Role.INST_ADMIN) is None


def test_only_administrators_give_roles_and_none_above_their_own():
    givers = {role: policy.may_give(role) for role in Role}
    assert {role for role, given in givers.items() if given} == set(ADMINISTRATORS)
    assert givers[Role.INST_ADMIN].isdisjoint({*ADMINISTRATORS, Role.AUDITOR, Role.REGULATOR, Role.COORDINATOR})
    assert not any(given & {Role.PLATFORM_ADMIN, Role.PATIENT_GUEST} for given in givers.values())


def test_relations_follow_the_places_of_both():
    actor = Actor(person_id="p", post_id="q", institution_id="here", department_id=None, role="inst_admin")
    cases = {
        (): frozenset(),
        ("here",): {Relation.INSTITUTION, Relation.CONSORTIUM},
        ("near",): {Relation.CONSORTIUM},
        ("far",): frozenset(),
        ("far", "here"): {Relation.INSTITUTION, Relation.CONSORTIUM},
    }
    assert {places: policy.relations(actor, places, {"here", "near"}) for places in cases} == cases


# ---- the same in the store


@pytest.fixture
async def house(unit, acting):
    place = await directory.add_institution(
        unit, code="A1", name="城厢卫生院", short_name="城厢", level=Level.TOWNSHIP, kind=Kind.TOWNSHIP_CENTRE
    )
    group = await directory.form_consortium(
        unit, name="青山医共体", kind=ConsortiumKind.COUNTY_COMMUNITY, lead_id=place.id, member_ids=[]
    )
    keeper = await service.enrol(unit, login="keeper", name="郭伟", password_hash="x")
    unit.signed_in = acting(
        "cons_admin", person_id=keeper.id, institution_id=place.id, consortium_ids=frozenset({group.id})
    )
    return place


async def given_in_turn(unit, place, *roles):
    person = await service.enrol(unit, login="-".join(roles).replace("_", "-"), name="沈悦")
    for role in roles:
        await staff.give_post(
            unit, person=person, institution_id=place.id, department_id=None, role=Role(role), starts=date(2026, 1, 1)
        )
    return person


async def test_the_store_keeps_them_apart_too(unit, house):
    for roles in (("auditor", "specialist"), ("specialist", "auditor"), ("auditor", "inst_admin")):
        with pytest.raises(service.RolesApart):
            await given_in_turn(unit, house, *roles)
    await given_in_turn(unit, house, "inst_admin", "cons_admin", "specialist")


async def test_a_role_that_ended_stands_in_nobodys_way(unit, house):
    person = await given_in_turn(unit, house, "auditor")
    assert await staff.roles_of(unit, person.id) == {Role.AUDITOR}
    (held,) = await queries.standing_posts(unit, person.id, service.today(unit.now))
    await staff.end_post(unit, person=person, post=held, on=service.today(unit.now))
    day = service.today(unit.now)
    given = {"institution_id": house.id, "department_id": None, "role": Role.SPECIALIST}
    await staff.give_post(unit, person=person, **given, starts=day)
    assert await staff.roles_of(unit, person.id) == {Role.SPECIALIST}


@pytest.mark.parametrize("standing", Standing)
async def test_every_pair_of_standings(unit, house, standing):
    moves = {"suspended": staff.suspend, "active": staff.resume, "deactivated": staff.deactivate}
    for wanted, move in moves.items():
        person = await service.enrol(unit, login=f"{standing}-{wanted}", name="沈悦", password_hash="x")
        person.standing = standing
        reason = {} if move is staff.resume else {"reason": "证书待核"}
        if Standing(wanted) in staff.MOVES[standing]:
            await move(unit, person=person, **reason)
            assert person.standing == wanted
        else:
            with pytest.raises(staff.NotInThisStanding):
                await move(unit, person=person, **reason)


async def test_a_place_that_is_not_ours_is_not_there(unit, house):
    far = await directory.add_institution(
        unit, code="B1", name="白河卫生院", short_name="白河", level=Level.TOWNSHIP, kind=Kind.TOWNSHIP_CENTRE
    )
    with pytest.raises(NotFound):
        await given_in_turn(unit, far, "specialist")
