"""A site with signed reports, backed up and brought back by the real program, which proves what it restored."""

import sqlite3
from contextlib import closing

from server import upkeep, worker
from server.settings import Settings
from tests.journeys.furnished import furnish
from tests.services.test_command_line import PASSPHRASE, Console


def reports(data):
    """Each document's number, and the file that it is kept in."""
    with closing(sqlite3.connect(data / "lianzhen.sqlite")) as store:
        rows = store.execute("SELECT number, archive_ref FROM documents ORDER BY id").fetchall()
    files = {path.name: path for path in (data / "documents").rglob("*") if path.is_file()}
    return [(number, files[ref]) for number, ref in rows]


async def served_for_a_while(data):
    """A site that has served has the end of its audit chain outside of the store."""
    settings = Settings(data=data)
    async with upkeep.open_database(settings) as database:
        await worker.checkpoint(database, settings)


async def backed_up(lianzhen, folder):
    status, _ = await lianzhen("backup", folder, typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert status == 0, lianzhen.said


async def restored(folder, elsewhere):
    """The status, and all that was said."""
    console = Console(elsewhere)
    status, _ = await console("restore", folder, typed=f"{PASSPHRASE}\n")
    return status, console.said


async def test_a_restored_site_proves_its_chain_its_signatures_and_its_files(tmp_path):
    lianzhen = Console(tmp_path / "data")
    await furnish(lianzhen.data)
    await served_for_a_while(lianzhen.data)
    signed = reports(lianzhen.data)
    assert signed
    await backed_up(lianzhen, tmp_path / "kept")
    status, said = await restored(tmp_path / "kept", tmp_path / "elsewhere")
    assert (status, "✗" in said) == (0, False), said
    assert "✓ 审计链完整" in said
    assert f"✓ {len(signed)} 份文书与签名时一致" in said

    number, file = signed[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    await backed_up(lianzhen, tmp_path / "kept later")
    status, said = await restored(tmp_path / "kept later", tmp_path / "yonder")
    assert status == 1, said
    assert f"✗ 1 份文书与签名时不符：{number}" in said
