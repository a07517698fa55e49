"""`make bench` runs all, `make bench NAME=lists` one; the last results are kept in RESULTS.md."""

import subprocess
import sys
from datetime import date
from pathlib import Path

NAMES = (
    "join",
    "back",
    "join_storm",
    "signalling",
    "lists",
    "booking_race",
    "national_peak",
    "leak",
    "hostile_files",
    "forwarder",
    "janus_failover",
    "recorder",
    "soak",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def machine():
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ": unknown")
    cores = sum(line.startswith("processor") for line in Path("/proc/cpuinfo").read_text().splitlines())
    return f"{cores} × {model.split(':', 1)[1].strip()}, Python {sys.version.split()[0]}"


def run(name):
    """The lines a benchmark printed."""
    process = subprocess.Popen([sys.executable, "-m", f"tests.benchmarks.{name}"], stdout=subprocess.PIPE, text=True)
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line.strip())
    if process.wait():
        sys.exit(f"{name} failed")
    return lines


def keep(name, lines):
    """Replaces the section of `name`, keeps the others."""
    old = RESULTS.read_text() if RESULTS.exists() else "# Results of `make bench`\n"
    head, *sections = old.split("\n## ")
    kept = {section.split("\n", 1)[0]: section for section in sections}
    kept[name] = f"{name}\n\n{date.today()}, {machine()}\n\n```json\n" + "\n".join(lines) + "\n```\n"  # noqa: DTZ011
    RESULTS.write_text("\n## ".join([head, *(kept[one].rstrip() + "\n" for one in NAMES if one in kept)]))


for wanted in sys.argv[1:] or NAMES:
    keep(wanted, [line for line in run(wanted) if line.startswith("{")])
