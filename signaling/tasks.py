"""Every background task has this owner: it logs a failure and, on stop, cancels and awaits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from signaling.refusals import Refusal

log = logging.getLogger(__name__)


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def every(self, seconds: float, work: Callable[[], Awaitable[None]], name: str) -> asyncio.Task[Any]:
        """Do it now and again every so often, whatever becomes of each round."""
        return self.start(self._rounds(seconds, work, name), name)

    async def _rounds(self, seconds: float, work: Callable[[], Awaitable[None]], name: str) -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("a round of %s failed", name)
            await asyncio.sleep(seconds)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure and not isinstance(failure, Refusal):  # a refusal is for whoever awaits the task
            log.error("task %s failed", task.get_name(), exc_info=failure)

    async def stop(self) -> None:
        """Cancel all but the caller and wait for their end. More than once if need be: a library
        may take a cancellation for an answer that came just in time (`asyncio.wait_for` did)."""
        while rest := self._running - {asyncio.current_task()}:
            for task in rest:
                task.cancel()
            await asyncio.wait(rest, timeout=0.5)
