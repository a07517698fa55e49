"""Many datagrams in one system call: Linux's recvmmsg(2) and sendmmsg(2), which Python does not offer.

The memory of the packets is libsrtp's, so that they are encrypted and decrypted where they lie.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from typing import Any

from cffi import FFI

from signaling.media.forwarder.internals import address, memory

SO_TIMESTAMPNS = 35  # the kernel writes when it received a datagram (socket(7)); Python has no name for it
ROOM = 1500  # bytes for one datagram
NAME = 28  # bytes of the longest socket address, sockaddr_in6
_DONTWAIT = 0x40
_STAMP = 32  # bytes: a control message's head and a timespec

ffi = FFI()
ffi.cdef("""
struct iovec { uintptr_t iov_base; size_t iov_len; };
struct msghdr { uintptr_t msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                uintptr_t msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
""")
libc = ffi.dlopen(None)


class Rows:
    """Room for `count` datagrams: `pointers[i]` for libsrtp, `bytes[offset(i):]` for Python, `lengths[2 * i + 1]`."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory, self.bytes = memory(count * ROOM)
        self.pointers = [self._memory + row * ROOM for row in range(count)]
        self.vectors = ffi.new("struct iovec[]", count)
        for row in range(count):
            self.vectors[row].iov_base = address(self.pointers[row])
            self.vectors[row].iov_len = ROOM
        self.lengths = memoryview(ffi.buffer(self.vectors)).cast("B").cast("Q")


class Inbox:
    """What one socket received, up to `count` datagrams at a time."""

    def __init__(self, count: int, name: int) -> None:
        self.rows = Rows(count)
        self._name = name
        self._names = ffi.new("char[]", count * NAME)
        self._all = memoryview(ffi.buffer(self._names)).cast("B")
        self._stamps = ffi.new("char[]", count * _STAMP)
        self._times = memoryview(ffi.buffer(self._stamps)).cast("B").cast("q")
        self._headers = ffi.new("struct mmsghdr[]", count)
        for row in range(count):
            header = self._headers[row].msg_hdr
            header.msg_name = int(ffi.cast("uintptr_t", self._names + row * NAME))
            header.msg_iov, header.msg_iovlen = self.rows.vectors + row, 1
            header.msg_namelen = NAME
            header.msg_control = int(ffi.cast("uintptr_t", self._stamps + row * _STAMP))
            header.msg_controllen = _STAMP

    def receive(self, fd: int) -> Iterator[tuple[int, bytes, int, float]]:
        """(row, sender's socket address, length, when it came) of each datagram that is there. Never waits.
        The time is the kernel's, in seconds since 1970: a busy process must not look like a busy line."""
        count = libc.recvmmsg(fd, self._headers, self.rows.count, _DONTWAIT, ffi.NULL)
        for row in range(count):
            begin, stamp = row * NAME, row * 4
            when = self._times[stamp + 2] + self._times[stamp + 3] * 1e-9
            yield row, bytes(self._all[begin : begin + self._name]), self._headers[row].msg_len, when


class Letters:
    """One datagram to each of several addresses, from the first of `rows` on."""

    def __init__(self, rows: Rows, names: Sequence[Any]) -> None:
        self._headers = ffi.new("struct mmsghdr[]", len(names))
        self._kept = list(names)
        for row, name in enumerate(names):
            header = self._headers[row].msg_hdr
            header.msg_name, header.msg_namelen = int(ffi.cast("uintptr_t", name)), len(name)
            header.msg_iov, header.msg_iovlen = rows.vectors + row, 1

    def send(self, fd: int, first: int = 0) -> int:
        """Sends from `first` on. The number of the first that the socket had no room for, or of all.
        What is refused for another reason (no route to it) is passed over."""
        count = len(self._kept)
        while first < count:
            sent = libc.sendmmsg(fd, self._headers + first, count - first, _DONTWAIT)
            if sent < 0 and ffi.errno in (errno.EAGAIN, errno.ENOBUFS):
                return first
            first += max(sent, 1)
        return count


def name(raw: bytes) -> Any:
    """A socket address for `Letters`."""
    return ffi.from_buffer("char[]", raw)
