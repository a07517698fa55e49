"""The press: comes with the first sheet, is replaced when killed, and goes when there is nothing to do."""

import asyncio
import os
import signal
import sys

import psutil
import pytest

from server.documents.press import Press
from tests.browser.room.visitors import until

ORPHAN = """
import asyncio, os
from server.documents.press import Press
print(asyncio.run(Press().printed(os.getpid)), flush=True)
os._exit(0)
"""


@pytest.fixture
async def press():
    press = Press(rest_seconds=600)
    yield press
    press.rest()


async def test_sheets_are_made_in_one_other_process(press):
    first, second = await asyncio.gather(press.printed(os.getpid), press.printed(os.getpid))
    assert first == second != os.getpid()


async def test_what_goes_wrong_with_a_sheet_is_told_and_the_next_is_made(press):
    with pytest.raises(ZeroDivisionError):
        await press.printed(divmod, 1, 0)
    assert await press.printed(divmod, 7, 2) == (3, 1)


async def test_process_that_was_killed_is_replaced(press):
    os.kill(await press.printed(os.getpid), signal.SIGKILL)
    assert psutil.pid_exists(await press.printed(os.getpid))


async def test_with_nothing_to_do_it_goes_and_comes_again(press):
    idle = Press(rest_seconds=0)
    first = await idle.printed(os.getpid)
    await until(lambda: gone(first), bool)
    assert await idle.printed(os.getpid) != first


async def test_it_does_not_outlive_its_server():
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", ORPHAN, stdout=asyncio.subprocess.PIPE)
    said, _ = await server.communicate()
    await until(lambda: gone(int(said)), bool)


async def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
