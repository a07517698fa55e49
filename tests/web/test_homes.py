"""What each role finds on its first page: the rail leads where its rights reach."""

import re

from tests.journeys.house import open_house

READERS = {"panhong": "/consultations", "jiangbo": "/directory", "admin": "/directory", "yujie": "/directory"}
"""Who may read something but works on nothing, and where they read it."""
NOTHING_YET = "yaolan"


async def ways_of(visitor):
    """The home page, and where its rail leads."""
    page = await visitor.get("/")
    rail = re.search(r'<nav class="rail".*?</nav>', page.text, re.DOTALL)[0]
    return page, set(re.findall(r'href="(/[^"]*)"', rail))


async def test_a_rail_leads_where_the_role_may_read_and_every_way_opens(tmp_path):
    async with open_house(tmp_path / "data") as house:
        for login, way in READERS.items():
            visitor = await house.visitor(login)
            page, ways = await ways_of(visitor)
            assert way in ways, login
            assert {one: (await visitor.get(one)).status for one in ways} == dict.fromkeys(ways, 200), login
            assert "从左侧菜单进入您的工作" in page
        page, ways = await ways_of(await house.visitor(NOTHING_YET))
        assert (ways, "从左侧菜单" in page, "请联系机构管理员" in page) == ({"/"}, False, True)
