"""One opening of a file is one line of the audit, though a viewer fetches it in hundreds of pieces."""

from datetime import datetime, timedelta

AN_OPENING = timedelta(minutes=10)
MOST = 10_000


class Openings:
    def __init__(self) -> None:
        self._since: dict[tuple[str, str], datetime] = {}

    def begins(self, person_id: str, file_id: str, now: datetime) -> bool:
        """Whether this is a new opening; a process that forgets writes one line more, never one less."""
        if len(self._since) > MOST:
            self._since = {key: since for key, since in self._since.items() if now - since < AN_OPENING}
        since = self._since.get((person_id, file_id))
        if since is not None and timedelta() <= now - since < AN_OPENING:
            return False
        self._since[person_id, file_id] = now
        return True
