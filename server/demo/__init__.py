"""A demo consortium: plausible Chinese names and places, all invented. Loaded once into an empty store."""

from aiohttp import web

from server.accounts import passwords
from server.accounts.routes import DEMO_SIGN_INS
from server.core.http import DATABASE
from server.core.tasks import Tasks
from server.demo import cases, cast, places
from server.documents import signers

PASSWORD = "lianzhen-demo-2026"  # noqa: S105 - printed at every start of the demo; `serve` never loads it

SHOWN = ("wangfang", "chenyu", "zhaomin", "sunli", "gaoyuan", "hejing", "lihua", "guowei", "yujie")
"""Whose sign-ins are printed and offered on the sign-in page."""


async def load_once(app: web.Application) -> cases.Teller | None:
    """Fills an empty store and offers the demo's sign-ins. Returns who still has pictures to attach."""
    app[DEMO_SIGN_INS] = [_offered(one) for one in cast.PEOPLE if one.login in SHOWN]
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
        return teller


def attach_later(app: web.Application, teller: cases.Teller, tasks: Tasks) -> None:
    """Pictures follow while the site already serves."""
    tasks.start(cases.attach(app, teller), "demo pictures")


def _offered(one: cast.Member) -> dict[str, str]:
    place = next((name for code, name, *_ in places.TOWNS + places.VILLAGES if code == one.where), "")
    return {
        "login": one.login,
        "password": PASSWORD,
        "name": one.name,
        "role": one.what,
        "place": place or {places.CITY: "临湖市第一人民医院", places.COUNTY: "清源县人民医院"}.get(one.where, ""),
        "who": f"{one.name} · {one.what}",
    }
