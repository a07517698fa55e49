"""A backup brought back on an empty machine, and proved: every piece by its key, every file by its hash, then the
audit chain and the signatures by whoever can (the caller passes them in).
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from server.core.errors import Refusal
from server.migrations import upgrade
from server.operations import postgres
from server.operations.backup import DATABASE, FILES, KEYS, SQLITE
from server.operations.findings import Finding, Level, bad, good
from server.operations.repository import Damaged, Entry, NoRepository, Repository, Snapshot

SELDOM_EMPTY = {"lost+found"}


class NotEmpty(Refusal):
    code = "restore.not_empty"
    says = "%(path)s 已有内容，什么都没有动：请恢复到一个空的文件夹（--data）"


class WrongStore(Refusal):
    code = "restore.wrong_store"
    says = "备份来自 %(store)s：请相应地设置或去掉 LIANZHEN_DATABASE_URL"


@dataclass(frozen=True)
class Proof:
    """What one proof found: a Chinese sentence (msgid) filled with `facts`."""

    holds: bool
    says: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def finding(self) -> Finding:
        return Finding("proof", Level.GOOD if self.holds else Level.BAD, self.says, self.facts)


Prove = Callable[[], Awaitable[Proof]]


@dataclass
class RestoreReport:
    snapshot: str
    taken_at: datetime
    files: int = 0
    size: int = 0
    tables: int = 0
    damaged: list[str] = field(default_factory=list)
    """Files that could not be restored as they were; they are missing, not wrong."""
    proofs: list[Proof] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.damaged and all(proof.holds for proof in self.proofs)

    def findings(self) -> list[Finding]:
        """The report, to be printed by `findings.told`."""
        facts = {"at": f"{self.taken_at:%Y-%m-%d %H:%M} UTC", "files": self.files, "size": f"{self.size / 1e6:.1f}"}
        return [
            good("restored", "已恢复到 %(at)s 的备份：%(files)s 个文件，%(size)s MB，哈希与备份时一致", **facts),
            *(bad("damaged", "文件 %(path)s 在备份里已损坏，没有恢复", path=path) for path in self.damaged),
            *(proof.finding() for proof in self.proofs),
        ]


async def bring_back(
    repository: Repository,
    *,
    data: Path,
    database_url: str,
    key_file: Path,
    proofs: tuple[Prove, ...] = (),
    snapshot: str = "",
) -> RestoreReport:
    """Restores the newest snapshot, or the named one, into the empty folder `data` and the empty database.

    Keys that lay outside the data folder go to `key_file`, where none may be yet. `proofs` run when everything is in
    place and the schema is that of this program. Raises NotEmpty, RowsThere, WrongStore, Damaged (the snapshot itself,
    or the database in it), NoRepository, WrongKey.
    """
    name = snapshot or _newest(repository)
    content = repository.snapshot(name)
    _require_empty(data, key_file)
    _require_store(content, database_url)
    report = RestoreReport(snapshot=name, taken_at=content.at)
    await asyncio.to_thread(_place_files, repository, content, data, report)
    for entry in content.entries:
        if entry.path == KEYS:
            await asyncio.to_thread(_place, repository, entry, key_file)
    report.tables = await _place_database(repository, content, data, database_url)
    for prove in proofs:
        report.proofs.append(await prove())
    return report


def _newest(repository: Repository) -> str:
    names = repository.names()
    if not names:
        raise NoRepository(folder=str(repository.folder))
    return names[-1]


def _require_empty(data: Path, key_file: Path) -> None:
    if data.exists() and any(path.name not in SELDOM_EMPTY for path in data.iterdir()):
        raise NotEmpty(path=str(data))
    if key_file.exists():
        raise NotEmpty(path=str(key_file))


def _require_store(content: Snapshot, database_url: str) -> None:
    given = "postgresql" if database_url.startswith("postgres") else "sqlite"
    if given != content.store:
        raise WrongStore(store=content.store)


def _place_files(repository: Repository, content: Snapshot, data: Path, report: RestoreReport) -> None:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    for entry in content.entries:
        if not entry.path.startswith(FILES):
            continue
        try:
            _place(repository, entry, data / _inside(entry.path.removeprefix(FILES)))
        except Damaged:
            report.damaged.append(entry.path.removeprefix(FILES))
        else:
            report.files += 1
            report.size += entry.size


def _inside(path: str) -> Path:
    """The path, when it stays in the folder. Raises Damaged."""
    parts = Path(path).parts
    if Path(path).is_absolute() or ".." in parts:
        raise Damaged(what=path)
    return Path(path)


def _place(repository: Repository, entry: Entry, target: Path) -> None:
    """Writes the file under another name, and gives it its own once it has proved itself. Raises Damaged."""
    for folder in reversed(target.parents):
        folder.mkdir(mode=0o700, exist_ok=True)
    beside = target.with_name(f"{target.name}.new")
    digest = hashlib.sha256()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for content in _contents(repository, entry):
                digest.update(content)
                file.write(content)
        if digest.hexdigest() != entry.digest:
            raise Damaged(what=entry.path)
        os.utime(beside, ns=(entry.modified, entry.modified))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _contents(repository: Repository, entry: Entry) -> Iterator[bytes]:
    return (repository.get(piece) for piece in entry.pieces)


async def _place_database(repository: Repository, content: Snapshot, data: Path, database_url: str) -> int:
    """How many tables came back; with SQLite the file is the database, and 0 is said."""
    parts = [entry for entry in content.entries if entry.path.startswith(DATABASE)]
    if content.store == "sqlite":
        await asyncio.to_thread(_place, repository, parts[0], data / SQLITE)
        await upgrade(f"sqlite+aiosqlite:///{(data / SQLITE).resolve()}")
        return 0
    await upgrade(database_url, content.revision)
    with tempfile.TemporaryDirectory(dir=data) as scratch:
        for entry in parts:
            await asyncio.to_thread(
                _place, repository, entry, Path(scratch) / _inside(entry.path.removeprefix(DATABASE))
            )
        tables = await postgres.copy_in(database_url, Path(scratch))
    await upgrade(database_url)
    return tables
