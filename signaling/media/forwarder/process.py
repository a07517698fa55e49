"""One forwarder process: `python -m signaling.media.forwarder.process <descriptor of the control socket>`.

It serves what the house asks over that socket, one request after the other, and ends with it.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from signaling.media.forwarder import control
from signaling.media.forwarder.codecs import CODECS
from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.hall import Hall
from signaling.media.forwarder.pace import Pace
from signaling.media.forwarder.passing import Import, Passing
from signaling.media.forwarder.publication import Clocks
from signaling.media.forwarder.source import Source
from signaling.media.forwarder.working import main
from signaling.media.ports import MediaEvent, MediaRefusal
from signaling.tasks import Tasks

ROUND = 0.02  # seconds
HALL_VERBS = ("publish", "unpublish", "watch", "arrange", "answer", "limit", "unwatch")


class Forwarding:
    """A `working.Worker`."""

    def __init__(self, words: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        self._writer, self._tasks = writer, Tasks()
        self._gate = Gate(words["addresses"], words["ports"], words["public"])
        self._passing = Passing(Path(words["folder"]), words["name"])
        self._halls: dict[str, Hall] = {}
        self._imports: dict[tuple[str, str], int] = {}
        self._clocks = Clocks(time.time, time.monotonic)
        self._pace = Pace(self._tasks)

    def open(self) -> None:
        self._gate.open()
        self._passing.open()
        self._tasks.every(ROUND, self._round, "rounds")

    async def _round(self) -> None:
        now = time.monotonic()
        for hall in list(self._halls.values()):
            hall.round(now)

    # ---- requests

    async def do(self, verb: str, hall: str, words: list[Any]) -> Any:
        if verb == "open":
            return self._open(hall)
        if verb == "close":
            return await self._close(hall)
        if verb == "process":
            return self._process_figures()
        known = self._halls.get(hall)
        if known is None:
            raise MediaRefusal("media.no_hall", hall)
        if verb in HALL_VERBS:
            return await getattr(known, verb)(*words)
        return self._between(verb, known, words)

    def _open(self, hall: str) -> None:
        if hall not in self._halls:
            self._halls[hall] = Hall(
                hall,
                self._gate,
                self._tasks,
                self._clocks,
                self._tell,
                added=lambda source: self._added(hall, source),
                pace=self._pace,
            )

    async def _close(self, hall: str) -> None:
        if known := self._halls.pop(hall, None):
            await known.close()
            for name, source in [key for key in self._imports if key[0] == hall]:
                self._passing.take_away(self._imports.pop((name, source)))
            gc.collect()  # connections are rings: left to the collector's own time, they tear the heap to pieces

    def _between(self, verb: str, hall: Hall, words: list[Any]) -> Any:
        """What concerns the other processes of a hall."""
        if verb == "export":
            handle, source, to = words
            if source in hall.sources:
                self._passing.export(handle, hall.sources[source], to)
            return None
        if verb == "withdraw":
            return self._passing.withdraw(words[0])
        if verb == "bring":
            return self._bring(hall, *words)
        if verb == "take_away":
            return self._take_away(hall, words[0])
        if verb == "figures":
            return hall.figures()
        raise MediaRefusal("media.unknown", verb)

    def _bring(self, hall: Hall, handle: int, facts: Mapping[str, Any]) -> None:
        self._take_away_handle(hall.name, facts["id"])
        imported = Import(handle)
        codec = CODECS[facts["codec"]]
        imported.source = Source(facts["id"], facts["who"], facts["role"], codec, facts["layers"], imported)
        self._imports[hall.name, facts["id"]] = handle
        self._passing.bring(imported)
        hall.bring(imported.source)

    def _take_away(self, hall: Hall, source: str) -> None:
        self._take_away_handle(hall.name, source)
        hall.take_away(source)

    def _take_away_handle(self, hall: str, source: str) -> None:
        handle = self._imports.pop((hall, source), None)
        if handle is not None:
            self._passing.take_away(handle)

    def _process_figures(self) -> dict[str, Any]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        lanes = self._gate.lanes
        return {
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "strangers": sum(lane.strangers for lane in lanes),
            "overflowed": sum(lane.overflowed for lane in lanes),
        }

    # ---- what the house hears

    def _tell(self, event: MediaEvent) -> None:
        control.send(self._writer, control.event_words(event))

    def _added(self, hall: str, source: Source) -> None:
        facts = {"id": source.id, "who": source.who, "role": source.role, "codec": source.codec.name}
        control.send(self._writer, {"facts": facts | {"layers": list(source.layers)}, "hall": hall})

    async def close(self) -> None:
        for hall in list(self._halls):
            await self._close(hall)
        await self._tasks.stop()
        self._passing.close()
        self._gate.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Forwarding)
