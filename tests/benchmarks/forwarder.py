"""The embedded forwarder against Janus and MediaRelay, interleaved in one run.

    python -m tests.benchmarks.forwarder
    CASES=1x20,1x100,1x300,12x20 SECONDS=5 RUNS=3 PROCESSES=2 PEERS=janus,mediarelay

A case is rooms × watchers of one Mbit/s of picture and voice (170 packets a second). CPU is that of the engine's
processes by the operating system's accounting, over the packets its watchers received. All use the same address,
so that no engine has a shorter way; Janus passes over loopback, so the machine needs another.
"""

import asyncio
import os
from pathlib import Path

import aioice.ice

from tests.benchmarks.figures import cpu_seconds, figure, median, percentile, resident_mb
from tests.benchmarks.forwarder_engines import ENGINES, JANUS
from tests.benchmarks.forwarder_load import Played, Publisher, Watcher, connected

CASES = os.environ.get("CASES", "1x20,1x100,1x300,12x20").split(",")
SECONDS = float(os.environ.get("SECONDS", "5"))
RUNS = int(os.environ.get("RUNS", "3"))
PROCESSES = int(os.environ.get("PROCESSES", "2"))
PEERS = os.environ.get("PEERS", "janus,mediarelay").split(",")
LISTENERS = 4  # of each room, at most 12 in all
BUDGET = 0.6  # of a core that may be planned with
RELAYED = 20  # watchers that MediaRelay is measured with: with more it only drops pictures


async def measured(engine, address, rooms, watchers):
    """One run: CPU µs a packet, delays, what came through, kB a watcher."""
    running = ENGINES[engine](address, PROCESSES)
    await running.start()
    people = []
    try:
        publishers = [Played() if engine == "mediarelay" else Publisher() for _ in range(rooms)]
        people += publishers
        for room, publisher in enumerate(publishers):
            await running.publish(room, publisher)
            await connected(publisher.pc)
        before = sum(map(resident_mb, running.pids))
        listeners = await audience(running, rooms, watchers, people)
        held = (sum(map(resident_mb, running.pids)) - before) * 1000 / (rooms * watchers)
        for publisher in publishers:
            publisher.start()
        return await observed(running, publishers, listeners, rooms * watchers) | {"kb": held}
    finally:
        await asyncio.gather(*(person.close() for person in people))
        await running.stop()


async def audience(running, rooms, watchers, people):
    """Everybody connected; the listening ones."""
    some = min(LISTENERS, max(1, 12 // rooms), watchers)
    gate, made = asyncio.Semaphore(8), []

    async def enter(room, watcher):
        async with gate:
            await running.watch(room, watcher)
            await watcher.settle()

    for room in range(rooms):
        for number in range(watchers):
            # spread over the hall: the first and the last are served by different processes
            made.append((room, Watcher(listens=number * some // watchers != (number - 1) * some // watchers)))
    people += [watcher for _, watcher in made]
    await asyncio.gather(*(enter(room, watcher) for room, watcher in made))
    return [watcher for _, watcher in made if watcher.listens]


def waited():
    """Seconds for which something on this machine waited for a core: delays say little when it is much."""
    return int(Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]) / 1e6


async def observed(running, publishers, listeners, watchers):
    await asyncio.sleep(2)
    for listener in listeners:
        listener.delays.clear()
        listener.received = 0
    began = waited()
    sent, cpu, load = sum(one.sent for one in publishers), sum(map(cpu_seconds, running.pids)), cpu_seconds()
    await asyncio.sleep(SECONDS)
    cpu = sum(map(cpu_seconds, running.pids)) - cpu
    sent, load = sum(one.sent for one in publishers) - sent, cpu_seconds() - load
    received = sum(one.received for one in listeners) / len(listeners)
    delays = [delay for one in listeners for delay in one.delays]
    return {
        "cpu": cpu * 1e6 / max(1, received * watchers),
        "cores": cpu / SECONDS,
        "load": load / SECONDS,
        "pressure": (waited() - began) / SECONDS,
        "arrived": received * len(publishers) / max(1, sent),
        "p50": percentile(delays, 0.5) if delays else 0.0,
        "p99": percentile(delays, 0.99) if delays else 0.0,
        "rate": received / SECONDS,
    }


def report(case, ours, theirs, engine, more=None):
    """Ours beside a peer's, both of this run."""
    mine, other = [run["cpu"] for run in ours], [run["cpu"] for run in theirs]
    figure(
        "forwarder",
        f"{case}-{engine}",
        "cpu_us_per_packet",
        median(mine),
        "us",
        against=engine,
        ratio=round(median(mine) / median(other), 3),
        peer=round(median(other), 2),
        peer_kb=round(median([run["kb"] for run in theirs])),
        goal={"janus": 0.7, "mediarelay": 0.02}[engine],
        runs=len(mine),
        spread=[round(min(mine), 2), round(max(mine), 2)],
        **(more or {}),
    )


def alone(case, ours):
    per_core = [BUDGET * 1e6 / (run["rate"] * run["cpu"]) for run in ours]
    more = {"runs": len(ours), "processes": PROCESSES}
    figure("forwarder", case, "subscribers_per_core", median(per_core), "", of_core=BUDGET, **more)
    for share in ("p50", "p99"):
        goal = {"goal": 20} if (case, share) == ("1x300", "p99") else {}
        pressure = round(median([run["pressure"] for run in ours]), 2)
        value = median([run[share] for run in ours])
        figure("forwarder", case, f"delay_{share}_ms", value, "ms", cpu_pressure=pressure, **goal, **more)
    figure("forwarder", case, "arrived_percent", 100 * median([run["arrived"] for run in ours]), "%", **more)
    figure("forwarder", case, "cores_used", median([run["cores"] for run in ours]), "cores", **more)
    figure("forwarder", case, "cores_used_by_the_load", median([run["load"] for run in ours]), "cores", **more)
    figure("forwarder", case, "kb_per_subscriber", median([run["kb"] for run in ours]), "kB", **more)


async def main():
    addresses = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)
    if not addresses:
        raise SystemExit("no address but loopback: ip link add bench type dummy; ip addr add 10.77.0.1/24 dev bench")
    if not JANUS.exists():
        raise SystemExit("Janus is missing: apt-get install -y janus")
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: addresses[:1]
    relay = [await measured("mediarelay", addresses[0], 1, RELAYED)] if "mediarelay" in PEERS else []
    for case in CASES:
        rooms, watchers = map(int, case.split("x"))
        found = {"ours": []} | ({"janus": []} if "janus" in PEERS else {})
        for _ in range(RUNS):
            for engine, results in found.items():
                results.append(await measured(engine, addresses[0], rooms, watchers))
        alone(case, found["ours"])
        if "janus" in found:
            figures = {name: round(median([run[name] for run in found["janus"]]), 3) for name in ("p99", "arrived")}
            report(case, found["ours"], found["janus"], "janus", {f"peer_{name}": one for name, one in figures.items()})
        if relay:
            report(case, found["ours"], relay, "mediarelay", {"peer_case": f"1x{RELAYED}"})


if __name__ == "__main__":
    asyncio.run(main())
