"""One hall as a room of one node. What can be watched is what the room tells: who publishes through another process
of ours is seen as well."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from signaling.media.janus import publication, subscription
from signaling.media.janus.audience import Audience, Home, Place, Seating
from signaling.media.janus.descriptions import answer_of, offer_of
from signaling.media.janus.handle import Facts, Handle, Said
from signaling.media.janus.node import Node
from signaling.media.janus.publication import Publication
from signaling.media.janus.rooms import enter
from signaling.media.janus.subscription import Source, Subscription
from signaling.media.names import check_roles, check_views
from signaling.media.ports import Joined, Lost, MediaEvent, MediaRefusal, Offered, SourceCame, SourceLeft, Speaking
from signaling.tasks import Tasks

Way = Literal["publish", "watch"]


@dataclass(frozen=True, slots=True)
class Follows:
    """Who follows a hall: `ended` is called when the room was destroyed over there, `changed` with what it has now."""

    ended: Callable[[Hall], None]
    changed: Callable[[Hall], Awaitable[None]]


class Hall:
    def __init__(
        self,
        name: str,
        node: Node,
        tasks: Tasks,
        tell: Callable[[MediaEvent], None],
        follows: Follows,
        seating: Seating,
    ) -> None:
        self.name, self.node, self._tasks, self._tell, self._follows = name, node, tasks, tell, follows
        self.sources: dict[str, Source] = {}
        self.audience = Audience(Home(node, name, self.sources), seating, tasks, self._scattered)
        self._publications: dict[str, Publication] = {}
        self._coming: dict[str, Publication] = {}  # the last of each person
        self._replaced: list[Publication] = []
        self._subscriptions: dict[str, Subscription] = {}
        self._levels: dict[str, int] = {}
        self._observer: Handle | None = None

    async def open(self) -> None:
        """Makes the room, or finds it made, and listens in it. Raises MediaRefusal."""
        self._observer = await self.node.attach(self._heard)
        try:
            await enter(self._observer, self.name)
        except BaseException:
            await self._observer.leave()
            raise

    # ---- what the room tells

    def _heard(self, said: Said) -> None:
        facts = said.facts
        if facts.get("videoroom") == "destroyed":
            self._follows.ended(self)
        elif facts.get("videoroom") in ("talking", "stopped-talking"):
            self._heard_voice(facts)
        for feed in facts.get("publishers", ()):
            self._came(feed)
        for gone in ("unpublished", "leaving"):
            if facts.get(gone, "ok") != "ok":  # "ok" is our own
                self._left([source for source in self.sources.values() if source.feed == facts[gone]])

    def _came(self, feed: Facts) -> None:
        """A feed, or what is in it now; it takes the place of an older one of the same person."""
        sources = [_source(feed, stream) for stream in feed.get("streams", ()) if stream.get("description")]
        for source in sources:
            known = self.sources.get(source.id)
            self.sources[source.id] = source
            if known is None:
                kind: Literal["audio", "video"] = "audio" if source.kind == "audio" else "video"
                self._tell(SourceCame(self.name, source.id, source.who, source.role, kind))
        kept = {source.id for source in sources}
        self._left([one for one in self.sources.values() if one.who == feed["display"] and one.id not in kept])

    def _left(self, sources: list[Source]) -> None:
        for source in sources:
            del self.sources[source.id]
            self._levels.pop(source.id, None)
            self._tell(SourceLeft(self.name, source.id))
        self._tasks.start(self._settle(), "what is watched")

    async def _settle(self) -> None:
        """Each place by itself, and whoever follows: none waits for another. Then what newer connections have replaced
        can go."""
        await asyncio.gather(self._follows.changed(self), *(self._settle_at(place) for place in self.audience.places))
        feeds = {source.feed for source in self.sources.values()}
        for old in [one for one in self._replaced if one.feed not in feeds]:
            self._replaced.remove(old)
            await old.close()

    async def _settle_at(self, place: Place) -> None:
        """What there is, then who watches it; then what nobody watches any more can go."""
        over = await place.settle(self.sources)
        there = [one for who in self.audience.seated(place) if (one := self._subscriptions.get(who))]
        await asyncio.gather(*(one.settle(place.node) for one in there))
        await asyncio.gather(*(leg.end() for leg in over))

    def _heard_voice(self, facts: Facts) -> None:
        for source in self.sources.values():
            if (source.feed, source.mid) == (facts["id"], facts["mid"]):
                self._levels.pop(source.id, None)
                if facts["videoroom"] == "talking":
                    self._levels[source.id] = round(facts["audio-level-dBov-avg"])
                self._tell(Speaking(self.name, dict(self._levels)))

    # ---- publishing

    async def publish(self, who: str, sdp: str, roles: Mapping[str, str]) -> str:
        check_roles(roles)
        offered = offer_of(sdp)
        old = self._publications.get(who)
        if old is not None and old.keeps(offered):
            return await old.change(sdp, roles)
        new = self._coming[who] = self._publication(who)
        answer = await new.begin(self.node, offered, sdp, roles)
        if self._coming.get(who) is not new:
            await new.close()
            raise MediaRefusal("media.unavailable", f"{who} publishes no more, or anew")
        if replaced := self._publications.get(who):
            self._replaced.append(replaced)
        self._publications[who] = new
        return answer

    def _publication(self, who: str) -> Publication:
        def connected() -> None:
            self._tell(Joined(self.name, who, "publish"))

        def ended() -> None:
            self._tasks.start(self._end_publication(who, new), "publication ended")

        new = Publication(who, self.name, publication.Says(connected, ended))
        return new

    async def _end_publication(self, who: str, one: Publication) -> None:
        if self._publications.get(who) is one:
            del self._publications[who]
            self._tell(Lost(self.name, who, "publish"))
        await one.close()

    async def unpublish(self, who: str) -> None:
        self._coming.pop(who, None)
        if one := self._publications.pop(who, None):
            await one.close()

    def fed(self) -> dict[str, dict[str, Source]]:
        """What is published through this process: sources by feed and id."""
        ours = {one.feed for one in (*self._publications.values(), *self._replaced)}
        found: dict[str, dict[str, Source]] = {}
        for source in self.sources.values():
            if source.feed in ours:
                found.setdefault(source.feed, {})[source.id] = source
        return found

    # ---- watching

    async def watch(self, who: str, views: Mapping[str, str] | None) -> None:
        check_views(views)
        if old := self._subscriptions.pop(who, None):
            self._tasks.start(old.close(), "watches anew")
        place = await self.audience.seat(who)
        new = self._subscriptions[who] = self._subscription(who, views, place)
        await new.settle(place.node)

    def _node_of(self, who: str) -> Node:
        return self.audience.place(who).node

    def _subscription(self, who: str, views: Mapping[str, str] | None, place: Place) -> Subscription:
        def offer(number: int, sdp: str, shown: Mapping[str, str]) -> None:
            self._tell(Offered(self.name, who, number, sdp, shown))

        def connected() -> None:
            self._tell(Joined(self.name, who, "watch"))

        def ended() -> None:
            self._tasks.start(self._end_subscription(who, new), "subscription ended")

        says = subscription.Says(offer, connected, ended)
        new = Subscription(who, views, place.room, place.sources, says, slotted=place.slotted)
        return new

    async def _end_subscription(self, who: str, one: Subscription) -> None:
        if self._subscriptions.get(who) is one:
            del self._subscriptions[who]
            self.audience.leave(who)
            self._tell(Lost(self.name, who, "watch"))
        await one.close()

    def _scattered(self, people: list[str]) -> None:
        """The further node where they watched is gone: they come back to another."""
        for who in people:
            if one := self._subscriptions.pop(who, None):
                self._tell(Lost(self.name, who, "watch"))
                self._tasks.start(one.close(), "watched at a node that is gone")

    def _watching(self, who: str) -> Subscription:
        if one := self._subscriptions.get(who):
            return one
        raise MediaRefusal("media.not_watching", who)

    async def arrange(self, who: str, views: Mapping[str, str] | None) -> None:
        check_views(views)
        one = self._watching(who)
        one.wanted = views
        await one.settle(self._node_of(who))

    async def answer(self, who: str, number: int, sdp: str) -> None:
        one = self._watching(who)
        answer_of(sdp)
        await one.answered(number, sdp, self._node_of(who))

    async def limit(self, who: str, view: str, layer: int | None) -> None:
        await self._watching(who).limit(view, layer)

    async def unwatch(self, who: str) -> None:
        self.audience.leave(who)
        if one := self._subscriptions.pop(who, None):
            await one.close()

    # ---- the end

    def lost(self) -> Iterator[MediaEvent]:
        """What everybody must be told when the node is gone."""
        yield from (SourceLeft(self.name, source) for source in self.sources)
        yield from (Lost(self.name, who, "publish") for who in self._publications)
        yield from (Lost(self.name, who, "watch") for who in self._subscriptions)

    async def close(self) -> None:
        """Ends every connection; and the room, unless another process of ours is in it."""
        watched = list(self._subscriptions.values())
        published = [*self._publications.values(), *self._replaced]
        ours = {one.feed for one in (*published, *self._coming.values())}
        self._subscriptions.clear()
        self._publications.clear()
        self._coming.clear()
        self._replaced.clear()
        await asyncio.gather(*(one.close() for one in watched))
        await self.audience.close()
        await asyncio.gather(*(one.close() for one in published))
        if self._observer is not None:
            await self._leave(self._observer, ours)

    async def _leave(self, observer: Handle, ours: set[str]) -> None:
        """Janus lists for a while whom it has let go, so `ours` do not count; and processes that close at one moment
        would wait for each other if the last to look did not see that the others have left."""
        with contextlib.suppress(MediaRefusal):
            await observer.ask("leave")
            there = await observer.ask("listparticipants", {"room": self.name})
            if all(one["id"] in ours for one in there.facts["participants"]):
                await observer.ask("destroy", {"room": self.name})
        await observer.leave()

    def figures(self) -> dict[str, dict[str, Any]]:
        """By node."""
        found: dict[str, dict[str, Any]] = {
            place.node.address: {"published": {}, "watched": {}} for place in self.audience.places
        }
        for who, published in self._publications.items():
            found[self.node.address]["published"][who] = {"feed": published.feed}
        for who, watched in self._subscriptions.items():
            found[self._node_of(who).address]["watched"][who] = watched.figures()
        return found


def _source(feed: Facts, stream: Facts) -> Source:
    who, role = feed["display"], stream["description"]
    return Source(f"{who}:{role}", who, role, stream["type"], feed["id"], stream["mid"], stream)
