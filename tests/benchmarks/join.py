"""From the click on 进入 to the other's first picture, the whole room page loaded in between.

    python -m tests.benchmarks.join        RUNS=9

Real Chromium twice against the demo site in a process of its own; the other person is in the room already.
"""

import asyncio
import os
import re
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from server import demo
from tests.benchmarks.figures import cpu_seconds, figure, median
from tests.benchmarks.site import Client, running
from tests.browser.conftest import FLAGS

RUNS = int(os.environ.get("RUNS", "9"))
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


async def measure():
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            room = await the_room(site.url)
            waiting = await signed_in(browser, site.url, "zhaomin")
            await waiting.goto(room)
            joiner = await signed_in(browser, site.url, "wangfang")
            before, times = cpu_seconds(site.pid), []
            for _ in range(RUNS):
                await joiner.goto(room)
                times.append(await joiner.evaluate(FIRST_FRAME))
                await joiner.goto(f"{site.url}/")
            cpu = cpu_seconds(site.pid) - before
            await browser.close()
    spread = [round(min(times)), round(max(times))]
    figure("join", "loopback", "first_frame_ms", median(times), "ms", runs=RUNS, spread=spread, goal=500)
    figure("join", "loopback", "server_cpu_ms_per_join", 1000 * cpu / RUNS, "ms", runs=RUNS)


if __name__ == "__main__":
    asyncio.run(measure())
