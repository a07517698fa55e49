"""Gives up whatever reading a file does not need: memory, time, files, network, other processes."""

import contextlib
import ctypes
import os
import resource
import struct
import sys
from pathlib import Path

MEGABYTE = 1024 * 1024
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_VERSION, BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
RIGHTS_BY_VERSION = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version of Landlock on how many rights of files are known (linux/landlock.h)."""

libc = ctypes.CDLL(None, use_errno=True)


def confine(memory_megabytes: int, seconds: int) -> None:
    """Must run before any library starts a thread: a new user namespace wants a single one."""
    os.nice(10)  # a consultation on the same machine goes first
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    _limit(memory_megabytes * MEGABYTE, seconds)
    _leave_network()
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _read_only_libraries()


def _limit(memory: int, seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def _leave_network() -> None:
    """An empty network namespace of its own. Where the kernel forbids it, Landlock still closes TCP."""
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        libc.unshare(CLONE_NEWNET)


def _read_only_libraries() -> None:
    """Landlock (Linux 5.13): reads Python and the system's libraries, writes nowhere, sees no data folder."""
    version = libc.syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)
    if version < 1:
        return
    rights = (1 << max(count for since, count in RIGHTS_BY_VERSION if since <= version)) - 1
    network = 3 if version >= 4 else 0  # bind and connect of TCP
    scope = 3 if version >= 6 else 0  # abstract sockets and signals of others
    ruleset = struct.pack("QQQ", rights, network, scope)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    rules = libc.syscall(LANDLOCK_CREATE, ruleset, len(ruleset), 0)
    for path in _readable():
        with contextlib.suppress(OSError):
            _allow_reading(rules, path)
    libc.syscall(LANDLOCK_RESTRICT, rules, 0)
    os.close(rules)


def _readable() -> set[str]:
    code = str(Path(__file__).parents[1])
    system = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom")
    return {sys.prefix, sys.base_prefix, code, *system}


def _allow_reading(rules: int, path: str) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rights = READ_FILE | (READ_DIR if os.path.isdir(path) else 0)
    libc.syscall(LANDLOCK_ADD, rules, BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)
