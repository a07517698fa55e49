"""What lies on the disk: a file of sealed chunks, each of which can be read as soon as it is whole.

AES-256-GCM. A file has a key of its own, made of the recording's and of the file's first 16 bytes, which are random;
a chunk's nonce is its number and its kind is authenticated with it, so that none can be left out, moved or taken for
another. A kill cuts the last chunk off and no more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

OPEN, DONE = ".open", ".film"  # how a film's name ends while it is written, and afterwards
MAGIC = b"LZFILM1\n"
SALT = 16
_HEAD = Struct("!BI")  # kind, length of what follows
LARGEST = 8 << 20


class Kind(IntEnum):
    MEDIA = 0
    FACTS = 1
    END = 2  # written when the film was ended on purpose; without it, it was cut off


class Damaged(Exception):
    """A chunk in the midst of the file is not what was written."""


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, b"film").derive(key))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class Sealing:
    """Writes to `file`, which should not buffer: what is in the page cache outlives a kill."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        salt = os.urandom(SALT)
        self._file, self._cipher, self._number = file, _cipher(key, salt), 0
        file.write(MAGIC + salt)

    def put(self, kind: Kind, plain: bytes) -> None:
        """Raises OSError, after which nothing more may be put: what follows a torn chunk cannot be read."""
        sealed = self._cipher.encrypt(_nonce(self._number), plain, bytes([kind]))
        self._file.write(_HEAD.pack(kind, len(sealed)) + sealed)
        self._number += 1


def unsealed(file: BinaryIO, key: bytes) -> Iterator[tuple[Kind, bytes]]:
    """The chunks, up to the one that was cut off. Raises Damaged."""
    head = file.read(len(MAGIC) + SALT)
    if len(head) < len(MAGIC) + SALT:
        return
    if not head.startswith(MAGIC):
        raise Damaged("not a film")
    cipher, number = _cipher(key, head[len(MAGIC) :]), 0
    while len(mark := file.read(_HEAD.size)) == _HEAD.size:
        kind, length = _HEAD.unpack(mark)
        sealed = file.read(min(length, LARGEST))
        if len(sealed) < length:
            return
        try:
            yield Kind(kind), cipher.decrypt(_nonce(number), sealed, bytes([kind]))
        except (InvalidTag, ValueError) as error:
            raise Damaged(f"chunk {number}") from error
        number += 1
