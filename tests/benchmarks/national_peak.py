"""How much of a national peak two cores hold: 510,702 consultations on the busiest day of the largest service.

    python -m tests.benchmarks national_peak       SECONDS=20  TEAMS=2,4,7  ALONE=8

Whole consultations (consultation.py): a doctor, the centre and an expert, each signed in, click theirs over HTTP, take
their seats over sockets, and begin the next as soon as one is closed. The share follows from the most that were closed
in a second while p95 of what anybody waited for stayed under half a second, spread over a ten-hour day; server and
clients share the two cores. What each part costs the server is measured before, of one team that works alone.
"""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.consultation import STEPS, Diary, Team
from tests.benchmarks.figures import cpu_seconds_of_all, figure, percentile
from tests.benchmarks.site import at_rest, running

SECONDS = int(os.environ.get("SECONDS", "20"))
TEAMS = [int(number) for number in os.environ.get("TEAMS", "2,4,7").split(",")]
ALONE = int(os.environ.get("ALONE", "8"))
PEAK = 510_702
DAY = 10 * 3600
LIMIT = 500  # ms


@dataclass(frozen=True)
class Load:
    """What the site carried while so many teams worked."""

    teams: int
    closed: int
    seconds: float
    cpu: float
    diary: Diary

    @property
    def p95(self):
        return percentile(self.diary.waits, 0.95)

    @property
    def per_second(self):
        return self.closed / self.seconds

    @property
    def gives_way(self):
        busy = self.cpu / self.seconds
        return f"the server's CPU: {busy:.2f} of 2 cores, the clients have the rest" if busy > 0.8 else "waiting"


async def costs(site):
    """Part → CPU ms of the server, its children included, for one consultation of a team that works alone."""
    team = await Team.come(site.url, 0, Diary())
    await team.consult()  # the first has keys to make
    await at_rest(site.pid)
    spent = dict.fromkeys((step.__name__ for step in STEPS), 0.0)
    for _ in range(ALONE):
        for step in STEPS:
            before = cpu_seconds_of_all(site.pid)
            await step(team)
            spent[step.__name__] += cpu_seconds_of_all(site.pid) - before
    await team.go()
    return {name: 1000 * seconds / ALONE for name, seconds in spent.items()}


async def carry(site, teams):
    diary = Diary()
    all_of_them = [await Team.come(site.url, number, diary) for number in range(teams)]
    await asyncio.gather(*(team.consult() for team in all_of_them))  # an expert's first signature makes their key
    await at_rest(site.pid)
    diary.waits.clear()
    diary.requests = 0
    before, began = cpu_seconds_of_all(site.pid), time.perf_counter()
    closed = sum(await asyncio.gather(*(work(team, began + SECONDS) for team in all_of_them)))
    seconds, cpu = time.perf_counter() - began, cpu_seconds_of_all(site.pid) - before
    for team in all_of_them:
        await team.go()
    return Load(teams, closed, seconds, cpu, diary)


async def work(team, until):
    """How many consultations a team closed; the last one begun is brought to its end."""
    closed = 0
    while time.perf_counter() < until:
        await team.consult()
        closed += 1
    return closed


async def measure():
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as site:
            await at_rest(site.pid)
            bill = await costs(site)
            loads = [await carry(site, teams) for teams in TEAMS]
    tell_costs(bill)
    held = [load for load in loads if load.p95 <= LIMIT]
    tell(max(held or loads[:1], key=lambda load: load.per_second), bool(held))


def tell_costs(bill):
    whole = sum(bill.values())
    parts = {name: round(ms) for name, ms in bill.items()}
    figure("national_peak", "2-core", "cpu_ms_per_consultation", whole, "ms", parts=parts, runs=ALONE)
    figure("national_peak", "2-core", "share_of_signing", bill["sign"] / whole, "share")


def tell(load, held):
    requests = load.diary.requests
    per = round(requests / load.closed, 1)
    figure("national_peak", "2-core", "requests_per_s", requests / load.seconds, "1/s", requests_per_consultation=per)
    figure("national_peak", "2-core", "p95_ms", load.p95, "ms", limit=LIMIT, teams=load.teams)
    figure("national_peak", "2-core", "consultations_per_s", load.per_second, "1/s", closed=load.closed)
    share = load.per_second * DAY / PEAK if held else 0
    figure("national_peak", "2-core", "share_of_peak", share, "share", goal=1.0, gives_way=load.gives_way)


if __name__ == "__main__":
    asyncio.run(measure())
