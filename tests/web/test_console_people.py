"""People from the console of the machine: for the first administrator, and for whoever is locked out."""

import asyncio
import os
import sys

import pytest

from server.demo import PASSWORD
from tests.journeys.house import open_house

FRESH = "柳暗花明又一村-2026"


@pytest.fixture
async def house(house_url, tmp_path):
    async with open_house(tmp_path / "data", database_url=house_url) as house:
        house.folder = tmp_path / "data"
        house.environment = os.environ | {"LIANZHEN_DATABASE_URL": house_url}
        yield house


async def lianzhen(house, *words, typed=""):
    """Status and what was said of a real `lianzhen user …` beside the running site."""
    command = [sys.executable, "-m", "server", "user", *words, "--data", str(house.folder)]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    process = await asyncio.create_subprocess_exec(*command, **pipes, env=house.environment)
    said, _ = await process.communicate(typed.encode())
    return process.returncode, said.decode()


async def can_sign_in(house, login, password):
    visitor = await house.visitor()
    await visitor.get("/sign-in")
    page = await visitor.post("/sign-in", {"login": login, "password": password})
    return "/sign-in" not in page.path and page.status == 200


async def test_everybody_is_listed_with_what_they_may(house):
    status, said = await lianzhen(house, "list")
    line = next(line for line in said.splitlines() if line.startswith("wangfang "))
    assert (status, line.split()) == (0, ["wangfang", "王芳", "active", "applicant"])


async def test_who_is_locked_out_gets_a_new_password_and_old_sessions_end(house):
    doctor = await house.visitor("wangfang")
    assert (await lianzhen(house, "reset", "wangfang", typed=f"{FRESH}\n{FRESH}\n"))[0] == 0
    assert "/sign-in" in (await doctor.get("/consultations")).path
    assert await can_sign_in(house, "wangfang", FRESH)
    assert not await can_sign_in(house, "wangfang", PASSWORD)


async def test_weak_password_and_unknown_login_are_refused_and_change_nothing(house):
    assert (await lianzhen(house, "reset", "wangfang", typed="12345\n12345\n"))[0] == 1
    status, said = await lianzhen(house, "reset", "nobody", typed=f"{FRESH}\n{FRESH}\n")
    assert status == 1
    assert said.splitlines()[-1] in ("没有这个登录名", "Nobody has this login")  # in the terminal's language
    assert await can_sign_in(house, "wangfang", PASSWORD)


async def test_suspended_person_is_out_until_resumed(house):
    doctor = await house.visitor("wangfang")
    assert (await lianzhen(house, "suspend", "wangfang", "--reason", "离岗"))[0] == 0
    assert "/sign-in" in (await doctor.get("/consultations")).path
    assert not await can_sign_in(house, "wangfang", PASSWORD)
    assert (await lianzhen(house, "suspend", "wangfang", "--reason", "离岗"))[0] == 1
    assert (await lianzhen(house, "resume", "wangfang"))[0] == 0
    assert await can_sign_in(house, "wangfang", PASSWORD)
