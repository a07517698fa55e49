"""Where backups lie: pieces sealed under a key of the repository, found by what is in them, each kept once.

    lianzhen-backup.json      the repository's key, wrapped once for each way to open it
    pieces/3f/3f9a…           a piece: AES-256-GCM over zlib, named by a keyed digest of its content
    snapshots/20261122T…-3f   a snapshot: a sealed list of files, each a list of pieces

The names are keyed, so that who sees the folder cannot test whether a known file is in it. A piece that does not open,
or opens to something that does not bear its name, is damaged: nothing is restored from it silently.
"""

import fcntl
import hashlib
import hmac
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.core.atomic import write_atomically
from server.core.errors import Refusal

HEAD = "lianzhen-backup.json"
FORMAT = 1
WHEN = "%Y%m%dT%H%M%S.%fZ"
SCRYPT = {"n": 2**15, "r": 8, "p": 1, "maxmem": 128 * 1024 * 1024}


class NoRepository(Refusal):
    code = "backup.none_here"
    says = "%(folder)s 里没有备份"


class WrongKey(Refusal):
    code = "backup.wrong_key"
    says = "打不开 %(folder)s 里的备份：口令不对，或者那是另一个站点的备份"


class Damaged(Refusal):
    """A piece or a snapshot is not what was written."""

    code = "backup.damaged"
    says = "备份里的 %(what)s 已损坏或缺失"


class Busy(Refusal):
    code = "backup.busy"
    says = "另一个备份正在写入 %(folder)s，请等它结束"


@dataclass(frozen=True)
class Entry:
    """A file of a snapshot."""

    path: str
    size: int
    modified: int
    """Nanoseconds since 1970, to tell an unchanged file without reading it."""
    digest: str
    """SHA-256 of the content."""
    pieces: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    at: datetime
    version: str
    """Of the program that took it."""
    store: str
    """"sqlite" or "postgresql"."""
    revision: str
    """Of the schema."""
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.entries)


