"""Reading the chain."""

from collections.abc import AsyncIterator

from sqlalchemy import select

from server.audit.model import AuditHead, AuditRecord
from server.core.unit import Unit

BATCH = 2_000


async def head(unit: Unit, *, locked: bool = False) -> AuditHead | None:
    return await unit.session.get(AuditHead, 1, with_for_update=locked)


async def mac_of(unit: Unit, seq: int) -> bytes | None:
    return await unit.session.scalar(select(AuditRecord.mac).where(AuditRecord.seq == seq))


async def in_order(unit: Unit) -> AsyncIterator[AuditRecord]:
    """Every record in order, a batch at a time; also those whose number no record of ours has."""
    after: int | None = None
    while True:
        query = select(AuditRecord).order_by(AuditRecord.seq).limit(BATCH)
        if after is not None:
            query = query.where(AuditRecord.seq > after)
        batch = (await unit.session.scalars(query)).all()
        for record in batch:
            yield record
            unit.session.expunge(record)
        if len(batch) < BATCH:
            return
        after = batch[-1].seq


async def latest(
    unit: Unit,
    *,
    institution_ids: frozenset[str] | None = None,
    person_id: str | None = None,
    object_id: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditRecord]:
    """The newest first; `institution_ids` None means of every institution."""
    query = select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(limit)
    if institution_ids is not None:
        query = query.where(AuditRecord.institution_id.in_(institution_ids))
    if person_id:
        query = query.where(AuditRecord.person_id == person_id)
    if object_id:
        query = query.where(AuditRecord.object_id == object_id)
    if before:
        query = query.where(AuditRecord.seq < before)
    return list(await unit.session.scalars(query))
