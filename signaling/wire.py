"""One WebSocket connection, bounded on every side.

python-engineio and python-socketio are used through their seams (`create_queue`, the WebSocket
driver, the packet class) and by overriding three methods of the server. What they leave open, and
was seen to happen: an unbounded queue for a page that does not read, unbounded handlers for one
that floods, a lost error for a frame that is no packet, `connect` and `disconnect` forged as
events, and a writer that waits for ever on a dead line.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import engineio
import socketio
from aiohttp import WSMsgType, web
from engineio import packet as frames
from socketio import packet

from signaling.counters import Counters
from signaling.messages import FRAME_LIMIT
from signaling.packets import BadFrame, Json, Packet, spoken
from signaling.porch import Porch
from signaling.refusals import TooFast, UnknownMessage
from signaling.tasks import Tasks

QUEUE_EVENTS = 256
QUEUE_BYTES = 1024 * 1024
RATE = 50.0  # frames a second
BURST = 100.0  # and as many again are refused before the line is cut
PING_INTERVAL = 4
PING_TIMEOUT = 4

quiet = logging.getLogger("signaling.wire")
# At INFO both libraries write payloads, and a payload is none of the log's business.
quiet.setLevel(logging.ERROR)


class Pace:
    """A token bucket that may go into debt: down to zero all is well, in debt it is refused, and
    at the bottom the line is cut."""

    def __init__(self, now: float) -> None:
        self._tokens, self._at = BURST, now

    def spend(self, now: float) -> bool:
        """False when the line must be cut."""
        self._tokens = min(BURST, self._tokens + (now - self._at) * RATE) - 1
        self._at = now
        return self._tokens > -BURST

    @property
    def in_debt(self) -> bool:
        return self._tokens < 0


class Outbox(asyncio.Queue[Any]):
    """What waits to be written to one page: at most 256 messages or 1 MiB. Beyond that all of it
    is dropped and one `resync` a namespace takes its place until it has been taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.namespaces: set[str] = set()
        self.overflowed: Callable[[], None] = lambda: None
        self._bytes = 0
        self._resyncs = 0

    def put_nowait(self, item: Any) -> None:
        if item is None or item.packet_type != frames.MESSAGE:
            return super().put_nowait(item)
        if self._resyncs:
            return None
        size = len(item.encode())
        if self.qsize() >= QUEUE_EVENTS or self._bytes + size > QUEUE_BYTES:
            return self._drop()
        self._bytes += size
        return super().put_nowait(item)

    def get_nowait(self) -> Any:
        item = super().get_nowait()
        if item is not None and item.packet_type == frames.MESSAGE:
            self._bytes = max(0, self._bytes - len(item.encode()))
            self._resyncs = max(0, self._resyncs - 1)
        return item

    def _drop(self) -> None:
        kept = []
        while not self.empty():
            item = super().get_nowait()
            self.task_done()
            if item is None or item.packet_type != frames.MESSAGE:
                kept.append(item)
        self._bytes = 0
        for item in [*kept, *(spoken(ns, "resync", {}) for ns in sorted(self.namespaces))]:
            super().put_nowait(item)
        self._resyncs = len(self.namespaces)
        self.overflowed()


