"""The way in: who may open a WebSocket at all, and how long they may stand there saying nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

from aiohttp import web

from signaling.counters import Counters
from signaling.porch import Porch
from signaling.wire import LINE, Line

DEADLINE = 10.0  # seconds to join something


class Door:
    """A page may come from the very address it asks, by whatever name of the site that is, and from the further
    `origins` (`https://host[:port]`). A request without `Origin` comes from no page of ours."""

    def __init__(
        self,
        enter: Callable[[web.Request], Awaitable[web.StreamResponse]],
        *,
        origins: Collection[str],
        address: Callable[[web.Request], str],
        counters: Counters,
        deadline: float = DEADLINE,
    ) -> None:
        self._enter = enter
        self._origins = frozenset(origin.rstrip("/") for origin in origins)
        self._address = address
        self._counters = counters
        self._deadline = deadline
        self._porch = Porch()
        self._open: set[Line] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._shut = False

    @property
    def lines(self) -> list[Line]:
        """The connections open now."""
        return list(self._open)

    async def open(self, request: web.Request) -> web.StreamResponse:
        """The handler of `/socket.io/`; returns when the connection has ended."""
        if self._shut:
            return web.Response(status=503, text="going away")
        if not self._ours(request):
            return web.Response(status=403, text="foreign origin")
        if request.query.get("transport") != "websocket" or "sid" in request.query:
            return web.Response(status=400, text="WebSocket only")
        address = self._address(request)
        if not await self._porch.come(address):
            return web.Response(status=429, text="too many connections that have joined nothing")
        line = Line(request, address, time.monotonic(), self._porch)
        try:
            if self._shut or request.transport is None:  # gone while it waited
                return web.Response(status=503, text="going away")
            return await self._through(request, line)
        finally:
            line.ended()

    async def _through(self, request: web.Request, line: Line) -> web.StreamResponse:
        request[LINE] = line
        self._open.add(line)
        self._empty.clear()
        self._counters.sockets = len(self._open)
        try:
            return await self._enter(request)
        finally:
            self._open.discard(line)
            self._counters.sockets = len(self._open)
            if not self._open:
                self._empty.set()

    async def shut(self, patience: float) -> None:
        """Nobody comes in any more. Tell every page, so that it comes back at once, to another
        node or to the next process; who has not hung up after `patience` is cut."""
        self._shut = True
        ends = [asyncio.create_task(line.hang_up()) for line in self.lines]
        if ends:
            await asyncio.wait(ends, timeout=patience)
        for line in self.lines:
            line.cut()
        for end in ends:
            end.cancel()
        await self._empty.wait()

    async def sweep(self) -> None:
        """Cut those who have joined nothing for too long."""
        now = time.monotonic()
        for line in self.lines:
            if line.unsettled_since is not None and now - line.unsettled_since >= self._deadline:
                self._counters.cut += 1
                line.cut()

    def _ours(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin", "")
        return origin == f"{request.scheme}://{request.host}" or origin in self._origins
