"""Child processes and other work that must come to its end, however often whoever waits for it is cut off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

Made = TypeVar("Made")


async def to_the_end(work: Awaitable[Made]) -> Made:
    """What `work` makes. Whoever is cut off meanwhile still waits for its end, and is cut off then."""
    task, cut = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cut = error
    if cut:
        raise cut
    return task.result()


@asynccontextmanager
async def child_process(*command: str, **options: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child (options of `create_subprocess_exec`) that is dead when the block is left, its pipes closed.

    Cut off while it is being started, it is awaited and killed: asyncio would leave its pipes open.
    """
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, **options))
    try:
        child = await to_the_end(starting)
    except asyncio.CancelledError:
        if not starting.cancelled() and not starting.exception():
            await to_the_end(_end(starting.result()))
        raise
    try:
        yield child
    finally:
        await to_the_end(_end(child))


async def _end(child: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()
    child._transport.close()  # type: ignore[attr-defined]  # else its pipes wait for the collector
