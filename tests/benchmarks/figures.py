"""How a benchmark speaks: one JSON object a line, and what it measures with."""

import json
import os
import statistics
import time
from contextlib import contextmanager
from pathlib import Path


def figure(bench, case, metric, value, unit, **more):
    """Prints one figure; `value` is ours, the median where there were several runs."""
    told = {"bench": bench, "case": case, "metric": metric, "value": round(value, 3), "unit": unit, **more}
    print(json.dumps(told, ensure_ascii=False), flush=True)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values):
    return statistics.median(values)


def cpu_seconds(pid="self"):
    """User and system time of a process, from the operating system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds_of_all(pid):
    """That of a process and its children, those that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    gone = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return cpu_seconds(pid) + gone + sum(cpu_seconds_of_all(child) for child in children_of(pid))


def children_of(pid):
    return [child for one in Path(f"/proc/{pid}/task").glob("*/children") for child in one.read_text().split()]


def resident_mb(pid="self"):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def descriptors(pid="self"):
    return len(os.listdir(f"/proc/{pid}/fd"))


@contextmanager
def stopwatch(into):
    """Appends the milliseconds the block took."""
    began = time.perf_counter()
    yield
    into.append((time.perf_counter() - began) * 1000)
