"""From the click on 进入 to the other's first picture, the whole room page loaded in between.

    python -m tests.benchmarks join        RUNS=9  CASES=loopback,N2

Real Chromium twice against the demo site in a process of its own; the other person is in the room already, and the
joiner's browser has the site's scripts from the pages before. On N2 the joiner is behind a rural line of 2 Mbit/s,
50 ms each way and 1 % loss, page, signalling and media alike. What the server does for a join is its CPU from the
click until the case lies beside the picture, and without the page that is gone back to. Cameras give 20 pictures a
second, as Chromium's do by themselves.
"""

import asyncio
import os
import re
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import async_playwright

from server import demo
from tests.benchmarks.figures import cpu_seconds, figure, median
from tests.benchmarks.lines import FAR, line, within
from tests.benchmarks.site import Client, at_rest, running
from tests.browser.conftest import FLAGS

RUNS = int(os.environ.get("RUNS", "9"))
CASES = os.environ.get("CASES", "loopback,N2").split(",")
GOAL = {"loopback": {"goal": 500}}
CHROMIUM = "/usr/bin/chromium"
CAMERA = "--use-fake-device-for-media-stream"
FIRST_FRAME = """() => new Promise((done) => {
  const seen = () => performance.getEntriesByName("room-first-frame")[0];
  const look = () => (seen() ? done(seen().startTime) : setTimeout(look, 5));
  look();
})"""


async def signed_in(browser, url, login):
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", demo.PASSWORD)
    await page.click("button.door-submit")
    await page.wait_for_url(f"{url}/")
    return page


async def the_room(url):
    doctor = await Client(url).sign_in("wangfang")
    room = re.search(r"/rooms/[0-9a-f]{32}", await doctor.get("/"))[0]
    await doctor.close()
    return f"{url}{room}?now"


def flags(host, url):
    """Those of the tests, at the address of the case, whose cameras and microphones the browser is to allow there."""
    ours = [one for one in FLAGS if not one.startswith((CAMERA, "--host-resolver-rules"))]
    rules = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {host}"
    return [*ours, CAMERA, rules, f"--unsafely-treat-insecure-origin-as-secure={url}"]


async def measure(case, host="127.0.0.1", joiners=CHROMIUM):
    """`joiners`: the program of the browser that comes in."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = await stack.enter_async_context(running(folder / "data", host=host))
        playwright = await stack.enter_async_context(async_playwright())
        room, options = await the_room(site.url), {"args": flags(host, site.url)}
        here, there = [await playwright.chromium.launch(executable_path=one, **options) for one in (CHROMIUM, joiners)]
        waiting, joiner = await signed_in(here, site.url, "zhaomin"), await signed_in(there, site.url, "wangfang")
        await waiting.goto(room)
        await at_rest(site.pid)
        told = [await one_join(site, joiner, room) for _ in range(RUNS)]
        for browser in (here, there):
            await browser.close()
    times, cpu = zip(*told, strict=True)
    spread = [round(min(times)), round(max(times))]
    figure("join", case, "first_frame_ms", median(times), "ms", runs=RUNS, spread=spread, **GOAL.get(case, {}))
    figure("join", case, "server_cpu_ms_per_join", 1000 * sum(cpu) / RUNS, "ms", runs=RUNS)


async def one_join(site, joiner, room):
    """How long it took, in ms, and what the server did for it, in seconds."""
    await joiner.goto(f"{site.url}/")
    await at_rest(site.pid)
    before = cpu_seconds(site.pid)
    await joiner.goto(room)
    took = await joiner.evaluate(FIRST_FRAME)
    await joiner.wait_for_selector("#side-case[data-loaded=yes]")
    return took, cpu_seconds(site.pid) - before


async def over(case):
    """The same with the joiner at the other end of a line; the site's end is this program again, inside."""
    async with line(case) as (near, far):
        command = ("ip", "netns", "exec", far, sys.executable, "-m", "tests.benchmarks.join", case, near)
        process = await asyncio.create_subprocess_exec(*command)
        assert await process.wait() == 0


async def inside(case, near):
    with tempfile.TemporaryDirectory() as folder:
        await measure(case, FAR, within(near, Path(folder), CHROMIUM))


async def main():
    for case in CASES:
        await (measure(case) if case == "loopback" else over(case))


if __name__ == "__main__":
    asyncio.run(inside(*sys.argv[1:]) if len(sys.argv) > 1 else main())
