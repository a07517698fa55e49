"""The running application with a case, everything that hangs on it, and people who stand to it in every way."""

from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from server import app as composition
from server import log
from server.accounts.roles import Role
from server.core.clock import SetClock
from server.documents import signers
from server.migrations import upgrade
from server.settings import Settings
from tests.contracts.access_cases import SECRET, a_case, files_of
from tests.contracts.access_lessons import a_lesson, recordings, teaching_cases, the_hall
from tests.contracts.access_people import belongings, places_of, somebody
from tests.contracts.access_world import NOW, STANDS, World
from tests.journeys.house import free_port


@asynccontextmanager
async def open_world(folder, database_url=""):
    clock = SetClock(NOW)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.set_up(for_people=True)
    settings = Settings(data=folder, port=free_port(), database_url=database_url, demo=True)
    await upgrade(settings.store_url)
    app = composition.build(settings, clock=clock)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.port).start()
    world = World(app, settings.base_url, clock)
    jar = aiohttp.DummyCookieJar()
    world.session = aiohttp.ClientSession(settings.base_url, cookie_jar=jar)
    try:
        await _furnish(world)
        yield world
    finally:
        await world.session.close()
        await runner.cleanup()


async def _furnish(world):
    async with world.database.unit() as unit:
        places = await places_of(unit)
        for stand, place in places.items():
            await somebody(unit, world, stand, place)
        await signers.found_authority(unit, site="青山市医联体")
        author = world.people["participant"]
        await signers.enrol_signer(unit, person_id=author.id, name=author.name, secret=SECRET)
    for stand in STANDS:
        for role in Role:
            world.cookies[stand, role] = await world.sign_in(stand, role)
    world.cookies[None] = await world.visit()
    await belongings(world, places)
    await a_case(world, places)
    await a_lesson(world)
    await the_hall(world)
    await recordings(world)
    await teaching_cases(world)
    await files_of(world)
