"""The forwarder as the house sees it: halls over a process per core, a large one over several.

A hall's publishers are served by its first process. Watchers go there too until it is crowded; then to others,
which get the hall's streams passed on. A process that dies is started again, and whoever it served is told to
come back.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

from signaling.media.forwarder.child import Child
from signaling.media.forwarder.control import event_of
from signaling.media.forwarder.places import LISTENER, RECORDER, Connection, Place, Way
from signaling.media.forwarder.placing import CROWD, place
from signaling.media.ports import Lost, MediaEvent, MediaRefusal, Reel, SourceLeft, SpeechService
from signaling.tasks import Tasks

FORWARDING = "signaling.media.forwarder.process"
TAKERS = {RECORDER: "signaling.media.recorder.process", LISTENER: "signaling.media.listener.process"}
AGAIN = 0.5  # seconds before a process that died is started again


def own_addresses() -> list[str]:
    """This machine's IPv4 addresses but its loopback."""
    from aioice.ice import get_host_addresses

    return list(get_host_addresses(use_ipv4=True, use_ipv6=False))


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the forwarder stands. `addresses` are this machine's that browsers reach, or that `public` is
    translated to; `ports` are shared out among the processes, none means any. `crowd`: see placing. `speech` writes
    down what is said; without it nothing listens."""

    addresses: Sequence[str]
    ports: Sequence[int] = ()
    public: str = ""
    processes: int = field(default_factory=lambda: os.cpu_count() or 1)
    crowd: int = CROWD
    speech: SpeechService | None = None


class Spread:
    """Implements `signaling.media.ports.Forwarder`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._tasks, self._numbers, self._handles = Tasks(), count(), count(1)
        self._children: dict[int, Child] = {}
        self._names: dict[int, str] = {}
        self._halls: dict[str, Place] = {}
        self._events: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._takers_start = asyncio.Lock()

    # ---- processes

    async def start(self) -> None:
        """Raises MediaRefusal when the processes do not come up."""
        self._folder = tempfile.TemporaryDirectory(prefix="forwarder-")  # mode 0700
        await asyncio.gather(*(self._start(number) for number in range(self._ground.processes)))

    async def _start(self, number: int) -> None:
        child = Child(
            TAKERS.get(number, FORWARDING), lambda message: self._heard(number, message), lambda: self._died(number)
        )
        name = f"{number}-{next(self._numbers)}"
        assert self._folder is not None
        ports = list(self._ground.ports)[number :: self._ground.processes]
        folder = self._folder.name
        words = {"name": name, "addresses": list(self._ground.addresses), "ports": ports, "folder": folder}
        speech = asdict(self._ground.speech) if self._ground.speech and number == LISTENER else None
        await child.start(words | {"public": self._ground.public, "speech": speech})
        self._children[number], self._names[number] = child, name

    def _died(self, number: int) -> None:
        """Whoever it served must come back; the halls stand on with the others."""
        if dead := self._children.pop(number, None):
            self._tasks.start(dead.stop(), "forwarder process buried")
        for hall, there in self._halls.items():
            for (way, who), process in list(there.people.items()):
                if process == number:
                    del there.people[way, who]
                    self._events.put_nowait(Lost(hall, who, way))
            for source, (process, _) in list(there.sources.items()):
                if process == number:
                    self._source_left(there, source)
                    self._events.put_nowait(SourceLeft(hall, source))
            there.processes.discard(number)
            there.passed = {key: way for key, way in there.passed.items() if number not in (key[1], way[1])}
        self._tasks.start(self._restart(number), "forwarder process restarts")

    async def _restart(self, number: int) -> None:
        while number not in self._children:
            await asyncio.sleep(AGAIN)
            try:
                await self._start(number)
            except MediaRefusal:
                continue
        if number in TAKERS:
            for hall, there in list(self._halls.items()):
                await self._join(hall, there, number)

    async def stop(self) -> None:
        await self._tasks.stop()
        await asyncio.gather(*(child.stop() for child in self._children.values()))
        self._children.clear()
        if self._folder is not None:
            self._folder.cleanup()

    # ---- what they tell

    def _heard(self, number: int, message: dict[str, Any]) -> None:
        there = self._halls.get(message["hall"])
        if there is None:
            return
        if "facts" in message:
            facts = message["facts"]
            there.sources[facts["id"]] = (number, facts)
            self._tasks.start(self._pass_on(message["hall"], facts["id"]), "source passed on")
            return
        event = event_of(message)
        if isinstance(event, SourceLeft):
            self._source_left(there, event.source)
            self._tasks.start(self._take_away(event.hall, event.source), "source taken away")
        elif isinstance(event, Lost):
            self._lost(there, event)
        self._events.put_nowait(event)

    def _lost(self, there: Place, event: Lost) -> None:
        """Whoever is fetched is not gone, their line is: where they are recorded is a gap until they are back."""
        there.vacant.add((event.way, event.who))
        self._tasks.start(self._vacate(event.hall, there, (event.way, event.who)), "place vacated")
        if event.way == "publish" and event.who in there.fetched:
            for source in there.recorded(event.who):
                self._tasks.start(self._cut_off(event.hall, source), "recording cut off")

    async def _cut_off(self, hall: str, source: str) -> None:
        if recorder := self._children.get(RECORDER):
            await recorder.ask("take_away", hall, source, "lost")

    def _source_left(self, there: Place, source: str) -> None:
        there.sources.pop(source, None)

    async def events(self) -> AsyncIterator[MediaEvent]:
        while True:
            yield await self._events.get()

    # ---- between processes

    async def _pass_on(self, hall: str, source: str) -> None:
        """To every process of the hall but its own; a source that was replaced, anew."""
        there = self._halls.get(hall)
        if there is None:
            return
        async with there.lock:
            for process in list(there.processes):
                await self._pass(hall, there, source, process)

    async def _pass(self, hall: str, there: Place, source: str, to: int) -> None:
        begins, facts = there.sources.get(source, (to, {}))
        if begins == to or to not in self._children or begins not in self._children:
            return
        if to == LISTENER and facts["codec"] != "opus":
            return
        await self._withdraw(hall, there, source, to)
        handle = next(self._handles)
        there.passed[source, to] = handle, begins
        await self._children[to].ask("bring", hall, handle, facts)
        await self._children[begins].ask("export", hall, handle, source, self._names[to])

    async def _withdraw(self, hall: str, there: Place, source: str, to: int) -> None:
        passed = there.passed.pop((source, to), None)
        if passed is not None and passed[1] in self._children:
            handle, begins = passed
            with suppress(MediaRefusal):  # it has left the hall, and passes nothing on
                await self._children[begins].ask("withdraw", hall, handle)

    async def _vacate(self, hall: str, there: Place, connection: Connection) -> None:
        """Nobody's place any more, unless they begin anew."""
        if connection in there.vacant and not there.beginning[connection]:
            there.vacant.discard(connection)
            if (process := there.people.pop(connection, None)) is not None:
                await self._leave(hall, process)

    async def _leave(self, hall: str, process: int) -> None:
        """A process that serves nobody of the hall any more gets no streams of it."""
        there = self._halls.get(hall)
        if there is None:
            return
        async with there.lock:
            if process in there.takers or process in there.people.values() or process not in there.processes:
                return
            there.processes.discard(process)
            for source, to in list(there.passed):
                if to == process:
                    await self._withdraw(hall, there, source, to)
            if process in self._children:
                await self._children[process].ask("close", hall)

    async def _take_away(self, hall: str, source: str) -> None:
        there = self._halls.get(hall)
        if there is None:
            return
        async with there.lock:
            for process in [to for name, to in there.passed if name == source]:
                await self._withdraw(hall, there, source, process)
                if process in self._children and source not in there.sources:
                    await self._children[process].ask("take_away", hall, source)

    # ---- verbs

    def _there(self, hall: str) -> Place:
        if there := self._halls.get(hall):
            return there
        raise MediaRefusal("media.no_hall", hall)

    async def open(self, hall: str) -> None:
        self._halls.setdefault(hall, Place())

    async def close(self, hall: str) -> None:
        if there := self._halls.pop(hall, None):
            async with there.lock:
                for process in there.processes & self._children.keys():
                    await self._children[process].ask("close", hall)

    def _loads(self) -> dict[int, int]:
        loads = dict.fromkeys(self._children.keys() - TAKERS.keys(), 0)
        for there in self._halls.values():
            for process in there.people.values():
                loads[process] += process in loads
        return loads

    async def _serve(self, hall: str, way: Way, who: str) -> Child:
        """The process for this connection; the one it has, if it has one."""
        there = self._there(hall)
        async with there.lock:
            known = there.people.get((way, who))
            if known in self._children:
                return self._children[known]
            process = self._choose(there, way)
            if process not in there.processes:
                await self._children[process].ask("open", hall)
                there.processes.add(process)
                for source in list(there.sources):
                    await self._pass(hall, there, source, process)
            there.people[way, who] = process
            there.vacant.add((way, who))
            return self._children[process]

    # ---- recording, listening

    async def record(self, hall: str, reel: Reel) -> None:
        await self._take_up(hall, RECORDER, "record", reel.folder, reel.key.hex())

    async def cease(self, hall: str) -> None:
        await self._lay_down(hall, RECORDER)

    async def listen(self, hall: str) -> None:
        if self._ground.speech is None:
            raise MediaRefusal("media.unavailable", "this site has no speech model")
        await self._take_up(hall, LISTENER, "listen")

    async def unlisten(self, hall: str) -> None:
        await self._lay_down(hall, LISTENER)

    async def _take_up(self, hall: str, taker: int, *words: Any) -> None:
        there = self._there(hall)
        there.takers[taker] = words
        async with self._takers_start:
            if taker not in self._children:
                await self._start(taker)
        await self._join(hall, there, taker)

    async def _lay_down(self, hall: str, taker: int) -> None:
        self._there(hall).takers.pop(taker, None)
        await self._leave(hall, taker)

    async def _join(self, hall: str, there: Place, taker: int) -> None:
        """It joins the hall's processes, and gets its sources like any other."""
        async with there.lock:
            if taker not in there.takers:
                return
            if taker not in self._children:
                raise MediaRefusal("media.unavailable", "that process is not there")
            verb, *words = there.takers[taker]
            await self._children[taker].ask(verb, hall, *words)
            there.processes.add(taker)
            for source in list(there.sources):
                await self._pass(hall, there, source, taker)

    # ---- who serves whom

    def _choose(self, there: Place, way: Way) -> int:
        """Publishers gather in one process as long as it lives, so that most streams are passed on but once."""
        loads = self._loads()
        if not loads:
            raise MediaRefusal("media.unavailable", "no forwarder process is there")
        homes = {process for (kind, _), process in there.people.items() if kind == "publish"} or there.processes
        if way == "publish" and (living := homes & loads.keys()):
            return min(living)
        return place(loads, there.processes, self._ground.crowd)

    def _serving(self, hall: str, way: Way, who: str) -> Child:
        process = self._there(hall).people.get((way, who))
        if process is None or process not in self._children:
            raise MediaRefusal("media.not_watching", who)
        return self._children[process]

    async def _begin(self, hall: str, way: Way, who: str, *words: Any) -> Any:
        """A connection that is refused takes nobody's place."""
        there, child = self._there(hall), await self._serve(hall, way, who)
        try:
            with there.begins((way, who)):
                answer = await child.ask(way, hall, who, *words)
        except MediaRefusal:
            await self._vacate(hall, there, (way, who))
            raise
        there.vacant.discard((way, who))
        return answer

    async def publish(self, hall: str, who: str, sdp: str, roles: Mapping[str, str]) -> str:
        answer: str = await self._begin(hall, "publish", who, sdp, dict(roles))
        return answer

    async def fetch(self, hall: str, who: str, sdp: str, roles: Mapping[str, str]) -> str:
        """As `publish`, of what another forwarder carries: we go to where the offer says, so never with a page's."""
        self._there(hall).fetched.add(who)
        answer: str = await self._begin(hall, "publish", who, sdp, dict(roles), True)
        return answer

    async def unpublish(self, hall: str, who: str) -> None:
        await self._end(hall, "publish", who, "unpublish")

    async def break_off(self, hall: str, who: str) -> None:
        """What was fetched of them is cut off: unpublished, and a gap where it is recorded."""
        there = self._there(hall)
        async with there.lock:
            own = [source for source, (_, facts) in there.sources.items() if facts["who"] == who]
            for source in own:
                there.sources.pop(source, None)  # it may have left meanwhile
                if (source, RECORDER) in there.passed:
                    await self._cut_off(hall, source)
                await self._withdraw(hall, there, source, RECORDER)
        await self.unpublish(hall, who)

    async def watch(self, hall: str, who: str, views: Mapping[str, str] | None = None) -> None:
        await self._begin(hall, "watch", who, views)

    async def arrange(self, hall: str, who: str, views: Mapping[str, str] | None) -> None:
        await self._serving(hall, "watch", who).ask("arrange", hall, who, views)

    async def answer(self, hall: str, who: str, number: int, sdp: str) -> None:
        await self._serving(hall, "watch", who).ask("answer", hall, who, number, sdp)

    async def limit(self, hall: str, who: str, view: str, layer: int | None) -> None:
        await self._serving(hall, "watch", who).ask("limit", hall, who, view, layer)

    async def unwatch(self, hall: str, who: str) -> None:
        await self._end(hall, "watch", who, "unwatch")

    async def _end(self, hall: str, way: Way, who: str, verb: str) -> None:
        process = self._there(hall).people.pop((way, who), None)
        if process is not None and process in self._children:
            await self._children[process].ask(verb, hall, who)
            await self._leave(hall, process)

    async def figures(self, hall: str) -> Mapping[str, Any]:
        there = self._there(hall)
        return {
            str(process): await self._children[process].ask("figures", hall)
            | {"process": await self._children[process].ask("process", hall), "pid": self._pid(process)}
            for process in sorted(there.processes & self._children.keys())
        }

    def _pid(self, process: int) -> int:
        running = self._children[process].process
        return running.pid if running else 0
