"""Where signed bytes lie: a port of two verbs, kept sealed in a store of blobs (the disk, or an object store)."""

from collections.abc import AsyncIterator
from typing import Protocol

from server.core.crypto import Keyring, UnreadableSeal
from server.core.errors import Refusal
from server.files.blobs import BlobStore


class ArchiveDamaged(Refusal):
    code = "documents.archive_damaged"
    status = 500
    says = "存档文件已损坏或缺失，请联系平台管理员从备份恢复"


class Archive(Protocol):
    async def put(self, name: str, content: bytes) -> str:
        """Keeps `content` and answers where: what `get` is asked with. `name` is a fresh id of 32 hex digits."""

    async def get(self, ref: str) -> bytes:
        """The bytes kept. Raises ArchiveDamaged when they are gone or do not open."""


class SealedArchive:
    """Each document sealed as a whole (AES-256-GCM, bound to its name): a changed or swapped file does not open."""

    def __init__(self, store: BlobStore, keys: Keyring) -> None:
        self._store, self._keys = store, keys

    async def put(self, name: str, content: bytes) -> str:
        await self._store.append(name, 0, _once(self._keys.seal(content, f"documents:{name}")))
        return name

    async def get(self, ref: str) -> bytes:
        size = await self._store.size(ref)
        sealed = b"".join([block async for block in self._store.read(ref, 0, size)])
        try:
            return self._keys.open(sealed, f"documents:{ref}")
        except UnreadableSeal:
            raise ArchiveDamaged from None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
