"""The bus on Redis publish/subscribe, with a listener of our own.

python-socketio's waits up to a minute after an outage; this one tries every second and knows that
it is deaf when it no longer hears its own heartbeat. Messages are JSON, checked against their type,
numbered per sender and sealed for their channel: a forged, copied or replayed PUBLISH has no effect
but a counted line in the log. One task publishes, over one connection, in order: concurrent
publishing was seen to exhaust redis-py's pool.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from redis.exceptions import RedisError

from signaling import codec
from signaling.counters import Counters
from signaling.ports import Broadcast, Hear
from signaling.redis_store import open_redis
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds for a connection or a command
PAUSE = 1.0  # seconds between tries
BEAT = 1.0  # seconds between heartbeats
DEAF = 3.0  # seconds without hearing the own heartbeat
WAITING = 10_000  # messages held for a slow Redis; more are lost
AT_ONCE = 200
FRESH = 60.0  # seconds a message may have travelled, clocks' differences included
FAREWELL = 0.5  # seconds for the last messages when stopping

SENDERS = 4096  # nodes whose last number is remembered

Waiting = tuple[str, bytes]
Trouble = (RedisError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Envelope:
    sender: str
    number: int
    at: float
    kind: str
    room: str
    body: dict[str, Any]


envelopes = TypeAdapter(Envelope)


class RedisBus:
    """`key` as in the store; `node` new for every start of a process."""

    def __init__(
        self,
        url: str,
        key: bytes,
        node: str,
        *,
        prefix: str = "lz:",
        counters: Counters | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._redis = open_redis(url, connections=4)
        self._sealing = codec.Sealing(key)
        self._node = node
        self._prefix = prefix
        self._everyone = f"{prefix}bus"
        self._counters = counters or Counters()
        self._wall = wall
        self._tasks = Tasks()
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue(WAITING)
        self._number = int(wall() * 1e6)  # above all numbers of an earlier life of this node
        self._numbers: dict[str, int] = {}
        self._beaten = 0.0
        self._up = asyncio.Event()
        self._was_up = False

    @property
    def up(self) -> bool:
        return self._up.is_set()

    async def start(self, hear: Hear, recovered: Callable[[], None]) -> None:
        self._hear, self._recovered = hear, recovered
        self._tasks.start(self._listen(), "bus listener")
        self._tasks.start(self._publish_all(), "bus publisher")
        self._tasks.every(BEAT, self._beat, "bus heartbeat")
        try:
            async with asyncio.timeout(2 * PATIENCE):
                await self._up.wait()
        except TimeoutError:
            log.warning("Redis does not answer; rooms work on this node alone until it does")

    def publish(self, message: Broadcast, to: Collection[str] | None = None) -> None:
        for channel in [self._everyone] if to is None else [self._channel(node) for node in to]:
            try:
                self._waiting.put_nowait((channel, self._sealed(message, channel)))
            except asyncio.QueueFull:
                self._counters.bus_lost += 1

    async def stop(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL if self.up else 0):
                await self._waiting.join()
        await self._tasks.stop()
        await self._redis.aclose()
        self._up.clear()

    # ---- out

    async def _publish_all(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._send(batch)
            except Trouble as trouble:
                self._counters.bus_lost += len(batch)
                log.warning("%d hints were not sent: %s", len(batch), type(trouble).__name__)
            for _ in batch:
                self._waiting.task_done()

    async def _send(self, batch: list[Waiting]) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for channel, message in batch:
                pipeline.publish(channel, message)
            async with asyncio.timeout(PATIENCE):
                await pipeline.execute()

    async def _beat(self) -> None:
        self.publish(Broadcast("beat", ""), to=[self._node])
        if self.up and time.monotonic() - self._beaten > DEAF:
            self._up.clear()

    def _sealed(self, message: Broadcast, channel: str) -> bytes:
        self._number += 1
        kind, room, body = message.kind, message.room, message.body
        envelope = Envelope(self._node, self._number, self._wall(), kind, room, body)
        return self._sealing.seal(orjson.dumps(envelope), channel)

    def _channel(self, node: str) -> str:
        return f"{self._prefix}node:{node}:bus"

    # ---- in

    async def _listen(self) -> None:
        while True:
            try:
                await self._subscribed()
            except Exception as trouble:  # whatever it was, the next second brings another try
                log.warning("the bus is deaf: %s", type(trouble).__name__)
            self._up.clear()
            await asyncio.sleep(PAUSE)

    async def _subscribed(self) -> None:
        """Hear until the line breaks or goes quiet."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(self._everyone, self._channel(self._node))
            self._beaten = time.monotonic()
            await self._beat()
            while time.monotonic() - self._beaten <= DEAF:
                message = await pubsub.get_message(timeout=PATIENCE / 2)
                if message is not None:
                    self._heard(message["channel"].decode(), message["data"])

    def _heard(self, channel: str, sealed: bytes) -> None:
        spoken = self._opened(channel, sealed)
        if spoken is None:
            self._counters.forged += 1
            log.warning("a message on %s is not one of ours", channel)
        elif spoken.kind == "beat":
            self._alive()
        elif spoken.sender != self._node:
            self._hear(Broadcast(spoken.kind, spoken.room, spoken.body))

    def _opened(self, channel: str, sealed: bytes) -> Envelope | None:
        """What a node of ours said on this channel, once and not long ago; None for anything else."""
        plain = self._sealing.open(sealed, channel)
        try:
            spoken = envelopes.validate_json(plain) if plain is not None else None
        except ValidationError:
            return None
        if spoken is None or abs(self._wall() - spoken.at) > FRESH:
            return None
        if spoken.number <= self._numbers.get(spoken.sender, 0):
            return None
        self._numbers[spoken.sender] = spoken.number
        if len(self._numbers) > SENDERS:
            del self._numbers[next(iter(self._numbers))]
        return spoken

    def _alive(self) -> None:
        self._beaten = time.monotonic()
        if not self.up:
            self._up.set()
            if self._was_up:
                self._recovered()
            self._was_up = True
