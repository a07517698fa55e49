"""What every test may ask for: a store of its own on either engine, a unit of work, a clock it turns, a Valkey."""

import asyncio
import contextlib
import gc
import importlib
import pkgutil
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web_app

import server
from server.core.access import Actor, Matrix
from server.core.clock import SetClock
from server.core.crypto import Keyring
from server.core.database import Database
from server.core.orm import Base
from server.documents import signers
from server.migrations import configuration
from tests import bundles
from tests import stores as servers
from tests.passwords import LIGHT

MONDAY_MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
KEYS = Keyring({1: bytes(range(32))})
ACCESS = Path(server.__file__).with_name("access.toml")
numbers = count(1)


# ---- the run: signing keys at little cost, one PostgreSQL for all workers, one Valkey for each ----


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        bundles.freshen()
        config.stash[RUN] = servers.begin()


def pytest_unconfigure(config):
    if run := config.stash.get(RUN, None):
        run.end()


RUN = pytest.StashKey[servers.Run]()


def pytest_collection_finish():
    gc.collect()
    gc.freeze()  # thousands of tests stand to the end: the collector need not walk over them again and again
    gc.set_threshold(20_000, 10, 10)


def pytest_runtest_teardown():
    web_app._cached_build_middleware.cache_clear()  # it keeps the last thousand handlers, and with them whole sites


@pytest.fixture(scope="session", autouse=True)
def _keys_at_little_cost():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signers, "COST", LIGHT)
        yield


@pytest.fixture(scope="session")
def run():
    return servers.joined()


@pytest.fixture(scope="session")
def worker(request):
    """The name of the xdist worker, 'alone' without xdist."""
    return getattr(request.config, "workerinput", {}).get("workerid", "alone")


@pytest.fixture(scope="session")
def postgres(run):
    """The URL of the run's PostgreSQL, no database named: for tests that make their own."""
    return run.postgresql()


# ---- a store for each test, copied from a template with all tables ----


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request):
    """Runs a test once on each engine."""
    return request.param


@pytest.fixture
def database_url(stores, request):
    """An empty store with all tables: first on SQLite, then on PostgreSQL."""
    return request.getfixturevalue("sqlite_url" if stores == "sqlite" else "postgres_url")


@pytest.fixture
def house_url(stores, request):
    """Where a whole house keeps its rows: in a file of its own folder ("", the default), then in an empty database."""
    return "" if stores == "sqlite" else request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def sqlite_url(run, sqlite_template, tmp_path):
    path = tmp_path / "lianzhen.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgres_url(postgres, postgres_template, worker):
    name = f"{worker}_{next(numbers)}"
    yield finish(servers.create_database(postgres, name, postgres_template))
    finish(servers.drop_database(postgres, name))


@pytest.fixture(scope="session")
def sqlite_template(run):
    path = run.folder / "template.sqlite"
    with run.once("template.sqlite") as first:
        if first:
            finish(furnish(f"sqlite+aiosqlite:///{path}"))
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_template(run, postgres):
    with run.once("template.postgresql") as first:
        if first:
            finish(furnish(finish(servers.create_database(postgres, "template_of_tests"))))
    return "template_of_tests"


def finish(work):
    """The outcome of a coroutine, in a loop of its own: fixtures may be asked for from inside a test's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def furnish(url):
    import_models()
    database = open_database(url, SetClock(MONDAY_MORNING))
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(stamp)
    await database.close()


def stamp(connection):
    """As migrated: tests/contracts/test_migrations.py shows that the migrations lead to the same tables."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(configuration())
    MigrationContext.configure(connection).stamp(newest, "head")


@cache
def import_models():
    """Every mapped class of every capability, so that foreign keys by table name are resolved."""
    for module in pkgutil.walk_packages(server.__path__, "server."):
        name = module.name.split(".")
        if name[-1] == "model" or "model" in name[2:-1] or name[1] == "core":
            importlib.import_module(module.name)


def open_database(url, clock):
    matrix = Matrix.read(ACCESS) if ACCESS.exists() else Matrix({})
    return Database(url, clock=clock, keys=KEYS, matrix=matrix)


# ---- what services are handed ----


@pytest.fixture
def clock():
    """Stands at Monday 23 November 2026, 09:00 in Shanghai; `clock.turn(timedelta(hours=1))`."""
    return SetClock(MONDAY_MORNING)


@pytest.fixture
async def database(database_url, clock):
    import_models()
    database = open_database(database_url, clock)
    yield database
    await database.close()


@pytest.fixture
async def unit(database):
    """An open unit of work, nobody signed in (`unit.signed_in = acting("specialist")`); undone afterwards."""
    async with database.unit() as unit:
        yield unit
        unit.undo()


@pytest.fixture
def acting():
    """Makes an actor of a role: acting("specialist", institution_id=hospital.id)."""

    def make(role, **facts):
        known = {"person_id": "1" * 32, "post_id": "2" * 32, "institution_id": "3" * 32, "department_id": None}
        return Actor(role=role, **known | facts)

    return make


# ---- Valkey ----


@pytest.fixture(scope="session")
def valkey(run, worker):
    return run.valkey(worker)


@pytest.fixture
async def redis_url(valkey):
    """A Valkey of this worker, emptied."""
    from redis.asyncio import Redis

    async with Redis.from_url(valkey) as client:
        await client.flushall()
    return valkey


@pytest.fixture
def mortal_valkey(tmp_path):
    """A Valkey of the test's own, for killing and starting again: `.url`, `.stop()`, `.start()`."""
    server = servers.Valkey(tmp_path / "valkey")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def empty_postgres_url(postgres, worker):
    """A database of the test's own without a table: the application migrates it."""
    name = f"{worker}_{next(numbers)}"
    yield finish(servers.create_database(postgres, name))
    finish(servers.drop_database(postgres, name))


# ---- coturn ----


@pytest.fixture(scope="session")
def coturn(tmp_path_factory):
    """Real coturn with the rules we ship, which relays to this machine besides: `.url`, `.secret`, `.credentials()`."""
    from tests.turn import Coturn

    with Coturn(tmp_path_factory.mktemp("coturn"), "--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1") as server:
        yield server
