"""A longer list asks the store no more often than a short one."""

import asyncio
import re
from contextlib import contextmanager
from string import ascii_lowercase

import pytest
from sqlalchemy import event

from tests.benchmarks.lists import fill
from tests.journeys.house import open_house

PAGES = {
    "wangfang": ("/", "/consultations", "/consultations?tab=all", "/patients", "/notices", "/schedule"),
    "chenyu": ("/", "/centre", "/centre/rows", "/consultations?tab=all", "/notices"),
    "zhaomin": ("/", "/consultations?tab=all", "/schedule"),
    "guowei": ("/", "/people", "/directory", "/audit"),
}
FEW, MANY = 60, 240


@pytest.fixture
async def house(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url) as house:
        yield house


@contextmanager
def counted(engine):
    asked = []

    def note(connection, cursor, statement, *rest):
        if asyncio.current_task().get_name().startswith("Task-"):  # the house names what it does in the background
            asked.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def asked_for(house):
    """How many statements each page takes, by login and page; the second look, when all is warm."""
    counts = {}
    for login, pages in PAGES.items():
        visitor = await house.visitor(login)
        for page in pages:
            await visitor.get(page)
            with counted(house.database.engine) as asked:
                assert (await visitor.get(page)).status == 200
            counts[login, page] = asked
        if login != "guowei":
            initial = await an_initial(visitor)
            with counted(house.database.engine) as asked:
                assert "case-patient" in await visitor.post("/search", {"q": initial})
            counts[login, "/search"] = asked
    return counts


async def an_initial(visitor):
    """By which patients of the visitor's cases are found."""
    for letter in ascii_lowercase:
        if "case-patient" in await visitor.post("/search", {"q": letter}):
            return letter
    raise AssertionError("no patient is found")


async def test_pages_ask_as_often_for_many_as_for_few(house):
    await fill(house.database.engine, FEW)
    few = await asked_for(house)
    await fill(house.database.engine, MANY)
    many = await asked_for(house)
    more = {page: (len(few[page]), len(asked)) for page, asked in many.items() if len(asked) > len(few[page])}
    assert more == {}
    assert max(map(len, many.values())) < 40


async def test_what_belongs_to_the_page_is_given_without_asking_who_comes(house):
    visitor = await house.visitor("wangfang")
    files = re.findall(r'"(/static/[^"]+)"', (await visitor.get("/")).text)
    with counted(house.database.engine) as asked:
        assert [(await visitor.get(file)).status for file in files] == [200] * len(files)
    assert (asked, bool(files)) == ([], True)
