"""Attendance as it counts: what was reckoned, and what a correction makes of it."""

from collections.abc import Collection
from dataclasses import dataclass

from server.core.unit import Unit
from server.teaching import queries
from server.teaching.kinds import Finding
from server.teaching.model import Attendance, Correction, TeachingSession


@dataclass(frozen=True, kw_only=True)
class Counted:
    """`min_percent` is what the session asks for; the reckoned row stays as it is."""

    attended: Attendance
    correction: Correction | None = None
    min_percent: int = 0

    @property
    def corrected(self) -> bool:
        return self.correction is not None and self.correction.finding is not Finding.RECKONED

    @property
    def finding(self) -> Finding:
        return self.correction.finding if self.correction else Finding.RECKONED

    @property
    def seconds(self) -> int:
        """Never more than the session ran, unless so much was reckoned."""
        if self.correction is None or self.finding is not Finding.MINUTES:
            return self.attended.seconds
        with_more = self.attended.seconds + 60 * self.correction.minutes
        return max(self.attended.seconds, min(with_more, self.attended.required_seconds))

    @property
    def short_of(self) -> list[str]:
        """Of "minutes", "checks", "quiz": what minutes alone could not mend."""
        enough = self.seconds * 100 >= self.attended.required_seconds * self.min_percent
        mended = self.finding is Finding.MINUTES and enough and self.attended.required_seconds > 0
        return [one for one in self.attended.short_of if not (mended and one == "minutes")]

    @property
    def met(self) -> bool:
        if self.finding is Finding.MINUTES:
            return not self.short_of
        return self.attended.met if self.finding is Finding.RECKONED else self.finding is Finding.MET

    @property
    def percent(self) -> int:
        return 100 * self.seconds // self.attended.required_seconds if self.attended.required_seconds else 100


async def count(unit: Unit, rows: Collection[Attendance]) -> list[Counted]:
    """The rows in their order, each with the correction that counts."""
    last = await queries.last_corrections(unit, rows) if rows else {}
    sessions = await queries.sessions(unit, {id for id, _ in last}) if last else {}
    return [_counted(one, last.get((one.session_id, one.person_id)), sessions) for one in rows]


def _counted(row: Attendance, correction: Correction | None, sessions: dict[str, TeachingSession]) -> Counted:
    if correction is None:
        return Counted(attended=row)
    return Counted(attended=row, correction=correction, min_percent=sessions[row.session_id].min_percent)


async def of_session(unit: Unit, session_id: str) -> dict[str, Counted]:
    """By person."""
    rows = (await queries.attendances(unit, session_id)).values()
    return {one.attended.person_id: one for one in await count(unit, rows)}


async def of_person(unit: Unit, session_id: str, person_id: str) -> Counted | None:
    """None for whoever was not reckoned."""
    row = await queries.attendance_of(unit, session_id, person_id)
    return (await count(unit, [row]))[0] if row else None
