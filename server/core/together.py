"""What many ask at one moment is looked up in one go: a crowd costs little more than one of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

PAUSE = 0.05
"""Seconds between the beginnings of two fetches while a crowd is coming."""
PATIENCE = 10.0
"""Seconds for a fetch: one that hangs must not hold up whoever comes afterwards."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Who comes while answers are being fetched gets theirs from the next fetch, with all who wait by then: nobody is
    answered out of what was read before they asked. Whoever comes alone is answered at once; while several come in one
    fetch, the next waits a moment for more. `fetch` gives the answers in the order of what was asked; one that is an
    exception is raised to whoever asked for it. Where a fetch fails, each of it is asked for alone, so that one that
    cannot be answered spoils nobody else's; where it hangs, all of it fail."""

    def __init__(
        self, fetch: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]], *, pause: float = PAUSE
    ) -> None:
        self._fetch, self._pause = fetch, pause
        self._waiting: dict[asyncio.Future[Answer], Asked] = {}
        self._turn = asyncio.Lock()
        self._next = 0.0

    async def ask(self, asked: Asked) -> Answer:
        """Raises the answer that is an exception, whatever kept it from being fetched, or TimeoutError."""
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
        """Should whoever runs it be gone, those who still wait try again by themselves."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._next - loop.time())  # those of this very moment come along in any case
        together = dict(self._waiting)
        self._next = loop.time() + self._pause if len(together) > 1 else 0.0
        found = await self._fetched(list(together.values()))
        for answer, one in zip(together, found, strict=True):
            if self._waiting.pop(answer, None) is None:  # gone meanwhile
                continue
            if isinstance(one, Exception):
                answer.set_exception(one)
            else:
                answer.set_result(one)

    async def _fetched(self, asked: Sequence[Asked]) -> Sequence[Answer | Exception]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._fetch(asked)
        except TimeoutError as late:
            return [late] * len(asked)
        except Exception as broken:
            if len(asked) == 1:
                return [broken]
            return [answer for one in asked for answer in await self._fetched([one])]
