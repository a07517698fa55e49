"""A file that is written here and there and readable to nobody else: AES-256-CTR under a key that is never kept.

Places that are written twice (a length, filled in at the end) share their key stream; only the last version stays.
"""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

_BLOCK = 16


class Scratch:
    """A file object, as the muxer needs one."""

    def __init__(self, path: Path, key: bytes) -> None:
        flags = os.O_RDWR | os.O_CREAT
        self._file = os.fdopen(os.open(path, flags, 0o600), "r+b")
        self._key, self._at = key, 0
        self._own = hashlib.sha256(path.name.encode()).digest()[: _BLOCK // 2]  # files under one key share no stream

    def _crypt(self, data: bytes) -> bytes:
        counter = self._own + (self._at // _BLOCK).to_bytes(_BLOCK // 2, "big")
        cipher = Cipher(AES(self._key), CTR(counter)).encryptor()
        cipher.update(bytes(self._at % _BLOCK))
        return cipher.update(data)

    def write(self, data: bytes) -> int:
        self._file.seek(self._at)
        self._file.write(self._crypt(bytes(data)))
        self._at += len(data)
        return len(data)

    def read(self, size: int) -> bytes:
        self._file.seek(self._at)
        data = self._crypt(self._file.read(size))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._file.fileno()).st_size}
        self._file.flush()
        self._at = (os.fstat(self._file.fileno()).st_size if whence == os.SEEK_END else base[whence]) + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()
