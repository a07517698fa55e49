"""The store: one engine, and the edge at which every unit of work begins and ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from server.core import ids, sqlite
from server.core.access import Actor, Matrix
from server.core.clock import Clock
from server.core.crypto import Keyring
from server.core.together import Together
from server.core.unit import Announcement, Unit

BeforeCommit = Callable[[Unit], Awaitable[None]]
Deliver = Callable[[list[Announcement]], Awaitable[None]]


async def keep_quiet(announcements: list[Announcement]) -> None:
    """Delivers to nobody: no live connection exists (command line, tests of services)."""


class Database:
    """Opens units of work on SQLite or PostgreSQL.

    SQLite has one writer at a time: units that write queue for it in order here instead of polling a file lock, and
    begin with BEGIN IMMEDIATE, so that none fails half-way because another wrote meanwhile.
    """

    def __init__(self, url: str, *, clock: Clock, keys: Keyring, matrix: Matrix) -> None:
        self.clock, self.keys, self.matrix = clock, keys, matrix
        self.engine = make_engine(url)
        self.before_commit: list[BeforeCommit] = []
        self.deliver: Deliver = keep_quiet
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=True)
        self._writer = asyncio.Lock() if self.is_sqlite else None
        self._recorder = Together(self._record)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def unit(
        self, actor: Actor | None = None, *, writes: bool = True, address: str = "", request_id: str = ""
    ) -> AsyncIterator[Unit]:
        """One transaction: commits when the block ends, rolls all back when it raises, then tells the live pages."""
        async with AsyncExitStack() as stack:
            if writes and self._writer:
                await stack.enter_async_context(self._writer)
            session = await stack.enter_async_context(self._sessions())
            if writes and self.is_sqlite:
                await session.connection(execution_options={"immediate": True})
            unit = Unit(
                session=session,
                now=self.clock.now(),
                keys=self.keys,
                matrix=self.matrix,
                signed_in=actor,
                address=address,
                request_id=request_id or ids.new_id(),
            )
            yield unit
            if unit.undone:
                await session.rollback()
                unit.acts, unit.announcements = [act for act in unit.acts if act.stands], []
            elif writes:
                await self._seal(unit)
        if unit.acts and (unit.undone or not writes):
            await self._recorder.ask(unit)
        if unit.announcements:
            await self.deliver(unit.announcements)

    async def _seal(self, unit: Unit) -> None:
        await unit.session.flush()
        for act in self.before_commit:
            await act(unit)
        await unit.session.commit()

    async def _record(self, ended: Sequence[Unit]) -> Sequence[None]:
        """What a read-only unit saw is on record before anyone is shown it (decision 0003); so is what was refused."""
        async with self.unit() as unit:
            unit.ended = list(ended)
        return [None] * len(ended)

    async def close(self) -> None:
        await self.engine.dispose()


def make_engine(url: str) -> AsyncEngine:
    """Every connection it opens it keeps: in a crowd one more, opened and closed for each question, is what costs."""
    kept = {"max_overflow": 0, "pool_use_lifo": True, "hide_parameters": True}
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_size=30, pool_pre_ping=True, **kept)
    opener = partial(sqlite.connect, make_url(url).database or "")
    engine = create_async_engine(url, async_creator=opener, pool_size=24, **kept)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "secure_delete=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    opened: sqlite.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # never None here
    opened.begin_with("BEGIN IMMEDIATE" if immediate else "BEGIN")
