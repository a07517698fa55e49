"""What every test of the room asks for: the scripts as built, a house to meet in, a browser with a slow camera."""

import pytest
import pytest_asyncio

from tests.browser.conftest import launch
from tests.browser.room.visitors import build, house


@pytest.fixture(scope="session")
def room_static(tmp_path_factory):
    return build(tmp_path_factory.mktemp("room-static"))


@pytest_asyncio.fixture(loop_scope="session")
async def rooms(room_static, tmp_path):
    """The house, open, with a memory of its own."""
    async with house(room_static, tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(playwright, fonts):
    """Several people share the machine with their encoders: eight pictures a second are enough to be seen moving."""
    browser = await launch(playwright, fonts, "--use-fake-device-for-media-stream=device-count=3,fps=8")
    yield browser
    await browser.close()
