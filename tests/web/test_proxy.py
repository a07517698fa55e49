"""Behind a proxy of ours: its word is taken for who asks and how; without one, nobody's is."""

import pytest

from tests.journeys.house import open_house

FORWARDED = {"X-Forwarded-For": "198.51.100.9, 203.0.113.7", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize("believed", [True, False])
async def test_only_a_site_behind_a_proxy_believes_what_is_forwarded(house_url, tmp_path, believed):
    async with open_house(tmp_path / "data", database_url=house_url, behind_proxy=believed) as house:
        visitor = await house.visitor()
        page = await visitor.get("/sign-in", headers=FORWARDED)
        assert ("Secure" in page.headers["Set-Cookie"]) is believed


async def test_a_room_is_entered_through_the_proxy(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url, behind_proxy=True) as house:
        doctor = await house.visitor("wangfang")
        room = (await doctor.get("/")).link(r"/rooms/[0-9a-f]{32}[^\"]*").removesuffix("?now")
        assert (await doctor.enter(room))["state"] == "in"
