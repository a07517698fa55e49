"""One hall's publications of this process on their way from a node to the annex: a connection for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from signaling.media.forwarder.spread import Spread
from signaling.media.janus.hall import Hall
from signaling.media.janus.subscription import Says, Source, Subscription
from signaling.media.ports import MediaRefusal
from signaling.tasks import Tasks

log = logging.getLogger(__name__)

AGAIN = 1.0  # seconds before a connection that was lost is made anew
NOBODY = ""  # who watches


@dataclass(slots=True)
class _Fetched:
    """`sources` are those of its feed; `there` once the annex has them, `joined` once they come."""

    who: str
    subscription: Subscription
    sources: dict[str, Source] = field(default_factory=dict)
    there: bool = False
    joined: bool = False


class Fetching:
    def __init__(self, hall: Hall, annex: Spread, tasks: Tasks) -> None:
        self.hall, self._annex, self._tasks = hall, annex, tasks
        self._fetched: dict[str, _Fetched] = {}  # by feed
        self._missing: set[str] = set()  # of whom nothing came; it is said once
        self._turn = asyncio.Lock()
        self._over = False

    async def settle(self) -> None:
        """Fetches what there is now, and no more what is not."""
        async with self._turn:
            feeds = {} if self._over else self.hall.fed()
            for feed, sources in feeds.items():
                await self._bring(feed, sources)
            for feed in self._fetched.keys() - feeds.keys():
                await self._leave(feed, feeds)

    async def _bring(self, feed: str, sources: Mapping[str, Source]) -> None:
        if feed not in self._fetched:
            self._fetched[feed] = self._connection(feed, next(iter(sources.values())).who)
        known = self._fetched[feed]
        known.sources.clear()
        known.sources.update(sources)
        await known.subscription.settle(self.hall.node)

    def _connection(self, feed: str, who: str) -> _Fetched:
        def offer(number: int, sdp: str, shown: Mapping[str, str]) -> None:
            self._tasks.start(self._answer(feed, new, number, sdp, shown), "fetched from a node")

        def connected() -> None:
            new.joined = True
            self._missing.discard(who)

        def ended() -> None:
            self._tasks.start(self._anew(feed, new), "fetched anew")

        sources: dict[str, Source] = {}
        says = Says(offer, connected, ended)
        new = _Fetched(who, Subscription(NOBODY, None, self.hall.name, sources, says), sources)
        return new

    async def _answer(self, feed: str, one: _Fetched, number: int, sdp: str, shown: Mapping[str, str]) -> None:
        roles = {mid: source.removeprefix(f"{one.who}:") for mid, source in shown.items()}
        if self._fetched.get(feed) is not one or feed not in self.hall.fed():
            return
        try:
            answer = await self._annex.fetch(self.hall.name, one.who, sdp, roles)
            one.there = True
            await one.subscription.answered(number, answer, self.hall.node)
            await self.settle()
        except MediaRefusal as refusal:
            log.info("%s is not fetched: %s", one.who, refusal)
            await self._anew(feed, one)

    async def _leave(self, feed: str, feeds: Collection[str]) -> None:
        """They publish no more; or through a newer connection, which takes the place of this one first."""
        who = self._fetched[feed].who
        newer = [one for other, one in self._fetched.items() if other in feeds and one.who == who]
        if newer and not any(one.there for one in newer):
            return
        gone = self._fetched.pop(feed)
        if not newer:
            with suppress(MediaRefusal):  # the annex has it no more
                await self._annex.unpublish(self.hall.name, gone.who)
        await gone.subscription.close()

    # ---- what fails

    def lost(self, who: str) -> None:
        """The annex has it no more."""
        for feed, one in list(self._fetched.items()):
            if one.who == who:
                self._tasks.start(self._anew(feed, one), "fetched anew")

    async def _anew(self, feed: str, one: _Fetched) -> None:
        """Until it comes again what is recorded of it has a gap; unless a newer connection of theirs goes on."""
        async with self._turn:
            if self._fetched.get(feed) is not one:
                return
            del self._fetched[feed]
            self._miss(one)
            if all(other.who != one.who for other in self._fetched.values()):
                await self._cut_off(one.who)
            await one.subscription.close()
        await asyncio.sleep(AGAIN)
        await self.settle()

    def _miss(self, one: _Fetched) -> None:
        if not one.joined and one.who not in self._missing:
            self._missing.add(one.who)
            node = self.hall.node.address
            log.warning("nothing of %s is recorded or heard: their media do not come from %s", one.who, node)

    async def _cut_off(self, who: str) -> None:
        with suppress(MediaRefusal):
            await self._annex.break_off(self.hall.name, who)

    async def break_off(self) -> None:
        """The node is gone: what was fetched is cut off."""
        async with self._turn:
            self._over = True
            for who in {one.who for one in self._fetched.values()}:
                await self._cut_off(who)
            await self._close()

    async def close(self) -> None:
        async with self._turn:
            self._over = True
            await self._close()

    async def _close(self) -> None:
        gone = list(self._fetched.values())
        self._fetched.clear()
        await asyncio.gather(*(one.subscription.close() for one in gone))
