"""The parts that the other tests stand on."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Unreachable
from sqlalchemy import text

from tests.conftest import MONDAY_MORNING


async def test_each_test_has_a_store_of_its_own_with_all_tables(unit, stores):
    assert unit.session.bind.dialect.name == stores
    await unit.session.execute(text("SELECT count(*) FROM outbox_messages"))
    await unit.session.execute(text("CREATE TABLE mine (id integer)"))


async def test_nothing_of_another_test_is_in_it(database):
    async with database.unit() as unit:
        with pytest.raises(Exception, match="mine"):
            await unit.session.execute(text("SELECT * FROM mine"))
        unit.undo()


async def test_postgresql_knows_chinese_letters(postgres_url, postgres):
    import asyncpg

    connection = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    assert await connection.fetchval("SELECT '欧阳' ~ '^[[:alpha:]]+$'")
    await connection.close()


async def test_the_clock_stands_until_turned(unit, clock):
    assert unit.now == MONDAY_MORNING
    clock.turn(timedelta(hours=1))
    assert clock.now() == MONDAY_MORNING + timedelta(hours=1)


async def test_valkey_answers_and_comes_back_on_its_port(redis_url, mortal_valkey):
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
    async with Redis.from_url(mortal_valkey.url) as client:
        assert await client.ping()
        mortal_valkey.stop()
        with pytest.raises(Unreachable):
            await client.ping()
        mortal_valkey.start()
        assert await client.ping()
