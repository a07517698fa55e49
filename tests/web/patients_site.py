"""The pages of patients alone, with whoever is said to be signed in, and cases that are only a table here."""

import json
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.audit import service as audit
from server.core import edge, ids, places
from server.core.access import Actor
from server.core.errors import NotFound
from server.core.http import CONTEXT, DATABASE, RULES, TEMPLATES, Visit, mount, visit_of
from server.core.i18n import Translations
from server.core.templates import Templates
from server.patients import routes
from server.patients.consent import routes as consent_routes
from server.patients.consent.ports import ConsentSubject


@dataclass
class Cases:
    """Subjects of consents: cases by id."""

    known: dict[str, ConsentSubject] = field(default_factory=dict)
    changes: list[tuple] = field(default_factory=list)

    def add(self, id, patient_id, **facts):
        self.known[id] = ConsentSubject(id=id, patient_id=patient_id, back=f"/consultations/{id}/edit", **facts)

    async def subject(self, unit, subject_id, patient_id):
        if subject_id not in self.known:
            raise NotFound
        return self.known[subject_id]

    async def changed(self, unit, consents, *, on):
        self.changes.extend((one.subject_id, one.kind, on) for one in consents)


@dataclass
class Papers:
    """Files uploaded for a signing, by its id."""

    uploaded: dict[str, str] = field(default_factory=dict)

    async def of_signing(self, unit, signing_id):
        return self.uploaded.get(signing_id)


def unbuilt(folder):
    """A static folder of names alone: pages are asked for here, not their scripts."""
    scripts = [f"js/pages/{name}.js" for name in ("app", "patients", "consent", "files-elements")]
    names = ["css/app.css", *scripts]
    (folder / "dist").mkdir()
    (folder / "dist" / "manifest.json").write_text(json.dumps({name: f"dist/{name}" for name in names}))
    return folder


def application(database, *, cases=None, papers=None, static=None):
    app = web.Application(middlewares=edge.MIDDLEWARES)
    database.before_commit.append(audit.seal)

    async def identify(request, rule):
        person, post, institution, role = request.headers["X-Person"].split()
        actor = Actor(
            person_id=person, post_id=post, institution_id=institution, department_id=None, role=role, name="林医生"
        )
        return Visit(actor, locale=request.query.get("lang", "zh"), session="signed-in")

    def frame(request):
        visit, now = visit_of(request), database.clock.now()
        known = {"actor": visit.actor, "csrf": edge.form_token(request, visit), "new_key": ids.new_id, "now": now}
        shown = {"nav": [], "flash": [], "path": request.path_qs, "unread": 0, "theme": "", "searches": "patient"}
        return {**known, **shown}

    app[DATABASE], app[RULES], app[edge.IDENTIFY] = database, {}, identify
    app[edge.OWN_ORIGINS] = frozenset()
    static = static or places.static()
    app[TEMPLATES] = Templates(places.templates(), static, Translations(places.locales()))
    app.router.add_static("/static", static)
    app[CONTEXT] = [frame]
    app[consent_routes.SUBJECTS] = cases or Cases()
    if papers is not None:
        app[consent_routes.PAPERS] = papers
    mount(app, routes.routes, consent_routes.routes)
    return app


def site(database, **parts):
    return TestClient(TestServer(application(database, **parts)))
