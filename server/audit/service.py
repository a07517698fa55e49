"""Writing the chain, its checkpoint outside the database, and proving both."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy.exc import IntegrityError

from server.audit import queries
from server.audit.model import FIRST, AuditHead, AuditRecord
from server.core.atomic import write_atomically
from server.core.crypto import Keyring
from server.core.unit import Act, Unit


async def seal(unit: Unit) -> None:
    """Appends what the unit did and saw, and what those that ended did; called as the last thing before its commit, so
    the head is held briefly."""
    deeds = [(by, act) for by in (*unit.ended, unit) for act in by.acts]
    if not deeds:
        return
    head = await queries.head(unit, locked=True) or await _first_head(unit)
    key = chain_key(unit.keys)
    for by, act in deeds:
        record = _record_of(by, act, head.seq + 1, at=unit.now)
        record.mac = record.sealed_with(key, head.mac)
        unit.session.add(record)
        head.seq, head.mac = record.seq, record.mac
    unit.acts.clear()
    await unit.session.flush()


async def _first_head(unit: Unit) -> AuditHead:
    """Begins the chain; of two who begin it at once, one follows the other."""
    head = AuditHead(id=1, seq=0, mac=FIRST)
    try:
        async with unit.session.begin_nested():
            unit.session.add(head)
    except IntegrityError:
        begun = await queries.head(unit, locked=True)
        if begun is None:
            raise
        return begun
    return head


def chain_key(keys: Keyring) -> bytes:
    return keys.derive("audit chain")


def _record_of(unit: Unit, act: Act, seq: int, *, at: datetime) -> AuditRecord:
    actor = unit.signed_in
    return AuditRecord(
        seq=seq,
        at=at,
        person_id=actor.person_id if actor else "",
        post_id=actor.post_id if actor else "",
        role=actor.role if actor else "",
        institution_id=actor.institution_id if actor else "",
        address=unit.address[:64],
        request_id=unit.request_id,
        action=act.action,
        kind=act.kind,
        object_id=act.id,
        patient_id=act.patient or "",
        fields=",".join(act.fields)[:500],
        reason=(act.reason or "")[:500],
    )


@dataclass(frozen=True, kw_only=True)
class ChainReport:
    """What a walk over the chain found. `first_bad` is the number of the first record that does not fit, if any."""

    records: int
    first_bad: int | None = None
    trouble: str = ""
    """missing, changed, rewritten, cut off: of a record; no checkpoint, damaged checkpoint: of what lies outside."""

    @property
    def whole(self) -> bool:
        return self.first_bad is None and not self.trouble


async def verify(unit: Unit, *, checkpoint: Path | None = None) -> ChainReport:
    """Walks the whole chain: numbers without a gap, every digest right, the end where head and checkpoint say."""
    known, trouble = _outside(checkpoint, unit.keys) if checkpoint else (None, "")
    found = await _walk(unit, known)
    if not found.whole or not (trouble and found.records):
        return found
    return ChainReport(records=found.records, trouble=trouble)


def _outside(path: Path, keys: Keyring) -> tuple["Checkpoint | None", str]:
    """The checkpoint, or what is the matter with it."""
    try:
        known = read_checkpoint(path, keys)
    except DamagedCheckpoint:
        return None, "damaged checkpoint"
    return known, "" if known else "no checkpoint"


async def _walk(unit: Unit, known: "Checkpoint | None") -> ChainReport:
    key, before, seq = chain_key(unit.keys), FIRST, 0
    async for record in queries.in_order(unit):
        if record.seq > seq + 1:
            return ChainReport(records=seq, first_bad=seq + 1, trouble="missing")
        if record.seq <= seq or not hmac.compare_digest(record.mac, record.sealed_with(key, before)):
            return ChainReport(records=seq, first_bad=record.seq, trouble="changed")
        seq, before = record.seq, record.mac
        if known and known.seq == seq and known.mac != before:
            return ChainReport(records=seq, first_bad=seq, trouble="rewritten")
    return _check_end(seq, before, await queries.head(unit), known)


def _check_end(seq: int, mac: bytes, head: AuditHead | None, known: "Checkpoint | None") -> ChainReport:
    if known and known.seq > seq:
        return ChainReport(records=seq, first_bad=seq + 1, trouble="cut off")
    if (head is None and seq) or (head and (head.seq, head.mac) != (seq, mac)):
        return ChainReport(records=seq, first_bad=seq + 1, trouble="cut off")
    return ChainReport(records=seq)


@dataclass(frozen=True)
class Checkpoint:
    seq: int
    mac: bytes


class DamagedCheckpoint(Exception):
    """The checkpoint file is not as we wrote it."""


class BrokenChain(Exception):
    """The chain no longer holds what its checkpoint vouches for: somebody cut or rewrote it."""


async def move_checkpoint(unit: Unit, path: Path) -> None:
    """Brings the checkpoint up to the end of the chain. Raises BrokenChain, DamagedCheckpoint: it stays as evidence."""
    known = read_checkpoint(path, unit.keys)  # before the chain: another worker may move both meanwhile
    head = await queries.head(unit)
    if known and await queries.mac_of(unit, known.seq) != known.mac:
        raise BrokenChain(known.seq)
    if head and (known is None or known.seq < head.seq):
        await asyncio.to_thread(write_checkpoint, path, head, unit.keys, unit.now.isoformat())


def write_checkpoint(path: Path, head: AuditHead, keys: Keyring, at: str) -> None:
    """Replaces the checkpoint, signed, in one step."""
    body = orjson.dumps({"seq": head.seq, "mac": head.mac.hex(), "at": at})
    signed = orjson.dumps({"body": body.decode(), "mac": _signature(keys, body)})
    write_atomically(path, signed)


def read_checkpoint(path: Path, keys: Keyring) -> Checkpoint | None:
    """None when none was ever written. Raises DamagedCheckpoint."""
    if not path.exists():
        return None
    try:
        signed = orjson.loads(path.read_bytes())
        body = signed["body"].encode()
        if not hmac.compare_digest(signed["mac"], _signature(keys, body)):
            raise DamagedCheckpoint(path)
        fields = orjson.loads(body)
        return Checkpoint(fields["seq"], bytes.fromhex(fields["mac"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        raise DamagedCheckpoint(path) from None


def _signature(keys: Keyring, body: bytes) -> str:
    return hmac.new(keys.derive("audit checkpoint"), body, hashlib.sha256).hexdigest()
