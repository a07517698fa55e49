"""Going to another forwarder that is as lite as we are: a Janus of ours, whose hall is recorded here.

Of two lite agents neither would check (RFC 8445 §6.1.1), so the one that fetches acts as the controlling one, in the
shortest way: each of its checks nominates, and what answers first is the path.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from signaling.media.forwarder.internals import stun
from signaling.media.forwarder.lane import Lane, Path, family_of

if TYPE_CHECKING:
    from signaling.media.forwarder.gate import Gate
    from signaling.media.forwarder.peer import Other, Peer

HURRY, STAY = 0.1, 2.5  # seconds between two checks until one is answered, and afterwards
_PRIORITY = 0x6EFFFFFF  # of a peer-reflexive candidate, which is what they see of us (RFC 8445 §5.1.2)


class Call:
    """`peer` hears of each answered check as if it had been checked."""

    def __init__(self, gate: Gate, peer: Peer, other: Other) -> None:
        self._gate, self._peer, self._other = gate, peer, other
        self._next = 0.0
        self._question = self._ask()

    def _ask(self) -> stun.Message:
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        check.attributes["USERNAME"] = f"{self._other.username}:{self._peer.username}"
        check.attributes["PRIORITY"] = _PRIORITY
        check.attributes["ICE-CONTROLLING"] = secrets.randbits(64)
        check.attributes["USE-CANDIDATE"] = None
        check.add_message_integrity(self._other.password.encode())
        self._gate.expect(check.transaction_id, self)
        return check

    def round(self, now: float) -> None:
        """Some fifty times a second. A check that is not answered goes out again as it is."""
        if now < self._next:
            return
        self._next = now + (STAY if self._peer.path else HURRY)
        for lane, address in self._ways():
            lane.send(bytes(self._question), address)

    def _ways(self) -> Iterator[tuple[Lane, tuple[str, int]]]:
        if path := self._peer.path:
            yield path.lane, path.address
            return
        for lane in self._gate.lanes:
            yield from ((lane, address) for address in self._other.addresses if family_of(address[0]) == lane.family)

    def answered(self, path: Path, datagram: bytes) -> None:
        """Something came that says it answers our check."""
        try:
            answer = stun.parse_message(datagram)
        except ValueError:
            return
        success = answer.message_class == stun.Class.RESPONSE
        if success and answer.check_message_integrity(self._other.password.encode()):
            self.end()
            self._question = self._ask()
            self._peer.checked(path, nominated=True)

    def end(self) -> None:
        self._gate.expect(self._question.transaction_id, None)
