"""The rooms of this node: opening them, keeping their time, and hearing what other nodes say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from signaling import captioning, codec, filming
from signaling.effects import Emit
from signaling.hall import Hall, hall_of
from signaling.live import LiveRoom
from signaling.means import Means
from signaling.media.ports import Listening, Said
from signaling.messages import Join
from signaling.ports import Broadcast, Grant, Line, Seat, Stay
from signaling.refusals import (
    Elsewhere,
    GrantRevoked,
    ProofElsewhere,
    ProofNeeded,
    RoomFull,
    TicketRefused,
    TooFast,
    Unavailable,
)

log = logging.getLogger(__name__)

LEASE = 4.5  # seconds a node is believed alive after its last renewal
ROUND = 1.5  # seconds between renewals and looks at the board
TICK = 0.5  # seconds between looks at the clock
SWEEP = 5.0  # seconds between looks for attendances that nobody ended …
LOST = 9.5  # … and for how long they must have been seen nowhere
DEAF_FETCH = 1.0  # seconds between reads of the log while the bus is down, rounds permitting …
FETCH = 10.0  # … and while it is up, should a hint have been lost
REASK = 5.0  # seconds between asking for every grant again while the bus is down
PATIENCE = 3.0  # seconds to wait for the house to answer about a grant
PENALTY = 60.0  # seconds out for whoever was cut for flooding
KEPT = 60.0  # seconds for which a ticket stays good that was refused for another's fault
JOINS = (60, 60.0)  # joins of one participant in so many seconds


Told = TypeVar("Told")
TRY_AGAIN = (Elsewhere, RoomFull, TooFast, Unavailable)
NONSENSE = (ValidationError, KeyError, TypeError, ValueError)


class Rooms:
    def __init__(self, means: Means) -> None:
        self.means = means
        self._live: dict[str, LiveRoom] = {}
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._penalties: dict[str, float] = {}
        self._missing: dict[Stay, float] = {}
        self._blind = False
        self._fetched_at = 0.0
        self._asked_at = 0.0
        self._dictation = asyncio.Lock()  # lines stand in the order in which they were said
        self._says: dict[str, Callable[[LiveRoom, dict[str, Any]], None]] = {
            "seat": self._seat,
            "vacated": self._vacated,
            "entry": self._entry,
            "relay": self._relay,
            "stir": lambda live, body: live.reader.soon(),
            "spread": lambda live, body: live.heard(str(body["event"]), dict(body["payload"])),
        }

    def tell(self, place: str, who: str | None, event: str, payload: dict[str, Any]) -> None:
        """What the forwarder tells of a hall or of one of its groups: to one of ours there, or to all."""
        if live := self._live.get(hall_of(place)):
            to = live.room.seating.told if who is None else [who]
            live.do([Emit(tuple(one for one in to if live.room.media(one) == place), event, payload)])

    def _not_recorded(self, room: str, number: int) -> None:
        """Nothing is written of the recording that this entry began."""
        if live := self._live.get(room):
            live.do(filming.failed(live.room, number))

    def _heard(self, event: Said | Listening) -> None:
        """Somebody of a captioned hall said something, or nothing can be written down."""
        live = self._live.get(event.hall)
        if live is None or not isinstance(live.room, Hall):
            return
        if isinstance(event, Said):
            self.means.tasks.start(self._write_down(live, live.room, event), "caption")
        else:
            live.do(captioning.fares(live.room, well=event.well))

    async def _write_down(self, live: LiveRoom, hall: Hall, said: Said) -> None:
        """Nothing is shown before the house has seen it."""
        if self.means.captions is None:
            return
        async with self._dictation, asyncio.timeout(PATIENCE):
            text = await self.means.captions.shown(hall.id, said.text)
        live.do(captioning.said(hall, said, text))

    async def start(self) -> None:
        self.means.halls.serve(self.tell, self._not_recorded, self._heard)
        await self.means.store.renew(self.means.node, [], LEASE)
        tasks = self.means.tasks
        tasks.start(self.means.presence.run(), "presence")
        tasks.every(TICK, self._tick, "tick")
        tasks.every(ROUND, self._round, "round")
        tasks.every(SWEEP, self._sweep, "sweep")

    async def stop(self) -> None:
        """Tasks are stopped by their owner; the seats of this node are left to their leases, so
        that those who sit in them count as reconnecting and not as gone."""
        for live in self._live.values():
            live.close()
        await self.means.presence.flush()

    # ---- joining

    async def join(self, sid: str, join: Join) -> tuple[LiveRoom, Seat, dict[str, Any]]:
        """Redeem the ticket, ask the house again, and take the seat. Raises a `Refusal`."""
        grant = await self.means.store.redeem(join.ticket)
        if grant is None:
            raise TicketRefused()
        try:
            await self._admissible(grant)
            live = await self.open(grant.room, hall=grant.hall)
            seat, answer = await live.join(sid, grant, join)
        except TRY_AGAIN:
            await self.means.store.keep(join.ticket, grant, KEPT)
            raise
        self.means.counters.joins += 1
        self.means.counters.resumes += join.last > 0
        return live, seat, answer

    def penalise(self, who: str) -> None:
        """This participant flooded the room."""
        self._penalties[who] = self.means.monotonic() + PENALTY

    async def _admissible(self, grant: Grant) -> None:
        if self._penalties.get(grant.participant, 0.0) > self.means.monotonic():
            raise TooFast()
        if not await self.means.store.spend(f"join:{grant.room}:{grant.participant}", *JOINS):
            raise TooFast()
        if not await self._holds(grant):
            raise GrantRevoked()

    async def prove(self, grant: Grant) -> None:
        """Whoever commands nobody is not asked: the room refuses them. Raises ProofNeeded,
        ProofElsewhere, Unavailable."""
        if not grant.host:
            return
        proved = await self._told(self.means.grants.proved(grant))
        if proved is None:
            raise ProofElsewhere()
        if not proved:
            raise ProofNeeded()

    async def _holds(self, grant: Grant) -> bool:
        return await self._told(self.means.grants.still_holds(grant))

    async def _told(self, asked: Awaitable[Told]) -> Told:
        try:
            async with asyncio.timeout(PATIENCE):
                return await asked
        except Exception as failure:
            log.warning("the house does not answer about a grant: %s", type(failure).__name__)
            raise Unavailable() from failure

    async def open(self, room: str, *, hall: bool = False) -> LiveRoom:
        """The live room, its log read. Raises `Unavailable`."""
        while room not in self._live:  # once opened it may have been found idle and forgotten again
            if room not in self._opening:
                self._opening[room] = self.means.tasks.start(self._open(room, hall), f"open {room}")
            await asyncio.shield(self._opening[room])
        return self._live[room]

    async def _open(self, room: str, hall: bool) -> None:
        try:
            live = LiveRoom(room, self.means, hall=hall)
            await live.open()
            self._live[room] = live
            live.reader.soon()  # what was written between the reading and the listening
        finally:
            del self._opening[room]

    # ---- what the house says

    async def occupants(self, room: str) -> Sequence[Seat]:
        """Everybody seated or waiting, on whatever node."""
        if room in self._live:
            return self._live[room].seats()
        return list((await self.means.store.boards([room])).of(room))

    async def close(self, room: str, reason: str) -> None:
        """End the session for everybody. Raises whatever keeps the log from being written."""
        [entry] = await self.means.journal.append(room, [Line("ended", None, "ended", {"reason": reason})])
        self.means.bus.publish(Broadcast("entry", room, codec.entry_body(entry)))
        if live := self._live.get(room):
            live.do(live.room.recorded([entry], whole=False))

    def revoked(self, person: str, participant: str) -> None:
        for live in self._live.values():
            live.do(live.room.revoked(person=person, participant=participant))

    def stir(self, room: str) -> None:
        """The house wrote to the room's log by itself."""
        self.means.bus.publish(Broadcast("stir", room))
        if live := self._live.get(room):
            live.reader.soon()

    # ---- what other nodes say

    def hear(self, message: Broadcast) -> bool:
        """Whether the message was one about a room and made sense."""
        says, live = self._says.get(message.kind), self._live.get(message.room)
        if says is None:
            return False
        if live is not None:
            says(live, message.body)
        return True

    def recovered(self) -> None:
        """The bus was deaf: everything may have happened."""
        self._fetched_at = self._asked_at = 0.0

    def _seat(self, live: LiveRoom, body: dict[str, Any]) -> None:
        seat = codec.seats.validate_python(body)
        live.do(live.room.heard(seat, self.means.monotonic()))

    def _vacated(self, live: LiveRoom, body: dict[str, Any]) -> None:
        live.do(live.room.vacated(str(body["who"]), int(body["epoch"])))

    def _entry(self, live: LiveRoom, body: dict[str, Any]) -> None:
        live.do(live.room.recorded([codec.entries.validate_python(body)], whole=False))

    def _relay(self, live: LiveRoom, body: dict[str, Any]) -> None:
        live.handing.take(codec.relays.validate_python(body))

    # ---- rounds

    async def _tick(self) -> None:
        for room, live in list(self._live.items()):
            live.tick(blind=self._blind)
            if live.idle:
                live.close()
                del self._live[room]
        self.means.counters.rooms = len(self._live)

    async def _round(self) -> None:
        """Say that this node lives, see who else does, and make good what hints may have missed."""
        means, rooms = self.means, dict(self._live)
        mine = [seat for live in rooms.values() for seat in live.room.seating.mine]
        await means.store.renew(means.node, mine, LEASE)
        asked = means.monotonic()
        boards = await means.store.boards(rooms)
        self._blind = not boards.whole
        for live in rooms.values():
            live.board(boards, asked)
        self._fetch_round(rooms)
        await self._ask_round(rooms)

    def _fetch_round(self, rooms: dict[str, LiveRoom]) -> None:
        now = self.means.monotonic()
        if now - self._fetched_at < (FETCH if self.means.bus.up else DEAF_FETCH):
            return
        self._fetched_at = now
        for live in rooms.values():
            live.reader.soon()

    async def _ask_round(self, rooms: dict[str, LiveRoom]) -> None:
        """Deaf, a node would not hear of a revoked grant; so it asks."""
        if self.means.bus.up and self._asked_at:
            return
        now = self.means.monotonic()
        if self._asked_at and now - self._asked_at < REASK:
            return
        self._asked_at = now
        for live in rooms.values():
            for seat in live.room.seating.mine:
                if not await self._still(seat.grant):
                    live.do(live.room.revoked(person="", participant=seat.who))

    async def _still(self, grant: Grant) -> bool:
        try:
            return await self._holds(grant)
        except Unavailable:
            return True  # nobody loses a call because the database is slow

    async def _sweep(self) -> None:
        """End the attendances of those whom the log shows as present and nobody has seen for a
        while: this server was killed, or the node that knew them. Within that while they may come
        back as if nothing had been."""
        now = self.means.monotonic()
        self._penalties = {who: until for who, until in self._penalties.items() if until > now}
        standing = await self.means.journal.standing()
        boards = await self.means.store.boards({stay.room for stay in standing})
        if not boards.whole:
            return
        seated = {(room, seat.who) for room, board in boards.seats.items() for seat in board}
        missing = [stay for stay in standing if (stay.room, stay.who) not in seated]
        self._missing = {stay: self._missing.get(stay, now) for stay in missing}
        for stay in [stay for stay, since in self._missing.items() if now - since >= LOST]:
            await self._end(stay)

    async def _end(self, stay: Stay) -> None:
        body = {"who": stay.who, "stay": stay.stay, "reason": "lost"}
        try:
            left = Line("left", stay.who, f"left:{stay.who}:{stay.stay}", body)
            await self.means.journal.append(stay.room, [left])
        except Exception as failure:  # of this room; the others' attendances are ended all the same
            log.warning("an attendance cannot be ended: %s", type(failure).__name__)
        else:
            self.stir(stay.room)
