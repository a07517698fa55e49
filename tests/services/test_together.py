"""Those who ask at one moment are answered by one look, each with what is theirs, never out of a look of before."""

import asyncio

import pytest

from server.core.together import Together


class Board:
    """What stands on it is read when `opened`; `looks` holds who asked in each."""

    def __init__(self):
        self.says, self.looks = {}, []
        self.opened, self.looked = asyncio.Event(), asyncio.Event()
        self.opened.set()

    async def read(self, asked):
        self.looks.append(list(asked))
        self.looked.set()
        seen = dict(self.says)
        await self.opened.wait()
        return [seen.get(one, KeyError(one)) for one in asked]


@pytest.fixture
def board():
    return Board()


async def test_a_crowd_is_one_look_and_each_gets_their_own(board):
    board.says = {number: str(number) for number in range(100)}
    together = Together(board.read)
    found = await asyncio.gather(*(together.ask(number) for number in range(100)))
    assert (found, len(board.looks)) == ([str(number) for number in range(100)], 1)


async def test_while_a_crowd_comes_the_next_look_waits_for_more_of_it(board):
    together = Together(board.read, pause=0.5)
    coming = [asyncio.create_task(together.ask(number)) for number in range(2)]
    await asyncio.wait(coming)
    coming += [asyncio.create_task(together.ask(2))]
    await asyncio.sleep(0)
    coming += [asyncio.create_task(together.ask(3))]
    await asyncio.gather(*coming, return_exceptions=True)
    assert board.looks == [[0, 1], [2, 3]]


async def test_whoever_comes_alone_never_waits_for_others(board):
    board.says, together = {"alone": 1}, Together(board.read, pause=3600)
    async with asyncio.timeout(5):
        assert [await together.ask("alone") for _ in range(3)] == [1, 1, 1]


async def test_who_asks_during_a_look_sees_what_is_true_afterwards(board):
    board.says, together = {"right": "held"}, Together(board.read)
    board.opened.clear()
    early = asyncio.create_task(together.ask("right"))
    await board.looked.wait()
    board.says["right"] = "ended"
    late = asyncio.create_task(together.ask("right"))
    await asyncio.sleep(0)
    board.opened.set()
    assert (await early, await late) == ("held", "ended")


async def test_what_is_refused_is_refused_to_whoever_asked_for_it_alone(board):
    board.says, together = {"known": 1}, Together(board.read)
    found = await asyncio.gather(together.ask("known"), together.ask("unknown"), return_exceptions=True)
    assert (found[0], type(found[1]), len(board.looks)) == (1, KeyError, 1)


async def test_whoever_looks_for_all_may_go_and_the_others_look_by_themselves(board):
    board.says, together = {"a": 1, "b": 2}, Together(board.read)
    board.opened.clear()
    leader = asyncio.create_task(together.ask("a"))
    other = asyncio.create_task(together.ask("b"))
    await board.looked.wait()
    leader.cancel()
    board.opened.set()
    assert await other == 2
    assert board.looks == [["a", "b"], ["b"]]


async def test_one_that_cannot_be_looked_up_spoils_nobody_elses_look():
    async def read(asked):
        if "broken" in asked:
            raise UnicodeError
        return [f"{one}!" for one in asked]

    together = Together(read)
    found = await asyncio.gather(*map(together.ask, ("a", "broken", "b")), return_exceptions=True)
    assert (found[0], type(found[1]), found[2]) == ("a!", UnicodeError, "b!")


async def test_a_look_that_hangs_fails_those_in_it_and_holds_up_nobody_afterwards(board, monkeypatch):
    monkeypatch.setattr("server.core.together.PATIENCE", 0.05)
    board.says, together = dict.fromkeys("abc", 1), Together(board.read)
    board.opened.clear()
    found = await asyncio.gather(together.ask("a"), together.ask("b"), return_exceptions=True)
    assert [type(one) for one in found] == [TimeoutError, TimeoutError]
    board.opened.set()
    assert await together.ask("c") == 1
