"""The pages of files alone, with cases that are a dictionary, and clients that speak tus by hand."""

import asyncio
import base64
import hashlib
import io
import json
import re
from dataclasses import dataclass, field
from datetime import date

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jinja2 import ChoiceLoader, DictLoader

from server.accounts import service as accounts
from server.accounts.roles import Role
from server.audit import service as audit
from server.core import edge, ids, places
from server.core.access import Actor
from server.core.http import (
    CONTEXT,
    DATABASE,
    RULES,
    TEMPLATES,
    Routes,
    Visit,
    mount,
    render,
    unit_of,
    visit_of,
)
from server.core.i18n import Translations
from server.core.tasks import Tasks
from server.core.templates import Templates
from server.directory import service as directory
from server.directory.kinds import Kind, Level
from server.files import queries, routes, upload_routes
from server.files.blobs import DiskBlobs
from server.files.cards import card
from server.files.desk import DESK, furnish, tend
from server.files.subjects import About

CASE, OTHER_CASE = "c" * 32, "d" * 32
TUS = {"Tus-Resumable": "1.0.0"}
STREAM = {**TUS, "Content-Type": "application/offset+octet-stream"}
TASKS = web.AppKey("tasks", Tasks)
ZONE = """{% extends "base.html" %}
{% from "files/macros.html" import upload_zone, file_tiles, file_stage with context %}
{% block main %}<h1>附件</h1>{{ upload_zone("consultation", case) }}{{ file_tiles(files, "consultation", case) }}
{{ file_stage() }}{% endblock %}
{% block scripts %}<script type="module" src="{{ asset("js/pages/files-elements.js") }}"></script>{% endblock %}"""
"""A page as the request's and the case's are: where files are added, their tiles, a stage."""


@dataclass
class Cases:
    """Who may do what with the files of which case: {case: {person: {"read", "attach", "original"}}}."""

    may_do: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    patients: dict[str, About] = field(default_factory=dict)

    def let(self, case, person, *actions):
        self.may_do.setdefault(case, {})[person] = set(actions)

    async def may(self, unit, subject_kind, subject_id, action):
        return action in self.may_do.get(subject_id, {}).get(unit.actor.person_id, ())

    async def about(self, unit, subject_kind, subject_id):
        return self.patients.get(subject_id, About())


async def people_of(database):
    """A township doctor, a specialist and a stranger: "person post institution role" of each."""
    async with database.unit() as unit:
        place = await directory.add_institution(
            unit, code="A1", name="青山镇卫生院", short_name="青山", level=Level.TOWNSHIP, kind=Kind.TOWNSHIP_CENTRE
        )
        return {
            name: await _appointed(unit, name, place.id, role)
            for name, role in (("doctor", Role.APPLICANT), ("expert", Role.SPECIALIST), ("stranger", Role.APPLICANT))
        }


async def _appointed(unit, login, institution_id, role):
    person = await accounts.enrol(unit, login=login, name=login, password_hash="x")
    post = await accounts.appoint(
        unit, person=person, institution_id=institution_id, role=role, starts=date(2020, 1, 1)
    )
    return f"{person.id} {post.id} {institution_id} {role.value}"


def unbuilt(folder):
    """A static folder of names alone: pages are asked for here, not their scripts."""
    (folder / "dist").mkdir(parents=True)
    names = ["css/app.css", "js/pages/app.js", "js/pages/files-elements.js"]
    (folder / "dist" / "manifest.json").write_text(json.dumps({name: f"dist/{name}" for name in names}))
    return folder


