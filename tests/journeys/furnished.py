"""The demo consortium, loaded once for all workers and then copied: loading it takes four seconds of a processor, a
copy none."""

import asyncio
import fcntl
import shutil
import time
from contextlib import asynccontextmanager

from sqlalchemy import update
from sqlalchemy.engine import make_url

from server import app as composition
from server.accounts.model import Person
from server.core.clock import SystemClock
from server.core.http import DATABASE
from server.demo import PASSWORD, loading
from server.migrations import upgrade
from server.settings import Settings
from tests import stores
from tests.passwords import light

FRESH = 150  # seconds: a demo that began "just now" may be so much older


async def furnish(folder, database_url="", clock=None):
    """The data folder and the store of a site with its demo, as if loaded now (or at the moment a clock stands at)."""
    store = make_url(database_url).get_backend_name() if database_url else "files"
    moment = f"{clock.now():%Y%m%dT%H%M%S%f}" if clock else "now"
    template = stores.joined().folder / f"demo_{store}_{moment}"
    async with _alone(template.with_suffix(".lock")):
        if not _is_fresh(template, clock):
            await _load(template, database_url, clock)
        shutil.copytree(template, folder)
        if database_url:
            server, name = database_url.rsplit("/", 1)
            await stores.drop_database(server, name)
            await stores.create_database(server, name, template.name)


@asynccontextmanager
async def _alone(path):
    """Under a lock of all workers."""
    with path.open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


def _is_fresh(template, clock):
    made = template.with_suffix(".made")
    return made.exists() and (clock is not None or time.monotonic() - float(made.read_text()) < FRESH)


async def _load(template, database_url, clock):
    """A folder and, with `database_url`, a database of that name; beside it, when they were made."""
    shutil.rmtree(template, ignore_errors=True)
    template.mkdir(mode=0o700)
    url = await _emptied(database_url.rsplit("/", 1)[0], template.name) if database_url else ""
    settings = Settings(data=template, database_url=url, demo=True)
    await upgrade(settings.store_url)
    app = composition.build(settings, clock=clock or SystemClock())
    try:
        await loading.load_once(app)
        async with app[DATABASE].unit() as unit:
            signing_in = update(Person).where(Person.password_hash != "")
            await unit.session.execute(signing_in.values(password_hash=light(PASSWORD)))
    finally:
        await app[composition.TASKS].close()
        await app[DATABASE].close()
    template.with_suffix(".made").write_text(str(time.monotonic()))


async def _emptied(server, name):
    await stores.drop_database(server, name)
    return await stores.create_database(server, name)
