"""The pages of scheduling alone, with whoever is said to be signed in."""

import re

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.core import edge, ids, places
from server.core.access import Actor
from server.core.http import CONTEXT, DATABASE, RULES, TEMPLATES, Visit, mount, visit_of
from server.core.i18n import Translations
from server.core.templates import Templates
from server.scheduling import routes


class Browser:
    """A signed-in browser that keeps the form token of the page it saw last."""

    def __init__(self, client, person, post, institution, role):
        self.client = client
        self.headers = {"X-Person": f"{person} {post} {institution} {role}"}
        self.status, self.html, self.address = 0, "", ""

    async def open(self, path):
        return await self._show(self.client.get(path, headers=self.headers))

    async def send(self, path, **fields):
        fields = {
            "csrf": re.search(r'name="csrf" content="(\w+)"', self.html)[1],
            "idempotency_key": ids.new_id(),
            **fields,
        }
        return await self._show(self.client.post(path, data=fields, headers=self.headers))

    async def _show(self, asked):
        async with asked as response:
            self.status, self.address = response.status, str(response.url.relative())
            self.html, self.type = await response.text(), response.content_type
        return self

    @property
    def words(self):
        """The text of the page's main part."""
        main = self.html[self.html.index('<main id="main"') : self.html.index("</main>")]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()

    def typed(self, name):
        """What stands in an input."""
        return re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', self.html)[1]


def application(database, static=None, templates=()):
    """`static`: a folder with the built scripts and styles, served; `templates`: folders with more pages."""
    app = web.Application(middlewares=edge.MIDDLEWARES)

    async def identify(request, rule):
        person, post, institution, role = request.headers["X-Person"].split()
        actor = Actor(
            person_id=person, post_id=post, institution_id=institution, department_id=None, role=role, name="李建国"
        )
        return Visit(actor, locale=request.query.get("lang", "zh"), session="signed-in")

    def frame(request):
        visit = visit_of(request)
        now = database.clock.now()
        known = {"actor": visit.actor, "csrf": edge.form_token(request, visit), "new_key": ids.new_id, "now": now}
        shown = {"nav": [], "flash": [], "path": request.path_qs, "unread": 0, "theme": "", "searches": "patient"}
        return {**known, **shown}

    app[DATABASE], app[RULES], app[edge.IDENTIFY] = database, {}, identify
    app[edge.OWN_ORIGINS] = frozenset()
    static = static or places.static()
    app[TEMPLATES] = Templates([places.templates(), *templates], static, Translations(places.locales()))
    app.router.add_static("/static", static)
    app[CONTEXT] = [frame]
    mount(app, routes.routes)
    return app


def site(database):
    return TestClient(TestServer(application(database)))
