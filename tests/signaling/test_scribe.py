"""A room's log under a crowd: what waits is written together, in order, each line once and answered by itself."""

import asyncio

import pytest

from signaling.effects import Record
from signaling.refusals import NotBegun, Unavailable
from signaling.scribe import Scribe
from signaling.tasks import Tasks
from tests.signaling.house import Log


@pytest.fixture
async def tasks():
    tasks = Tasks()
    yield tasks
    await tasks.stop()


def chat(number):
    return Record("chat", f"p{number}", f"chat:{number}", {"text": str(number)}, asked=True)


def joined(number):
    return Record("joined", f"p{number}", f"joined:{number}", {"stay": str(number)})


def ended():
    return Record("ended", "zhao", "ended", {"reason": "ended"}, asked=True)


async def test_a_hall_answers_at_once_and_is_written_in_a_few_goes(tasks):
    log, heard = Log(), []
    scribe = Scribe("r1", log, heard.append, tasks)
    entries = await asyncio.gather(*(scribe.write(chat(number)) for number in range(500)))
    assert [entry.seq for entry in entries] == list(range(1, 501))
    assert [entry.body["text"] for entry in heard] == [str(number) for number in range(500)]
    assert log.goes == [200, 200, 100]
    assert scribe.idle


async def test_what_the_house_may_refuse_is_written_by_itself(tasks):
    log = Log()
    log.begun = False
    scribe = Scribe("r1", log, lambda entry: None, tasks)
    lines = (scribe.write(record) for record in (chat(1), chat(2), ended(), chat(3)))
    first, _, end, last = await asyncio.gather(*lines, return_exceptions=True)
    assert isinstance(end, NotBegun)
    assert ([first.seq, last.seq], log.kinds(), log.goes) == ([1, 3], ["chat", "chat", "chat"], [2, 1])


async def test_a_line_sent_twice_is_one_entry(tasks):
    scribe = Scribe("r1", Log(), lambda entry: None, tasks)
    first, again = await asyncio.gather(scribe.write(chat(1)), scribe.write(chat(1)))
    assert first == again


async def test_while_the_log_is_down_what_was_asked_is_refused_and_what_happened_is_kept(tasks, monkeypatch):
    monkeypatch.setattr("signaling.scribe.PAUSE", 0.01)
    log = Log()
    log.down = True
    scribe = Scribe("r1", log, lambda entry: None, tasks)
    for number in range(3):
        scribe.promise(joined(number))
    with pytest.raises(Unavailable):
        await scribe.write(chat(1))
    assert not scribe.idle
    log.down = False
    await scribe.settled(5)
    assert [entry.by for entry in log.of("r1")] == ["p0", "p1", "p2"]


async def test_who_waits_for_a_promise_does_not_wait_for_what_is_promised_after_it(tasks):
    log, crowd = Log(), [True]

    def one_more(entry):
        if crowd:
            scribe.promise(joined(entry.seq))

    scribe = Scribe("r1", log, one_more, tasks)
    scribe.promise(joined(0))
    async with asyncio.timeout(2):
        await scribe.settled(60)
    crowd.clear()
    assert next(entry.by for entry in log.of("r1")) == "p0"
