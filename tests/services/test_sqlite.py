"""A connection to SQLite answers whole, in one errand a statement, and refuses as sqlite3 does."""

import sqlite3

import pytest

from server.core import sqlite


@pytest.fixture
async def connection(tmp_path):
    opened = await sqlite.connect(str(tmp_path / "one.sqlite"))
    async with opened.cursor() as cursor:
        await cursor.execute("CREATE TABLE beds (number INTEGER PRIMARY KEY, ward TEXT)")
    yield opened
    await opened.close()


async def errands(connection, doing):
    """What `doing` answers, and how often the connection's thread was sent for it."""
    sent, put = 0, connection._tx.put_nowait

    def counted(errand):
        nonlocal sent
        sent += 1
        put(errand)

    connection._tx = type("Counted", (), {"put_nowait": staticmethod(counted)})
    return await doing, sent


async def all_beds(connection):
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT number, ward FROM beds ORDER BY number")
        return await cursor.fetchall()


async def test_a_question_is_one_errand(connection):
    async with connection.cursor() as cursor:
        await cursor.executemany("INSERT INTO beds VALUES (?, ?)", [(1, "内一科"), (2, "外二科")])
        assert cursor.rowcount == 2
    assert await errands(connection, all_beds(connection)) == ([(1, "内一科"), (2, "外二科")], 1)


async def test_what_was_written_has_its_number(connection):
    async with connection.cursor() as cursor:
        await cursor.execute("INSERT INTO beds (ward) VALUES (?)", ("儿科",))
        assert (cursor.lastrowid, cursor.rowcount, cursor.description) == (1, 1, None)
        await cursor.execute("UPDATE beds SET ward = ? RETURNING number", ("产科",))
        assert await cursor.fetchall() == [(1,)]
    assert await all_beds(connection) == [(1, "产科")]


async def test_a_refused_statement_leaves_the_connection_well(connection):
    async with connection.cursor() as cursor:
        await cursor.execute("INSERT INTO beds VALUES (1, '内一科')")
        with pytest.raises(sqlite3.IntegrityError):
            await cursor.execute("INSERT INTO beds VALUES (1, '外二科')")
    assert await all_beds(connection) == [(1, "内一科")]


async def test_a_transaction_begins_in_the_errand_of_its_first_statement(connection):
    connection.begin_with("BEGIN IMMEDIATE")
    assert not connection.in_transaction
    assert await errands(connection, all_beds(connection)) == ([], 1)
    assert connection.in_transaction
    await connection.rollback()
    assert not connection.in_transaction


async def test_a_transaction_in_which_nothing_is_said_costs_no_errand(connection):
    connection.begin_with("BEGIN")
    assert await errands(connection, connection.commit()) == (None, 0)
    connection.begin_with("BEGIN")
    assert await errands(connection, connection.rollback()) == (None, 0)
    await all_beds(connection)
    assert not connection.in_transaction


async def test_nothing_is_said_outside_of_a_transaction_that_could_not_begin(connection, tmp_path):
    async with connection.cursor() as cursor:
        await cursor.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "one.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    connection.begin_with("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError):
            await all_beds(connection)
    other.execute("ROLLBACK")
    other.close()
    await all_beds(connection)
    assert connection.in_transaction
