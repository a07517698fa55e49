"""The seats of one room as one node knows them, and what it remembers about each."""

from __future__ import annotations

from signaling.ports import Seat

SEATS = 1_200
STAGE = 12  # people who are seen and heard at once, at most
FOR_GOOD = 1 << 62  # a rev no living seat reaches


class Seating:
    """`version` rises with every change; started from the wall clock it rises across restarts too."""

    def __init__(self, node: str, version: int) -> None:
        self.node = node
        self.version = version
        self.seats: dict[str, Seat] = {}
        self.gone_at: dict[str, float] = {}  # lost, and given up at this monotonic time
        self.told: dict[str, int] = {}  # last log number each of ours inside was sent
        self._heard_at: dict[str, float] = {}  # when another node's seat was last spoken of
        self._emptied: dict[str, tuple[int, int]] = {}  # age up to which news of a seat is old

    @property
    def mine(self) -> list[Seat]:
        return [seat for seat in self.seats.values() if seat.node == self.node]

    @property
    def others(self) -> list[Seat]:
        return [seat for seat in self.seats.values() if seat.node != self.node]

    def full(self, places: int, *, waiting: bool = False) -> bool:
        """Whether a room of so many places has none for one more; who waits takes none of those inside."""
        inside = sum(not seat.waiting for seat in self.seats.values())
        return len(self.seats) >= SEATS or (not waiting and inside >= places)

    def news(self, seat: Seat) -> bool:
        """Whether this is a later state of the seat than all we know of it."""
        known = self.seats.get(seat.who)
        return seat.age > self._emptied.get(seat.who, (-1, 0)) and (known is None or seat.age > known.age)

    def take(self, seat: Seat, now: float = 0.0) -> None:
        """Somebody sits down, comes back, or another node says so."""
        self.keep(seat)
        self.gone_at.pop(seat.who, None)
        self._heard_at[seat.who] = now
        if seat.node != self.node:
            self.told.pop(seat.who, None)

    def keep(self, seat: Seat) -> None:
        """The same claim reads differently now."""
        self.seats[seat.who] = seat
        self.version += 1

    def empty(self, seat: Seat, *, for_good: bool) -> None:
        """Late news of this claim is not believed; unless `for_good`, newer news of it is."""
        del self.seats[seat.who]
        self.gone_at.pop(seat.who, None)
        self.told.pop(seat.who, None)
        self._heard_at.pop(seat.who, None)
        self._emptied[seat.who] = (seat.epoch, FOR_GOOD if for_good else seat.rev)
        self.version += 1

    def due(self, now: float) -> list[Seat]:
        """Those whose time to come back is over."""
        return [self.seats[who] for who, at in self.gone_at.items() if at <= now]

    def unlisted(self, listed: set[str], asked: float) -> list[Seat]:
        """Other nodes' seats that a list read since `asked` lacks."""
        return [seat for seat in self.others if seat.who not in listed and self._heard_at.get(seat.who, 0.0) <= asked]
