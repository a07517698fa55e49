"""Where the browser finds STUN and TURN, with credentials that soon die.

Source: draft-uberti-behave-turn-rest-00, as coturn's `use-auth-secret` implements it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class CoturnIce:
    """`stun` and `turn` are lists of URLs; without TURN no secret is needed. `relay` forces every
    call through TURN (hospital networks that show nobody their inner addresses)."""

    stun: Sequence[str] = ()
    turn: Sequence[str] = ()
    secret: str = ""
    ttl: int = 300  # seconds
    policy: Literal["all", "relay"] = "all"

    def __post_init__(self) -> None:
        if self.turn and not self.secret:
            raise ValueError("TURN servers are given without the secret they share with us")

    def issue(self, participant: str, now: datetime) -> dict[str, Any]:
        """RTCConfiguration's parts for one participant: `{servers, policy, ttl}`."""
        servers: list[dict[str, Any]] = []
        if self.stun:
            servers.append({"urls": list(self.stun)})
        if self.turn:
            username = f"{int(now.timestamp()) + self.ttl}:{participant}"
            servers.append({"urls": list(self.turn), "username": username, "credential": self._credential(username)})
        return {"servers": servers, "policy": self.policy, "ttl": self.ttl}

    def _credential(self, username: str) -> str:
        # SHA-1 is what coturn's REST scheme fixes; as an HMAC key check it is not broken.
        mac = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1)
        return base64.b64encode(mac.digest()).decode()
