"""A hall: a room with a stage and an audience. Facts in, effects out, like the room it is.

On the stage are those whom the house lets speak and those whom a host has brought up; the log remembers the latter,
so that every node and every later life of this server agrees. The audience is counted and read by the page, never
told one by one: what is sent grows with the stage alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from signaling import filming, roster, speech
from signaling.effects import Effect, Emit, Record, Silence
from signaling.history import told
from signaling.lesson.lesson import KEPT, Lesson
from signaling.messages import Media, Message, Signal, Stage
from signaling.ports import Entry, Grant, Seat
from signaling.refusals import NobodyThere, StageFull, UnknownMessage
from signaling.room import Room
from signaling.seating import SEATS, STAGE

HANDS = 50  # raised hands a host is shown
PAGE = 50  # of the audience
QUIET = frozenset({"joined", "left"}) | KEPT | filming.QUIET
SPEAKS = frozenset({"speak", "share"})
OFF = Media(False, False, False)


class Hall(Room):
    PLACES = SEATS
    carries = True

    def __init__(self, room: str, node: str, *, version: int = 0) -> None:
        super().__init__(room, node, version=version)
        self._aloud = 0  # the last entry that was told
        self.lesson = Lesson()

    # ---- asking

    def may(self, grant: Grant) -> frozenset[str]:
        return grant.may | SPEAKS if grant.participant in self.history.staged else grant.may

    def on_stage(self, seat: Seat) -> bool:
        return "speak" in self.may(seat.grant)

    def tells(self, entry: Entry) -> bool:
        return entry.kind not in QUIET and entry.seq not in self.lesson.chatting.unsaid

    def recap(self, seat: Seat) -> dict[str, Any]:
        return {"lesson": self.lesson.recap(seat)}

    def roster(self, viewer: Seat) -> dict[str, Any]:
        """Those on the stage, how many listen, and whose hands are up: names for hosts, a number for all."""
        seats = list(self.seating.seats.values())
        stage = [seat for seat in seats if self.on_stage(seat)]
        hands = sorted((seat for seat in seats if seat.hand), key=lambda seat: (seat.raised, seat.who))
        shown = [roster.person(seat) for seat in hands[:HANDS]] if viewer.grant.host else []
        hall = {"at": self.node, "stage": self.on_stage(viewer)}
        hall |= {"audience": len(seats) - len(stage), "raised": len(hands), "recording": filming.shown(self, viewer)}
        peers = roster.seen_by(viewer, stage)["peers"]
        seen = [{**peer, "staged": peer["id"] in self.history.staged} for peer in peers]
        return {"version": self.seating.version, "peers": seen, "waiting": [], "hall": {**hall, "hands": shown}}

    def audience(self, after: str) -> dict[str, Any]:
        """The next of those who listen, by id; `next` is "" when there are no more."""
        listening = sorted(seat.who for seat in self.seating.seats.values() if not self.on_stage(seat))
        page = [who for who in listening if who > after][: PAGE + 1]
        people = [self._listener(self.seating.seats[who]) for who in page[:PAGE]]
        return {"people": people, "next": page[PAGE - 1] if len(page) > PAGE else "", "count": len(listening)}

    def publishes(self, seat: Seat, roles: Collection[str]) -> None:
        """Whether this may be published from there. Raises `NotAllowed`, `ConsentMissing`."""
        super().publishes(seat, roles)
        filming.may_be_seen(self, seat)

    # ---- speaking

    def said(self, who: str, epoch: int, message: Message) -> list[Effect]:
        seat = self.inside_only(who, epoch)
        if isinstance(message, Stage):
            return self._stage(seat, message)
        if isinstance(message, Signal):
            raise UnknownMessage()  # nobody speaks to another's browser here
        if type(message) in filming.SAID:
            return filming.SAID[type(message)](self, seat, message)
        effects = self.lesson.said(seat, message, self.may(seat.grant))
        return super().said(who, epoch, message) if effects is None else effects

    def _stage(self, seat: Seat, stage: Stage) -> list[Effect]:
        speech.hosts_only(seat)
        other = self.seating.seats.get(stage.who)
        if other is None or "speak" in other.grant.may:
            raise NobodyThere()  # who teaches is on the stage by right
        if stage.on is self.on_stage(other):
            return []
        if stage.on and sum(map(self.on_stage, self.seating.seats.values())) >= STAGE:
            raise StageFull()
        if stage.on:
            filming.may_be_seen(self, other)
        kind = "staged" if stage.on else "unstaged"
        body = {"who": other.who, "name": other.grant.name}
        return [Record(kind, seat.who, f"{kind}:{other.who}:{self.seating.version}", body, asked=True)]

    # ---- the log

    def _tell(self, entry: Entry) -> list[Effect]:
        to = tuple(who for who, seq in self.seating.told.items() if seq < entry.seq)
        self.seating.told.update(dict.fromkeys(to, entry.seq))
        if not self.tells(entry):
            return []
        after, self._aloud = self._aloud, entry.seq
        return [Emit(to, "event", {**told(entry), "after": after})] if to else []

    def ticked(self, now: float, *, blind: bool = False) -> list[Effect]:
        return [*super().ticked(now, blind=blind), *self.lesson.ticked(self.inside, now)]

    def _obey(self, entry: Entry) -> list[Effect]:
        about_lesson = self.lesson.learn(entry, self.inside)
        return [*super()._obey(entry), *about_lesson, *filming.obeyed(self, entry)]

    def _commanded(self, seat: Seat, kind: str) -> list[Effect]:
        change = _COMMANDS.get(kind)
        return change(self, seat) if change else super()._commanded(seat, kind)

    def _brought_on(self, seat: Seat) -> list[Effect]:
        return self.changed(replace(seat, hand=False))

    def _taken_off(self, seat: Seat) -> list[Effect]:
        return [Silence(seat.who), *self.changed(replace(seat, media=OFF))]

    @staticmethod
    def _listener(seat: Seat) -> dict[str, Any]:
        state = "here" if seat.here else "reconnecting"
        return {**roster.person(seat), "hand": seat.hand, "state": state}


_COMMANDS: dict[str, Callable[[Hall, Seat], list[Effect]]] = {
    "staged": Hall._brought_on,
    "unstaged": Hall._taken_off,
}
