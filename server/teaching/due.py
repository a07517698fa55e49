"""Village doctors must be trained once in two years (乡村医生从业管理条例 art. 27): who is due, and for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from server.accounts import queries as accounts
from server.accounts.roles import CredentialKind
from server.accounts.service import today
from server.consultation import queries as consultations
from server.core.unit import Unit
from server.teaching import queries
from server.teaching.model import TeachingSession

if TYPE_CHECKING:
    from server.accounts.model import Person, Post
    from server.teaching.queries import Trained

EVERY_YEARS = 2
WARN_DAYS = 90
"""From so long before the day on, somebody counts as due."""


@dataclass(frozen=True, kw_only=True)
class DueDoctor:
    person_id: str
    name: str
    institution_id: str
    last: date | None
    corrected: bool
    """Whether that training counts by a correction of their attendance alone."""
    by: date
    days_left: int
    suggestions: tuple[tuple[str, int], ...]
    """Specialties in which their own first diagnosis was not confirmed, with how often."""

    @property
    def tone(self) -> str:
        return "danger" if self.days_left < 0 else "soon" if self.days_left <= WARN_DAYS else "done"


def due_by(last: date | None, since: date) -> date:
    """Two years after the last training; for who never had one, after their first day in a post."""
    begun = last or since
    try:
        return begun.replace(year=begun.year + EVERY_YEARS)
    except ValueError:  # the 29th of February
        return begun.replace(year=begun.year + EVERY_YEARS, day=28)


async def is_due(unit: Unit, person: Person) -> bool:
    posts = (await accounts.all_posts_of(unit, [person.id]))[person.id]
    last = (await queries.last_trained(unit, [person.id])).get(person.id)
    since = min((one.starts for one in posts), default=today(unit.now))
    return (due_by(today(last.at) if last else None, since) - today(unit.now)).days <= WARN_DAYS


async def due_list(unit: Unit, places: Collection[str]) -> list[DueDoctor]:
    """The village doctors of these institutions, the most pressing first."""
    on = today(unit.now)
    found = await accounts.with_credential(unit, CredentialKind.VILLAGE_DOCTOR, places, on)
    ids = [person.id for person, _ in found]
    trained = await queries.last_trained(unit, ids)
    doubts = await consultations.unconfirmed(unit, ids)
    rows = [_row(person, post, trained.get(person.id), on, doubts.get(person.id, Counter())) for person, post in found]
    return sorted(rows, key=lambda one: (one.by, one.name))


def _row(person: Person, post: Post, trained: Trained | None, on: date, doubts: Counter[str]) -> DueDoctor:
    last = today(trained.at) if trained else None
    by = due_by(last, post.starts)
    return DueDoctor(
        person_id=person.id,
        name=person.name,
        institution_id=post.institution_id,
        last=last,
        corrected=trained is not None and trained.corrected,
        by=by,
        days_left=(by - on).days,
        suggestions=tuple(doubts.most_common(3)),
    )


def fitting(doctor: DueDoctor, sessions: Collection[TeachingSession]) -> list[TeachingSession]:
    """Sessions ahead that teach what they were unsure of; then any other, so that nobody is left without."""
    wanted = {specialty for specialty, _ in doctor.suggestions}
    return sorted(sessions, key=lambda one: (one.specialty not in wanted, one.starts_at))[:2]
