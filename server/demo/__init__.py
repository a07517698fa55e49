"""A demo consortium: plausible Chinese names and places, all invented. Loaded once into an empty store."""

from aiohttp import web

from server.accounts import passwords
from server.accounts.routes import DEMO_SIGN_INS
from server.core.http import DATABASE
from server.demo import cast, places

PASSWORD = "lianzhen-demo-2026"  # noqa: S105 - printed at every start of the demo; `serve` never loads it

SHOWN = ("wangfang", "chenyu", "zhaomin", "lihua", "sunli", "hejing", "guowei", "admin")
"""Whose sign-ins are printed and offered on the sign-in page."""


async def load_once(app: web.Application) -> None:
    """Fills an empty store; offers the demo's sign-ins."""
    database = app[DATABASE]
    hashed = await passwords.hashed(PASSWORD)
    async with database.unit() as unit:
        if not await places.exist(unit):
            found = await places.build(unit)
            await cast.enrol_all(unit, found, hashed)
    app[DEMO_SIGN_INS] = [
        {"login": one.login, "password": PASSWORD, "who": f"{one.name} · {one.what}"}
        for one in cast.PEOPLE
        if one.login in SHOWN
    ]
