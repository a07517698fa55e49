"""What is said to whatever carries the media; what is asked about a hall, and what there depends on the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from signaling import captioning
from signaling.effects import Effect
from signaling.hall import Hall
from signaling.history import stamp
from signaling.lesson_messages import Captions, Check, Correct, Drawn, Here
from signaling.live import LiveRoom
from signaling.means import Means
from signaling.messages import Answer, Arrange, Audience, Limit, Publish, Unpublish, Unwatch, Watch
from signaling.ports import Seat
from signaling.refusals import MediaUnavailable, UnknownMessage
from signaling.room import Room

Reply = dict[str, Any]


class HallDesk:
    """Each answers one message of a seat inside. Raises a Refusal."""

    def __init__(self, means: Means) -> None:
        self._halls, self._clock, self._words = means.halls, means.clock, means.captions
        self.answers: dict[type, Callable[[LiveRoom, Seat, Any], Awaitable[Reply]]] = {
            Audience: self._audience,
            Publish: self._publish,
            Unpublish: self._unpublish,
            Watch: self._watch,
            Arrange: self._arrange,
            Answer: self._answer,
            Limit: self._limit,
            Unwatch: self._unwatch,
            Check: self._check,
            Here: self._here,
            Drawn: self._drawn,
            Captions: self._captions,
            Correct: self._correct,
        }

    async def _audience(self, live: LiveRoom, seat: Seat, said: Audience) -> Reply:
        hall, _ = _inside(live, seat)
        return hall.audience(said.after)

    async def _publish(self, live: LiveRoom, seat: Seat, said: Publish) -> Reply:
        room, seat = _carried(live, seat)
        room.publishes(seat, said.roles.values())
        place = room.media(seat.who)
        sdp = await self._halls.publish(place, seat.who, said.sdp, said.roles)
        self._still(room, seat, place)
        return {"sdp": sdp}

    async def _unpublish(self, live: LiveRoom, seat: Seat, said: Unpublish) -> Reply:
        room, seat = _carried(live, seat)
        await self._halls.ask(lambda forwarder: forwarder.unpublish(room.media(seat.who), seat.who))
        return {}

    async def _watch(self, live: LiveRoom, seat: Seat, said: Watch) -> Reply:
        room, seat = _carried(live, seat)
        place = room.media(seat.who)
        sources = await self._halls.watch(place, seat.who, said.views)
        self._still(room, seat, place)
        return {"sources": sources}

    def _still(self, room: Room, seat: Seat, place: str) -> None:
        """Whoever was moved to a group meanwhile is not carried where they were. Raises `MediaUnavailable`."""
        if room.media(seat.who) != place:
            self._halls.gone(place, seat.who)
            raise MediaUnavailable()

    async def _arrange(self, live: LiveRoom, seat: Seat, said: Arrange) -> Reply:
        room, seat = _carried(live, seat)
        await self._halls.ask(lambda forwarder: forwarder.arrange(room.media(seat.who), seat.who, said.views))
        return {}

    async def _answer(self, live: LiveRoom, seat: Seat, said: Answer) -> Reply:
        room, seat = _carried(live, seat)
        await self._halls.ask(lambda forwarder: forwarder.answer(room.media(seat.who), seat.who, said.number, said.sdp))
        return {}

    async def _limit(self, live: LiveRoom, seat: Seat, said: Limit) -> Reply:
        room, seat = _carried(live, seat)
        await self._halls.ask(lambda forwarder: forwarder.limit(room.media(seat.who), seat.who, said.view, said.layer))
        return {}

    async def _unwatch(self, live: LiveRoom, seat: Seat, said: Unwatch) -> Reply:
        room, seat = _carried(live, seat)
        await self._halls.ask(lambda forwarder: forwarder.unwatch(room.media(seat.who), seat.who))
        return {}

    async def _check(self, live: LiveRoom, seat: Seat, said: Check) -> Reply:
        hall, seat = _inside(live, seat)
        return await _done(live, hall.lesson.checks.ask(seat, said, self._clock.now()))

    async def _here(self, live: LiveRoom, seat: Seat, said: Here) -> Reply:
        hall, seat = _inside(live, seat)
        return await _done(live, hall.lesson.checks.answer(seat, said, self._clock.now()))

    async def _drawn(self, live: LiveRoom, seat: Seat, said: Drawn) -> Reply:
        hall, _ = _inside(live, seat)
        return hall.lesson.slides.drawn((said.file, said.page))

    async def _captions(self, live: LiveRoom, seat: Seat, said: Captions) -> Reply:
        hall, seat = _inside(live, seat)
        if self._words is None:
            raise MediaUnavailable()
        return await _done(live, captioning.turn(hall, seat, said.on))

    async def _correct(self, live: LiveRoom, seat: Seat, said: Correct) -> Reply:
        hall, seat = _inside(live, seat)
        text = await self._words.shown(hall.id, said.text) if self._words and said.text else said.text
        return await _done(live, hall.lesson.captions.correct(seat, said, text))


async def _done(live: LiveRoom, effects: list[Effect]) -> Reply:
    entry = await live.carry(effects)
    return {"seq": entry.seq, "at": stamp(entry.at)} if entry else {}


def _carried(live: LiveRoom, seat: Seat) -> tuple[Room, Seat]:
    """A room whose media goes through the server, be it a hall or not."""
    if not live.room.carries:
        raise UnknownMessage()
    return live.room, live.room.inside_only(seat.who, seat.epoch)


def _inside(live: LiveRoom, seat: Seat) -> tuple[Hall, Seat]:
    if not isinstance(live.room, Hall):
        raise UnknownMessage()
    return live.room, live.room.inside_only(seat.who, seat.epoch)
