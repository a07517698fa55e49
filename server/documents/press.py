"""Where documents are computed: keys unlock in two threads; pages are set and signed in a process of its own.

Typefaces, typesetter and signing library take some 100 MB. The press process keeps them while there is work, ends when
there was none for a while, and takes them along. A queue of reports never stops a call.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait
from typing import Any, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Made = TypeVar("Made")

REST_SECONDS = 60.0

_threads = ThreadPoolExecutor(2, thread_name_prefix="documents")


async def pressed(make: Callable[Asked, Made], *args: Asked.args, **options: Asked.kwargs) -> Made:
    """What `make` makes, in a thread, at most two at once."""
    work: Callable[[], Any] = partial(make, *args, **options)
    made: Made = await asyncio.get_running_loop().run_in_executor(_threads, work)
    return made


class Press:
    """One child process, started with the first sheet, ended after `rest_seconds` without any."""

    def __init__(self, rest_seconds: float = REST_SECONDS) -> None:
        self._rest_seconds = rest_seconds
        self._pool: ProcessPoolExecutor | None = None
        self._at_work = 0
        self._bell: asyncio.TimerHandle | None = None

    async def printed(self, make: Callable[Asked, Made], *args: Asked.args, **options: Asked.kwargs) -> Made:
        """What `make` (a function of a module, with arguments that can be pickled) makes. Raises what it raises."""
        self._at_work += 1
        if self._bell:
            self._bell.cancel()
        try:
            return await self._tried(partial(make, *args, **options))
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._bell = asyncio.get_running_loop().call_later(self._rest_seconds, self.rest)

    def rest(self) -> None:
        """Lets the process go; the next sheet starts another."""
        if self._pool and not self._at_work:
            self._pool.shutdown(wait=False)
            self._pool = None

    async def _tried(self, work: Callable[[], Made]) -> Made:
        """A process that was killed (by the machine short of memory, say) is replaced once."""
        loop, pool = asyncio.get_running_loop(), self._at_hand()
        try:
            return await loop.run_in_executor(pool, work)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            return await loop.run_in_executor(self._at_hand(), work)

    def _at_hand(self) -> ProcessPoolExecutor:
        if self._pool is None:
            fresh = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=fresh, initializer=_begin)
        return self._pool


def _begin() -> None:
    """In the child: ends are the parent's to tell, and it does not outlive the parent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(0)


press = Press()
"""The house's one press."""
