"""Whoever changes, removes, inserts, reorders, cuts off or rewrites what is on record is found, and the row named."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from server.audit import service as audit
from server.audit.model import FIRST, AuditHead, AuditRecord
from server.core.crypto import Keyring
from tests.conftest import KEYS, MONDAY_MORNING, open_database

ROWS = 12
OLDER = Keyring({1: bytes(32)})
"""A key that was the site's once and that somebody has kept."""


@pytest.fixture
def folder(tmp_path):
    """A data folder with the site's key in it; the store of SQLite lies there too."""
    (tmp_path / "keys").mkdir(mode=0o700)
    key = tmp_path / "keys" / "site"
    key.write_text(f"1:{bytes(range(32)).hex()}\n")
    key.chmod(0o600)
    return tmp_path


@pytest.fixture
async def chain(database, folder):
    """Twelve acts on record, the first eight of them checkpointed."""
    database.before_commit.append(audit.seal)
    await lived(database, ROWS - 4)
    await checkpointed(database, folder)
    await lived(database, 4, first=ROWS - 3)
    return database


async def lived(database, acts, first=1):
    async with database.unit() as unit:
        for number in range(first, first + acts):
            unit.record("patient.read", kind="patient", id=f"{number:032}", reason=f"第 {number} 次")


def checkpoint_of(folder):
    return folder / "audit-checkpoint.json"


async def checkpointed(database, folder):
    async with database.unit(writes=False) as unit:
        await audit.move_checkpoint(unit, checkpoint_of(folder))


async def verified(database, folder):
    async with database.unit(writes=False) as unit:
        report = await audit.verify(unit, checkpoint=checkpoint_of(folder))
    return report.first_bad, report.trouble, report.records


async def tamper(database, *statements):
    """As somebody with the password of the database does."""
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement) if isinstance(statement, str) else statement)


async def restamp(database, keys, *, last=ROWS, change=None):
    """Writes the whole chain anew under `keys`, up to `last`, and its head with it."""
    async with database.unit() as unit:
        unit.session.autoflush = False
        before = FIRST
        for record in await unit.session.scalars(select(AuditRecord).order_by(AuditRecord.seq)):
            if record.seq > last:
                await unit.session.delete(record)
                continue
            if record.seq == change:
                record.reason = "别的"
            record.mac = before = record.sealed_with(audit.chain_key(keys), before)
        await unit.session.execute(update(AuditHead).values(seq=last, mac=before))


async def test_an_untouched_chain_is_whole(chain, folder):
    assert await verified(chain, folder) == (None, "", ROWS)


COLUMNS = [name for name in AuditRecord.__table__.columns.keys() if name not in ("seq", "mac", "at")]  # noqa: SIM118


@pytest.mark.parametrize("seq", [1, 5, ROWS])
async def test_a_changed_field_is_named_whichever_it_is(chain, folder, seq):
    for column in COLUMNS:
        async with chain.unit(writes=False) as unit:
            was = getattr(await unit.session.get(AuditRecord, seq), column)
        change = update(AuditRecord).where(AuditRecord.seq == seq)
        await tamper(chain, change.values({column: "x"}))
        assert (column, await verified(chain, folder)) == (column, (seq, "changed", seq - 1))
        await tamper(chain, change.values({column: was}))
    assert await verified(chain, folder) == (None, "", ROWS)


@pytest.mark.parametrize("column", ["at", "mac"])
async def test_another_time_or_digest_is_named(chain, folder, column):
    value = {"at": MONDAY_MORNING.replace(year=2025), "mac": bytes(32)}[column]
    await tamper(chain, update(AuditRecord).where(AuditRecord.seq == 5).values({column: value}))
    assert await verified(chain, folder) == (5, "changed", 4)


@pytest.mark.parametrize("seq", [1, 5, ROWS - 1])
async def test_a_removed_row_is_named(chain, folder, seq):
    await tamper(chain, f"DELETE FROM audit_records WHERE seq = {seq}")
    assert await verified(chain, folder) == (seq, "missing", seq - 1)


