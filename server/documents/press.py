"""Two threads for what computes: typesetting, signing, unlocking keys. A queue of reports never stops a call."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
Made = TypeVar("Made")

_threads = ThreadPoolExecutor(2, thread_name_prefix="documents")


async def pressed(make: Callable[Asked, Made], *args: Asked.args, **options: Asked.kwargs) -> Made:
    """What `make` makes, off the event loop, at most two at once."""
    work: Callable[[], Any] = partial(make, *args, **options)
    made: Made = await asyncio.get_running_loop().run_in_executor(_threads, work)
    return made
