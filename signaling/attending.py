"""The two lines of the log that attendance is reckoned from."""

from __future__ import annotations

from signaling.effects import Record
from signaling.ports import Seat


def joined(seat: Seat) -> Record:
    grant = seat.grant
    body = {"who": seat.who, "stay": seat.stay, "name": grant.name, "title": grant.title, "role": grant.role}
    return Record("joined", seat.who, f"joined:{seat.who}:{seat.stay}", body)


def left(who: str, stay: str, reason: str) -> Record:
    return Record("left", who, f"left:{who}:{stay}", {"who": who, "stay": stay, "reason": reason})
