"""What many ask at one moment is looked up in one go: a crowd costs little more than one of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

PAUSE = 0.05
"""Seconds between the beginnings of two fetches while a crowd is coming."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Who comes while answers are being fetched gets theirs from the next fetch, with all who wait by then: nobody is
    answered out of what was read before they asked. Whoever comes alone is answered at once; while several come in one
    fetch, the next waits a moment for more. `fetch` gives the answers in the order of what was asked; one that is an
    exception is raised to whoever asked for it."""

    def __init__(
        self, fetch: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]], *, pause: float = PAUSE
    ) -> None:
        self._fetch, self._pause = fetch, pause
        self._waiting: dict[asyncio.Future[Answer], Asked] = {}
        self._turn = asyncio.Lock()
        self._next = 0.0

    async def ask(self, asked: Asked) -> Answer:
        """Raises the answer that is an exception, or whatever kept everybody from being answered."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = asked
        try:
            async with self._turn:
                if not answer.done():
                    await self._answer_all()
            return answer.result()
        finally:
            self._waiting.pop(answer, None)

    async def _answer_all(self) -> None:
        """Should this fail, or whoever runs it be gone, those who still wait try again by themselves."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._next - loop.time())  # those of this very moment come along in any case
        together = dict(self._waiting)
        self._next = loop.time() + self._pause if len(together) > 1 else 0.0
        found = await self._fetch(list(together.values()))
        for answer, one in zip(together, found, strict=True):
            if self._waiting.pop(answer, None) is None:  # gone meanwhile
                continue
            if isinstance(one, Exception):
                answer.set_exception(one)
            else:
                answer.set_result(one)
