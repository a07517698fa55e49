"""A hall: a room with a stage and an audience. Facts in, effects out, like the room it is.

On the stage are those whom the house lets speak and those whom a host has brought up; the log remembers the latter,
so that every node and every later life of this server agrees. The audience is counted and read by the page, never
told one by one: what is sent grows with the stage alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from signaling import captioning, carrying, filming, grouping, roster, speech
from signaling.effects import Effect, Emit, Record, Silence
from signaling.hall_roster import BETWEEN, HallRoster
from signaling.history import told
from signaling.lesson.lesson import KEPT, TOLD, Lesson
from signaling.messages import Media, Message, Signal, Stage
from signaling.ports import Entry, Grant, Seat
from signaling.refusals import NobodyThere, StageFull, UnknownMessage
from signaling.room import Room
from signaling.seating import SEATS, STAGE

PAGE = 50  # of the audience
SPEAKS = frozenset({"speak", "share"})
TAUGHT = KEPT | TOLD
OFF = Media(False, False, False)


def hall_of(place: str) -> str:
    """The hall that carries a group, or itself."""
    return place.partition(BETWEEN)[0]


class Hall(Room):
    PLACES = SEATS
    QUIET = frozenset({"joined", "left"}) | KEPT | filming.QUIET
    carries = True

    def __init__(self, room: str, node: str, *, version: int = 0, films: bool = True) -> None:
        super().__init__(room, node, version=version, films=films)
        self._aloud: dict[int, int] = {}  # the last entry that was told, in each group; 0 is the hall
        self.lesson = Lesson()
        self.captions_paused = False  # the speech model does not keep up
        self._counted: tuple[tuple[int, int], HallRoster] | None = None  # as of that version and that entry

    # ---- asking

    def may(self, grant: Grant) -> frozenset[str]:
        who = grant.participant
        return grant.may | SPEAKS if who in self.history.staged or self.lesson.groups.of(who) else grant.may

    def on_stage(self, seat: Seat) -> bool:
        return "speak" in seat.grant.may or seat.who in self.history.staged

    def media(self, who: str) -> str:
        """The hall's own, or that of their group: nothing goes from one to the other."""
        group = self.lesson.groups.of(who)
        return f"{self.id}{BETWEEN}{group}" if group else self.id

    def tells(self, entry: Entry, who: str) -> bool:
        known = entry.kind not in self.QUIET and entry.seq not in self.lesson.chatting.unsaid
        return known and self.lesson.groups.reads(entry, who)

    def recap(self, seat: Seat) -> dict[str, Any]:
        return {"lesson": self.lesson.recap(seat)}

    def roster(self, viewer: Seat) -> dict[str, Any]:
        return self._roster_now().of(viewer)

    def rosters(self, viewers: Iterable[Seat]) -> Iterable[tuple[Sequence[Seat], dict[str, Any]]]:
        return self._roster_now().told(viewers)

    def _roster_now(self) -> HallRoster:
        """Counted once for all who come in at one moment, not by each of them."""
        now = self.seating.version, self.history.seq
        if self._counted is None or self._counted[0] != now:
            self._counted = now, HallRoster(self)
        return self._counted[1]

    def audience(self, after: str) -> dict[str, Any]:
        """The next of those who listen, by id; `next` is "" when there are no more."""
        listening = sorted(seat.who for seat in self.seating.seats.values() if not self.on_stage(seat))
        page = [who for who in listening if who > after][: PAGE + 1]
        people = [self._listener(self.seating.seats[who]) for who in page[:PAGE]]
        return {"people": people, "next": page[PAGE - 1] if len(page) > PAGE else "", "count": len(listening)}

    def publishes(self, seat: Seat, roles: Collection[str]) -> None:
        """Whether this may be published from there. Raises `NotAllowed`, `ConsentMissing`."""
        if self.lesson.groups.of(seat.who):  # there nothing is recorded
            carrying.may_publish(self.may(seat.grant), roles)
        else:
            super().publishes(seat, roles)

    # ---- speaking

    def said(self, who: str, epoch: int, message: Message) -> list[Effect]:
        seat = self.inside_only(who, epoch)
        if isinstance(message, Stage):
            return self._stage(seat, message)
        if isinstance(message, Signal):
            raise UnknownMessage()  # nobody speaks to another's browser here
        if type(message) in grouping.SAID:
            return grouping.SAID[type(message)](self, seat, message)
        effects = self.lesson.said(seat, message, self.may(seat.grant))
        return grouping.scoped(self, seat, super().said(who, epoch, message)) if effects is None else effects

    def _stage(self, seat: Seat, stage: Stage) -> list[Effect]:
        speech.hosts_only(seat)
        other = self.seating.seats.get(stage.who)
        if other is None or "speak" in other.grant.may or self.lesson.groups.of(other.who):
            raise NobodyThere()  # who teaches is on the stage by right, who is in a group is not before it
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
        """To those whom it is for, in each group with what was told there before."""
        if entry.kind in self.QUIET:
            return []
        to: dict[int, list[str]] = {}
        for who, seq in self.seating.told.items():
            if seq < entry.seq and self._hears(entry, who):
                to.setdefault(self.lesson.groups.of(who), []).append(who)
        self.seating.told.update(dict.fromkeys(self.seating.told, entry.seq))
        return [self._aloud_in(group, entry, who) for group, who in to.items()]

    def _hears(self, entry: Entry, who: str) -> bool:
        """Now; what somebody may read later of where they were before is another matter."""
        here = entry.body.get("group", self.lesson.groups.of(who)) if entry.kind == "chat" else None
        return self.tells(entry, who) and here in (None, self.lesson.groups.of(who))

    def _aloud_in(self, group: int, entry: Entry, who: list[str]) -> Effect:
        after, self._aloud[group] = self._aloud.get(group, 0), entry.seq
        return Emit(tuple(who), "event", {**told(entry), "after": after})

    def struck(self, at: datetime) -> list[Effect]:
        return self.lesson.groups.due(at)

    def ticked(self, now: float, *, blind: bool = False) -> list[Effect]:
        return [*super().ticked(now, blind=blind), *self.lesson.ticked(self.inside, now)]

    def _obey(self, entry: Entry) -> list[Effect]:
        places = grouping.places(self, entry)
        about_lesson = self.lesson.learn(entry, self.inside) if entry.kind in TAUGHT else []
        moved = grouping.moved(self, places) if places else []
        return [*super()._obey(entry), *moved, *about_lesson, *captioning.obeyed(self, entry)]

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
