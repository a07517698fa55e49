"""How much of a national peak two cores hold: 510,702 consultations on the busiest day of the largest service.

    python -m tests.benchmarks.national_peak       SECONDS=30 CLIENTS=8

One consultation is counted as sixteen requests on the way from asking to deciding. They are measured by what an asking
doctor does most, five pages read for every four drafts saved; sending, placing, accepting and signing, which cost more
and come once each, are not among them, so the share is bounded from above. Clients ask as fast as they are answered;
the share follows from the rate at which p95 stays under half a second, spread over a ten-hour day.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from tests.benchmarks.figures import cpu_seconds, figure, percentile, stopwatch
from tests.benchmarks.site import Client, running

SECONDS = int(os.environ.get("SECONDS", "30"))
CLIENTS = int(os.environ.get("CLIENTS", "8"))
PEAK = 510_702
DAY = 10 * 3600
REQUESTS = 16
DOCTORS = ("wangfang", "liuqiang", "yangxue", "huangbo", "zhouting", "wugang", "xumei", "malin")


async def one_doctor(client, until, times):
    made = await client.post("/api/consultations", json={"complaint": "chest_pain"})
    path = made["id"]
    while time.perf_counter() < until:
        for step in steps(client, path):
            with stopwatch(times):
                await step()


def steps(client, id):
    """The mix of an asking doctor: five pages read for every four drafts saved."""
    draft = {"story": "活动后胸痛 2 周。", "question": "是否上转？", "diagnosis": "冠心病？", "pulse": 88}
    reads = ["/", f"/consultations/{id}/edit", "/consultations", f"/api/consultations/{id}", "/notices"]
    writes = [lambda: client.post(f"/api/consultations/{id}/draft", json=draft)] * 4
    read = [lambda path=path: client.get(path) for path in reads]
    return [read[0], writes[0], read[1], writes[1], read[2], writes[2], read[3], writes[3], read[4]]


async def measure():
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site:
            clients = [await Client(site.url).sign_in(DOCTORS[n % len(DOCTORS)]) for n in range(CLIENTS)]
            times, before, began = [], cpu_seconds(site.pid), time.perf_counter()
            await asyncio.gather(*(one_doctor(client, began + SECONDS, times) for client in clients))
            took, cpu = time.perf_counter() - began, cpu_seconds(site.pid) - before
            for client in clients:
                await client.close()
    rate, p95 = len(times) / took, percentile(times, 0.95)
    figure("national_peak", "2-core", "requests_per_s", rate, "1/s", clients=CLIENTS)
    figure("national_peak", "2-core", "p95_ms", p95, "ms", limit=500)
    figure("national_peak", "2-core", "cpu_ms_per_request", 1000 * cpu / len(times), "ms")
    figure("national_peak", "2-core", "cpu_ms_per_consultation", 1000 * cpu / len(times) * REQUESTS, "ms")
    share = rate / REQUESTS * DAY / PEAK
    gives_way = (
        "the one process's CPU" if cpu / took > 0.8 else "the write lock of SQLite, or the clients' share of the cores"
    )
    figure("national_peak", "2-core", "share_of_peak", share, "share", goal=1.0, gives_way=gives_way)


if __name__ == "__main__":
    asyncio.run(measure())
