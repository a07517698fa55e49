"""A room with its sockets, its log and the other nodes: carries out what the room decides."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial
from typing import Any

from signaling import answers, codec
from signaling.effects import (
    Captioning,
    Effect,
    Emit,
    Fetch,
    Filming,
    Forget,
    Kick,
    Parted,
    Record,
    Relay,
    Roster,
    Seated,
    Silence,
    Spread,
    Vacated,
    Welcome,
)
from signaling.hall import Hall
from signaling.handing import HandingOn
from signaling.history import stamp
from signaling.means import Means
from signaling.messages import Join, Message
from signaling.past import Past
from signaling.ports import Boards, Broadcast, Entry, Grant, Seat
from signaling.reader import Reader
from signaling.refusals import RoomEnded, Unavailable
from signaling.room import Room
from signaling.scribe import Scribe
from signaling.spreading import Spreading
from signaling.throttle import Throttle
from signaling.widening import Widening

AGAIN = 12 * 3600.0  # seconds the ticket for coming back counts
ROSTER_PAUSE = 0.1  # seconds between two rosters …
ROSTERS = 500  # … and so many a second at most, to however many
SILENT = 5.5  # seconds without a frame: the heartbeat of 4 s is late
TRIES = 5


class LiveRoom:
    def __init__(self, room: str, means: Means, *, hall: bool = False) -> None:
        self.room = (Hall if hall else Room)(room, means.node, version=means.wall(), films=means.films(hall=hall))
        self.means = means
        self.scribe = Scribe(room, means.journal, self._written, means.tasks)
        self.entering = 0  # joins under way: the room may not be forgotten under them
        self._sids: dict[tuple[str, int], str] = {}  # by participant and claim
        self._claims: dict[str, int] = {}  # the latest claim of each: effects may outlive its seat
        self._rosters = Throttle(self._roster_pause, self._show_rosters, means.monotonic)
        self._spreading = Spreading(self._tell_all, self._listeners, means.monotonic)
        self.reader = Reader(self.room, self.scribe, self.do, means.tasks)
        self.widening = Widening(means, self.scribe, self.reader)
        self.past = Past(self.room, self.scribe)
        self.handing = HandingOn(self.room, self.look, self.do, means.tasks)

    @property
    def idle(self) -> bool:
        busy = self.entering or self._rosters.pending or self.reader.busy
        return self.room.idle and self.scribe.idle and not busy

    def seats(self) -> Sequence[Seat]:
        return list(self.room.seating.seats.values())

    # ---- coming and going

    async def join(self, sid: str, grant: Grant, join: Join) -> tuple[Seat, dict[str, Any]]:
        """The seat taken and the answer to give. Raises a `Refusal`."""
        self.entering += 1
        try:
            return await self._enter(sid, grant, join)
        finally:
            self.entering -= 1

    async def _enter(self, sid: str, grant: Grant, join: Join) -> tuple[Seat, dict[str, Any]]:
        seat = await self._claim(sid, grant, join)
        try:
            return seat, await (self._please_wait(seat) if seat.waiting else self.answer(seat, join.last))
        except BaseException:
            self.dropped(seat.who, seat.epoch, self.means.monotonic())
            raise

    async def _claim(self, sid: str, grant: Grant, join: Join) -> Seat:
        for _ in range(TRIES):
            held = await self._held(grant.participant)
            epoch = max(self.means.wall(), held + 1)
            place = partial(self.room.place, grant, join.page, join.media, move=join.move, epoch=epoch)
            seat = await self.widening.done(place)
            if not await self.means.store.claim(seat, after=held):
                continue  # somebody was faster; look again who
            if self.room.history.ended:
                await self.means.store.release(self.room.id, seat.who, seat.epoch)
                raise RoomEnded()
            self._sids[seat.who, seat.epoch], self._claims[seat.who] = sid, seat.epoch
            self.do(self.room.arrived(seat))
            return seat
        raise Unavailable()

    async def _held(self, who: str) -> int:
        """The claim under which the store knows them, 0 for none. The whole board of a hall is long: it is looked at
        every round, not by everybody who comes."""
        if not isinstance(self.room, Hall):
            return {seat.who: seat.epoch for seat in await self.look()}.get(who, 0)
        seat = await self.means.store.seat(self.room.id, who)
        self.do(self.room.heard(seat, self.means.monotonic()) if seat else [])
        return seat.epoch if seat else 0

    async def _please_wait(self, seat: Seat) -> dict[str, Any]:
        again = await self._ticket(seat.grant)
        seat = self.room.holds(seat.who, seat.epoch)
        if not seat.waiting:  # a host was faster than the store
            return await self.answer(seat, 0)
        return answers.waiting(seat, again=again, at=self.means.clock.now())

    async def answer(self, seat: Seat, last: int) -> dict[str, Any]:
        """All that somebody inside must know, the log after `last` included. From here on the
        seat follows the log."""
        await self.scribe.settled(1.0)
        again = await self._ticket(seat.grant)
        await self.reader.fresh()
        seat, at = self.room.holds(seat.who, seat.epoch), self.means.clock.now()
        missed = self.past.missed(seat, last)
        ice, withdrawn = self.means.ice.issue(seat.who, at), self.room.history.withdrawn
        roster = self.room.roster(seat) | self.room.recap(seat)
        return answers.inside(seat, missed, withdrawn=withdrawn, roster=roster, ice=ice, again=again, at=at)

    async def _ticket(self, grant: Grant) -> str:
        ticket = self.means.new_ticket()
        await self.means.store.keep(ticket, grant, AGAIN)
        return ticket

    async def _welcome(self, seat: Seat) -> None:
        while (sid := self._sids.get((seat.who, seat.epoch))) is not None:
            try:
                welcome = await self.answer(seat, 0)
            except Unavailable:
                await asyncio.sleep(1)
            else:
                self.means.sockets.send([sid], "welcome", {"ok": True, **welcome})
                return

    def dropped(self, who: str, epoch: int, since: float) -> None:
        """The socket of this claim is gone; it was last alive at `since`."""
        self._sids.pop((who, epoch), None)
        self.do(self.room.dropped(who, epoch, since))

    # ---- speaking

    async def say(self, who: str, epoch: int, message: Message) -> Entry | None:
        """What a participant says, done; the entry if it went into the log. Raises a `Refusal`."""
        return await self.carry(await self.widening.done(partial(self.room.said, who, epoch, message)))

    async def carry(self, effects: Sequence[Effect]) -> Entry | None:
        """What somebody wants done, done; the entry if it went into the log. Raises a `Refusal`."""
        asked = [effect for effect in effects if isinstance(effect, Record) and effect.asked]
        self.do(effect for effect in effects if effect not in asked)
        entry = None
        for record in asked:
            entry = await self.scribe.write(record)
        return entry

    async def since(self, who: str, epoch: int, last: int) -> dict[str, Any]:
        """A page of the log after `last`, and the roster once more. Raises a `Refusal`."""
        seat = self.room.inside_only(who, epoch)
        self._show_roster([seat])
        self._recap(seat)
        return {**await self.past.page(seat, last), "at": stamp(self.means.clock.now())}

    # ---- carrying out

    def do(self, effects: Iterable[Effect]) -> None:
        """All effects but what is asked of the log, at once and in order."""
        for effect in effects:
            match effect:
                case Emit():
                    self._emit(effect)
                case Roster():
                    self._rosters.soon()
                case Record():
                    self.scribe.promise(effect)
                case Seated(seat, taken_from):
                    self.means.presence.seated(seat)
                    self._publish("seat", codec.seat_body(seat), {taken_from} if taken_from else set())
                case Vacated(seat):
                    self._forget(seat)
                    self.means.presence.vacated(seat)
                    self._media_gone(seat)
                    self._publish("vacated", {"who": seat.who, "epoch": seat.epoch})
                case Kick():
                    self._kick(effect)
                case Relay():
                    self._relay(effect)
                case Welcome(seat):
                    self.means.tasks.start(self._welcome(seat), "welcome")
                case Forget(who):
                    self.means.tasks.start(self.means.store.revoke(participant=who), "forget tickets")
                case Fetch():
                    self.reader.soon()
                case Spread():
                    self._spreading.soon(effect)
                case Silence(who):
                    self.means.halls.silence(self.room.id, who)
                case Parted(who, place):
                    self.means.halls.gone(place, who)
                case Filming(number):
                    self.means.halls.film(self.room.id, number)
                case Captioning(on):
                    self.means.halls.caption(self.room.id, on)

    def _emit(self, emit: Emit) -> None:
        if emit.event == "signal" and self._rosters.pending:
            self._rosters.now()  # nobody hears a voice before seeing whose it is
        sids = [sid for who in emit.to if (sid := self._sid(who))]
        self.means.sockets.send(sids, emit.event, emit.payload)

    def _relay(self, relay: Relay) -> None:
        body = {"to": relay.to, "page": relay.page, "sender": relay.sender}
        message = {**body, "event": relay.event, "payload": relay.payload}
        self.means.bus.publish(Broadcast("relay", self.room.id, message), to=[relay.node])

    def _tell_all(self, spread: Spread) -> None:
        self._publish("spread", {"event": spread.event, "payload": spread.payload})
        self.heard(spread.event, spread.payload)

    def heard(self, event: str, payload: Mapping[str, Any]) -> None:
        """What is for everybody inside, be they of this node or of another."""
        self._emit(Emit(tuple(self.room.seating.told), event, dict(payload)))

    def _recap(self, seat: Seat) -> None:
        for event, payload in self.room.recap(seat).items():
            self._emit(Emit((seat.who,), event, payload))

    def _listeners(self) -> int:
        return len(self.room.seating.seats)

    def _kick(self, kick: Kick) -> None:
        sid = self._sids.get((kick.seat.who, kick.seat.epoch))
        self._forget(kick.seat)
        if sid is not None:
            self.means.sockets.close(sid, kick.reason)

    def _publish(self, kind: str, body: Mapping[str, Any], also: Set[str] = frozenset()) -> None:
        if nodes := (self.room.nodes | also) - {self.means.node}:
            self.means.bus.publish(Broadcast(kind, self.room.id, dict(body)), to=nodes)

    def _media_gone(self, seat: Seat) -> None:
        """Unless the same page sits there again: its media goes on."""
        now = self.room.seating.seats.get(seat.who)
        if now is None or now.node != self.means.node or now.page != seat.page:
            self.means.halls.gone(self.room.media(seat.who), seat.who)

    def _roster_pause(self) -> float:
        """The more there are to be told, the less often."""
        return max(ROSTER_PAUSE, len(self.room.seating.told) / ROSTERS)

    def _sid(self, who: str) -> str | None:
        return self._sids.get((who, self._claims.get(who, 0)))

    def _forget(self, seat: Seat) -> None:
        self._sids.pop((seat.who, seat.epoch), None)
        if self._claims.get(seat.who) == seat.epoch:
            del self._claims[seat.who]

    def _show_rosters(self) -> None:
        self._show_roster(self.room.inside)

    def _show_roster(self, viewers: Iterable[Seat]) -> None:
        for seats, roster in self.room.rosters(viewers):
            sids = [sid for seat in seats if (sid := self._sids.get((seat.who, seat.epoch)))]
            self.means.sockets.send(sids, "peers", roster)

    # ---- the log

    def _written(self, entry: Entry) -> None:
        if entry.seq <= self.room.history.seq:
            return  # asked for twice; everybody has it
        self.means.counters.entries += 1
        self._publish("entry", codec.entry_body(entry))
        self.do(self.room.recorded([entry], whole=False))

    # ---- opening, rounds

    async def open(self) -> None:
        """Read the log and the board. Raises `Unavailable`."""
        await self.reader.read()
        await self.look()

    async def look(self) -> Sequence[Seat]:
        """See who the store says is here."""
        asked = self.means.monotonic()
        boards = await self.means.store.boards([self.room.id])
        self.board(boards, asked)
        return boards.of(self.room.id)

    def board(self, boards: Boards, asked: float) -> None:
        seats, now = boards.of(self.room.id), self.means.monotonic()
        self.do(self.room.board(seats, whole=boards.whole, asked=asked, now=now))

    def tick(self, *, blind: bool) -> None:
        for (who, epoch), sid in list(self._sids.items()):
            self.do(self.room.silent(who, epoch, self.means.sockets.silence(sid) > SILENT))
        self.do(self.room.ticked(self.means.monotonic(), blind=blind))
        self.do(self.room.struck(self.means.clock.now()))

    def close(self) -> None:
        self._rosters.cancel()
        self._spreading.cancel()
