"""How soon both are back in the room: after a reload, and after the server was killed and started again.

    python -m tests.benchmarks.back        RUNS=9

Real Chromium twice against the demo site in a process of its own. A reload counts from its click to the seat taken;
a killed server from the kill, its own start included, to the moment the last of the two has their seat again.
`start_ms` is what of that the server needs until it answers.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from playwright.async_api import async_playwright

from tests.benchmarks.figures import figure, median, stopwatch
from tests.benchmarks.join import signed_in, the_room
from tests.benchmarks.site import running
from tests.browser.conftest import FLAGS

RUNS = int(os.environ.get("RUNS", "9"))
IN = "() => performance.getEntriesByName('room-in').length"
SEATED = "before => performance.getEntriesByName('room-in').length > before"


async def settled(pages):
    for page in pages:
        await page.wait_for_function(SEATED, arg=0)


async def reloaded(page, times):
    with stopwatch(times):
        await page.reload()
        await page.wait_for_function(SEATED, arg=0, polling=20)


async def killed(site, pages, times, starts):
    before = [await page.evaluate(IN) for page in pages]
    with stopwatch(times):
        site.process.kill()
        await site.process.wait()
        began = time.perf_counter()
        await site.start()
        starts.append((time.perf_counter() - began) * 1000)
        back = zip(pages, before, strict=True)
        await asyncio.gather(*(page.wait_for_function(SEATED, arg=count, polling=20) for page, count in back))


async def measure():
    reloads, kills, starts = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            room = await the_room(site.url)
            pages = [await signed_in(browser, site.url, login) for login in ("zhaomin", "wangfang")]
            for page in pages:
                await page.goto(room)
            await settled(pages)
            for _ in range(RUNS):
                await reloaded(pages[1], reloads)
                await killed(site, pages, kills, starts)
            await browser.close()
    for case, times in (("reload", reloads), ("killed-server", kills)):
        spread = [round(min(times)), round(max(times))]
        figure("back", case, "back_ms", median(times), "ms", runs=RUNS, spread=spread, limit=5000)
    figure("back", "killed-server", "start_ms", median(starts), "ms", runs=RUNS, limit=3000)


if __name__ == "__main__":
    asyncio.run(measure())
