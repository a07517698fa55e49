"""The school of 青山县 and two of its people, for the tests of teaching; the others open a site of their own."""

import pytest

from tests.web.teaching_site import open_school


@pytest.fixture
async def site(tmp_path, database_url, clock):
    async with open_school(tmp_path / "site", database_url, clock) as site:
        yield site


@pytest.fixture
async def teacher(site):
    return await site.signed_in("teacher")


@pytest.fixture
async def learner(site):
    return await site.signed_in("learner1")
