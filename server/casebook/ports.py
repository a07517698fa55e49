"""What the casebook asks of the capabilities above it; the composition root plugs them in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.core.unit import Unit


@dataclass(frozen=True, kw_only=True)
class Lesson:
    href: str
    title: str
    starts_at: datetime


class Lessons(Protocol):
    async def discussing(self, unit: Unit, case_id: str) -> list[Lesson]:
        """Where the case is or was discussed, of what the actor may see, the latest first."""
