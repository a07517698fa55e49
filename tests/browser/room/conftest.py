"""What every test of the room asks for: the scripts as built, and a house to meet in."""

import pytest
import pytest_asyncio

from tests.browser.room.visitors import build, house


@pytest.fixture(scope="session")
def room_static(tmp_path_factory):
    return build(tmp_path_factory.mktemp("room-static"))


@pytest_asyncio.fixture(loop_scope="session")
async def rooms(room_static, tmp_path):
    """The house, open, with a memory of its own."""
    async with house(room_static, tmp_path) as made:
        yield made
