"""Who is speaking, from the loudness that browsers write beside each voice packet (RFC 6464)."""

from __future__ import annotations

from collections.abc import Mapping

SILENT = 127  # −dBov
HEARD = 50  # what is quieter is a room, not a voice
FALL = 6  # dB a round by which a pause fades


class Levels:
    """Loudness of each source in −dBov: the loudest packet of a round, fading over the next."""

    def __init__(self) -> None:
        self._peak: dict[str, int] = {}
        self._shown: dict[str, int] = {}

    def heard(self, source: str, level: int) -> None:
        if level < self._peak.get(source, SILENT):
            self._peak[source] = level

    def forget(self, source: str) -> None:
        self._peak.pop(source, None)
        self._shown.pop(source, None)

    def round(self) -> Mapping[str, int] | None:
        """Who is heard now, and how loud; None if nothing changed since the round before."""
        before = self._shown
        faded = {source: level + FALL for source, level in before.items()}
        loud = {source: min(level, faded.get(source, SILENT)) for source, level in self._peak.items()}
        self._shown = {source: level for source, level in (faded | loud).items() if level <= HEARD}
        self._peak = {}
        return self._shown if self._shown != before else None
