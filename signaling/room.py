"""One room as one node knows it: facts in, effects out.

No socket, clock, store, log or randomness in here: `now` is monotonic seconds handed in, and what
must happen comes back as `effects`. Every node with somebody in the room holds one of these; they
agree because seats carry (epoch, rev) and the log carries numbers, so that hearing a thing twice,
late, or in another order ends in the same place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from signaling import carrying, filming, roster, speech
from signaling.attending import joined, left
from signaling.effects import Effect, Emit, Fetch, Forget, Kick, Roster, Seated, Vacated, Welcome
from signaling.history import History, Newest, told
from signaling.messages import Media, Message
from signaling.ports import Entry, Grant, Seat
from signaling.refusals import Elsewhere, NotJoined, RoomEnded, StillWaiting
from signaling.seating import STAGE, Seating

GRACE = 9.0  # seconds a lost participant may take to come back; out of the roster within 10
VANISHED = 2.5  # seconds for somebody whose node has been dead for a lease already


class Room:
    PLACES = STAGE
    QUIET: frozenset[str] = frozenset()  # kinds of entries that nobody is told of

    def __init__(self, room: str, node: str, *, version: int = 0, films: bool = True) -> None:
        self.id, self.node = room, node
        self.films = films  # whether anything here can record
        self.history, self.newest, self.seating = History(), Newest(), Seating(node, version)

    # ---- asking

    @property
    def nodes(self) -> set[str]:
        """The other nodes with somebody in this room."""
        return {seat.node for seat in self.seating.others}

    @property
    def inside(self) -> list[Seat]:
        """Ours who have had their answer and follow the log."""
        return [self.seating.seats[who] for who in self.seating.told]

    @property
    def idle(self) -> bool:
        """Nobody of ours is here and nobody is awaited: the node may forget the room."""
        return not self.seating.mine and not self.seating.gone_at

    def holds(self, who: str, epoch: int) -> Seat:
        """The participant's seat under this claim. Raises `NotJoined`."""
        if (seat := self._ours(who, epoch)) is None:
            raise NotJoined()
        return seat

    def inside_only(self, who: str, epoch: int) -> Seat:
        """The same for what those who wait may not have. Raises `NotJoined`, `StillWaiting`."""
        seat = self.holds(who, epoch)
        if seat.waiting:
            raise StillWaiting()
        return seat

    def roster(self, viewer: Seat) -> dict[str, Any]:
        """`peers` as this participant sees it."""
        seen = roster.seen_by(viewer, self.seating.seats.values())
        told = {**carrying.shown(self), "recording": filming.shown(self, viewer)}
        return {"version": self.seating.version, **seen, **told}

    def rosters(self, viewers: Iterable[Seat]) -> Iterable[tuple[Sequence[Seat], dict[str, Any]]]:
        """Each roster with those who see it so."""
        return [([viewer], self.roster(viewer)) for viewer in viewers]

    def floor(self, grant: Grant) -> int:
        """The log number above which this participant may read: guests from their admission on."""
        return self.history.admitted.get(grant.participant, 1) - 1 if grant.lobby else 0

    def may(self, grant: Grant) -> frozenset[str]:
        """What this participant may do here now."""
        return grant.may

    @property
    def carries(self) -> bool:
        """Whether the server carries the media; else it goes from browser to browser."""
        return self.history.carried

    def on_stage(self, seat: Seat) -> bool:
        """Whether they are seen and heard by all, and so by a recording."""
        return not seat.waiting

    def publishes(self, seat: Seat, roles: Collection[str]) -> None:
        """Whether this may be published from there. Raises `NotAllowed`, `ConsentMissing`."""
        carrying.may_publish(self.may(seat.grant), roles)
        filming.may_be_seen(self, seat)

    def tells(self, entry: Entry, who: str) -> bool:
        """Whether that participant is told of this entry."""
        return True

    def media(self, who: str) -> str:
        """Under which name that participant's sound and picture are carried."""
        return self.id

    def struck(self, at: datetime) -> list[Effect]:
        """It is so late: what was to happen by then."""
        return []

    def recap(self, seat: Seat) -> dict[str, Any]:
        """What else somebody who comes in must know."""
        return {}

    def knows(self, who: str, page: str) -> bool:
        return (seat := self.seating.seats.get(who)) is not None and seat.page == page

    # ---- coming

    def place(self, grant: Grant, page: str, media: Media, *, move: bool, epoch: int) -> Seat:
        """The seat to claim for a newcomer; `epoch` is a floor, the present holder's is exceeded.

        Raises `RoomEnded`, `Elsewhere` (here on another device, and `move` not said), `RoomFull`, `MeshFull`.
        """
        who, known = grant.participant, self.seating.seats.get(grant.participant)
        if self.history.ended:
            raise RoomEnded()
        if known and known.here and known.page != page and known.grant.device != grant.device and not move:
            raise Elsewhere()
        stay, waiting = self._stay(who, known), grant.lobby and who not in self.history.admitted
        if known is None and not stay:
            carrying.find_place(self, waiting=waiting)
        epoch = max(epoch, known.epoch + 1 if known else 0)
        return Seat(
            grant=grant,
            page=page,
            node=self.node,
            epoch=epoch,
            stay=stay or str(epoch),
            waiting=waiting,
            media=speech.permitted(self.may(grant), media),
            hand=bool(known and known.hand),
            raised=known.raised if known else 0,
        )

    def arrived(self, seat: Seat) -> list[Effect]:
        """The claim succeeded."""
        known, replaced = self.seating.seats.get(seat.who), self._replaced(seat)
        self.seating.take(seat)
        self.seating.told.pop(seat.who, None)
        return [*replaced, Seated(seat, known.node if known else None), *self._joined(seat), Roster()]

    def caught_up(self, who: str, seq: int) -> bool:
        """The participant was sent the log up to `seq`; True when that is all the room knows."""
        if seq < self.history.seq:
            return False
        self.seating.told[who] = seq
        return True

    # ---- going

    def dropped(self, who: str, epoch: int, since: float) -> list[Effect]:
        """Our participant's socket closed unasked; it was last alive at `since`."""
        if self._ours(who, epoch) is None:
            return []
        self.seating.told.pop(who, None)
        self.seating.gone_at[who] = since + GRACE
        return self.silent(who, epoch, True)

    def silent(self, who: str, epoch: int, silent: bool) -> list[Effect]:
        """A heartbeat is late, or came after all."""
        if (seat := self._ours(who, epoch)) is None or seat.here is not silent:
            return []
        return self.changed(replace(seat, here=not silent))

    def leave(self, seat: Seat, reason: str) -> list[Effect]:
        """The seat is given up for good, and the attendance with it."""
        self.seating.empty(seat, for_good=seat.node == self.node)
        attended = [] if seat.waiting else [left(seat.who, seat.stay, reason)]
        return [Vacated(seat), *attended, Roster()]

    def revoked(self, *, person: str, participant: str) -> list[Effect]:
        """The house took the right to be here away."""
        effects: list[Effect] = []
        for seat in self.seating.mine:
            if (person and seat.grant.person == person) or (participant and seat.who == participant):
                effects += self._expelled(seat, "revoked")
        return effects

    def ticked(self, now: float, *, blind: bool = False) -> list[Effect]:
        """Time passed: who has been away too long is gone. A `blind` node, which cannot ask the
        store, judges its own people only."""
        late = [seat for seat in self.seating.due(now) if seat.node == self.node or not blind]
        return [effect for seat in late for effect in self.leave(seat, "lost")]

    # ---- speaking

    def said(self, who: str, epoch: int, message: Message) -> list[Effect]:
        """One of ours said something. Raises a `Refusal`."""
        if type(message) in filming.SAID:
            return filming.SAID[type(message)](self, self.inside_only(who, epoch), message)
        return speech.answer(self, self.holds(who, epoch), message)

    def changed(self, seat: Seat) -> list[Effect]:
        """A seat of ours now reads like this."""
        seat = replace(seat, rev=seat.rev + 1)
        self.seating.keep(seat)
        return [Seated(seat), Roster()]

    def relayed(self, to: str, page: str, event: str, payload: dict[str, Any]) -> list[Effect]:
        """Another node hands on what one of its people said to one of ours."""
        seat = self.seating.seats.get(to)
        if seat is None or seat.node != self.node or seat.page != page or seat.waiting:
            return []
        return [Emit((to,), event, payload)]

    # ---- the other nodes

    def heard(self, seat: Seat, now: float) -> list[Effect]:
        """Another node says how one of its seats reads."""
        if seat.node == self.node or not self.seating.news(seat):
            return []
        replaced = self._replaced(seat)
        self.seating.take(seat, now)
        if not seat.here:  # should its own node die before saying that it left
            self.seating.gone_at[seat.who] = now + GRACE + 1
        return [*replaced, Roster()]

    def vacated(self, who: str, epoch: int) -> list[Effect]:
        """Another node says that a seat is empty."""
        seat = self.seating.seats.get(who)
        if seat is None or seat.node == self.node or seat.epoch > epoch:
            return []
        self.seating.empty(seat, for_good=True)
        return [Roster()]

    def board(self, seats: Iterable[Seat], *, whole: bool, asked: float, now: float) -> list[Effect]:
        """The store's list of living seats, asked for at `asked`: hints that were lost are made
        good here and, when the list is `whole`, seats whose node has died are seen to be missing."""
        listed = {seat.who: seat for seat in seats}
        effects = [e for seat in listed.values() for e in (*self.heard(seat, now), *self._relisted(seat))]
        for seat in self.seating.unlisted(set(listed), asked) if whole else ():
            given_up = self.seating.gone_at.get(seat.who, now + VANISHED)
            self.seating.gone_at[seat.who] = min(given_up, now + VANISHED)
            if seat.here:
                self.seating.keep(replace(seat, here=False))
                effects.append(Roster())
        return effects

    # ---- the log

    def recorded(self, entries: Sequence[Entry], *, whole: bool) -> list[Effect]:
        """Entries were written. `whole` entries come from the log itself and have no gap;
        others may be ahead of what the room has, and then the log is read instead."""
        effects: list[Effect] = []
        for entry in entries:
            if entry.seq <= self.history.seq:
                continue
            if entry.seq > self.history.seq + 1 and not whole:
                return [*effects, Fetch()]
            self.history.fold(entry)
            if entry.kind not in self.QUIET:
                self.newest.keep(entry)
            effects += [*self._tell(entry), *self._obey(entry), *filming.obeyed(self, entry)]
        return effects

    def _tell(self, entry: Entry) -> list[Effect]:
        to = tuple(who for who, seq in self.seating.told.items() if seq < entry.seq)
        self.seating.told.update(dict.fromkeys(to, entry.seq))
        return [Emit(to, "event", told(entry))] if to else []

    def _obey(self, entry: Entry) -> list[Effect]:
        """What an entry means for those on this node."""
        if entry.kind == "ended":
            return [effect for seat in self.seating.mine for effect in self._expelled(seat, "ended")]
        if entry.kind == carrying.KIND:
            return [Roster()]
        seat = self.seating.seats.get(str(entry.body.get("who", "")))
        if seat is None:
            return []
        if entry.kind == "left":
            return self._contradicted(seat, entry)
        return self._commanded(seat, entry.kind) if seat.node == self.node else []

    def _commanded(self, seat: Seat, kind: str) -> list[Effect]:
        if kind == "removed" or (kind == "denied" and seat.waiting):
            return self._expelled(seat, kind)
        if kind == "admitted" and seat.waiting:
            inside = replace(seat, waiting=False)
            return [*self.changed(inside), *self._joined(inside), Welcome(inside)]
        return []

    def _contradicted(self, seat: Seat, entry: Entry) -> list[Effect]:
        """Somebody seated is said to have left. If it is one of ours who is here, and called lost,
        then a node that could not see us wrote it, and the attendance begins anew. Anybody else
        has left, be it by a word said on another node."""
        if seat.stay != entry.body.get("stay"):
            return []
        reason, ours = entry.body.get("reason"), seat.node == self.node
        if ours and seat.here and reason == "lost":
            anew = replace(seat, stay=f"{seat.epoch}.{entry.seq}")
            return [*self.changed(anew), *self._joined(anew)]
        self.seating.empty(seat, for_good=False)
        return [Kick(seat, "moved"), Vacated(seat), Roster()] if ours else [Roster()]

    # ---- seats

    def _stay(self, who: str, known: Seat | None) -> str:
        """The attendance that somebody's coming back continues, "" when there is none to continue."""
        stay = known.stay if known else (["", *self.history.standing(who)])[-1]
        return "" if (who, stay) in self.history.over else stay

    def _ours(self, who: str, epoch: int) -> Seat | None:
        seat = self.seating.seats.get(who)
        return seat if seat and seat.epoch == epoch and seat.node == self.node else None

    def _expelled(self, seat: Seat, reason: str) -> list[Effect]:
        return [Kick(seat, reason), Forget(seat.who), *self.leave(seat, reason)]

    def _relisted(self, seat: Seat) -> list[Effect]:
        """A seat that was missing from the board (the store lost its memory) is on it again."""
        known = self.seating.seats.get(seat.who)
        if known is None or known.node == self.node or known.age != seat.age or known.here is seat.here:
            return []
        self.seating.take(seat)
        return [Roster()]

    def _replaced(self, seat: Seat) -> list[Effect]:
        """The socket of ours that this claim makes obsolete, told so unless it is the same page's."""
        known = self.seating.seats.get(seat.who)
        if known is None or known.node != self.node or known.epoch == seat.epoch:
            return []
        ended = [] if known.waiting or known.stay == seat.stay else [left(known.who, known.stay, "lost")]
        return [Kick(known, None if known.page == seat.page else "moved"), Vacated(known), *ended]

    def _joined(self, seat: Seat) -> list[Effect]:
        known = seat.waiting or seat.stay in self.history.standing(seat.who)
        return [] if known else [joined(seat)]