class Repository:
    """Closed until `open_with_passphrase` or `open_with_site_key`; only `newest` needs no key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cipher: AESGCM | None = None
        self._naming = b""

    # ---- opening ----

    @classmethod
    def create(cls, folder: Path, *, passphrase: str, site_key: bytes) -> "Repository":
        """A new one, which the passphrase opens anywhere and this site opens by itself. Raises FileExistsError."""
        if (folder / HEAD).exists():
            raise FileExistsError(folder / HEAD)
        key, salt = os.urandom(32), os.urandom(16)
        head = {
            "format": FORMAT,
            "salt": salt.hex(),
            "passphrase": _wrap(_stretched(passphrase, salt), key),
            "site": _wrap(site_key, key),
        }
        for part in (folder, folder / "pieces", folder / "snapshots"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(folder / HEAD, orjson.dumps(head))
        return cls(folder)._unlocked(key)

    def open_with_passphrase(self, passphrase: str) -> "Repository":
        """Raises NoRepository, WrongKey."""
        head = self._head()
        return self._unlocked(self._unwrap(_stretched(passphrase, bytes.fromhex(head["salt"])), head["passphrase"]))

    def open_with_site_key(self, site_key: bytes) -> "Repository":
        """Raises NoRepository, WrongKey."""
        return self._unlocked(self._unwrap(site_key, self._head()["site"]))

    def _head(self) -> dict[str, str]:
        try:
            head: dict[str, str] = orjson.loads((self.folder / HEAD).read_bytes())
        except FileNotFoundError:
            raise NoRepository(folder=str(self.folder)) from None
        return head

    def _unwrap(self, wrapping: bytes, wrapped: str) -> bytes:
        sealed = bytes.fromhex(wrapped)
        try:
            return AESGCM(wrapping).decrypt(sealed[:12], sealed[12:], HEAD.encode())
        except InvalidTag:
            raise WrongKey(folder=str(self.folder)) from None

    def _unlocked(self, key: bytes) -> "Repository":
        self._cipher = AESGCM(hmac.digest(key, b"seal", "sha256"))
        self._naming = hmac.digest(key, b"name", "sha256")
        return self

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Raises Busy when another backup is under way."""
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(folder=str(self.folder)) from None
            yield

    # ---- pieces ----

    def put(self, content: bytes) -> tuple[str, int]:
        """Keeps the piece unless it is there already; its name and how many bytes were added."""
        name = self._name_of(content)
        path = self._piece(name)
        if path.exists():
            return name, 0
        sealed = self._seal(zlib.compress(content, 1), name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(path, sealed)
        return name, len(sealed)

    def get(self, name: str) -> bytes:
        """Raises Damaged."""
        try:
            content = zlib.decompress(self._open(self._piece(name).read_bytes(), name))
        except (FileNotFoundError, zlib.error):
            raise Damaged(what=name) from None
        if not hmac.compare_digest(self._name_of(content), name):
            raise Damaged(what=name)
        return content

    def _name_of(self, content: bytes) -> str:
        return hmac.digest(self._naming, content, "sha256").hex()

    def _piece(self, name: str) -> Path:
        return self.folder / "pieces" / name[:2] / name

    # ---- snapshots ----

    def names(self) -> list[str]:
        """The snapshots, oldest first."""
        folder = self.folder / "snapshots"
        return (
            sorted(path.name for path in folder.iterdir() if not path.name.endswith(".new")) if folder.exists() else []
        )

    def newest(self) -> datetime | None:
        """When the newest snapshot was taken."""
        names = self.names()
        return datetime.strptime(names[-1].partition("-")[0], WHEN).replace(tzinfo=UTC) if names else None

    def add(self, snapshot: Snapshot) -> str:
        """Its name. Everything it refers to must have been put before."""
        body = orjson.dumps(snapshot)
        name = f"{snapshot.at.astimezone(UTC).strftime(WHEN)}-{self._name_of(body)[:8]}"
        write_atomically(self.folder / "snapshots" / name, self._seal(zlib.compress(body, 6), name))
        return name

    def snapshot(self, name: str) -> Snapshot:
        """Raises Damaged."""
        try:
            sealed = (self.folder / "snapshots" / name).read_bytes()
            fields = orjson.loads(zlib.decompress(self._open(sealed, name)))
        except (FileNotFoundError, zlib.error, orjson.JSONDecodeError):
            raise Damaged(what=name) from None
        entries = tuple(Entry(**entry | {"pieces": tuple(entry["pieces"])}) for entry in fields.pop("entries"))
        return Snapshot(**fields | {"at": datetime.fromisoformat(fields["at"]), "entries": entries})

    def forget(self, names: set[str]) -> int:
        """Removes snapshots, and the pieces that no other refers to; how many pieces went."""
        for name in names:
            (self.folder / "snapshots" / name).unlink()
        needed = {piece for name in self.names() for entry in self.snapshot(name).entries for piece in entry.pieces}
        gone = [path for path in (self.folder / "pieces").glob("*/*") if path.name not in needed]
        for path in gone:
            path.unlink()
        return len(gone)

    # ---- sealing ----

    def _seal(self, plain: bytes, about: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._ready().encrypt(nonce, plain, about.encode())

    def _open(self, sealed: bytes, about: str) -> bytes:
        try:
            return self._ready().decrypt(sealed[:12], sealed[12:], about.encode())
        except (InvalidTag, ValueError):
            raise Damaged(what=about) from None

    def _ready(self) -> AESGCM:
        if self._cipher is None:
            raise WrongKey(folder=str(self.folder))
        return self._cipher


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, dklen=32, **SCRYPT)


def _wrap(wrapping: bytes, key: bytes) -> str:
    nonce = os.urandom(12)
    return (nonce + AESGCM(wrapping).encrypt(nonce, key, HEAD.encode())).hex()
