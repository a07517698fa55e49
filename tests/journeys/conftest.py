"""The house most journeys over HTTP begin in; those that turn its clock or read its log have one of their own."""

import pytest

from tests.journeys.house import open_house


@pytest.fixture
async def house(house_url, tmp_path):
    """The whole application with its demo, on each store."""
    async with open_house(tmp_path / "data", database_url=house_url) as house:
        yield house