async def test_a_removed_row_whose_followers_moved_up_is_named(chain, folder):
    moved = [f"UPDATE audit_records SET seq = {n - 1} WHERE seq = {n}" for n in range(6, ROWS + 1)]
    await tamper(chain, "DELETE FROM audit_records WHERE seq = 5", *moved)
    assert await verified(chain, folder) == (5, "changed", 4)


def forged(seq):
    return insert(AuditRecord).values(
        seq=seq, at=MONDAY_MORNING, action="patient.read", kind="patient", object_id="f" * 32, mac=bytes(32)
    )


@pytest.mark.parametrize("seq", [-1, 0, ROWS + 1])
async def test_an_inserted_row_is_named_before_and_after_all_others_too(chain, folder, seq):
    await tamper(chain, forged(seq))
    assert await verified(chain, folder) == (seq, "changed", max(seq - 1, 0))


async def test_a_row_squeezed_in_is_named(chain, folder):
    moved = [f"UPDATE audit_records SET seq = {n + 1} WHERE seq = {n}" for n in range(ROWS, 4, -1)]
    await tamper(chain, *moved, forged(5))
    assert await verified(chain, folder) == (5, "changed", 4)


@pytest.mark.parametrize(("one", "other"), [(4, 5), (1, ROWS)])
async def test_rows_that_changed_places_are_named(chain, folder, one, other):
    swap = ((one, 100), (other, one), (100, other))
    await tamper(chain, *(f"UPDATE audit_records SET seq = {new} WHERE seq = {old}" for old, new in swap))
    assert await verified(chain, folder) == (one, "changed", one - 1)


@pytest.mark.parametrize("kept", [0, 5, 7, 9, ROWS - 1])
async def test_a_cut_off_end_is_named(chain, folder, kept):
    await tamper(chain, f"DELETE FROM audit_records WHERE seq > {kept}")
    assert await verified(chain, folder) == (kept + 1, "cut off", kept)


@pytest.mark.parametrize("kept", [0, 5, 7])
async def test_a_cut_off_end_is_named_when_the_head_was_cut_with_it(chain, folder, kept):
    """Whoever knows the digests can write a head that fits; what lies outside the database does not fit then."""
    head = f"UPDATE audit_heads SET seq = {kept}, mac = (SELECT mac FROM audit_records WHERE seq = {kept})"
    await tamper(chain, head if kept else "DELETE FROM audit_heads", f"DELETE FROM audit_records WHERE seq > {kept}")
    assert await verified(chain, folder) == (kept + 1, "cut off", kept)


async def test_a_lost_head_is_said(chain, folder):
    await tamper(chain, "DELETE FROM audit_heads")
    assert await verified(chain, folder) == (ROWS + 1, "cut off", ROWS)


async def test_a_chain_rewritten_with_an_older_key_is_named_from_its_first_row(chain, folder):
    await restamp(chain, OLDER, change=3)
    assert await verified(chain, folder) == (1, "changed", 0)


async def test_a_chain_rewritten_with_the_very_key_is_named_where_it_was_vouched_for(chain, folder):
    """Even with the key out, the eight rows that the checkpoint saw cannot be rewritten."""
    await restamp(chain, KEYS, change=3)
    assert await verified(chain, folder) == (8, "rewritten", 8)


async def test_an_older_state_brought_back_with_its_own_head_is_cut_off(chain, folder):
    await restamp(chain, KEYS, last=6)
    assert await verified(chain, folder) == (7, "cut off", 6)


# ---- the checkpoint


