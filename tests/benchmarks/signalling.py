"""Relaying between two browsers of a room, against a bare python-socketio relay, interleaved in one run.

    python -m tests.benchmarks.signalling       PAIRS=20 RATE=10 SECONDS=8 RUNS=3

Two-kilobyte candidates go from one participant to the other; CPU is that of the
serving processes: one, and two with Valkey between them and one of each pair on either.
"""

import asyncio
import os
import subprocess
import sys
import time

import socketio

from tests import stores
from tests.benchmarks.figures import cpu_seconds, figure, median, percentile
from tests.journeys.house import free_port

PAIRS = int(os.environ.get("PAIRS", "20"))
RATE = int(os.environ.get("RATE", "10"))
SECONDS = int(os.environ.get("SECONDS", "8"))
RUNS = int(os.environ.get("RUNS", "3"))
FILLING = "x" * 1800


def candidate():
    """One as large as a description, that says when it was sent."""
    return {"candidate": f"candidate:{time.perf_counter()} {FILLING}", "sdpMid": "0", "sdpMLineIndex": 0}


def since(told):
    """Milliseconds on the way."""
    sent = told["candidate"]["candidate"].removeprefix("candidate:").split(" ", 1)[0]
    return (time.perf_counter() - float(sent)) * 1000


QUIET = {"mic": False, "cam": False, "screen": False}


def start(kind, redis_url):
    """A server of its own that answers; its port and process."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.relays", kind, str(port), redis_url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()
    return port, process


async def connect(port, room, who):
    client = socketio.AsyncClient(reconnection=False)
    url = f"http://127.0.0.1:{port}"
    await client.connect(f"{url}?who={who}", transports=["websocket"], namespaces=["/room"], headers={"Origin": url})
    page = f"page-{who}-00000"
    ticket = f"ticket-{room}-{who}".ljust(24, "x")
    answer = await client.call(
        "join", {"ticket": ticket, "page": page, "last": 0, "media": QUIET}, namespace="/room", timeout=20
    )
    assert answer["ok"], answer
    return client, page


async def drive(servers):
    """Relay times in milliseconds, and CPU microseconds of all servers a message; a pair sits on the first and last."""
    times, pairs = [], []
    for number in range(PAIRS):
        left, _ = await connect(servers[0][0], f"room{number}", f"a{number}")
        right, page = await connect(servers[-1][0], f"room{number}", f"b{number}")
        right.on("signal", lambda told: times.append(since(told)), "/room")
        pairs.append((left, right, f"b{number}", page))
    await asyncio.sleep(0.5)  # each server knows of all seats
    before = sum(cpu_seconds(process.pid) for _, process in servers)
    await asyncio.gather(*(send(left, who, page) for left, _, who, page in pairs))
    await asyncio.sleep(0.5)
    spent = (sum(cpu_seconds(process.pid) for _, process in servers) - before) * 1e6 / max(1, len(times))
    for left, right, _, _ in pairs:
        await left.disconnect()
        await right.disconnect()
    return times, spent


async def send(client, who, page):
    for _ in range(RATE * SECONDS):
        body = {"to": who, "page": page, "candidate": candidate()}
        await client.emit("signal", body, namespace="/room")
        await asyncio.sleep(1 / RATE)


async def measure(case, count, redis_url=""):
    found = {"ours": [], "bare": []}
    for _ in range(RUNS):
        for kind, results in found.items():
            servers = [start(kind, redis_url) for _ in range(count)]
            try:
                results.append(await drive(servers))
            finally:
                for _, process in servers:
                    process.terminate()
                    process.wait()
    report(case, found)


def report(case, found):
    ours, bare = found["ours"], found["bare"]
    cpu, peer = [run[1] for run in ours], [run[1] for run in bare]
    more = {"against": "bare python-socketio", "runs": RUNS}
    figure(
        "signalling",
        case,
        "cpu_us_per_message",
        median(cpu),
        "us",
        ratio=round(median(cpu) / median(peer), 2),
        spread=[round(min(cpu), 1), round(max(cpu), 1)],
        goal=1.5,
        **more,
    )
    for name, share in (("relay_p50_ms", 0.5), ("relay_p99_ms", 0.99)):
        mine, theirs = (median([percentile(run[0], share) for run in runs]) for runs in (ours, bare))
        figure("signalling", case, name, mine, "ms", ratio=round(mine / theirs, 2), **more)
    sent = PAIRS * RATE * SECONDS
    figure("signalling", case, "delivered_percent", 100 * median([len(r[0]) for r in ours]) / sent, "%", **more)


if __name__ == "__main__":
    asyncio.run(measure("1-process", 1))
    run = stores.begin()
    asyncio.run(measure("2-process", 2, run.valkey("bench")))
    run.end()
