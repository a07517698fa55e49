"""The listener's process: `python -m signaling.media.listener.process <descriptor of the control socket>`.

To the house it is one more process of the forwarder, which serves nobody and takes the voices of a hall that is
captioned. It yields the machine to those that carry the hall.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from signaling.media.forwarder import control
from signaling.media.forwarder.codecs import CODECS
from signaling.media.forwarder.passing import Import, Passing
from signaling.media.forwarder.publication import Clocks
from signaling.media.forwarder.source import Source
from signaling.media.forwarder.working import main
from signaling.media.listener.dictation import Dictation
from signaling.media.listener.service import SiteModel
from signaling.media.listener.voice import Voice
from signaling.media.ports import MediaEvent, MediaRefusal, SpeechService
from signaling.tasks import Tasks

ROUND = 0.1  # seconds
YIELDS = 10  # of 19: the captions may wait, the hall may not
MEMORY = 2 << 30  # bytes of address space; some 300 MiB are libraries


class Hearing:
    """One hall."""

    def __init__(self, dictation: Dictation, passing: Passing, clocks: Clocks, writing: asyncio.Task[None]) -> None:
        self._dictation, self._passing, self._clocks, self._writing = dictation, passing, clocks, writing
        self._voices: dict[str, tuple[int, Voice]] = {}

    def bring(self, handle: int, facts: Mapping[str, Any]) -> None:
        """A voice, or one that takes the place of another of its name."""
        self.take_away(facts["id"])
        imported, who = Import(handle), facts["who"]
        imported.source = Source(facts["id"], who, facts["role"], CODECS[facts["codec"]], facts["layers"], imported)
        voice = Voice(imported.source, self._clocks, partial(self._dictation.take, who))
        self._voices[facts["id"]] = handle, voice
        self._passing.bring(imported)

    def take_away(self, source: str) -> None:
        if source in self._voices:
            handle, voice = self._voices.pop(source)
            self._passing.take_away(handle)
            voice.close()

    def round(self, now: float) -> None:
        for _, voice in self._voices.values():
            voice.round(now)

    def close(self) -> None:
        for source in list(self._voices):
            self.take_away(source)
        self._writing.cancel()


class Listener:
    """A `working.Worker`."""

    def __init__(self, words: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        self._writer, self._tasks = writer, Tasks()
        self._passing = Passing(Path(words["folder"]), words["name"])
        self._clocks = Clocks(time.time, time.monotonic)
        self._speech = SiteModel(SpeechService(**words["speech"]))
        self._halls: dict[str, Hearing] = {}

    def open(self) -> None:
        os.nice(YIELDS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        self._passing.open()
        self._tasks.every(ROUND, self._round, "rounds")

    async def _round(self) -> None:
        now = time.monotonic()
        for hearing in self._halls.values():
            hearing.round(now)

    async def do(self, verb: str, hall: str, words: list[Any]) -> Any:
        if verb == "listen":
            return self._listen(hall)
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
            return self._halls[hall].take_away(words[0])
        if verb == "figures":
            return {}
        raise MediaRefusal("media.unknown", verb)

    def _listen(self, hall: str) -> None:
        self._close(hall)
        dictation = Dictation(hall, self._speech, self._tell)
        writing = self._tasks.start(dictation.run(), f"dictation of {hall}")
        self._halls[hall] = Hearing(dictation, self._passing, self._clocks, writing)

    def _close(self, hall: str) -> None:
        if hearing := self._halls.pop(hall, None):
            hearing.close()
            gc.collect()  # as in the recorder

    def _tell(self, event: MediaEvent) -> None:
        control.send(self._writer, control.event_words(event))

    async def close(self) -> None:
        for hall in list(self._halls):
            self._close(hall)
        await self._tasks.stop()
        await self._speech.close()
        self._passing.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Listener)
