"""The child's end of the two pipes: asks for ranges of the file, hands out what it made, in bounded frames.

A frame is one tag byte, a length of four bytes, big-endian, and at most a megabyte. The child sends R (a range is
wanted: offset of eight bytes, length of four), N (what follows belongs to the derivative so named), D (bytes of it),
I (JSON about parts of it), S (JSON about a picture to be looked through), T (JSON, words in a picture and where they
stand), F (JSON, all is done) or X (JSON, refused). The parent sends A (the task) and B (bytes).
"""

import io
import json
import os
import struct
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD = struct.Struct(">cI")
RANGE = struct.Struct(">QI")
LARGEST = 1024 * 1024


class Refused(Exception):
    """The file will not be taken; `reason` is one of server.files.model.Reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def refuse(reason: str) -> NoReturn:
    raise Refused(reason)


class Pipe:
    def __init__(self, incoming: int, outgoing: int) -> None:
        self._in, self._out = incoming, outgoing

    def send(self, tag: bytes, payload: bytes) -> None:
        rest = memoryview(HEAD.pack(tag, len(payload)) + payload)
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def tell(self, tag: bytes, words: Any) -> None:
        self.send(tag, json.dumps(words, allow_nan=False).encode())

    def receive(self) -> bytes:
        _, length = HEAD.unpack(self._exactly(HEAD.size))
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        got = bytearray()
        while len(got) < length:
            block = os.read(self._in, length - len(got))
            if not block:
                raise SystemExit("the parent went away")
            got += block
        return bytes(got)

    def range(self, offset: int, length: int) -> bytes:
        self.send(b"R", RANGE.pack(offset, min(length, LARGEST)))
        return self.receive()

    def derive(self, name: str, content: bytes) -> None:
        """Adds `content` to the derivative `name`."""
        self.tell(b"N", name)
        for start in range(0, len(content), LARGEST):
            self.send(b"D", content[start : start + LARGEST])


class PipedFile(io.RawIOBase):
    """The uploaded file, each read a question to the parent: it never lies whole in our memory or on a disk."""

    name = ""  # pydicom asks every file for one

    def __init__(self, pipe: Pipe, start: int, size: int) -> None:
        self._pipe, self._start, self._size, self._at = pipe, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        wanted = min(len(view), max(0, self._size - self._at))
        block = self._pipe.range(self._start + self._at, wanted) if wanted else b""
        view[: len(block)] = block
        self._at += len(block)
        return len(block)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at


def opened(pipe: Pipe, start: int, size: int) -> io.BufferedReader:
    """`size` bytes of the upload from `start`, as a file."""
    return io.BufferedReader(PipedFile(pipe, start, size), 256 * 1024)
