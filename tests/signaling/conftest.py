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


@pytest.fixture
async def nodes(house, redis_url):
    """Two servers of one house with a Valkey between them."""
    async with house.node(house.redis(redis_url)) as one, house.node(house.redis(redis_url)) as two:
        yield one, two
