"""Signalling as one object of the house: made with its ports, attached to the web application.

signaling = Signaling(store=MemoryStore(), bus=MemoryBus(Hub(), node), …)
signaling.attach(app)          # /socket.io/, and start and stop with the application
ticket = await signaling.mint(grant)
signaling.hint("post:…", "request.placed", {"id": …})
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any

from aiohttp import web

from signaling.counters import Counters
from signaling.door import DEADLINE, Door
from signaling.feed import LIVE, FeedDoor, FeedNamespace
from signaling.means import Means
from signaling.media.ports import Forwarder
from signaling.namespace import RoomNamespace
from signaling.ports import Broadcast, Bus, Captions, Clock, Grant, Grants, Ice, Journal, Recordings, Seat, Store
from signaling.rooms import NONSENSE, Rooms
from signaling.wire import Wire

log = logging.getLogger(__name__)

TICKET = 60.0  # seconds from the POST to the join
HANG_UP = 2.0  # seconds for pages to hear that the server goes


def _remote(request: web.Request) -> str:
    return request.remote or ""


class Signaling:
    """`node` names this process among its peers and must be new for every start. `address` tells
    where a request really comes from when a proxy stands in between; `deadline` is how many seconds
    a connection may stand without joining anything; `forwarder` makes what carries the media of halls, when the first
    one needs it; `recordings` says where it writes what is recorded, `captions` what may be shown of what it heard
    said: without them nothing is. `mesh_only`: what that forwarder carries does not reach people of other nodes, so
    that no room outgrows its mesh."""

    def __init__(
        self,
        *,
        node: str,
        store: Store,
        bus: Bus,
        journal: Journal,
        grants: Grants,
        ice: Ice,
        clock: Clock,
        feed_door: FeedDoor,
        origins: Collection[str] = (),
        counters: Counters | None = None,
        address: Callable[[web.Request], str] = _remote,
        deadline: float = DEADLINE,
        forwarder: Callable[[], Forwarder] | None = None,
        recordings: Recordings | None = None,
        captions: Captions | None = None,
        mesh_only: bool = False,
    ) -> None:
        self.counters = counters or Counters()
        self._wire = Wire(self.counters)
        self._door = Door(
            self._wire.eio.handle_request,
            origins=origins,
            address=address,
            counters=self.counters,
            deadline=deadline,
        )
        self._sweep_every = min(1.0, deadline / 4)
        self._room = RoomNamespace(self._wire)
        self._feed = FeedNamespace(self._wire, feed_door)
        self._means = Means(
            node,
            store,
            bus,
            journal,
            grants,
            ice,
            clock,
            self._room,
            self.counters,
            make_forwarder=forwarder,
            recordings=recordings,
            captions=captions,
            mesh_only=mesh_only,
        )
        self._rooms = Rooms(self._means)
        self._room.serve(self._rooms)
        self._wire.register_namespace(self._room)
        self._wire.register_namespace(self._feed)

    @property
    def captions(self) -> bool:
        """Whether what is said in a hall can be written down."""
        return self._means.captions is not None

    # ---- with the application

    def attach(self, app: web.Application) -> None:
        """Serve `/socket.io/` there, and live and die with it."""
        app.router.add_get("/socket.io/", self._door.open)
        app.cleanup_ctx.append(self._with)
        app.on_shutdown.append(self._shut)

    async def _with(self, app: web.Application) -> AsyncIterator[None]:
        await self.start()
        yield
        await self.stop()

    async def start(self) -> None:
        await self._means.bus.start(self._hear, self._recovered)
        await self._rooms.start()
        self._means.tasks.every(self._sweep_every, self._door.sweep, "door")

    async def _shut(self, app: web.Application) -> None:
        await self._door.shut(HANG_UP)

    async def stop(self) -> None:
        """Every socket is closed, every task ended and awaited."""
        await self._door.shut(HANG_UP)
        await self._wire.shutdown()
        await self._wire.eio.stop()
        await self._rooms.stop()
        await self._means.halls.stop()
        await self._means.tasks.stop()
        await self._means.bus.stop()
        await self._means.store.close()

    # ---- for the house

    async def mint(self, grant: Grant) -> str:
        """A ticket for `join`: one use, within a minute."""
        ticket = self._means.new_ticket()
        await self._means.store.keep(ticket, grant, TICKET)
        return ticket

    def hint(self, topic: str, kind: str, facts: Mapping[str, Any]) -> None:
        """Something under `topic` changed: every page that follows it hears so, on every node."""
        self.counters.hints += 1
        self._feed.hint(topic, kind, facts)
        self._means.bus.publish(Broadcast("hint", "", {"topic": topic, "kind": kind, "facts": dict(facts)}))

    async def revoke(self, *, person: str = "", participant: str = "") -> None:
        """Out of every room, feed and ticket, on every node. A participant's id alone ends a guest."""
        await self._means.store.revoke(person=person, participant=participant)
        self._revoked(person, participant)
        self._means.bus.publish(Broadcast("revoke", "", {"person": person, "participant": participant}))

    async def close_room(self, room: str, reason: str) -> None:
        """End a session for everybody in it; its log says why."""
        await self._rooms.close(room, reason)

    def stir(self, room: str) -> None:
        """The house has written to this room's log: have it read now."""
        self._rooms.stir(room)

    async def occupants(self, room: str) -> Sequence[Seat]:
        """Who sits or waits in a room, on whatever node."""
        return await self._rooms.occupants(room)

    # ---- from other nodes

    def _hear(self, message: Broadcast) -> None:
        try:
            if not self._rooms.hear(message):
                self._hear_house(message)
        except NONSENSE as nonsense:
            self.counters.forged += 1
            log.warning("a message between nodes made no sense: %s", type(nonsense).__name__)

    def _hear_house(self, message: Broadcast) -> None:
        body = message.body
        if message.kind == "hint":
            self._feed.hint(str(body["topic"]), str(body["kind"]), dict(body["facts"]))
        elif message.kind == "revoke":
            self._revoked(str(body["person"]), str(body["participant"]))

    def _revoked(self, person: str, participant: str) -> None:
        self._rooms.revoked(person, participant)
        for sid in self._feed.revoked(person) if person else ():
            self._means.tasks.start(self._wire.disconnect(sid, LIVE), "disconnect")

    def _recovered(self) -> None:
        self._rooms.recovered()
        self._feed.resync()
