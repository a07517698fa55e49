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

    def __init__(self, connection: "Connection") -> None:
        super().__init__(connection, None)  # type: ignore[arg-type]  # made by the first statement, in its thread
        self._rows: list[Any] = []

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        await self._execute(self._ask, sql, parameters or ())  # type: ignore[no-untyped-call]
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        many = self._conn._conn.executemany
        self._cursor = await self._execute(many, sql, parameters)  # type: ignore[no-untyped-call]
        return self

    def _ask(self, sql: str, parameters: Iterable[Any]) -> None:
        self._cursor = self._conn._conn.execute(sql, parameters)  # type: ignore[arg-type]
        self._rows = self._cursor.fetchall()

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open: SQLite ends a statement with its last row."""


class Connection(aiosqlite.Connection):
    def cursor(self) -> WholeAnswer:  # type: ignore[override]
        return WholeAnswer(self)


async def connect(path: str) -> Connection:
    """An open connection; its thread ends with the process, whether it was closed or not."""
    opener = partial(sqlite3.connect, path, timeout=PATIENCE, cached_statements=KNOWN_STATEMENTS)
    connection = Connection(opener, iter_chunk_size=64)
    connection._thread.daemon = True
    await connection
    return connection