def application(database, folder, cases, *, static=None):
    app = web.Application(middlewares=edge.MIDDLEWARES)
    if audit.seal not in database.before_commit:
        database.before_commit.append(audit.seal)

    async def identify(request, rule):
        named = request.headers.get("X-Person") or request.cookies.get("person")
        if not named:
            return Visit(None, session="visitor")
        person, post, institution, role = named.replace("_", " ").split()
        where = {"post_id": post, "institution_id": institution, "department_id": None}
        actor = Actor(person_id=person, role=role, reauthenticated_at=database.clock.now(), **where)
        return Visit(actor, locale=request.query.get("lang", "zh"), session="signed-in")

    def frame(request):
        visit, now = visit_of(request), database.clock.now()
        known = {"actor": visit.actor, "csrf": edge.form_token(request, visit), "new_key": ids.new_id, "now": now}
        shown = {"nav": [], "flash": [], "path": request.path_qs, "unread": 0, "theme": "", "searches": "patient"}
        return {**known, **shown}

    app[DATABASE], app[RULES], app[edge.IDENTIFY] = database, {}, identify
    app[edge.OWN_ORIGINS] = frozenset()
    static = static or unbuilt(folder / "static")
    app[TEMPLATES] = Templates(places.templates(), static, Translations(places.locales()))
    app.router.add_static("/static", static)
    app[CONTEXT] = [frame]
    tasks = app[TASKS] = Tasks()
    app[DESK] = furnish(database, DiskBlobs(folder / "files"), {"consultation": cases}, tasks)
    app.cleanup_ctx.extend([_owned_tasks, tend])
    mount(app, routes.routes, upload_routes.uploads, _zone(app))
    return app


def _zone(app):
    """The page ZONE at /zone."""
    for environment in app[TEMPLATES]._environments.values():
        environment.loader = ChoiceLoader([environment.loader, DictLoader({"zone.html": ZONE})])
    table = Routes("zone")

    @table.get("/zone", "file.read")
    async def zone(request):
        unit = unit_of(request)
        files = [card(unit, one) for one in await queries.of_subject(unit, "consultation", CASE)]
        return render(request, "zone.html", case=CASE, files=files)

    return table


async def _owned_tasks(app):
    yield
    await app[TASKS].close()


def site(database, folder, cases):
    return TestClient(TestServer(application(database, folder, cases)))


class Sender:
    """A signed-in browser that uploads."""

    def __init__(self, client, person):
        self.client = client
        token = edge.csrf.new_token(client.app[DATABASE].keys.derive("csrf"), "signed-in")
        self.headers = {"X-Person": person, "X-CSRF": token, "Accept": "application/json"}

    async def ask(self, method, path, *, headers=None, **options):
        return await self.client.request(method, path, headers={**self.headers, **(headers or {})}, **options)

    async def create(self, size, *, name="胸片.dcm", subject=f"consultation:{CASE}", **more):
        told = {"filename": name, "subject": subject}
        packed = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": packed, **more}
        return await self.ask("POST", "/files/uploads", headers=headers)

    async def begin(self, size, **facts):
        return (await self.create(size, **facts)).headers["Location"]

    async def offset(self, address):
        response = await self.ask("HEAD", address, headers=TUS)
        assert response.status == 200, response.status
        return int(response.headers["Upload-Offset"])

    async def patch(self, address, offset, content, **more):
        return await self.ask(
            "PATCH", address, headers={**STREAM, "Upload-Offset": str(offset), **more}, data=io.BytesIO(content)
        )

    async def break_off(self, address, offset, content, said):
        """Sends `content` of a request that announces `said` bytes, then tears the line."""
        server = self.client.server
        _, writer = await asyncio.open_connection(server.host, server.port)
        lines = {**self.headers, **STREAM, "Upload-Offset": offset, "Content-Length": said, "Host": "127.0.0.1"}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"PATCH {address} HTTP/1.1\r\n{head}\r\n".encode() + content)
        await writer.drain()
        return writer

    async def complete(self, address, content):
        return await self.prove(address, hashlib.sha256(content).hexdigest())

    async def prove(self, address, sha256):
        return await self.ask("POST", f"/files/{id_of(address)}/complete", json={"sha256": sha256})

    async def send(self, content, **facts):
        """The whole road of a good line; the file's id."""
        address = await self.begin(len(content), **facts)
        assert (await self.patch(address, 0, content)).status == 204
        response = await self.complete(address, content)
        assert response.status == 200, await response.text()
        return id_of(address)

    async def looked_at(self, id, within=20):
        """Its tile, once it has been looked at."""
        for _ in range(within * 10):
            response = await self.ask("GET", f"/files/{id}/tile", headers={"Accept": "text/html"})
            html = await response.text()
            status = re.search(r'data-status="(\w+)"', html)
            if status and status[1] in ("ready", "refused"):
                return status[1], re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()
            await asyncio.sleep(0.1)
        raise AssertionError("nobody looked at it")


def id_of(address):
    return address.rsplit("/", 1)[-1]
