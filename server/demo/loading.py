"""Puts the demo into an empty store: places, people, then the cases, their pictures, and the teaching."""

from aiohttp import web

from server.accounts import passwords
from server.core.http import DATABASE
from server.demo import PASSWORD, cases, cast, places, teaching
from server.documents import signers


async def load_once(app: web.Application) -> cases.Teller | None:
    """Fills an empty store; one that is not stays as it is. Returns who still has pictures to attach."""
    database = app[DATABASE]
    async with database.unit(writes=False) as unit:
        if await places.exist(unit):
            return None
    hashed = await passwords.hashed(PASSWORD)
    async with database.unit() as unit:
        found = await places.build(unit)
        await signers.found_authority(unit, site="临湖市第一人民医院医疗集团")
        await cast.enrol_all(unit, found, hashed)
        teller = cases.Teller(app, unit, PASSWORD)
        await teller.tell_all()
        await teaching.School(unit, found).open()
    return teller
