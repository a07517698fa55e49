"""A process of the forwarder's: it does what the house asks over its control socket, and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import uvloop

from signaling.media.forwarder import control
from signaling.media.ports import MediaRefusal

log = logging.getLogger(__name__)


class Worker(Protocol):
    def open(self) -> None: ...

    async def do(self, verb: str, hall: str, words: list[Any]) -> Any:
        """Raises MediaRefusal."""

    async def close(self) -> None: ...


Make = Callable[[Mapping[str, Any], asyncio.StreamWriter], Worker]


def main(descriptor: int, make: Make) -> None:
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    uvloop.run(_run(descriptor, make))


async def _run(descriptor: int, make: Make) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at a terminal it is meant for the house, which then hangs up
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    words = await control.receive(reader)
    if words is None:
        return
    worker = make(words, writer)
    worker.open()
    control.send(writer, {"ready": True})
    gc.freeze()  # what stands now stands to the end: no need to walk over it again
    with contextlib.suppress(ConnectionError):  # the house hung up before it had its answer
        while (request := await control.receive(reader)) is not None:
            control.send(writer, {"answers": request["number"], **await _answer(worker, request)})
            await writer.drain()
    await worker.close()
    writer.close()


async def _answer(worker: Worker, request: Mapping[str, Any]) -> dict[str, Any]:
    """`{ok: …}`, or `{code, why}` of a refusal."""
    try:
        return {"ok": await worker.do(request["verb"], request["hall"], request["words"])}
    except MediaRefusal as refusal:
        return {"code": refusal.code, "why": str(refusal)}
    except Exception:
        log.exception("%s failed", request["verb"])
        return {"code": "media.error", "why": "the forwarder's own fault, logged there"}
