"""The store on Redis: what a cluster shares, held so that losing it costs a reconnection at most.

Values are sealed with the nodes' shared key, tickets kept under their hash: who can read or write
Redis can neither forge a grant nor use one. While Redis is away a node goes on by itself with a
`MemoryStore`; what it writes there is its own, and is written to Redis again by the next renewal.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from signaling import codec
from signaling.memory import MemoryStore
from signaling.ports import Boards, Grant, Seat

log = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = 1.0  # seconds for one question
AT_ONCE = 32  # questions under way; more wait their turn
PAUSE = 1.0  # seconds before Redis is asked again after a failure
SETTLING = 3.5  # seconds in which every living node has renewed its seats twice
BOARD = 60_000  # milliseconds a room's board outlives its last renewal
GENERATIONS = 86_400  # seconds; longer than any ticket lives

# A seat's value is "<epoch> <rev> <node> <sealed JSON>"; the scripts read the first three words.
# KEYS[1] board; ARGV who, epoch, rev, value, then for the claim `after` and the nodes' key prefix.
_CLAIM = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
  local epoch, node = string.match(held, '^(%d+) %d+ (%S+) ')
  local alive = redis.call('EXISTS', ARGV[6] .. node) == 1
  if alive and epoch ~= ARGV[5] then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return 1
"""
_UPDATE = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
  local epoch, rev = string.match(held, '^(%d+) (%d+) ')
  epoch, rev = tonumber(epoch), tonumber(rev)
  if epoch > tonumber(ARGV[2]) then return 0 end
  if epoch == tonumber(ARGV[2]) and rev >= tonumber(ARGV[3]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""
_RELEASE = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and tonumber(string.match(held, '^(%d+) ')) <= tonumber(ARGV[2]) then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
"""


def open_redis(url: str, *, connections: int) -> Redis:
    """A client that is quick to give up and whose callers queue for a connection: redis-py's usual pool
    raises when all are taken, and a thousand who join at once would look like a Redis that is down."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=PATIENCE,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


class RedisStore:
    """`url` of one Redis 6.2 or newer (or Valkey); `key` at least 16 bytes, the same on all nodes."""

    def __init__(
        self, url: str, key: bytes, *, prefix: str = "lz:", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = open_redis(url, connections=AT_ONCE)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._sealing = codec.Sealing(key)
        self._prefix = prefix
        self._monotonic = monotonic
        self._alone = MemoryStore(monotonic)
        self._again_at = 0.0
        self._mark: Any = None
        self._whole_at = 0.0

    # ---- tickets

    async def keep(self, ticket: str, grant: Grant, ttl: float) -> None:
        async def shared() -> None:
            generation = await self._generation(grant)
            plain = f"{generation} ".encode() + codec.grants.dump_json(grant)
            name = self._name("ticket", ticket)
            await self._redis.set(name, self._sealing.seal(plain, name), px=max(1, int(ttl * 1000)))

        await self._ask(shared, lambda: self._alone.keep(ticket, grant, ttl))

    async def redeem(self, ticket: str) -> Grant | None:
        async def shared() -> Grant | None:
            name = self._name("ticket", ticket)
            sealed = cast("bytes | None", await self._redis.getdel(name))
            plain = self._sealing.open(sealed, name) if sealed else None
            if plain is None:
                return None
            generation, _, grant_json = plain.partition(b" ")
            grant = codec.grants.validate_json(grant_json)
            return grant if generation.decode() == await self._generation(grant) else None

        alone = await self._alone.redeem(ticket)  # minted while Redis was away
        return alone or await self._ask(shared, self._nothing)

    async def revoke(self, *, person: str = "", participant: str = "") -> None:
        await self._alone.revoke(person=person, participant=participant)
        names = [self._name("person", person)] if person else []
        names += [self._name("participant", participant)] if participant else []

        async def shared() -> None:
            for name in names:
                await self._redis.incr(name)
                await self._redis.expire(name, GENERATIONS)

        await self._ask(shared, self._nothing)

    async def _generation(self, grant: Grant) -> str:
        """Tickets of an older generation than their person's or participant's are revoked."""
        names = [self._name("participant", grant.participant), self._name("person", grant.person or "")]
        found = cast("list[bytes | None]", await self._redis.mget(names))
        return ".".join((value or b"0").decode() for value in found)

    # ---- seats

    async def seat(self, room: str, who: str) -> Seat | None:
        async def shared() -> Seat | None:
            value = cast("bytes | None", await self._redis.hget(self._board(room), who))
            seats = self._seats(room, [value] if value else [])
            return next(iter((await self._living({room: seats}))[room]), None)

        return await self._ask(shared, lambda: self._alone.seat(room, who))

    async def claim(self, seat: Seat, after: int) -> bool:
        async def shared() -> bool:
            board, nodes = self._board(seat.grant.room), f"{self._prefix}node:"
            arguments = [*self._words(seat), after, nodes, BOARD]
            return bool(await self._run(_CLAIM, board, *arguments))

        return await self._ask(shared, lambda: self._alone.claim(seat, after))

    async def update(self, seat: Seat) -> None:
        async def shared() -> None:
            await self._run(_UPDATE, self._board(seat.grant.room), *self._words(seat), BOARD)

        await self._ask(shared, lambda: self._alone.update(seat))

    async def release(self, room: str, who: str, epoch: int) -> None:
        await self._alone.release(room, who, epoch)

        async def shared() -> None:
            await self._run(_RELEASE, self._board(room), who, epoch)

        await self._ask(shared, self._nothing)

    async def boards(self, rooms: Collection[str]) -> Boards:
        async def shared() -> Boards:
            boards = await self._living(await self._read_boards(list(rooms))) if rooms else {}
            return Boards(boards, whole=await self._remembers())

        async def alone() -> Boards:
            return Boards((await self._alone.boards(rooms)).seats, whole=False)

        return await self._ask(shared, alone)

    async def _remembers(self) -> bool:
        """Whether every living node has had the time to write its seats since Redis was last away
        or emptied; a mark that is no longer the one we know tells."""
        name = f"{self._prefix}memory"
        await self._redis.set(name, secrets.token_hex(8), nx=True)
        mark = await self._redis.get(name)
        if mark != self._mark:
            self._mark, self._whole_at = mark, self._monotonic() + SETTLING
        return self._monotonic() >= self._whole_at

    async def _read_boards(self, rooms: list[str]) -> dict[str, list[Seat]]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for room in rooms:
                pipeline.hvals(self._board(room))
            found = await pipeline.execute()
        return {room: self._seats(room, values) for room, values in zip(rooms, found, strict=True)}

    async def _living(self, boards: dict[str, list[Seat]]) -> dict[str, list[Seat]]:
        nodes = sorted({seat.node for board in boards.values() for seat in board})
        names = [f"{self._prefix}node:{node}" for node in nodes]
        found = await self._redis.mget(names) if names else []
        alive = {node for node, value in zip(nodes, found, strict=True) if value is not None}
        return {room: [seat for seat in board if seat.node in alive] for room, board in boards.items()}

    async def renew(self, node: str, seats: Iterable[Seat], ttl: float) -> None:
        mine = list(seats)
        await self._alone.renew(node, mine, ttl)

        async def shared() -> None:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.set(f"{self._prefix}node:{node}", 1, px=int(ttl * 1000))
                for seat in mine:
                    board = self._board(seat.grant.room)
                    pipeline.eval(_UPDATE, 1, board, *self._words(seat), BOARD)
                    pipeline.pexpire(board, BOARD)
                await pipeline.execute()

        await self._ask(shared, self._nothing)

    # ---- limits

    async def spend(self, key: str, limit: int, window: float) -> bool:
        async def shared() -> bool:
            name = self._name("spent", key)
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.set(name, 0, px=int(window * 1000), nx=True)
                pipeline.incr(name)
                _, spent = await pipeline.execute()
            return int(spent) <= limit

        return await self._ask(shared, lambda: self._alone.spend(key, limit, window))

    async def close(self) -> None:
        await self._redis.aclose()

    # ---- Redis, or alone

    async def _ask(self, shared: Callable[[], Awaitable[T]], alone: Callable[[], Awaitable[T]]) -> T:
        """Ask Redis; while it does not answer, spare everybody the wait and go on alone."""
        async with self._turn:  # a wait for our own others is no failure of Redis
            if self._monotonic() < self._again_at:
                return await alone()
            return await self._asked(shared, alone)

    async def _asked(self, shared: Callable[[], Awaitable[T]], alone: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(2 * PATIENCE):
                return await shared()
        except (RedisError, OSError, TimeoutError) as failure:
            log.warning("Redis does not answer: %s", type(failure).__name__)
            self._again_at = self._monotonic() + PAUSE
            self._mark = None
            return await alone()

    async def _nothing(self) -> Any:
        return None

    async def _run(self, script: str, name: str, *arguments: Any) -> Any:
        return await self._redis.eval(script, 1, name, *arguments)

    # ---- names and values

    def _board(self, room: str) -> str:
        return f"{self._prefix}seats:{room}"

    def _name(self, kind: str, secret: str) -> str:
        return f"{self._prefix}{kind}:{hashlib.sha256(secret.encode()).hexdigest()}"

    def _words(self, seat: Seat) -> tuple[str, int, int, bytes]:
        """What the scripts are handed about a seat: who, epoch, rev and the value."""
        sealed = self._sealing.seal(codec.seats.dump_json(seat), self._board(seat.grant.room))
        value = f"{seat.epoch} {seat.rev} {seat.node} ".encode() + sealed
        return seat.who, seat.epoch, seat.rev, value

    def _seats(self, room: str, values: Iterable[bytes]) -> list[Seat]:
        seats = (self._seat(room, value) for value in values)
        return [seat for seat in seats if seat is not None]

    def _seat(self, room: str, value: bytes) -> Seat | None:
        """A genuine seat, or None: what others wrote into our Redis is not worth more than a line."""
        sealed = value.split(b" ", 3)[-1]
        plain = self._sealing.open(sealed, self._board(room))
        try:
            return codec.seats.validate_json(plain) if plain is not None else None
        except ValidationError:
            log.warning("a seat on the board is of another version")
            return None
