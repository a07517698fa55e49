"""A room's log in the store: many lines in one go, numbered without a gap, each key once."""

import asyncio
from datetime import timedelta

import pytest

from server.core.errors import NotFound
from server.meeting import queries, service
from server.meeting.kinds import MeetingKind
from server.meeting.live import SqlJournal
from signaling.ports import Line


@pytest.fixture
async def journal(database):
    return SqlJournal(database, {})


@pytest.fixture
async def room(database):
    async with database.unit() as unit:
        facts = {"kind": MeetingKind.CONSULTATION, "subject_kind": "nothing", "subject_id": "0", "title": ""}
        return (await service.plan(unit, **facts, starts_at=unit.now, ends_at=unit.now + timedelta(hours=1))).id


def chat(number):
    return Line("chat", "p1", f"chat:{number}", {"text": str(number)})


async def test_lines_are_written_together_and_each_key_once(journal, room):
    [first] = await journal.append(room, [chat(1)])
    entries = await journal.append(room, [chat(2), chat(1), chat(3), chat(2)])
    assert [one.seq for one in entries] == [2, 1, 3, 2]
    assert entries[1] == first
    assert [one.body["text"] for one in await journal.since(room, 0, 10)] == ["1", "2", "3"]


async def test_nodes_that_write_at_once_leave_no_gap(journal, room):
    goes = [journal.append(room, [chat(n), chat(n + 1), chat(n + 2)]) for n in range(20)]
    await asyncio.gather(*goes)
    assert [one.seq for one in await journal.since(room, 0, 100)] == list(range(1, 23))


async def test_a_room_that_is_not_there_has_no_log(journal, database):
    with pytest.raises(NotFound):
        await journal.append("0" * 32, [chat(1)])
    async with database.unit(writes=False) as unit:
        assert await queries.entries(unit, "0" * 32) == []
