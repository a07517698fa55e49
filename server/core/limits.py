"""Rate limits: how many of one thing by one key in a window. In the process, or in Redis when several serve."""

import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from redis.exceptions import RedisError

from server.core.errors import TooMany


class Limiter(Protocol):
    async def count(self, key: str, *, limit: int, seconds: int) -> None:
        """Counts one. Raises TooMany when `limit` within `seconds` is passed."""

    async def forget(self, key: str) -> None:
        """Starts the key anew."""


class MemoryLimiter:
    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, deque[float]] = {}

    async def count(self, key: str, *, limit: int, seconds: int) -> None:
        now = self._monotonic()
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        if len(seen) >= limit:
            raise TooMany(seconds=math.ceil(seen[0] + seconds - now))
        seen.append(now)
        if len(self._seen) > 20_000:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        self._seen = {key: seen for key, seen in self._seen.items() if seen and seen[-1] > now - 3600}

    async def forget(self, key: str) -> None:
        self._seen.pop(key, None)


class SharedLimiter:
    """Counts in Redis for all processes together; in this one alone while Redis does not answer."""

    def __init__(self, redis: Any, alone: Limiter) -> None:
        self._redis, self._alone = redis, alone

    async def count(self, key: str, *, limit: int, seconds: int) -> None:
        name = f"lz:limit:{key}"
        try:
            seen = int(await self._redis.incr(name))
            if seen == 1:
                await self._redis.expire(name, seconds)
            left = int(await self._redis.ttl(name)) if seen > limit else 0
        except RedisError:
            await self._alone.count(key, limit=limit, seconds=seconds)
            return
        if seen > limit:
            raise TooMany(seconds=max(left, 1))

    async def forget(self, key: str) -> None:
        await self._alone.forget(key)
        with suppress(RedisError):
            await self._redis.delete(f"lz:limit:{key}")
