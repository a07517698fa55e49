"""The demo consortium is one to look around in: every kind of house, every role, cases in every part of their life."""

from collections import Counter

from sqlalchemy import select

from server.accounts.model import Person, Post
from server.accounts.roles import Role
from server.consultation.model import Consultation
from server.consultation.states import State
from server.directory.kinds import Kind, Level
from server.directory.model import Consortium, Institution
from server.patients.model import Patient


async def all_of(house, *columns):
    async with house.database.unit(writes=False) as unit:
        return (await unit.session.execute(select(*columns))).all()


async def test_its_houses_are_those_of_a_medical_consortium(house):
    levels = Counter(level for (level,) in await all_of(house, Institution.level))
    kinds = Counter(kind for (kind,) in await all_of(house, Institution.kind))
    assert kinds[Kind.TOWNSHIP_CENTRE] >= 8
    assert {Level.CITY, Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE} <= set(levels)
    assert levels[Level.VILLAGE] >= 2
    assert len(await all_of(house, Consortium.id)) >= 2


async def test_somebody_holds_each_role_and_there_is_work_in_every_part_of_the_road(house):
    held = {role for (role,) in await all_of(house, Post.role)}
    assert held == set(Role) - {Role.PATIENT_GUEST}, "a guest comes by a link and holds no post"
    assert len(await all_of(house, Person.id)) >= 38
    assert len(await all_of(house, Patient.id)) >= 10
    states = {state for (state,) in await all_of(house, Consultation.state)}
    assert {State.DRAFT, State.TRIAGE, State.INVITING, State.SCHEDULED, State.OPINION_PENDING, State.CLOSED} <= states
