"""Keys: sealing of fields, blind indexes, derived secrets. The site key lives outside the database."""

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.core.errors import Refusal

KEY_BYTES = 32


class UnreadableSeal(Exception):
    """Sealed bytes that no key of ours opens: damaged, moved to another row, or of another site."""


class NoSiteKey(Refusal):
    code = "no_site_key"
    says = "没有站点密钥 %(path)s：用 --data 指出站点的数据文件夹；新站点先运行 lianzhen migrate"


class Keyring:
    """The site's keys by number; the highest seals, all open.

    Sealed form: 2 bytes key number, 12 bytes nonce, AES-256-GCM ciphertext and tag. `about` (table, column and id)
    is authenticated with it, so a value moved to another row does not open.
    """

    def __init__(self, masters: Mapping[int, bytes]) -> None:
        if not masters or any(len(key) != KEY_BYTES for key in masters.values()):
            raise ValueError("a keyring needs keys of 32 bytes")
        self.current = max(masters)
        self._masters = dict(masters)
        self._sealing = {number: AESGCM(_derive(key, "seal")) for number, key in masters.items()}
        # blind indexes must stay findable when the sealing key turns over: always of the first key
        self._blind = _derive(masters[min(masters)], "blind")

    def seal(self, plain: bytes, about: str) -> bytes:
        nonce = os.urandom(12)
        sealed = self._sealing[self.current].encrypt(nonce, plain, about.encode())
        return self.current.to_bytes(2, "big") + nonce + sealed

    def open(self, sealed: bytes, about: str) -> bytes:
        """The plain bytes. Raises UnreadableSeal."""
        cipher = self._sealing.get(int.from_bytes(sealed[:2], "big"))
        if cipher is None:
            raise UnreadableSeal(about)
        try:
            return cipher.decrypt(sealed[2:14], sealed[14:], about.encode())
        except InvalidTag:
            raise UnreadableSeal(about) from None

    def blind(self, text: str, about: str) -> bytes:
        """16 bytes by which equal texts are found without being readable."""
        return hmac.digest(self._blind, f"{about}\0{text}".encode(), hashlib.sha256)[:16]

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (audit chain, cookies, tickets), of the first key: it never turns over."""
        return _derive(self._masters[min(self._masters)], purpose)

    @classmethod
    def load(cls, path: Path, *, create: bool = False) -> "Keyring":
        """Keys from a file of lines `number:hex`, readable by its owner alone; made when asked to. Raises NoSiteKey."""
        if not path.exists() and create:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path, f"1:{secrets.token_hex(KEY_BYTES)}\n")
        if not path.exists():
            raise NoSiteKey(path=str(path))
        lines = [line.split(":", 1) for line in path.read_text().split()]
        return cls({int(number): bytes.fromhex(key) for number, key in lines})


def _create(path: Path, text: str) -> None:
    """All of the file or nothing; when several processes start at once, the first one's stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


@functools.cache
def _derive(key: bytes, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, None, f"lianzhen {purpose}".encode()).derive(key)
