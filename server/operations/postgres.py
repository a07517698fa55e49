"""PostgreSQL's tables to files and back, by its own COPY as text: no other program is needed, later versions read it.

The schema is not copied: the revision is, and the migrations of the program make it again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from server.core.errors import Refusal

SUFFIX = ".copy"
COLUMNS = ".columns"


class RowsThere(Refusal):
    code = "restore.rows_there"
    says = "数据库的表 %(table)s 里已有数据：请恢复到一个空的数据库"


async def copy_out(url: str, folder: Path) -> str:
    """All tables as they are at one moment, one file each, into `folder`; the revision of the schema.

    One transaction of REPEATABLE READ sees one moment, and keeps nobody waiting.
    """
    async with _connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        revision = str(await connection.fetchval("SELECT version_num FROM alembic_version"))
        for table, columns in (await _tables(connection)).items():
            (folder / f"{table}{COLUMNS}").write_text("\n".join(columns))
            await connection.copy_from_table(table, columns=columns, output=folder / f"{table}{SUFFIX}")
    return revision


async def copy_in(url: str, folder: Path) -> int:
    """The files of `copy_out` into the same schema, empty; how many tables. Raises RowsThere."""
    async with _connected(url) as connection, connection.transaction():
        wanted = [name for name in _in_order() if (folder / f"{name}{SUFFIX}").exists()]
        for table in wanted:
            if await connection.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table}")'):  # noqa: S608 - a name of ours
                raise RowsThere(table=table)
        for table in wanted:
            columns = (folder / f"{table}{COLUMNS}").read_text().split("\n")
            await connection.copy_to_table(table, columns=columns, source=folder / f"{table}{SUFFIX}")
        await _set_sequences(connection)
    return len(wanted)


async def _tables(connection: Any) -> dict[str, list[str]]:
    """The tables with their columns, but for the one that holds the revision."""
    rows = await connection.fetch(
        """
        SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
          AND table_name <> 'alembic_version'
        GROUP BY table_name ORDER BY table_name
        """
    )
    return {row["table_name"]: row["columns"] for row in rows}


def _in_order() -> Iterator[str]:
    """Tables before those that refer to them."""
    from server.migrations.models import metadata

    return (table.name for table in metadata.sorted_tables)


async def _set_sequences(connection: Any) -> None:
    """Numbers that the database gives out go on after the highest that is there."""
    owned = await connection.fetch(
        """
        SELECT c.relname AS table, a.attname AS column, pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS seq
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0
          AND NOT a.attisdropped AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
        """
    )
    for row in owned:
        highest = await connection.fetchval(f'SELECT max("{row["column"]}") FROM "{row["table"]}"')  # noqa: S608
        if highest is not None:
            await connection.execute("SELECT setval($1::regclass, $2)", row["seq"], highest)


class _connected:  # noqa: N801 - used as a function
    """A plain asyncpg connection to where an SQLAlchemy URL points."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def __aenter__(self) -> Any:
        import asyncpg  # type: ignore[import-untyped]

        self._connection = await asyncpg.connect(self._url)
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
