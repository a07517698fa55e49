"""Alembic's entry: runs on the connection it is given."""

from typing import Literal

from alembic import context

from server.core.orm import UtcDateTime
from server.migrations.models import metadata

LOCK = 7_202_611_22  # any number, the same in every process


def render(kind: str, item: object, autogen: object) -> str | Literal[False]:
    """Revisions name plain types, not classes of ours that may move."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=False,
    render_item=render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
