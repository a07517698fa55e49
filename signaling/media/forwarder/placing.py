"""Which process serves whom: a hall stays in one as long as that one is not much fuller than another."""

from __future__ import annotations

from collections.abc import Collection, Mapping

CROWD = 40  # connections by which a process may be ahead of the emptiest before a hall spreads


def place(loads: Mapping[int, int], present: Collection[int], crowd: int = CROWD) -> int:
    """The process for one more connection. `loads` are the connections of each living process, `present` those
    that serve the hall already."""
    emptiest = min(loads, key=lambda process: (loads[process], process))
    serving = [process for process in present if process in loads]
    if not serving:
        return emptiest
    nearest = min(serving, key=lambda process: (loads[process], process))
    return nearest if loads[nearest] - loads[emptiest] < crowd else emptiest
