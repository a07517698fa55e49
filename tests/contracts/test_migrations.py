"""The migrations lead to the tables that the models describe, on both stores, from nothing and twice."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from server.core.orm import Base
from server.migrations import upgrade
from tests.conftest import import_models


@pytest.fixture
def empty_url(stores, request, tmp_path):
    if stores == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}"
    return request.getfixturevalue("empty_postgres_url")


async def differences(url):
    import_models()
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), Base.metadata)
        )
    await engine.dispose()
    return found


async def test_they_make_exactly_the_tables_of_the_models(empty_url):
    await upgrade(empty_url)
    assert await differences(empty_url) == []


async def test_a_site_that_starts_again_is_left_as_it_is(empty_url):
    await upgrade(empty_url)
    await upgrade(empty_url)
    assert await differences(empty_url) == []
