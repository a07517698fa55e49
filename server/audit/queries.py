"""Reading the chain."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

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


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What the record is narrowed to; nothing given, nothing narrowed."""

    institution_ids: frozenset[str] | None = None
    """None: of every institution."""
    person_ids: frozenset[str] | None = None
    action: str = ""
    """One act, or with a dot at its end all of a capability."""
    object_id: str = ""
    patient_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _fitting(sought: Sought) -> list[ColumnElement[bool]]:
    row = AuditRecord
    conditions: list[ColumnElement[bool]] = []
    if sought.institution_ids is not None:
        conditions.append(row.institution_id.in_(sought.institution_ids))
    if sought.person_ids is not None:
        conditions.append(row.person_id.in_(sought.person_ids))
    if sought.action:
        every = sought.action.endswith(".")
        fits = row.action.startswith(sought.action, autoescape=True) if every else row.action == sought.action
        conditions.append(fits)
    if sought.object_id:
        conditions.append(row.object_id == sought.object_id)
    if sought.patient_id:
        conditions.append(row.patient_id == sought.patient_id)
    if sought.since:
        conditions.append(row.at >= sought.since)
    if sought.until:
        conditions.append(row.at < sought.until)
    return conditions


async def last_act(unit: Unit, *, kind: str, object_id: str) -> datetime | None:
    """When something was last done to an object; None when it never was."""
    fits = (AuditRecord.kind == kind, AuditRecord.object_id == object_id)
    return await unit.session.scalar(select(func.max(AuditRecord.at)).where(*fits))


async def latest(unit: Unit, sought: Sought, *, before: int | None = None, limit: int = 50) -> list[AuditRecord]:
    """The newest first."""
    query = select(AuditRecord).where(*_fitting(sought)).order_by(AuditRecord.seq.desc()).limit(limit)
    if before:
        query = query.where(AuditRecord.seq < before)
    return list(await unit.session.scalars(query))