class Line:
    """One connection: who is at the other end of the wire, how fast they talk, when last heard."""

    def __init__(self, request: web.Request, address: str, now: float, porch: Porch) -> None:
        self.request = request
        self.address = address
        self._porch = porch
        self.pace = Pace(now)
        self.heard_at = now
        self.unsettled_since: float | None = now  # None while joined to something
        self._joined: set[str] = set()
        self._over = False
        self.outbox: Outbox | None = None
        self.socket: web.WebSocketResponse | None = None
        self.flooded = False

    def joined(self, namespace: str) -> None:
        """It serves somebody known there."""
        self._joined.add(namespace)
        self._settle()

    def parted(self, namespace: str, now: float) -> None:
        """No longer; when nothing else is left it has as long as any newcomer to join again."""
        self._joined.discard(namespace)
        if not self._joined and self.unsettled_since is None and not self._over:
            self.unsettled_since = now
            self._porch.back(self.address)

    def ended(self) -> None:
        """It is closed, and counts as nobody's."""
        self._over = True
        self._settle()

    def _settle(self) -> None:
        if self.unsettled_since is not None:
            self.unsettled_since = None
            self._porch.go(self.address)

    def send(self, message: Any) -> None:
        if self.outbox is not None:
            self.outbox.put_nowait(message)

    def cut(self) -> None:
        """End it now, without a word: what waits to be written is dropped."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def hang_up(self) -> None:
        """The server goes away: say so, so that the page comes back at once."""
        if self.socket is not None and not self.socket.closed:
            await self.socket.close(code=1001)


LINE = web.RequestKey("line", Line)


class Driver:
    """The WebSocket under engine.io: no compression (its memory is per connection), a frame limit
    that holds, and every frame counted before anything is parsed."""

    def __init__(self, handler: Any, server: Engine) -> None:
        self._handler = handler
        self._server = server

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request = environ["aiohttp.request"]
        self._line: Line = request[LINE]
        self._socket = web.WebSocketResponse(max_msg_size=FRAME_LIMIT, compress=False, timeout=1.0)
        await self._socket.prepare(request)
        self._line.socket = self._socket
        await self._handler(self)
        return self._socket

    async def close(self) -> None:
        await self._socket.close()

    async def send(self, message: str | bytes) -> None:
        assert isinstance(message, str)
        await self._socket.send_str(message)

    async def wait(self) -> str:
        try:
            message = await self._socket.receive()
        except asyncio.CancelledError:
            # engine.io has waited long enough: the line is dead, and its writer must not hang on it.
            self._line.cut()
            raise
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            return self._admitted(message.data)
        raise OSError("closed")

    def _admitted(self, data: str | bytes) -> str:
        """Engine.io's close, pong and message only, at a bearable pace."""
        counters = self._server.counters
        self._line.heard_at = now = time.monotonic()
        if not self._line.pace.spend(now):
            counters.cut += 1
            self._line.flooded = True
        elif isinstance(data, str) and data[:1] in ("1", "3", "4"):
            return data
        else:
            counters.malformed += 1
        self._line.cut()
        raise OSError("cut")


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """engine.io whose queues are bounded and whose tasks have an owner."""

    _async: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        self.counters: Counters = options.pop("counters")
        self._tasks = Tasks()
        super().__init__(**options)
        self._async = {**self._async, "websocket": Driver}

    def create_queue(self, *_: Any, **__: Any) -> Outbox:
        return Outbox()

    def start_background_task(self, target: Any, *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        return self._tasks.start(target(*args, **kwargs), target.__name__)

    async def stop(self) -> None:
        await self._tasks.stop()


class Wire(socketio.AsyncServer):  # type: ignore[misc]
    """Socket.IO that refuses before it works: each socket's events in order, one at a time, with
    an acknowledgement for every one."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        self.lines: dict[str, Line] = {}  # by engine.io id
        super().__init__(
            async_mode="aiohttp",
            serializer=Packet,
            json=Json,
            transports=["websocket"],
            namespaces=["/room", "/live"],
            cors_allowed_origins=[],  # the door has looked at the origin already
            ping_interval=PING_INTERVAL,
            ping_timeout=PING_TIMEOUT,
            max_http_buffer_size=FRAME_LIMIT,
            logger=quiet,
            engineio_logger=quiet,
            counters=counters,
        )

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    def line(self, sid: str, namespace: str) -> Line | None:
        """The connection a namespace's socket runs over."""
        return self.lines.get(self.manager.eio_sid_from_sid(sid, namespace) or "")

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        line: Line = environ["aiohttp.request"][LINE]
        line.outbox = self.eio.sockets[eio_sid].queue
        line.outbox.overflowed = self._count_resync
        self.lines[eio_sid] = line
        await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        try:
            await super()._handle_eio_disconnect(eio_sid, reason)
        finally:
            if line := self.lines.pop(eio_sid, None):
                line.outbox = None

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        try:
            if not data:  # the library would take nothing for an event
                raise BadFrame()
            await super()._handle_eio_message(eio_sid, data)
        except BadFrame:
            self.counters.malformed += 1
            self.lines[eio_sid].cut()

    async def _handle_event(self, eio_sid: str, namespace: str, id: int | None, data: list[Any]) -> None:
        """Here, because here the order is still that of the wire, and an event still knows that it
        is one: the library itself would take one named `connect` for a connection."""
        refusal = self._refusal(self.lines[eio_sid], data[0])
        if refusal is None:
            await super()._handle_event(eio_sid, namespace, id, data)
            return
        self.counters.refused += 1
        if id is not None:
            answer = Packet(packet.ACK, namespace=namespace, id=id, data=[refusal.answer()])
            await self._send_packet(eio_sid, answer)

    def _refusal(self, line: Line, event: str) -> TooFast | UnknownMessage | None:
        if line.pace.in_debt:
            return TooFast()
        return UnknownMessage() if event in ("connect", "disconnect") else None

    def _count_resync(self) -> None:
        self.counters.resyncs += 1
