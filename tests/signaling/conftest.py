import pytest

from tests.signaling.house import House


@pytest.fixture
def house():
    return House()


@pytest.fixture
async def site(house):
    """One server with everything in its memory."""
    async with house.node() as site:
        yield site
