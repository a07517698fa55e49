"""A child process is dead and its pipes closed when its block is left, whenever whoever waits for it is cut off."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from server.core.children import child_process, to_the_end

PIPES = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


def open_here():
    return len(list(Path("/proc/self/fd").iterdir()))


def children():
    """By their parent: the kernel's own list of children leaves some out while one of them ends (proc(5))."""
    found = set()
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = one.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == str(os.getpid()):
            found.add(one.parent.name)
    return found


async def sleeps():
    async with child_process(*SLEEPER, **PIPES) as child:
        await child.wait()


@pytest.mark.parametrize("again", [False, True])
async def test_cut_off_at_any_moment_no_child_and_no_pipe_is_left(again):
    async with child_process(sys.executable, "-c", "", **PIPES) as child:  # the loop's watcher is there
        await child.wait()
    pipes, known = open_here(), children()
    for steps in range(12):
        waiting = asyncio.create_task(sleeps())
        for _ in range(steps):
            await asyncio.sleep(0)
        waiting.cancel()
        if again:
            await asyncio.sleep(0)
            waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.sleep(0)  # a closed transport lets go in the loop's next round
        assert (open_here(), children() - known) == (pipes, set()), steps


async def test_what_a_child_says_is_heard_and_its_end_is_known():
    async with child_process(sys.executable, "-c", "print(input()); raise SystemExit(3)", **PIPES) as child:
        said, _ = await child.communicate(b"hello")
    assert (said, child.returncode) == (b"hello\n", 3)


async def test_work_once_begun_is_done_before_the_cut_is_felt():
    done = []

    async def work():
        await asyncio.sleep(0.01)
        done.append(True)

    waiting = asyncio.create_task(to_the_end(work()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert done == [True]
