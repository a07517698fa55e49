"""What is under a person's bell."""

from sqlalchemy import func, select

from server.core.unit import Unit
from server.notices.model import Notice


async def unread_count(unit: Unit, person_id: str) -> int:
    query = select(func.count()).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    return int(await unit.session.scalar(query) or 0)


async def latest(unit: Unit, person_id: str, *, before: str | None = None, limit: int = 50) -> list[Notice]:
    query = select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc()).limit(limit)
    if before:
        query = query.where(Notice.id < before)
    return list(await unit.session.scalars(query))
