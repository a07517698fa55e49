"""What each role finds on its first page: the rail leads where its rights reach."""

import re
from datetime import UTC, datetime, timedelta

from server import upkeep
from server.core.clock import SetClock
from server.settings import Settings
from tests.journeys.house import open_house

READERS = {"panhong": "/consultations", "jiangbo": "/directory", "admin": "/directory", "yujie": "/directory"}
"""Who may read something but works on nothing, and where they read it."""
NOTHING_YET = "yaolan"


async def ways_of(visitor):
    """The home page, and where its rail leads."""
    page = await visitor.get("/")
    rail = re.search(r'<nav class="rail".*?</nav>', page.text, re.DOTALL)[0]
    return page, set(re.findall(r'href="(/[^"]*)"', rail))


async def test_a_rail_leads_where_the_role_may_read_and_every_way_opens(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url) as house:
        for login, way in READERS.items():
            visitor = await house.visitor(login)
            page, ways = await ways_of(visitor)
            assert way in ways, login
            assert {one: (await visitor.get(one)).status for one in ways} == dict.fromkeys(ways, 200), login
            assert "请联系机构管理员" not in page
        page, ways = await ways_of(await house.visitor(NOTHING_YET))
        assert (ways, "从菜单" in page, "请联系机构管理员" in page) == ({"/"}, False, True)


async def test_administrators_are_told_when_nobody_has_taken_a_backup_for_days(house_url, tmp_path):
    clock = SetClock(datetime(2026, 11, 23, 1, tzinfo=UTC))
    async with open_house(tmp_path / "data", database_url=house_url, clock=clock) as house:
        admin, other = await house.visitor("admin"), await house.visitor("lihua")
        assert "站点还没有备份过" in await admin.get("/")
        assert "没有备份" not in await other.get("/")
        settings = Settings(data=tmp_path / "data", database_url=house_url)
        await upkeep.back_up(settings, tmp_path / "kept", "correct horse battery staple")
        assert "备份按时。" in await admin.get("/")
        clock.at = datetime.now(UTC) + timedelta(days=5)
        await admin.sign_in("admin")
        assert "已 5 天没有备份" in await admin.get("/")
