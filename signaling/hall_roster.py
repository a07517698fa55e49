"""The roster of a hall at one moment, made once for all who are shown it: an audience is told in the same bytes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from signaling import captioning, filming, roster
from signaling.ports import Seat

if TYPE_CHECKING:
    from signaling.hall import Hall

HANDS = 50  # raised hands a host is shown
BETWEEN = "~"  # a hall and its group; in no id


class HallRoster:
    """Those on the stage or in the same group, how many listen, and whose hands are up: names for hosts."""

    def __init__(self, hall: Hall) -> None:
        self._hall, self._groups = hall, hall.lesson.groups
        self._present: Counter[int] = Counter()  # by group; 0 is the hall
        self._seen: defaultdict[int, list[Seat]] = defaultdict(list)
        self._hands: list[Seat] = []
        for seat in hall.seating.seats.values():
            group = self._groups.of(seat.who)
            self._present[group] += 1
            if group or hall.on_stage(seat):
                self._seen[group].append(seat)
            if seat.hand:
                self._hands.append(seat)

    def told(self, viewers: Iterable[Seat]) -> Iterable[tuple[Sequence[Seat], dict[str, Any]]]:
        """Each roster with all who see it so."""
        alike: defaultdict[Hashable, list[Seat]] = defaultdict(list)
        for viewer in viewers:
            alike[self._outlook(viewer)].append(viewer)
        return [(seats, self.of(seats[0])) for seats in alike.values()]

    def of(self, viewer: Seat) -> dict[str, Any]:
        hall, group = self._hall, self._groups.of(viewer.who)
        at = f"{hall.node}{BETWEEN}{group}" if group else hall.node
        audience = self._present[group] - (0 if group else len(self._seen[group]))
        about = {"at": at, "stage": self._is_seen(viewer), "group": group, "audience": audience}
        about |= {"raised": len(self._hands), "recording": filming.shown(hall, viewer)}
        about["captions"] = captioning.shown(hall)
        about["hands"] = self._first_hands if viewer.grant.host else []
        return {"version": hall.seating.version, "peers": self._peers(viewer, group), "waiting": [], "hall": about}

    def _outlook(self, viewer: Seat) -> Hashable:
        """What tells one viewer's roster from another's: who is seen in it does not see themselves."""
        own = viewer.who if self._is_seen(viewer) else ""
        return own, viewer.grant.host, viewer.who in self._hall.history.agreed

    def _is_seen(self, viewer: Seat) -> bool:
        return bool(self._groups.of(viewer.who)) or self._hall.on_stage(viewer)

    def _peers(self, viewer: Seat, group: int) -> list[dict[str, Any]]:
        staged = self._hall.history.staged
        peers = roster.seen_by(viewer, self._seen[group])["peers"]
        return [{**peer, "staged": peer["id"] in staged} for peer in peers]

    @cached_property
    def _first_hands(self) -> list[dict[str, Any]]:
        hands = sorted(self._hands, key=lambda seat: (seat.raised, seat.who))
        return [roster.person(seat) for seat in hands[:HANDS]]
