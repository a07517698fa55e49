"""The UDP ports of one process: the addresses browsers are told, and whose each connectivity check is.

We are a "lite" ICE agent (RFC 8445 §2.5): browsers check, we answer. No STUN or TURN server is ever asked,
one port serves everybody, and a browser that changes its network is followed. Only where we fetch from another
forwarder, we call (`calling`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from struct import unpack_from
from typing import TYPE_CHECKING, Any, Protocol

from signaling.media.forwarder.internals import Certificate, certificate, fingerprint, stun
from signaling.media.forwarder.lane import Lane, Path

if TYPE_CHECKING:
    from signaling.media.forwarder.calling import Call

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Guest(Protocol):
    """Whoever can be reached under a user name of ours."""

    password: str

    def checked(self, path: Path, nominated: bool) -> None: ...


class Gate:
    """`ports` are tried in order on every address; none means any free one. `public` is what browsers are told
    instead of the address itself, where the machine stands behind a translation of addresses."""

    def __init__(self, addresses: Sequence[str], ports: Sequence[int] = (), public: str = "") -> None:
        self._guests: dict[str, Guest] = {}
        self._calls: dict[bytes, Call] = {}  # by the transaction whose answer is waited for
        self._public = public
        self.certificate: Certificate = certificate()
        self.fingerprint = fingerprint(self.certificate)
        self.lanes = [self._bind(address, ports) for address in addresses]

    def _bind(self, address: str, ports: Sequence[int]) -> Lane:
        """Raises OSError when none is free."""
        for port in ports[:-1]:
            try:
                return Lane(address, port, self)
            except OSError:
                continue
        return Lane(address, ports[-1] if ports else 0, self)

    def open(self) -> None:
        for lane in self.lanes:
            lane.open()

    def close(self) -> None:
        for lane in self.lanes:
            lane.close()

    def candidates(self) -> list[str]:
        """The `candidate:` attributes of SDP."""
        return [
            f"candidate:{number} 1 udp {2_130_706_431 - number} {self._public or lane.address} {lane.port} typ host"
            for number, lane in enumerate(self.lanes, 1)
        ]

    def admit(self, guest: Guest) -> str:
        """A new user name for the guest."""
        username = "".join(secrets.choice(_LETTERS) for _ in range(12))
        self._guests[username] = guest
        return username

    def dismiss(self, username: str) -> None:
        self._guests.pop(username, None)

    def expect(self, transaction: bytes, call: Call | None) -> None:
        """The answer to a check of ours; None: no longer."""
        if call is not None:
            self._calls[transaction] = call
        else:
            self._calls.pop(transaction, None)

    def knocked(self, lane: Lane, raw: bytes, datagram: bytes) -> None:
        """A STUN message. Only a check with the guest's own password is answered."""
        if call := self._calls.get(datagram[8:20]):
            call.answered(Path(lane, raw), datagram)
            return
        guest = self._guests.get(_username(datagram))
        if guest is None:
            lane.strangers += 1
            return
        try:
            check = stun.parse_message(datagram)
        except ValueError:
            lane.strangers += 1
            return
        if not check.check_message_integrity(guest.password.encode()):
            lane.strangers += 1
            return
        path = Path(lane, raw)
        lane.send(_answer(check, path.address, guest.password), path.address)
        if "ICE-CONTROLLED" not in check.attributes:
            guest.checked(path, "USE-CANDIDATE" in check.attributes)


def _username(datagram: bytes) -> str:
    """The part before the colon of a binding request's USERNAME; empty for anything else."""
    if len(datagram) < 20 or unpack_from("!HxxI", datagram) != (1, stun.COOKIE):
        return ""
    at = 20
    while at + 4 <= len(datagram):
        kind, length = unpack_from("!HH", datagram, at)
        if kind == 6:
            return datagram[at + 4 : at + 4 + length].partition(b":")[0].decode("ascii", "replace")
        at += 4 + length + -length % 4
    return ""


def _answer(check: Any, address: tuple[Any, ...], password: str) -> bytes:
    conflict = "ICE-CONTROLLED" in check.attributes  # a lite agent never controls (RFC 8445 §6.1.1)
    answer = stun.Message(
        check.message_method, stun.Class.ERROR if conflict else stun.Class.RESPONSE, check.transaction_id
    )
    if conflict:
        answer.attributes["ERROR-CODE"] = (487, "Role Conflict")
    else:
        answer.attributes["XOR-MAPPED-ADDRESS"] = address[:2]
    answer.add_message_integrity(password.encode())
    return bytes(answer)
