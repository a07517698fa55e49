"""SQLite's connections, each with a thread of its own: a statement is one errand there instead of four.

By itself aiosqlite makes a cursor, asks, fetches and closes as errands of their own, each with a wait for the other
thread; what a page asks is many small questions, so that the errands cost more than the answers.
"""

import sqlite3
from collections.abc import Iterable
from functools import partial
from typing import Any, Self

import aiosqlite

PATIENCE = 30.0
"""Seconds a statement waits for another process that writes."""
KNOWN_STATEMENTS = 512
"""That each connection keeps prepared: more than the site has."""


class WholeAnswer(aiosqlite.Cursor):
    """Has every row as soon as it has asked; nothing is left open behind it."""

    _conn: "Connection"

    def __init__(self, connection: "Connection") -> None:
        super().__init__(connection, None)  # type: ignore[arg-type]  # made by the first statement, in its thread
        self._rows: list[Any] = []

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        await self._execute(self._ask, sql, parameters or ())  # type: ignore[no-untyped-call]
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        await self._execute(self._ask_many, sql, parameters)  # type: ignore[no-untyped-call]
        return self

    def _ask(self, sql: str, parameters: Iterable[Any]) -> None:
        self._cursor = self._conn.begun().execute(sql, parameters)  # type: ignore[arg-type]
        self._rows = self._cursor.fetchall()

    def _ask_many(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        self._cursor = self._conn.begun().executemany(sql, parameters)  # type: ignore[arg-type]

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open: SQLite ends a statement with its last row."""


class Connection(aiosqlite.Connection):
    """A transaction begins with the first statement in it, in one errand; one in which nothing is said is none."""

    _begins_with = ""

    def cursor(self) -> WholeAnswer:  # type: ignore[override]
        return WholeAnswer(self)

    def begin_with(self, sql: str) -> None:
        self._begins_with = sql

    def begun(self) -> sqlite3.Connection:
        """In the connection's thread. Raises sqlite3.OperationalError while another process writes too long."""
        if self._begins_with:
            self._conn.execute(self._begins_with)
            self._begins_with = ""
        return self._conn

    async def commit(self) -> None:
        if not self._has_only_begun():
            await super().commit()

    async def rollback(self) -> None:
        if not self._has_only_begun():
            await super().rollback()

    def _has_only_begun(self) -> bool:
        begins, self._begins_with = self._begins_with, ""
        return bool(begins)


async def connect(path: str) -> Connection:
    """An open connection; its thread ends with the process, whether it was closed or not."""
    opener = partial(sqlite3.connect, path, timeout=PATIENCE, cached_statements=KNOWN_STATEMENTS)
    connection = Connection(opener, iter_chunk_size=64)
    connection._thread.daemon = True
    await connection
    return connection
