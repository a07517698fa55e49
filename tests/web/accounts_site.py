"""The whole application with two institutions and a few people, whose clock is turned by hand."""

import html
import re
from contextlib import asynccontextmanager
from datetime import date

from aiohttp import web

from server import app as composition
from server import log
from server.accounts import service as accounts
from server.accounts.roles import Role
from server.accounts.routes import SECOND_FACTOR_REQUIRED
from server.core.access import Actor
from server.core.http import DATABASE
from server.directory import service as directory
from server.directory.kinds import ConsortiumKind, Kind, Level
from server.settings import Settings
from tests.journeys.house import Visitor, free_port, letters
from tests.passwords import light

PASSWORD = "春眠不觉晓-处处闻啼鸟-1299"
HASHED = light(PASSWORD)


class Site:
    def __init__(self, app, url, clock):
        self.app, self.url, self.clock = app, url, clock
        self.database = app[DATABASE]
        self.visitors, self.people, self.places, self.consortium = [], {}, {}, ""

    def visitor(self):
        visitor = Browser(self.url)
        self.visitors.append(visitor)
        return visitor

    async def signed_in(self, login):
        visitor = self.visitor()
        await visitor.sign_in(login, PASSWORD)
        return visitor

    async def place(self, code, name, level=Level.TOWNSHIP, kind=Kind.TOWNSHIP_CENTRE):
        async with self.database.unit() as unit:
            made = await directory.add_institution(unit, code=code, name=name, short_name=name, level=level, kind=kind)
        self.places[code] = made
        return made

    async def enrol(self, login, name, role, where, *, password=True, **facts):
        async with self.database.unit() as unit:
            person = await accounts.enrol(
                unit, login=login, name=name, password_hash=HASHED if password else "", **facts
            )
            await accounts.appoint(
                unit, person=person, institution_id=self.places[where].id, role=role, starts=date(2026, 1, 1)
            )
        self.people[login] = person
        return person

    async def letters(self):
        """The mails that wait in the outbox, oldest first."""
        return await letters(self.database)

    def acting(self, login, where):
        """The actor a person is in their post there, outside of any sign-in."""
        facts = {"post_id": "2" * 32, "department_id": None, "role": "applicant"}
        return Actor(person_id=self.people[login].id, institution_id=self.places[where].id, **facts)

    async def acts(self):
        from sqlalchemy import select

        from server.audit.model import AuditRecord

        async with self.database.unit(writes=False) as unit:
            return list(await unit.session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)))


class Browser(Visitor):
    """A visitor who also says what stands at a field, and sends what a page's own form holds."""

    async def submit(self, page, action, **typed):
        """Sends the form of `page` that goes to `action`, with what it holds and what is typed."""
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)[0]
        held = re.findall(r'<input type="hidden" name="(\w+)"[^>]*? value="([^"]*)"', form)
        return await self.post(action, {**{name: html.unescape(value) for name, value in held}, **typed})


def said_at(page, field):
    """What is wrong with a field, as it stands there."""
    found = re.search(rf'id="f-{field}-error">(?:<svg.*?</svg>)?\s*(.*?)</p>', page.text, re.DOTALL)
    return found[1].strip() if found else ""


def typed_in(page, field):
    return re.search(rf'id="f-{field}" value="([^"]*)"', page.text)[1]


@asynccontextmanager
async def open_site(folder, database_url, clock, *, second_factor=False, **options):
    log.set_up(for_people=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = Settings(data=folder, port=free_port(), database_url=database_url, demo=True, **options)
    app = composition.build(settings, clock=clock)
    app[SECOND_FACTOR_REQUIRED] = second_factor
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.port).start()
    site = Site(app, settings.base_url, clock)
    try:
        await _furnish(site)
        yield site
    finally:
        for visitor in site.visitors:
            await visitor.leave()
            await visitor.session.close()
        await runner.cleanup()


async def _furnish(site):
    """青山县: a hospital that leads two township centres; 白河: another consortium. An administrator of each kind."""
    hospital = await site.place("A0", "青山县医院", Level.COUNTY, Kind.GENERAL)
    towns = [await site.place(code, name) for code, name in (("A1", "城厢卫生院"), ("A2", "湖头卫生院"))]
    far = await site.place("B0", "白河县医院", Level.COUNTY, Kind.GENERAL)
    async with site.database.unit() as unit:
        group = {"kind": ConsortiumKind.COUNTY_COMMUNITY}
        members = [one.id for one in towns]
        made = await directory.form_consortium(
            unit, name="青山医共体", lead_id=hospital.id, member_ids=members, **group
        )
        await directory.form_consortium(unit, name="白河医共体", lead_id=far.id, member_ids=[], **group)
        await directory.add_department(unit, institution_id=hospital.id, name="心内科")
    site.consortium = made.id
    await site.enrol("doctor", "林芳", Role.APPLICANT, "A1", email="lin@example.com")
    await site.enrol("keeper", "郭伟", Role.CONS_ADMIN, "A0", email="guo@example.com")
    await site.enrol("warden", "田宇", Role.INST_ADMIN, "A1")
    await site.enrol("witness", "于洁", Role.AUDITOR, "A0")
    await site.enrol("stranger", "何远", Role.CONS_ADMIN, "B0")
