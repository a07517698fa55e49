"""The recorder's process: `python -m signaling.media.recorder.process <descriptor of the control socket>`.

To the house it is one more process of the forwarder, which serves nobody and takes every source of a recorded hall.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import secrets
import sys
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from signaling.media.forwarder.codecs import CODECS
from signaling.media.forwarder.passing import Import, Passing
from signaling.media.forwarder.publication import Clocks
from signaling.media.forwarder.source import Source
from signaling.media.forwarder.working import main
from signaling.media.ports import MediaRefusal
from signaling.media.recorder.frames import RECORDED
from signaling.media.recorder.take import Shelf, Take
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

ROUND = 0.05  # seconds


class Recording:
    """One hall."""

    def __init__(self, shelf: Shelf, passing: Passing, clocks: Clocks) -> None:
        self._shelf, self._passing, self._clocks = shelf, passing, clocks
        self._takes: dict[str, tuple[int, Take]] = {}

    def bring(self, handle: int, facts: Mapping[str, Any]) -> None:
        """A source, or one that takes the place of another of its name."""
        self.take_away(facts["id"], "changed" if self._carried(facts["id"]) else "lost")
        if facts["codec"] not in RECORDED:
            log.error("a source of %s is not recorded", facts["codec"])
            return
        imported = Import(handle)
        codec = CODECS[facts["codec"]]
        imported.source = Source(facts["id"], facts["who"], facts["role"], codec, facts["layers"], imported)
        self._takes[facts["id"]] = handle, Take(imported.source, self._shelf, self._clocks)
        self._passing.bring(imported)

    def _carried(self, source: str) -> bool:
        """Whether the process that passes it on is still there."""
        upstream = self._takes[source][1].source.upstream if source in self._takes else None
        return isinstance(upstream, Import) and upstream.link is not None

    def take_away(self, source: str, why: str = "left") -> None:
        if source in self._takes:
            handle, take = self._takes.pop(source)
            self._passing.take_away(handle)
            take.close(why)
            for _, other in self._takes.values():  # what is seen instead should be seen at once
                other.key_frame_soon()

    def round(self, now: float) -> None:
        for _, take in self._takes.values():
            take.round(now)

    def close(self, why: str) -> None:
        for source in list(self._takes):
            self.take_away(source, why)

    def figures(self) -> dict[str, int]:
        return {
            source: sum(stream.packets for stream in take.source.streams) for source, (_, take) in self._takes.items()
        }


class Recorder:
    """A `working.Worker`."""

    def __init__(self, words: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        self._passing = Passing(Path(words["folder"]), words["name"])
        self._tasks, self._clocks = Tasks(), Clocks(time.time, time.monotonic)
        self._life, self._numbers = secrets.token_hex(8), count(1)
        self._halls: dict[str, Recording] = {}

    def open(self) -> None:
        self._passing.open()
        self._tasks.every(ROUND, self._round, "rounds")

    async def _round(self) -> None:
        now = time.monotonic()
        for recording in self._halls.values():
            recording.round(now)

    async def do(self, verb: str, hall: str, words: list[Any]) -> Any:
        if verb == "record":
            return self._record(hall, *words)
        if verb == "close":
            return self._close(hall)
        if verb == "process":
            used = resource.getrusage(resource.RUSAGE_SELF)
            return {"cpu_seconds": used.ru_utime + used.ru_stime}
        if hall not in self._halls:
            raise MediaRefusal("media.no_hall", hall)
        if verb == "bring":
            return self._halls[hall].bring(*words)
        if verb == "take_away":
            return self._halls[hall].take_away(*words)
        if verb == "figures":
            return {"recorded": self._halls[hall].figures()}
        raise MediaRefusal("media.unknown", verb)

    def _record(self, hall: str, folder: str, key: str) -> None:
        self._close(hall)
        shelf = Shelf(Path(folder), bytes.fromhex(key), self._life, self._numbers)
        self._halls[hall] = Recording(shelf, self._passing, self._clocks)

    def _close(self, hall: str, why: str = "left") -> None:
        if recording := self._halls.pop(hall, None):
            recording.close(why)
            gc.collect()  # takes are rings: left to the collector's own time, they tear the heap to pieces

    async def close(self) -> None:
        for hall in list(self._halls):  # nobody said that it is over: whoever wanted it recorded is gone
            self._close(hall, "lost")
        await self._tasks.stop()
        self._passing.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Recorder)
