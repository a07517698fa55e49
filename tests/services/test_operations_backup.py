"""Backup of a running site and its return on an empty machine (assurance DR-2, DR-3, T22)."""

import asyncio
import hashlib
import os
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from server.operations import backup, restore
from server.operations.repository import Busy, Damaged, NoRepository, Repository, WrongKey
from server.operations.restore import NotEmpty, Proof, WrongStore
from tests.conftest import MONDAY_MORNING
from tests.stores import create_database, drop_database

SITE_KEY = bytes(range(32))
PASSPHRASE = "correct horse battery staple"
NAME = "欧阳静怡"


class Site:
    """A site with some of everything, on either store."""

    def __init__(self, folder, database_url):
        self.data, self.database_url = folder / "data", database_url
        self.key_file = self.data / "keys" / "site"

    @property
    def store_url(self):
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'lianzhen.sqlite'}"

    async def furnish(self, template):
        self.data.mkdir(mode=0o700)
        if not self.database_url:
            shutil.copyfile(template, self.data / "lianzhen.sqlite")
        self.write("keys/site", "1:" + "ab" * 32)
        self.write("audit-checkpoint.json", '{"seq": 1}')
        self.write("files/3f/photo", os.urandom(3_000_000))
        self.write("files/3f/empty", b"")
        await self.add_mail("first")

    def write(self, name, content):
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)

    async def add_mail(self, *ids):
        await self.run(
            "INSERT INTO outbox_messages (id, channel, key, sealed, created_at, due_at, attempts)"
            " VALUES (:id, 'mail', :id, :sealed, :at, :at, 0)",
            *({"id": id, "sealed": id.encode() * 20, "at": MONDAY_MORNING} for id in ids),
        )

    async def mails(self):
        return sorted(row[0] for row in await self.run("SELECT id FROM outbox_messages ORDER BY id"))

    async def run(self, statement, *rows):
        engine = create_async_engine(self.store_url)
        async with engine.begin() as connection:
            done = await connection.execute(text(statement), list(rows) or None)
            found = done.fetchall() if done.returns_rows else []
        await engine.dispose()
        return found

    def files(self):
        """Name → digest of every file, the database left out."""
        paths = [path for path in self.data.rglob("*") if path.is_file() and "sqlite" not in path.name]
        return {str(path.relative_to(self.data)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}

    async def back_up(self, repository, minutes=0):
        now = MONDAY_MORNING + timedelta(minutes=minutes)
        return await backup.take(
            repository, data=self.data, database_url=self.database_url, key_file=self.key_file, now=now
        )

    async def restore(self, repository, **options):
        return await restore.bring_back(
            repository, data=self.data, database_url=self.database_url, key_file=self.key_file, **options
        )


@pytest.fixture
async def databases(stores, request):
    """Makes names of empty databases: '' for SQLite, which lies in the data folder."""
    made = []

    async def make(template="template0"):
        if stores == "sqlite":
            return ""
        server = request.getfixturevalue("postgres")
        made.append((server, f"backup_{os.urandom(6).hex()}"))
        return await create_database(*made[-1], template)

    yield make
    for server, name in made:
        await drop_database(server, name)


@pytest.fixture
async def site(tmp_path, databases, sqlite_template, postgres_template):
    site = Site(tmp_path, await databases(postgres_template))
    await site.furnish(sqlite_template)
    return site


@pytest.fixture
async def empty(tmp_path, databases):
    """Another machine, with nothing on it."""
    (tmp_path / "elsewhere").mkdir()
    return Site(tmp_path / "elsewhere", await databases())


@pytest.fixture
def repository(tmp_path):
    return Repository.create(tmp_path / "backups", passphrase=PASSPHRASE, site_key=SITE_KEY)


async def test_all_of_it_comes_back_on_an_empty_machine(site, empty, repository):
    report = await site.back_up(repository)
    assert (report.files > 4, report.vanished) == (True, [])
    again = Repository(repository.folder).open_with_passphrase(PASSPHRASE)

    back = await empty.restore(again)

    assert (back.whole, back.taken_at, back.snapshot) == (True, MONDAY_MORNING, report.name)
    assert empty.files() == site.files()
    assert await empty.mails() == ["first"]


async def test_the_restored_site_goes_on_living(site, empty, repository):
    await site.back_up(repository)
    await empty.restore(repository)
    await empty.add_mail("second")
    assert await empty.mails() == ["first", "second"]


async def test_what_came_back_is_readable_by_its_owner_alone(site, empty, repository):
    await site.back_up(repository)
    await empty.restore(repository)
    assert {stat.S_IMODE(path.stat().st_mode) for path in empty.data.rglob("*") if path.is_file()} <= {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in [empty.data, *empty.data.rglob("*")] if path.is_dir()} == {
        0o700
    }


async def test_a_second_backup_adds_only_what_changed(site, repository):
    first = await site.back_up(repository)
    site.write("files/3f/new", os.urandom(10_000))
    await site.add_mail("second")
    second = await site.back_up(repository, minutes=5)
    assert first.added > 3_000_000
    assert second.added < first.added / 10
    assert (await site.back_up(repository, minutes=6)).added < 20_000


async def test_each_snapshot_is_the_site_as_it_was_then(site, empty, repository):
    early = await site.back_up(repository)
    await site.add_mail("second")
    site.write("files/3f/photo", b"replaced")
    await site.back_up(repository, minutes=5)

    await empty.restore(repository, snapshot=early.name)

    assert await empty.mails() == ["first"]
    assert len((empty.data / "files/3f/photo").read_bytes()) == 3_000_000


async def test_nothing_of_a_patient_can_be_read_in_the_backup(site, repository):
    site.write("files/3f/note", NAME * 50)
    await site.add_mail(NAME)
    await site.back_up(repository)
    content = b"".join(path.read_bytes() for path in repository.folder.rglob("*") if path.is_file())
    for planted in (
        NAME.encode(),
        b"outbox_messages",
        b"ab" * 32,
        b"files/3f/note",
        hashlib.sha256(b"").hexdigest().encode(),
    ):
        assert planted not in content


async def test_the_wrong_passphrase_and_the_wrong_site_open_nothing(repository):
    with pytest.raises(WrongKey):
        Repository(repository.folder).open_with_passphrase("correct horse battery stable")
    with pytest.raises(WrongKey):
        Repository(repository.folder).open_with_site_key(bytes(32))
    with pytest.raises(NoRepository):
        Repository(repository.folder / "nowhere").open_with_passphrase(PASSPHRASE)
    with pytest.raises(FileExistsError):
        Repository.create(repository.folder, passphrase="another", site_key=SITE_KEY)


async def test_the_site_backs_up_unattended_with_its_own_key(site, repository):
    await site.back_up(Repository(repository.folder).open_with_site_key(SITE_KEY))
    assert repository.newest() == MONDAY_MORNING


async def test_a_damaged_file_is_named_and_never_put_in_place(site, empty, repository):
    await site.back_up(repository)
    photo = next(one for one in repository.snapshot(repository.names()[-1]).entries if one.path.endswith("photo"))
    spoil(repository.folder / "pieces" / photo.pieces[1][:2] / photo.pieces[1])

    report = await empty.restore(repository)

    assert (report.whole, report.damaged) == (False, ["files/3f/photo"])
    assert not (empty.data / "files/3f/photo").exists()
    assert not list(empty.data.rglob("*.new"))
    assert await empty.mails() == ["first"]


async def test_pieces_that_were_swapped_are_found(site, empty, repository):
    await site.back_up(repository)
    photo = next(one for one in repository.snapshot(repository.names()[-1]).entries if one.path.endswith("photo"))
    one, other = (repository.folder / "pieces" / piece[:2] / piece for piece in photo.pieces[:2])
    shutil.copyfile(other, one)
    assert (await empty.restore(repository)).damaged == ["files/3f/photo"]


async def test_a_snapshot_that_was_touched_restores_nothing(site, empty, repository):
    await site.back_up(repository)
    spoil(repository.folder / "snapshots" / repository.names()[-1])
    with pytest.raises(Damaged):
        await empty.restore(repository)
    assert not empty.data.exists()


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


async def test_nothing_is_written_over_a_site_that_is_there(site, repository):
    await site.back_up(repository)
    before = site.files()
    with pytest.raises(NotEmpty):
        await site.restore(repository)
    assert site.files() == before


async def test_keys_kept_elsewhere_come_back_where_keys_are_kept(site, empty, repository, tmp_path):
    site.key_file = tmp_path / "vault" / "key"
    site.key_file.parent.mkdir()
    site.key_file.write_text("1:" + "cd" * 32)
    await site.back_up(repository)
    empty.key_file = tmp_path / "elsewhere" / "vault" / "key"
    await empty.restore(repository)
    assert empty.key_file.read_text() == "1:" + "cd" * 32


async def test_proofs_are_asked_when_all_is_in_place_and_one_that_fails_is_told(site, empty, repository):
    await site.back_up(repository)

    async def chain():
        return Proof(await empty.mails() == ["first"], "审计链完整")

    async def signatures():
        return Proof(False, "有一份报告签名不符")

    report = await empty.restore(repository, proofs=(chain, signatures))
    assert [proof.holds for proof in report.proofs] == [True, False]
    assert not report.whole


async def test_old_snapshots_are_forgotten_with_what_only_they_held(site, empty, repository):
    first = await site.back_up(repository)
    site.write("files/3f/photo", os.urandom(100_000))
    await site.back_up(repository, minutes=5)
    before = sum(path.stat().st_size for path in repository.folder.rglob("*"))
    repository.forget({first.name})
    after = sum(path.stat().st_size for path in repository.folder.rglob("*"))
    assert before - after > 2_900_000
    assert (await empty.restore(repository)).whole


async def test_two_backups_do_not_run_into_each_other(site, repository):
    with repository.writing(), pytest.raises(Busy):
        await site.back_up(Repository(repository.folder).open_with_site_key(SITE_KEY))


async def test_a_backup_taken_while_people_write_is_whole(site, empty, repository):
    """Every mail acknowledged before the backup began is in it, and none is in it by half."""
    done = threading.Event()
    written, enough = [], threading.Event()

    def write_on():
        async def go():
            while not done.is_set():
                pair = [f"{len(written):06}a", f"{len(written):06}b"]
                await site.add_mail(*pair)
                written.append(pair)
                if len(written) == 5:
                    enough.set()

        asyncio.run(go())

    writer = threading.Thread(target=write_on)
    writer.start()
    assert await asyncio.to_thread(enough.wait, 30)
    before = [one for pair in list(written) for one in pair]
    await site.back_up(repository)
    done.set()
    writer.join()

    await empty.restore(repository)

    mails = await empty.mails()
    assert set(before) <= set(mails)
    halves = {name[:-1] for name in mails if name != "first"}
    assert sorted(mails) == sorted(["first", *(f"{half}{end}" for half in halves for end in "ab")])


async def test_a_backup_of_one_store_is_not_poured_into_the_other(site, empty, repository, stores):
    await site.back_up(repository)
    empty.database_url = "postgresql://x" if stores == "sqlite" else ""
    with pytest.raises(WrongStore) as refused:
        await empty.restore(repository)
    assert refused.value.facts == {"store": stores}


@pytest.mark.timeout(180)
async def test_twenty_megabytes_are_back_within_a_minute(tmp_path, repository, sqlite_template):
    """The drill of DR-3 in small; the whole one is `python -m tests.benchmarks`."""
    site, empty = Site(tmp_path, ""), Site(tmp_path / "elsewhere", "")
    await site.furnish(sqlite_template)
    for number in range(2):
        site.write(f"files/{number}", os.urandom(10_000_000))
    await site.back_up(repository)
    (tmp_path / "elsewhere").mkdir()
    began = time.monotonic()
    assert (await empty.restore(repository)).whole
    assert time.monotonic() - began < 45


def test_sqlite_is_copied_though_a_write_is_open(tmp_path):
    with closing(sqlite3.connect(tmp_path / "live", isolation_level=None)) as live:
        live.executescript("PRAGMA journal_mode=WAL; CREATE TABLE alembic_version (version_num); CREATE TABLE t (a);")
        live.execute("INSERT INTO alembic_version VALUES ('0007')")
        live.execute("BEGIN IMMEDIATE")
        live.execute("INSERT INTO t VALUES ('not yet')")
        assert backup.copy_sqlite(tmp_path / "live", tmp_path / "copy") == "0007"
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("SELECT count(*) FROM t").fetchone() == (0,)
