"""The demo consortium, loaded once and then copied: loading it takes four seconds of a processor, a copy none."""

import shutil
import tempfile
import time
from pathlib import Path

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
_shelf = tempfile.TemporaryDirectory()
_made = {}


async def furnish(folder, database_url="", clock=None):
    """The data folder and the store of a site with its demo, as if loaded now (or at the moment a clock stands at)."""
    key = make_url(database_url).get_backend_name() if database_url else "", clock and clock.now()
    known = _made.get(key)
    if known is None or (clock is None and time.monotonic() - known[1] > FRESH):
        known = _made[key] = await _load(f"demo_{len(_made)}_{time.monotonic_ns()}", database_url, clock)
    template, _ = known
    shutil.copytree(template, folder)
    folder.chmod(0o700)
    if database_url:
        server, name = database_url.rsplit("/", 1)
        await stores.drop_database(server, name)
        await stores.create_database(server, name, template.name)


async def _load(name, database_url, clock):
    """Its data folder, named as its database, and when it was made."""
    folder = Path(_shelf.name) / name
    folder.mkdir(mode=0o700)
    url = await stores.create_database(database_url.rsplit("/", 1)[0], name) if database_url else ""
    settings = Settings(data=folder, database_url=url, demo=True)
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
    return folder, time.monotonic()
