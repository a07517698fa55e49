"""A crowd is let in as fast as the process bears: so many in the making, slowly while it is busy, nobody for ever."""

import asyncio

import pytest

from signaling.media.forwarder.pace import AT_ONCE, GIVEN_UP, SLOWEST, WINDOW, Load, Pace
from signaling.tasks import Tasks


class Clock:
    """Seconds that pass, and those of them that the process worked."""

    def __init__(self):
        self.now = self.used = 0.0

    def steady(self):
        return self.now

    def work(self):
        return self.used


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def pace(clock):
    tasks = Tasks()
    yield Pace(tasks, clock.steady, Load(clock.steady, clock.work))
    await tasks.stop()


async def looked():
    """The pace has looked again."""
    await asyncio.sleep(0.05)


async def test_who_comes_alone_begins_at_once(pace):
    begun = []
    pace.soon(lambda: begun.append(1), lambda: False)
    assert begun == [1]


async def test_the_next_begins_when_one_stands(pace):
    begun, stands = [], set()
    for number in range(AT_ONCE + 2):
        pace.soon(lambda n=number: begun.append(n), lambda n=number: n in stands)
    await looked()
    assert begun == list(range(AT_ONCE))
    stands.add(3)
    await looked()
    assert begun == list(range(AT_ONCE + 1))


async def test_one_that_never_comes_about_keeps_nobody_waiting(pace, clock):
    begun = []
    for number in range(AT_ONCE + 1):
        pace.soon(lambda n=number: begun.append(n), lambda: False)
    clock.now += GIVEN_UP
    await looked()
    assert len(begun) == AT_ONCE + 1


async def test_while_the_process_is_busy_they_come_one_by_one(pace, clock):
    begun = []
    pace.soon(lambda: begun.append(0), lambda: True)
    clock.now, clock.used = clock.now + WINDOW, clock.used + WINDOW
    for number in (1, 2):
        pace.soon(lambda n=number: begun.append(n), lambda: True)
    await looked()
    assert begun == [0]
    for more in (1, 2):
        clock.now, clock.used = clock.now + SLOWEST + 0.01, clock.used + SLOWEST
        await looked()
        assert begun == list(range(more + 1))


async def test_when_it_has_time_again_all_come(pace, clock):
    begun = []
    pace.soon(lambda: begun.append(0), lambda: True)
    clock.now, clock.used = clock.now + WINDOW, clock.used + WINDOW
    for number in range(1, 9):
        pace.soon(lambda n=number: begun.append(n), lambda: True)
    await looked()
    clock.now += 10 * WINDOW
    await looked()
    assert begun == list(range(9))
