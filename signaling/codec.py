"""Seats, grants and entries as JSON, checked against their types on the way back in."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from signaling.ports import Broadcast, Entry, Grant, Seat

grants = TypeAdapter(Grant)
seats = TypeAdapter(Seat)
entries = TypeAdapter(Entry)
broadcasts = TypeAdapter(Broadcast)


@dataclass(frozen=True, slots=True)
class Relayed:
    """A signal or a request to mute on its way to somebody on another node."""

    to: str
    page: str
    sender: str
    event: Literal["signal", "muted"]
    payload: dict[str, Any]


relays = TypeAdapter(Relayed)

MAC = 32  # bytes of HMAC-SHA256


def seat_body(seat: Seat) -> dict[str, Any]:
    body: dict[str, Any] = seats.dump_python(seat, mode="json")
    return body


def entry_body(entry: Entry) -> dict[str, Any]:
    body: dict[str, Any] = entries.dump_python(entry, mode="json")
    return body


class Sealing:
    """Marks what we put where others can write, so that only our own nodes' words count.

    `about` says where a value belongs (a channel, a key): a genuine value copied elsewhere is
    as worthless as a forged one.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("the nodes' shared key is shorter than 128 bits")
        self._key = key

    def seal(self, plain: bytes, about: str) -> bytes:
        return self._mac(plain, about) + plain

    def open(self, sealed: bytes, about: str) -> bytes | None:
        """What was sealed, or None when it is not ours."""
        mac, plain = sealed[:MAC], sealed[MAC:]
        return plain if hmac.compare_digest(mac, self._mac(plain, about)) else None

    def _mac(self, plain: bytes, about: str) -> bytes:
        return hmac.digest(self._key, about.encode() + b"\0" + plain, hashlib.sha256)
