"""How the people of a room look to one another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from signaling.ports import Seat


def seen_by(viewer: Seat, seats: Iterable[Seat]) -> dict[str, Any]:
    """`{peers, waiting}`: everybody but the viewer; who waits is for hosts to know."""
    others = sorted((seat for seat in seats if seat.who != viewer.who), key=lambda seat: seat.who)
    return {
        "peers": [_peer(seat) for seat in others if not seat.waiting],
        "waiting": [person(seat) for seat in others if seat.waiting] if viewer.grant.host else [],
    }


def person(seat: Seat) -> dict[str, Any]:
    grant = seat.grant
    return {"id": seat.who, "name": grant.name, "title": grant.title, "role": grant.role}


def _peer(seat: Seat) -> dict[str, Any]:
    media = seat.media
    return {
        **person(seat),
        "host": seat.grant.host,
        "page": seat.page,
        "mic": media.mic,
        "cam": media.cam,
        "screen": media.screen,
        "hand": seat.hand,
        "line": seat.line,
        "state": "here" if seat.here else "reconnecting",
    }
