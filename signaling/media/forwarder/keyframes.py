"""When to ask a sender for a key frame: at once, but not once for each of three hundred newcomers."""

from __future__ import annotations

from struct import pack

GAP = 0.3  # seconds between two requests
PATIENCE = 1.0  # seconds after which an unanswered request is taken for lost


class KeyFrames:
    """Tells when to send; it asks nobody itself."""

    def __init__(self) -> None:
        self._wanted: float | None = None  # since when somebody waits
        self._asked = float("-inf")

    @property
    def wanted(self) -> bool:
        return self._wanted is not None

    def want(self, now: float) -> bool:
        """Somebody needs one. True if the request should go out now; otherwise `due` will say when."""
        self._wanted = now
        return self.due(now)

    def due(self, now: float) -> bool:
        """Whether to send a request now: somebody came after the last one, or it was not answered."""
        if self._wanted is None:
            return False
        wait = GAP if self._wanted > self._asked else PATIENCE
        if now - self._asked < wait:
            return False
        self._asked = now
        return True

    def came(self) -> None:
        """A key frame began: whoever waited has it."""
        self._wanted = None


def picture_loss(ours: int, theirs: int) -> bytes:
    """RFC 4585 §6.3.1."""
    return pack("!BBHII", 0x81, 206, 2, ours, theirs)
