"""The composition root: the only file that knows everything."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import web

from server import home, worker
from server.accounts import routes as accounts_routes
from server.accounts import visits
from server.audit import service as audit
from server.consultation.live import ConsultationDoor
from server.core import edge, ids, places
from server.core.access import Matrix
from server.core.clock import Clock, SystemClock
from server.core.crypto import Keyring
from server.core.database import Database
from server.core.http import CONTEXT, DATABASE, RULES, TEMPLATES, mount, visit_of
from server.core.i18n import Translations
from server.core.limits import MemoryLimiter
from server.core.tasks import Tasks
from server.core.templates import Templates
from server.meeting.doors import DOORS, Door
from server.notices import service as notices
from server.settings import Settings

SETTINGS = web.AppKey("settings", Settings)
TASKS = web.AppKey("tasks", Tasks)
LARGEST_FORM = 24 * 1024 * 1024


def build(settings: Settings, *, clock: Clock | None = None) -> web.Application:
    """The whole application, not yet listening. Nothing connects before it starts."""
    app = web.Application(middlewares=edge.MIDDLEWARES, client_max_size=LARGEST_FORM)
    app[SETTINGS] = settings
    _wire_core(app, settings, clock or SystemClock())
    _wire_capabilities(app, settings)
    mount(app, *route_tables())
    app.router.add_static("/static", places.static(), append_version=False)
    app.on_response_prepare.append(_let_static_be_kept)
    app.cleanup_ctx.extend([_database, _background])
    return app


def route_tables() -> list[Any]:
    """Every route of the site, by capability."""
    return [home.routes, accounts_routes.routes]


def _wire_core(app: web.Application, settings: Settings, clock: Clock) -> None:
    keys = Keyring.load(settings.key_file, create=True)
    translations = Translations(places.locales())
    database = Database(settings.store_url, clock=clock, keys=keys, matrix=Matrix.read(places.access_matrix()))
    database.before_commit.append(audit.seal)
    app[DATABASE] = database
    app[TEMPLATES] = Templates(places.templates(), places.static(), translations)
    app[RULES] = {}
    app[CONTEXT] = [page_frame]
    app[TASKS] = Tasks()
    app[edge.IDENTIFY] = visits.identify
    app[edge.OWN_ORIGINS] = frozenset({settings.base_url, *settings.origins})
    app[accounts_routes.LIMITER] = MemoryLimiter(time.monotonic)
    notices.speech = notices.Speech(translations.say, settings.base_url)


def _wire_capabilities(app: web.Application, settings: Settings) -> None:
    doors: dict[str, Door] = {"consultation": ConsultationDoor()}
    app[DOORS] = doors


def page_frame(request: web.Request) -> Mapping[str, Any]:
    """What base.html shows on every page."""
    visit = visit_of(request)
    return {
        "actor": visit.actor,
        "csrf": edge.form_token(request, visit),
        "new_key": ids.new_id,
        "nav": home.navigation(request),
        "now": request.app[DATABASE].clock.now(),
        "path": request.path_qs if request.method == "GET" else "/",
        "flash": [],
        "unread": request.get("unread", 0),
        "theme": request.cookies.get("lianzhen_theme", ""),
    }


async def _let_static_be_kept(request: web.Request, response: web.StreamResponse) -> None:
    """Bundles carry their hash in their name: a browser may keep them for a year."""
    if request.path.startswith("/static/dist/") and response.status in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


async def _database(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[DATABASE].close()


async def _background(app: web.Application) -> AsyncIterator[None]:
    tasks = app[TASKS]
    if not app[SETTINGS].redis_url:  # with several processes the worker is one of its own
        worker.start(tasks, app[DATABASE], app[SETTINGS])
    yield
    await tasks.close()
