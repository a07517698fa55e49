"""The halls of this node: from what pages say to the forwarder, and from what it tells to the pages.

The forwarder starts with the first hall that somebody publishes to or watches; without one nothing runs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from signaling.media.ports import (
    Forwarder,
    Listening,
    Lost,
    MediaEvent,
    MediaRefusal,
    Offered,
    Said,
    SourceCame,
    SourceLeft,
    Speaking,
)
from signaling.ports import Recordings
from signaling.refusals import MediaUnavailable, MediaUnreadable, NotWatching, Refusal, Unavailable
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

PATIENCE = 4.0  # seconds a page waits for the forwarder before being told to try again
HEARD = 0.5  # seconds between two words about who is heard
REFUSALS: dict[str, type[Refusal]] = {
    "media.unreadable": MediaUnreadable,
    "media.not_watching": NotWatching,
    "media.no_view": NotWatching,
}

Tell = Callable[[str, str | None, str, dict[str, Any]], None]
"""(hall, who, event, payload): to one participant of this node, or to all inside when `who` is None."""


@dataclass(slots=True)
class _Hall:
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)  # who publishes or watches
    levels: Mapping[str, int] = field(default_factory=dict)
    told_levels: bool = True
    filming: int = 0  # what is being recorded
    listening: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Halls:
    """`make` gives a forwarder that has not started; None where this site has none. `recordings` gives the reel of
    what is recorded."""

    def __init__(
        self, make: Callable[[], Forwarder] | None, tasks: Tasks, recordings: Recordings | None = None
    ) -> None:
        self._make, self._tasks, self._recordings = make, tasks, recordings
        self._forwarder: Forwarder | None = None
        self._starting = asyncio.Lock()
        self._halls: dict[str, _Hall] = {}
        self._films: dict[str, int] = {}  # by hall: the entry that began what is to be recorded
        self._captioned: set[str] = set()
        self._tell: Tell = lambda hall, who, event, payload: None
        self._not_recorded: Callable[[str, int], None] = lambda hall, number: None
        self._heard: Callable[[Said | Listening], None] = lambda event: None

    def serve(
        self, tell: Tell, not_recorded: Callable[[str, int], None], heard: Callable[[Said | Listening], None]
    ) -> None:
        """`not_recorded` hears of a recording that could not be made, `heard` of what is said in captioned halls."""
        self._tell, self._not_recorded, self._heard = tell, not_recorded, heard

    async def stop(self) -> None:
        if self._forwarder is not None:
            await self._forwarder.stop()
            self._forwarder = None

    @property
    def running(self) -> bool:
        return self._forwarder is not None

    async def ready(self) -> None:
        """The forwarder runs. Raises `MediaUnavailable`, `Unavailable` while it is starting still."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._running()
        except MediaRefusal as refusal:
            raise MediaUnavailable() from refusal
        except TimeoutError as late:
            raise Unavailable() from late

    # ---- what pages say; each raises a Refusal

    async def publish(self, hall: str, who: str, sdp: str, roles: Mapping[str, str]) -> str:
        async with self._refusing(), asyncio.timeout(PATIENCE):
            forwarder = await self._open(hall, who)
            return await forwarder.publish(hall, who, sdp, roles)

    async def watch(self, hall: str, who: str, views: Mapping[str, str] | None) -> list[dict[str, Any]]:
        """The sources there are; the offer comes by itself."""
        async with self._refusing(), asyncio.timeout(PATIENCE):
            forwarder = await self._open(hall, who)
            await forwarder.watch(hall, who, views)
        return self._sources(hall)

    async def ask(self, do: Callable[[Forwarder], Awaitable[None]]) -> None:
        """One of the other verbs."""
        if self._forwarder is None:
            raise NotWatching()
        async with self._refusing(), asyncio.timeout(PATIENCE):
            await do(self._forwarder)

    @asynccontextmanager
    async def _refusing(self) -> AsyncIterator[None]:
        try:
            yield
        except MediaRefusal as refusal:
            raise REFUSALS.get(refusal.code, MediaUnavailable)() from refusal
        except TimeoutError as late:
            raise MediaUnavailable() from late

    async def _open(self, hall: str, who: str) -> Forwarder:
        forwarder = await self._running()
        if hall not in self._halls:
            self._halls[hall] = _Hall()
            await forwarder.open(hall)
            self.film(hall, self._films.get(hall, 0))
            self.caption(hall, hall in self._captioned)
        self._halls[hall].people.add(who)
        return forwarder

    async def _running(self) -> Forwarder:
        """Started though whoever asks should not wait for it."""
        running: Forwarder = await asyncio.shield(self._tasks.start(self._started(), "forwarder starts"))
        return running

    async def _started(self) -> Forwarder:
        async with self._starting:
            if self._forwarder is None:
                if self._make is None:
                    raise MediaUnavailable()
                made = self._make()
                try:
                    await made.start()
                except BaseException:
                    await made.stop()
                    raise
                self._forwarder = made
                self._tasks.start(self._listen(made), "forwarder's events")
                self._tasks.every(HEARD, self._tell_levels, "who is heard")
            return self._forwarder

    # ---- what the room decides

    def gone(self, hall: str, who: str) -> None:
        """That page is gone for good: so are its connections."""
        known = self._halls.get(hall)
        if known is not None and who in known.people:
            known.people.discard(who)
            self._tasks.start(self._end(hall, who), "media ends")

    def silence(self, hall: str, who: str) -> None:
        """Off the stage: they watch on, and publish no more."""
        if hall in self._halls:
            self._tasks.start(self._quietly(lambda forwarder: forwarder.unpublish(hall, who)), "off the stage")

    def film(self, hall: str, number: int) -> None:
        """What is to be recorded from now on, whenever media flows there: the entry that began it, 0 for nothing."""
        if number:
            self._films[hall] = number
        else:
            self._films.pop(hall, None)
        if (known := self._halls.get(hall)) is not None:
            self._tasks.start(self._film(hall, known), "recording")

    async def _film(self, hall: str, known: _Hall) -> None:
        async with known.turn:
            number = self._films.get(hall, 0)
            if number == known.filming or self._halls.get(hall) is not known or self._forwarder is None:
                return
            try:
                await self._turn(self._forwarder, hall, number)
                known.filming = number
            except Exception as failure:
                log.error("hall %s cannot be recorded: %s", hall, failure)
                if number:
                    self._not_recorded(hall, number)

    async def _turn(self, forwarder: Forwarder, hall: str, number: int) -> None:
        if not number:
            await forwarder.cease(hall)
        elif self._recordings is None:
            raise MediaRefusal("media.unavailable", "this site records nothing")
        else:
            await forwarder.record(hall, await self._recordings.reel(hall, number))

    def caption(self, hall: str, on: bool) -> None:
        """Whether what is said there is written down from now on, whenever media flows."""
        (self._captioned.add if on else self._captioned.discard)(hall)
        if (known := self._halls.get(hall)) is not None:
            self._tasks.start(self._caption(hall, known), "captions")

    async def _caption(self, hall: str, known: _Hall) -> None:
        async with known.turn:
            on = hall in self._captioned
            if on is known.listening or self._halls.get(hall) is not known or self._forwarder is None:
                return
            try:
                await (self._forwarder.listen(hall) if on else self._forwarder.unlisten(hall))
                known.listening = on
            except Exception as failure:
                log.error("hall %s cannot be captioned: %s", hall, failure)
                self._heard(Listening(hall, False))

    async def _end(self, hall: str, who: str) -> None:
        await self._quietly(lambda forwarder: forwarder.unpublish(hall, who))
        await self._quietly(lambda forwarder: forwarder.unwatch(hall, who))
        known = self._halls.get(hall)
        if known is not None and not known.people:
            del self._halls[hall]
            await self._quietly(lambda forwarder: forwarder.close(hall))

    async def _quietly(self, do: Callable[[Forwarder], Awaitable[None]]) -> None:
        try:
            await self.ask(do)
        except Refusal as refused:
            log.info("the forwarder had nothing to end: %s", refused.code)

    # ---- what the forwarder tells

    async def _listen(self, forwarder: Forwarder) -> None:
        async for event in forwarder.events():
            known = self._halls.get(event.hall)
            if known is not None:
                self._pass_on(known, event)

    def _pass_on(self, known: _Hall, event: MediaEvent) -> None:
        match event:
            case Offered(hall, who, number, sdp, views):
                self._tell(hall, who, "offered", {"number": number, "sdp": sdp, "views": dict(views)})
            case SourceCame(hall, source):
                known.sources[source] = {name: value for name, value in asdict(event).items() if name != "hall"}
                self._tell(hall, None, "sources", {"sources": self._sources(hall)})
            case SourceLeft(hall, source):
                known.sources.pop(source, None)
                self._tell(hall, None, "sources", {"sources": self._sources(hall)})
            case Lost(hall, who, way):
                self._tell(hall, who, "lost", {"way": way})
            case Speaking(_, levels):
                known.levels, known.told_levels = levels, False
            case Said() | Listening():
                self._heard(event)

    async def _tell_levels(self) -> None:
        for hall, known in self._halls.items():
            if not known.told_levels:
                known.told_levels = True
                self._tell(hall, None, "speaking", {"levels": dict(known.levels)})

    def _sources(self, hall: str) -> list[dict[str, Any]]:
        known = self._halls.get(hall)
        return list(known.sources.values()) if known else []
