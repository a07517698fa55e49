"""Codes of an authenticator app and recovery codes, against those who send them twice, from two nodes."""

import asyncio
from datetime import timedelta

import pyotp
import pytest

from server.accounts import queries, second_factor, service, totp
from server.core import ids
from server.core.errors import Refusal
from tests.conftest import open_database

RACERS = 200


@pytest.fixture
async def nodes(database, database_url, clock):
    """Two processes of one site."""
    other = open_database(database_url, clock)
    yield database, other
    await other.close()


@pytest.fixture
async def person(database):
    async with database.unit() as unit:
        return await service.enrol(unit, login="lin", name="林芳", password_hash="x")


@pytest.fixture
async def app(database, person, clock):
    """The person's authenticator app, set up two minutes ago."""
    app = pyotp.TOTP(totp.secret_of(ids.new_token()))
    async with database.unit() as unit:
        who = await queries.person(unit, person.id)
        await second_factor.enrol_totp(unit, person=who, secret=app.secret, code=app.at(clock.now()))
    clock.turn(timedelta(minutes=2))
    return app


async def raced(nodes, prove):
    """How many of 200, spread over two nodes, got through."""

    async def one(database):
        try:
            async with database.unit() as unit:
                await prove(unit)
        except Refusal:
            return False
        return True

    return sum(await asyncio.gather(*(one(nodes[number % 2]) for number in range(RACERS))))


async def test_of_two_hundred_who_send_one_code_at_once_one_gets_through(nodes, person, app, clock):
    async def prove(unit):
        who = await queries.person(unit, person.id)
        await second_factor.prove_totp(unit, person=who, code=app.at(clock.now()))

    assert await raced(nodes, prove) == 1


async def test_of_two_hundred_who_send_one_recovery_code_at_once_one_gets_through(nodes, database, person):
    async with database.unit() as unit:
        codes = await second_factor.new_codes(unit, person=await queries.person(unit, person.id))

    async def prove(unit):
        await second_factor.use_code(unit, person=await queries.person(unit, person.id), code=codes[0])

    assert await raced(nodes, prove) == 1


async def test_an_earlier_code_counts_no_more_than_a_used_one(database, person, app, clock):
    before, now = app.at(clock.now() - timedelta(seconds=4)), app.at(clock.now())
    async with database.unit() as unit:
        who = await queries.person(unit, person.id)
        await second_factor.prove_totp(unit, person=who, code=now)
        for code in (now, before):
            with pytest.raises(second_factor.WrongCode):
                await second_factor.prove_totp(unit, person=who, code=code)


async def test_a_recovery_code_is_read_as_people_write_it(database, person):
    async with database.unit() as unit:
        who = await queries.person(unit, person.id)
        codes = await second_factor.new_codes(unit, person=who)
        await second_factor.use_code(unit, person=who, code=f" {codes[0].lower().replace('-', ' ')} ")
        for wrong in ("", codes[0], codes[1][:-1], "AAAA-AAAA-AAAA"):
            with pytest.raises(second_factor.WrongRecoveryCode):
                await second_factor.use_code(unit, person=who, code=wrong)
        assert await queries.codes_left(unit, person.id) == 9


async def test_nothing_of_it_lies_readable_in_the_store(database, person, app):
    async with database.unit() as unit:
        who = await queries.person(unit, person.id)
        codes = await second_factor.new_codes(unit, person=who)
        kept = repr([vars(one) for one in (who, *await queries.passkeys_of(unit, person.id))])
    assert app.secret not in kept
    assert not any(code.replace("-", "") in kept for code in codes)


def test_a_code_of_another_secret_is_wrong(clock):
    one, other = (totp.secret_of(ids.new_token()) for _ in range(2))
    assert one != other
    assert totp.step_of(one, pyotp.TOTP(other).at(clock.now()), clock.now()) is None
    for nonsense in ("", "abc", "1234567", "１２３４５６"):
        assert totp.step_of(one, nonsense, clock.now()) is None
