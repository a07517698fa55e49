"""Where each hall is, as the house knows it of its processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Way = Literal["publish", "watch"]
Connection = tuple[Way, str]  # and whose
RECORDER, LISTENER = -1, -2  # of those that serve nobody: the one takes every source, the other every voice


@dataclass(slots=True)
class Place:
    """Where a hall is: its processes, who is served by which, where each source begins; and which takers it has, with
    the words that begin their work. `beginning` counts what is asked for and not answered yet: what a process tells
    meanwhile is of the connection before. `vacant` are places kept for one that begins, with none before it, or none
    any more. `fetched` are people who come from another forwarder."""

    processes: set[int] = field(default_factory=set)
    people: dict[Connection, int] = field(default_factory=dict)
    beginning: Counter[Connection] = field(default_factory=Counter)
    vacant: set[Connection] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    sources: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    passed: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)  # (source, to) → (handle, from)
    takers: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @contextmanager
    def begins(self, connection: Connection) -> Iterator[None]:
        self.beginning[connection] += 1
        try:
            yield
        finally:
            self.beginning[connection] -= 1

    def recorded(self, who: str) -> list[str]:
        """Their sources that the recorder has."""
        own = (source for source, (_, facts) in self.sources.items() if facts["who"] == who)
        return [source for source in own if (source, RECORDER) in self.passed]
