"""What a crowd reads at once is on record in a few goes, each under its own name, before anybody is shown it."""

import asyncio

import pytest
from sqlalchemy import select

from server.audit import service as audit
from server.audit.model import AuditRecord

CROWD = 40


@pytest.fixture
async def goes(database):
    """How many acts each transaction wrote; `goes.broken = True` lets the next ones fail."""

    class Goes(list):
        broken = False

    goes = Goes()

    async def seal(unit):
        if goes.broken:
            raise OSError("the disk is full")
        goes.append(sum(len(one.acts) for one in (unit, *unit.ended)))
        await audit.seal(unit)

    database.before_commit.append(seal)
    return goes


async def read(database, actor, shown):
    async with database.unit(actor, writes=False, address="10.0.0.1", request_id=actor.person_id[::-1]) as unit:
        unit.record("patient.read", kind="patient", id=actor.person_id)
    shown.append(actor.person_id)


def crowd(acting):
    return [acting("specialist", person_id=f"{number:032}") for number in range(CROWD)]


async def test_each_of_a_crowd_that_reads_is_on_record_under_their_own_name(database, goes, acting):
    await asyncio.gather(*(read(database, actor, []) for actor in crowd(acting)))
    async with database.unit(writes=False) as unit:
        rows = list(await unit.session.scalars(select(AuditRecord).order_by(AuditRecord.seq)))
        report = await audit.verify(unit)
    written = sorted((row.person_id, row.object_id, row.request_id, row.address) for row in rows)
    expected = [(one.person_id, one.person_id, one.person_id[::-1], "10.0.0.1") for one in crowd(acting)]
    assert (written, report.whole) == (expected, True)
    assert sum(goes) == CROWD
    assert len(goes) < CROWD / 2


async def test_nobody_is_shown_what_could_not_be_put_on_record(database, goes, acting):
    shown = []
    goes.broken = True
    done = await asyncio.gather(*(read(database, one, shown) for one in crowd(acting)), return_exceptions=True)
    assert [type(one) for one in done] == [OSError] * CROWD
    goes.broken = False
    await read(database, acting("specialist"), shown)
    assert (shown, list(goes)) == (["1" * 32], [1])
