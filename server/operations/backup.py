"""A backup of the running site: the audit checkpoint first, then the database as it is at one moment, then the files.

In this order a restored site is whole: every record the checkpoint vouches for is in the database that was copied
after it, and every file a row speaks of was there before the row. Files that came later are copied too and harm
nothing. What did not change since the last snapshot is neither read nor written again.
"""

import asyncio
import hashlib
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import BinaryIO

from server.operations import postgres
from server.operations.findings import Finding, good
from server.operations.repository import Entry, Repository, Snapshot

PIECE = 1024 * 1024
"""A multiple of SQLite's page: a row that changed touches the piece of its page, not all that follow."""
SMALLEST_ROWS, LARGEST_ROWS, ROWS_TO_A_CUT = 64 * 1024, 4 * PIECE, 512
DATABASE = "database/"
FILES = "data/"
KEYS = "keyring"
"""The key file, where it lies outside the data folder."""
SQLITE = "lianzhen.sqlite"
CHECKPOINT = "audit-checkpoint.json"
NOT_COPIED = (SQLITE, f"{SQLITE}-wal", f"{SQLITE}-shm", "tmp", "lock")
"""The live database (its copy is taken instead) and what means nothing later."""


@dataclass
class BackupReport:
    """What a backup did. Sizes in bytes."""

    name: str = ""
    files: int = 0
    size: int = 0
    added: int = 0
    """Written into the repository by this backup."""
    vanished: list[str] = field(default_factory=list)
    """Files that were deleted while the backup ran."""

    def finding(self) -> Finding:
        """The report, to be printed by `findings.told`."""
        facts = {"name": self.name, "files": self.files, "size": f"{self.size / 1e6:.1f}"}
        says = "备份 %(name)s 完成：%(files)s 个文件，%(size)s MB，这次新增 %(added)s MB"
        return good("backup_taken", says, added=f"{self.added / 1e6:.1f}", **facts)


async def take(repository: Repository, *, data: Path, database_url: str, key_file: Path, now: datetime) -> BackupReport:
    """Takes a snapshot of the site in `data` (and of PostgreSQL, where `database_url` names one) while it runs.

    The site's keys go with it, sealed like the rest: without them a restored site could not read its patients.
    Raises Busy, and OSError when the repository or the data cannot be read or written.
    """
    report = BackupReport()
    with repository.writing():
        copying = _Copying(repository, report, _known(repository))
        entries = list(await asyncio.to_thread(copying.tree, data, [data / CHECKPOINT]))
        with tempfile.TemporaryDirectory(dir=_scratch(data)) as scratch:
            store, revision = await _copy_of_database(data, database_url, Path(scratch))
            entries += await asyncio.to_thread(copying.folder, Path(scratch), DATABASE)
        entries += await asyncio.to_thread(copying.tree, data, _files(data))
        entries += await asyncio.to_thread(copying.keys, data, key_file)
        snapshot = Snapshot(
            at=now, version=metadata.version("lianzhen"), store=store, revision=revision, entries=tuple(entries)
        )
        report.name = repository.add(snapshot)
    report.files, report.size = len(entries), snapshot.size
    return report


def _scratch(data: Path) -> Path:
    """The copy of the database waits where the database is: as safe, and with as much room."""
    scratch = data / "tmp"
    scratch.mkdir(mode=0o700, exist_ok=True)
    return scratch


async def _copy_of_database(data: Path, database_url: str, folder: Path) -> tuple[str, str]:
    """Which store it is, and the revision of its schema."""
    if database_url.startswith("postgres"):
        return "postgresql", await postgres.copy_out(database_url, folder)
    return "sqlite", await asyncio.to_thread(copy_sqlite, data / SQLITE, folder / SQLITE)


def copy_sqlite(source: Path, target: Path) -> str:
    """SQLite's own online backup, in one step: in WAL mode it holds up nobody. The revision of the schema."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0])


def _known(repository: Repository) -> dict[str, Entry]:
    names = repository.names()
    return {entry.path: entry for entry in repository.snapshot(names[-1]).entries} if names else {}


def _files(data: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(data):
        here = Path(folder)
        if here == data:
            folders[:] = [name for name in folders if name not in NOT_COPIED]
            names = [name for name in names if name not in (*NOT_COPIED, CHECKPOINT)]
        folders.sort()
        yield from (here / name for name in sorted(names))


def pieces_of(file: BinaryIO, *, by_row: bool) -> Iterator[bytes]:
    """The file in pieces. Rows of a table are cut where a row says so by its own content: a row that comes, goes or
    changes touches the piece it is in, and those after it stay as they were.
    """
    if not by_row:
        yield from iter(partial(file.read, PIECE), b"")
        return
    rows, size = [], 0
    for row in file:
        rows.append(row)
        size += len(row)
        if size >= LARGEST_ROWS or (size >= SMALLEST_ROWS and zlib.crc32(row) % ROWS_TO_A_CUT == 0):
            yield b"".join(rows)
            rows, size = [], 0
    if rows:
        yield b"".join(rows)


@dataclass
class _Copying:
    repository: Repository
    report: BackupReport
    known: dict[str, Entry]

    def folder(self, folder: Path, prefix: str) -> list[Entry]:
        return [self.entry(path, f"{prefix}{path.name}") for path in sorted(folder.iterdir())]

    def keys(self, data: Path, key_file: Path) -> list[Entry]:
        """The key file, unless the data folder brings it."""
        within = key_file.resolve().is_relative_to(data.resolve())
        return [] if within else [self.entry(key_file, KEYS)]

    def tree(self, data: Path, paths: Iterable[Path]) -> list[Entry]:
        entries = []
        for path in paths:
            name = f"{FILES}{path.relative_to(data)}"
            try:
                if path.is_file() and not path.is_symlink():
                    entries.append(self._unchanged(path, name) or self.entry(path, name))
            except FileNotFoundError:
                self.report.vanished.append(name)
        return entries

    def _unchanged(self, path: Path, name: str) -> Entry | None:
        facts, before = path.stat(), self.known.get(name)
        same = before and (before.size, before.modified) == (facts.st_size, facts.st_mtime_ns)
        return before if same else None

    def entry(self, path: Path, name: str) -> Entry:
        digest, pieces, size = hashlib.sha256(), [], 0
        with path.open("rb") as file:
            modified = os.fstat(file.fileno()).st_mtime_ns
            for content in pieces_of(file, by_row=name.endswith(postgres.SUFFIX)):
                piece, added = self.repository.put(content)
                digest.update(content)
                pieces.append(piece)
                size += len(content)
                self.report.added += added
        return Entry(name, size, modified, digest.hexdigest(), tuple(pieces))
