"""The schema's history, applied by itself at every start."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

HERE = Path(__file__).parent


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


async def upgrade(url: str, to: str = "head") -> None:
    """Brings the store at `url` to the newest revision, or to the one named; several processes may try at once."""
    engine = create_async_engine(url, poolclass=NullPool)
    config = configuration()
    try:
        async with engine.connect() as connection:
            await connection.run_sync(lambda sync: _upgrade(config, sync, to))
            await connection.commit()
    finally:
        await engine.dispose()
    await asyncio.sleep(0)


def _upgrade(config: Config, connection: object, to: str) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, to)
