"""A room's media in one process: who publishes, who watches, what of it is shown to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from signaling.media.forwarder.descriptions import Unreadable, read_answer, read_offer
from signaling.media.forwarder.gate import Gate
from signaling.media.forwarder.levels import Levels
from signaling.media.forwarder.pace import Pace
from signaling.media.forwarder.publication import Clocks, Publication, Told
from signaling.media.forwarder.source import Source
from signaling.media.forwarder.subscription import Says, Subscription
from signaling.media.names import check_roles, check_views
from signaling.media.ports import Joined, Lost, MediaEvent, MediaRefusal, Offered, SourceCame, SourceLeft, Speaking
from signaling.tasks import Tasks

_LEVELS = 0.3  # seconds between two rounds of who speaks
Way = Literal["publish", "watch"]


class Hall:
    """`tell` hears what the house hears; `added` of every source that begins here, one that replaces another too.
    `pace` is the process's, for all its halls."""

    def __init__(
        self,
        name: str,
        gate: Gate,
        tasks: Tasks,
        clocks: Clocks,
        tell: Callable[[MediaEvent], None],
        added: Callable[[Source], None] = lambda source: None,
        pace: Pace | None = None,
    ) -> None:
        self.name, self._gate, self._tasks, self._clocks, self._tell = name, gate, tasks, clocks, tell
        self._added, self._pace = added, pace or Pace(tasks)
        self.sources: dict[str, Source] = {}
        self._brought: dict[str, Source] = {}
        self._publications: dict[str, Publication] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._levels, self._next_levels = Levels(), 0.0

    # ---- publishing

    async def publish(self, who: str, sdp: str, roles: Mapping[str, str], calls: bool = False) -> str:
        """`calls`: the offer is another forwarder's, and we go to where it says."""
        check_roles(roles)
        try:
            offered = read_offer(sdp)
        except Unreadable as error:
            raise MediaRefusal("media.unreadable", str(error)) from error
        old = self._publications.get(who)
        if old is not None and old.keeps(offered):
            return old.negotiate(offered, roles)
        new = self._publications[who] = self._publication(who, calls=calls)
        answer = new.negotiate(offered, roles)
        if old is not None:
            await old.close()
        return answer

    def _publication(self, who: str, *, calls: bool) -> Publication:
        def connected() -> None:
            self._tell(Joined(self.name, who, "publish"))

        def ended() -> None:
            self._tasks.start(self._end_publication(who, publication), "publication ended")

        told = Told(self.add, self.remove, self._levels.heard, connected, ended)
        publication = Publication(who, self._gate, self._tasks, self._clocks, told, calls=calls)
        return publication

    async def _end_publication(self, who: str, publication: Publication) -> None:
        if self._publications.get(who) is publication:
            del self._publications[who]
            self._tell(Lost(self.name, who, "publish"))
        await publication.close()

    async def unpublish(self, who: str) -> None:
        if publication := self._publications.pop(who, None):
            await publication.close()

    def add(self, source: Source) -> None:
        """Can be watched from now on; one of the same id is replaced wherever it is seen."""
        known = self.sources.get(source.id)
        self.sources[source.id] = source
        if known is None:
            kind: Literal["audio", "video"] = "audio" if source.kind == "audio" else "video"
            self._tell(SourceCame(self.name, source.id, source.who, source.role, kind))
        self._added(source)
        self._arrange()

    def remove(self, source: Source) -> None:
        if self.sources.get(source.id) is source:
            del self.sources[source.id]
            self._levels.forget(source.id)
            self._tell(SourceLeft(self.name, source.id))
            self._arrange()

    def bring(self, source: Source) -> None:
        """One that another process receives and passes on to this one."""
        self._brought[source.id] = self.sources[source.id] = source
        self._arrange()

    def take_away(self, source: str) -> None:
        """What `bring` brought; one of the same id that begins here stays."""
        brought = self._brought.pop(source, None)
        if brought is not None and self.sources.get(source) is brought:
            del self.sources[source]
            self._arrange()

    def _arrange(self) -> None:
        for subscription in list(self._subscriptions.values()):
            self._show(subscription)

    # ---- watching

    async def watch(self, who: str, views: Mapping[str, str] | None) -> None:
        check_views(views)
        if old := self._subscriptions.pop(who, None):
            await old.close()
        subscription = self._subscriptions[who] = self._subscription(who, views)
        self._show(subscription)

    def _show(self, subscription: Subscription) -> None:
        """What there is now; the first offer comes in its turn, when the process bears one more connection."""
        if subscription.begun:
            subscription.arrange(self.sources)
        elif not subscription.queued and subscription.has_what_to_show(self.sources):
            subscription.queued = True
            self._pace.soon(lambda: self._begin(subscription), lambda: self._is_made(subscription))

    def _begin(self, subscription: Subscription) -> None:
        subscription.queued = False
        if self._subscriptions.get(subscription.who) is subscription:
            subscription.arrange(self.sources)

    def _is_made(self, subscription: Subscription) -> bool:
        return subscription.peer.connected or self._subscriptions.get(subscription.who) is not subscription

    def _subscription(self, who: str, views: Mapping[str, str] | None) -> Subscription:
        def offer(number: int, sdp: str, shown: Mapping[str, str]) -> None:
            self._tell(Offered(self.name, who, number, sdp, shown))

        def connected() -> None:
            self._tell(Joined(self.name, who, "watch"))

        def ended() -> None:
            self._tasks.start(self._end_subscription(who, subscription), "subscription ended")

        says = Says(offer, connected, ended)
        subscription = Subscription(who, views, self._gate, self._tasks, self._clocks, says)
        return subscription

    async def _end_subscription(self, who: str, subscription: Subscription) -> None:
        if self._subscriptions.get(who) is subscription:
            del self._subscriptions[who]
            self._tell(Lost(self.name, who, "watch"))
        await subscription.close()

    def _watching(self, who: str) -> Subscription:
        if subscription := self._subscriptions.get(who):
            return subscription
        raise MediaRefusal("media.not_watching", who)

    async def arrange(self, who: str, views: Mapping[str, str] | None) -> None:
        check_views(views)
        subscription = self._watching(who)
        subscription.wanted = views
        self._show(subscription)

    async def answer(self, who: str, number: int, sdp: str) -> None:
        subscription = self._watching(who)
        try:
            subscription.answered(number, read_answer(sdp))
        except Unreadable as error:
            raise MediaRefusal("media.unreadable", str(error)) from error

    async def limit(self, who: str, view: str, layer: int | None) -> None:
        if not self._watching(who).limit(view, layer):
            raise MediaRefusal("media.no_view", view)

    async def unwatch(self, who: str) -> None:
        if subscription := self._subscriptions.pop(who, None):
            await subscription.close()

    # ---- time

    def round(self, now: float) -> None:
        """Some fifty times a second."""
        for source in self._brought.values():
            source.round(now)
        for publication in list(self._publications.values()):
            publication.round(now)
        for subscription in list(self._subscriptions.values()):
            subscription.round(now)
        if now >= self._next_levels:
            self._next_levels = now + _LEVELS
            if (levels := self._levels.round()) is not None:
                self._tell(Speaking(self.name, levels))
            self._look_after()

    def _look_after(self) -> None:
        """Browsers that have stopped checking are gone."""
        for who, way, connection in list(self._connections()):
            if connection.peer.gone and way == "publish" and isinstance(connection, Publication):
                self._tasks.start(self._end_publication(who, connection), "publisher gone")
            elif connection.peer.gone and isinstance(connection, Subscription):
                self._tasks.start(self._end_subscription(who, connection), "watcher gone")

    def _connections(self) -> Iterator[tuple[str, Way, Publication | Subscription]]:
        for who, publication in self._publications.items():
            yield who, "publish", publication
        for who, subscription in self._subscriptions.items():
            yield who, "watch", subscription

    async def close(self) -> None:
        for subscription in list(self._subscriptions.values()):
            await subscription.close()
        self._subscriptions.clear()
        for publication in list(self._publications.values()):
            await publication.close()
        self._publications.clear()

    def figures(self) -> dict[str, Any]:
        return {
            "published": {who: one.figures() for who, one in self._publications.items()},
            "watched": {who: one.figures() for who, one in self._subscriptions.items()},
        }
