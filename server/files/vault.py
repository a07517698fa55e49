"""Blobs encrypted: each with a random key of its own, wrapped by the site's key, which lies elsewhere."""

import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from server.core.crypto import Keyring
from server.files.blobs import BlobStore

CIPHER_BLOCK = 16


class Damaged(Exception):
    """What is kept is not what was put there."""


class Vault:
    """AES-256 in counter mode: a cut-off upload goes on at any byte and any range is read by itself.

    The counter starts at nought for every blob, which is sound because no two blobs share a key and a blob only grows.
    Counter mode does not notice tampering: the SHA-256 kept beside the wrapped key does.
    """

    def __init__(self, store: BlobStore, keys: Keyring) -> None:
        self._store, self._keys = store, keys

    def new_key(self, name: str) -> bytes:
        """A fresh key for blob `name`, wrapped."""
        return self._keys.seal(os.urandom(32), f"files:{name}")

    def _cipher(self, name: str, wrapped: bytes, offset: int) -> CipherContext:
        key = self._keys.open(wrapped, f"files:{name}")
        counter = (offset // CIPHER_BLOCK).to_bytes(CIPHER_BLOCK, "big")
        cipher = Cipher(AES(key), CTR(counter)).encryptor()
        cipher.update(bytes(offset % CIPHER_BLOCK))
        return cipher

    async def size(self, name: str) -> int:
        return await self._store.size(name)

    async def append(self, name: str, wrapped: bytes, offset: int, chunks: AsyncIterable[bytes]) -> int:
        """The new size. Raises OutOfPlace; keeps what had arrived when `chunks` raises."""
        cipher = self._cipher(name, wrapped, offset)

        async def sealed() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield cipher.update(chunk)

        return await self._store.append(name, offset, sealed())

    async def read(self, name: str, wrapped: bytes, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        cipher = self._cipher(name, wrapped, start)
        async with aclosing(self._store.read(name, start, stop)) as blocks:
            async for block in blocks:
                yield cipher.update(block)

    async def proven(
        self, name: str, wrapped: bytes, part: tuple[int, int], size: int, sha256: str | None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of `part`. Where it is the whole, the last block is withheld until the sum is right.

        Raises Damaged, so that whoever receives it sees a broken transfer and not a changed file.
        """
        summed, last = hashlib.sha256(), b""
        async with aclosing(self.read(name, wrapped, *part)) as blocks:
            async for block in blocks:
                summed.update(block)
                if last:
                    yield last
                last = block
        if part == (0, size) and sha256 is not None and summed.hexdigest() != sha256:
            raise Damaged(name)
        yield last

    async def digest(self, name: str, wrapped: bytes) -> str:
        """SHA-256 in hex of what is really kept, read back and decrypted."""
        summed = hashlib.sha256()
        async with aclosing(self.read(name, wrapped, 0, await self.size(name))) as blocks:
            async for block in blocks:
                summed.update(block)
        return summed.hexdigest()

    async def delete(self, name: str) -> None:
        await self._store.delete(name)
