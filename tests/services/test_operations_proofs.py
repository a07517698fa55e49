"""A restored site proves itself: its audit chain is walked with the keys and the checkpoint that came back with it."""

import sqlite3
from contextlib import closing

import pytest

from server.audit import queries
from server.audit import service as audit
from server.core.access import Matrix
from server.core.clock import SetClock
from server.core.crypto import Keyring
from server.core.database import Database
from server.operations import backup, proofs, restore
from server.operations.findings import told
from server.operations.repository import Repository
from tests.conftest import MONDAY_MORNING


@pytest.fixture
async def site(tmp_path, sqlite_url, clock):
    """A data folder whose site has seen three things, checkpointed them, and lives on."""
    data = tmp_path
    keys = Keyring.load(data / "keys" / "site", create=True)
    database = Database(sqlite_url, clock=clock, keys=keys, matrix=Matrix({}))
    database.before_commit.append(audit.seal)
    for number in range(3):
        async with database.unit() as unit:
            unit.record("patient.read", kind="patient", id=f"{number:032}")
    async with database.unit(writes=False) as unit:
        audit.write_checkpoint(data / "audit-checkpoint.json", await queries.head(unit), keys, "2026-11-23T01:00:00Z")
    await database.close()
    return data


@pytest.fixture
async def restored(site, tmp_path_factory):
    """Backs the site up and brings it back elsewhere, where the chain is proved. Returns the report."""
    repository = Repository.create(tmp_path_factory.mktemp("backups"), passphrase="words", site_key=bytes(32))

    async def again():
        await backup.take(repository, data=site, database_url="", key_file=site / "keys/site", now=MONDAY_MORNING)
        data = tmp_path_factory.mktemp("elsewhere") / "data"
        return await restore.bring_back(
            repository, data=data, database_url="", key_file=data / "keys/site", proofs=(chain_of(data),)
        )

    return again


def chain_of(data):
    async def prove():
        keys = Keyring.load(data / "keys" / "site")
        url = f"sqlite+aiosqlite:///{data / 'lianzhen.sqlite'}"
        database = Database(url, clock=SetClock(MONDAY_MORNING), keys=keys, matrix=Matrix({}))
        try:
            return await proofs.audit_chain(database, data / "audit-checkpoint.json")
        finally:
            await database.close()

    return prove


def plain(words, facts):
    return words % facts if facts else words


async def test_a_whole_chain_is_proved_and_said(restored):
    report = await restored()
    assert report.whole
    first, last = told(report.findings(), plain)
    assert first.startswith("✓ 已恢复到 2026-11-23 01:00 UTC 的备份")
    assert last == "✓ 审计链完整：3 条记录"


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ("UPDATE audit_records SET reason = 'forged' WHERE seq = 2", 2),
        ("DELETE FROM audit_records WHERE seq = 2", 2),
        ("DELETE FROM audit_records WHERE seq = 3", 3),
    ],
)
async def test_a_chain_that_was_touched_before_the_backup_is_told(site, restored, change, first):
    with closing(sqlite3.connect(site / "lianzhen.sqlite")) as connection:
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger[0]}")
        connection.execute(change)
        connection.commit()
    report = await restored()
    assert not report.whole
    assert list(told(report.findings(), plain))[-1].startswith(f"✗ 审计链从第 {first} 条起不对")


async def test_a_chain_without_its_checkpoint_is_not_called_whole(site, restored):
    (site / "audit-checkpoint.json").write_text("{}")
    report = await restored()
    assert not report.whole
    last = list(told(report.findings(), plain))[-1]
    assert last == "✗ 审计链的检查点缺失或损坏，3 条记录的末尾无从证明"
