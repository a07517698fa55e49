"""`/room`: from the wire to the room and back. The one place where an error becomes an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import socketio

from signaling.hall_answers import HallDesk
from signaling.history import stamp
from signaling.live import LiveRoom
from signaling.means import Means
from signaling.messages import Film, Ice, Join, Leave, Message, Net, Seek, Signal, Since, decode
from signaling.packets import spoken
from signaling.ports import Seat
from signaling.refusals import AlreadyJoined, NotJoined, Refusal, ServerError
from signaling.rooms import Rooms
from signaling.speech import graded
from signaling.wire import PING_INTERVAL, Line, Wire

log = logging.getLogger(__name__)

ROOM = "/room"
LATE = PING_INTERVAL + 2.0  # seconds of silence after which a closed line was dead before it closed


@dataclass(slots=True)
class Session:
    """One socket in `/room`. `turn` makes its messages wait for one another."""

    line: Line
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    live: LiveRoom | None = None
    seat: Seat | None = None


class RoomNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    def __init__(self, wire: Wire) -> None:
        super().__init__(ROOM)
        self._wire = wire
        self._sessions: dict[str, Session] = {}
        self._rooms: Rooms
        self._means: Means
        self._own_answer: dict[type, Callable[[Session, Any], Awaitable[dict[str, Any]]]] = {
            Ice: self._ice,
            Since: self._since,
            Leave: self._leave,
            Net: self._net,
        }

    def serve(self, rooms: Rooms) -> None:
        self._rooms, self._means = rooms, rooms.means
        self._hall = HallDesk(rooms.means)

    # ---- Socket.IO's side

    async def trigger_event(self, event: str, *arguments: Any) -> Any:
        """Every event of every socket comes through here; the wire has refused what is forged."""
        sid = arguments[0]
        if event == "connect":
            return self._connected(sid)
        if event == "disconnect":
            return self._disconnected(sid)
        session = self._sessions.get(sid)
        if session is None:
            return NotJoined().answer()
        async with session.turn:
            return await self._answer(sid, session, event, arguments[1:])

    async def _answer(self, sid: str, session: Session, event: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """The acknowledgement: what was asked for, or why not. Never nothing."""
        counters = self._means.counters
        counters.messages += 1
        try:
            return {"ok": True, **await self._do(sid, session, decode(event, arguments))}
        except Refusal as refusal:
            counters.refused += 1
            return refusal.answer()
        except Exception:
            counters.errors += 1
            log.exception("the message %s failed", event)
            return ServerError().answer()

    def _connected(self, sid: str) -> bool:
        line = self._wire.line(sid, ROOM)
        if line is None or line.outbox is None:
            return False
        line.outbox.namespaces.add(ROOM)
        self._sessions[sid] = Session(line)
        return True

    def _disconnected(self, sid: str) -> None:
        session = self._sessions.pop(sid, None)
        if session is None or session.seat is None or session.live is None:
            return
        seat, line, now = session.seat, session.line, self._means.monotonic()
        if line.flooded:
            self._rooms.penalise(seat.who)
        since = line.heard_at if now - line.heard_at > LATE else now
        session.live.dropped(seat.who, seat.epoch, since)

    # ---- the room's side (`Sockets`)

    def send(self, sids: list[str], event: str, payload: Any) -> None:
        message = spoken(ROOM, event, payload) if sids else None
        for sid in sids:
            if session := self._sessions.get(sid):
                session.line.send(message)

    def close(self, sid: str, reason: str | None) -> None:
        session = self._sessions.get(sid)
        if session is None:
            return
        self._unseat(session)
        if reason is not None:
            self.send([sid], "closed", {"reason": reason})
            self._means.counters.cut += 1
        self._means.tasks.start(self._disconnect(sid, session), "disconnect")

    async def _disconnect(self, sid: str, session: Session) -> None:
        """After the answer to what the page has just asked."""
        async with session.turn:
            await asyncio.sleep(0)
        await self._wire.disconnect(sid, ROOM)

    def silence(self, sid: str) -> float:
        session = self._sessions.get(sid)
        return self._means.monotonic() - session.line.heard_at if session else 0.0

    # ---- doing

    async def _do(self, sid: str, session: Session, message: Message) -> dict[str, Any]:
        if isinstance(message, Join):
            return await self._join(sid, session, message)
        live, seat = self._claim(session)
        own = self._own_answer.get(type(message))
        if own is not None:
            return await own(session, message)
        if (hall := self._hall.answers.get(type(message))) is not None:
            return await hall(live, seat, message)
        if isinstance(message, Seek) or (isinstance(message, Film) and message.on):
            await self._rooms.prove(seat.grant)
        entry = await live.say(seat.who, seat.epoch, message)
        if isinstance(message, Signal):
            self._means.counters.signals += 1
        return {"seq": entry.seq, "at": stamp(entry.at)} if entry else {}

    async def _join(self, sid: str, session: Session, join: Join) -> dict[str, Any]:
        if session.seat is not None:
            raise AlreadyJoined()
        live, seat, answer = await self._rooms.join(sid, join)
        if sid not in self._sessions:  # closed while joining
            live.dropped(seat.who, seat.epoch, self._means.monotonic())
            raise NotJoined()
        session.live, session.seat = live, seat
        session.line.joined(ROOM)
        return answer

    async def _leave(self, session: Session, leave: Leave) -> dict[str, Any]:
        live, seat = self._claim(session)
        await live.say(seat.who, seat.epoch, leave)
        self._unseat(session)
        return {}

    async def _ice(self, session: Session, ice: Ice) -> dict[str, Any]:
        live, seat = self._claim(session)
        live.room.inside_only(seat.who, seat.epoch)
        return {"ice": self._means.ice.issue(seat.who, self._means.clock.now())}

    async def _since(self, session: Session, since: Since) -> dict[str, Any]:
        live, seat = self._claim(session)
        return await live.since(seat.who, seat.epoch, since.last)

    async def _net(self, session: Session, net: Net) -> dict[str, Any]:
        live, seat = self._claim(session)
        await live.say(seat.who, seat.epoch, net)
        return {"line": graded(net)}

    def _claim(self, session: Session) -> tuple[LiveRoom, Seat]:
        if session.live is None or session.seat is None:
            raise NotJoined()
        return session.live, session.seat

    def _unseat(self, session: Session) -> None:
        """Out of the room, the socket still open."""
        session.live = session.seat = None
        session.line.parted(ROOM, self._means.monotonic())