def damaged(path, how):
    content = path.read_bytes()
    if how == "removed":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "half":
        path.write_bytes(content[: len(content) // 2])
    elif how == "another number":
        path.write_bytes(content.replace(rb"\"seq\":8", rb"\"seq\":4"))
    else:
        path.write_bytes(how)
    assert not path.exists() or path.read_bytes() != content


DAMAGES = ["empty", "half", "another number", b"[]", b"{}", b'{"body": 1, "mac": 2}', "语".encode("gbk")]


@pytest.mark.parametrize("how", DAMAGES)
async def test_a_damaged_checkpoint_is_said_and_never_written_over(chain, folder, how):
    damaged(checkpoint_of(folder), how)
    content = checkpoint_of(folder).read_bytes()
    assert await verified(chain, folder) == (None, "damaged checkpoint", ROWS)
    with pytest.raises(audit.DamagedCheckpoint):
        await checkpointed(chain, folder)
    assert checkpoint_of(folder).read_bytes() == content


async def test_a_missing_checkpoint_is_no_proof(chain, folder):
    damaged(checkpoint_of(folder), "removed")
    assert await verified(chain, folder) == (None, "no checkpoint", ROWS)


async def test_a_checkpoint_signed_with_an_older_key_counts_as_damaged(chain, folder):
    async with chain.unit(writes=False) as unit:
        head = await unit.session.get(AuditHead, 1)
    audit.write_checkpoint(checkpoint_of(folder), head, OLDER, "2026-11-23T01:00:00Z")
    assert await verified(chain, folder) == (None, "damaged checkpoint", ROWS)


async def test_a_wrong_row_is_named_though_the_checkpoint_is_damaged_too(chain, folder):
    damaged(checkpoint_of(folder), "half")
    await tamper(chain, "UPDATE audit_records SET reason = 'x' WHERE seq = 5")
    assert await verified(chain, folder) == (5, "changed", 4)


async def test_the_next_checkpoint_does_not_cover_up_a_cut(chain, folder):
    """The site lives on after the cut: its own next checkpoint must not make it look whole."""
    await restamp(chain, KEYS, last=6)
    with pytest.raises(audit.BrokenChain):
        await checkpointed(chain, folder)
    await lived(chain, 8, first=7)
    with pytest.raises(audit.BrokenChain):
        await checkpointed(chain, folder)
    assert await verified(chain, folder) == (8, "rewritten", 8)


async def test_a_checkpoint_moves_on_with_the_chain(chain, folder):
    await checkpointed(chain, folder)
    async with chain.unit(writes=False) as unit:
        head = await unit.session.get(AuditHead, 1)
    known = audit.read_checkpoint(checkpoint_of(folder), KEYS)
    assert (known.seq, known.mac) == (ROWS, head.mac)


# ---- the command


async def told(database_url, folder):
    """What `lianzhen audit verify` says, and its exit code."""
    environment = {**os.environ, "LIANZHEN_DATABASE_URL": database_url, "LIANZHEN_DATA": str(folder)}
    program = Path(sys.executable).with_name("lianzhen")
    process = await asyncio.create_subprocess_exec(
        program, "audit", "verify", env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode().strip()


async def test_the_command_names_the_first_bad_row(chain, database_url, folder):
    assert await told(database_url, folder) == (0, "OK: 12 records")
    await tamper(chain, "UPDATE audit_records SET person_id = 'x' WHERE seq = 9")
    broken = "BROKEN at record 9: changed (8 records before it are right)"
    assert await told(database_url, folder) == (1, broken)
    await tamper(chain, "DELETE FROM audit_records WHERE seq = 4")
    broken = "BROKEN at record 4: missing (3 records before it are right)"
    assert await told(database_url, folder) == (1, broken)


async def test_the_command_says_that_the_checkpoint_is_damaged(chain, database_url, folder):
    damaged(checkpoint_of(folder), "half")
    code, said = await told(database_url, folder)
    assert (code, said.split(";")[0]) == (1, "BROKEN: damaged checkpoint")


async def test_two_nodes_that_write_at_once_never_fork_the_chain(database_url, clock, folder):
    nodes = [open_database(database_url, clock) for _ in range(3)]
    for node in nodes:
        node.before_commit.append(audit.seal)
    await asyncio.gather(*(lived(node, 4) for node in nodes for _ in range(5)))
    await checkpointed(nodes[0], folder)
    assert await verified(nodes[1], folder) == (None, "", 60)
    for node in nodes:
        await node.close()
