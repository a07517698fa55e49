"""The composition root: the only file that knows everything."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parseaddr
from typing import Any

from aiohttp import web

from server import home, worker
from server.accounts import (
    again_routes,
    audit_routes,
    enrol_routes,
    factor_routes,
    me_routes,
    people_routes,
    roll_routes,
    staff,
    visits,
)
from server.accounts import routes as accounts_routes
from server.audit import service as audit
from server.casebook import copy_routes
from server.casebook import routes as casebook_routes
from server.casebook.attachments import CaseFiles
from server.casebook.consenting import TaughtCase
from server.casebook.copies import SUBJECT as TEACHING_CASE
from server.casebook.copies import WORK as DARKROOM_WORK
from server.casebook.darkroom import DARKROOM, Darkroom, tend_darkroom
from server.consultation import (
    case_routes,
    centre_routes,
    decision_routes,
    film_routes,
    opinion_routes,
    paper_routes,
    request_routes,
    search,
)
from server.consultation import routes as consultation_routes
from server.consultation.attachments import ConsultationFiles
from server.consultation.consenting import PAPER, ConsentedCase, PaperFiles, SigningPapers
from server.consultation.live import ConsultationDoor, audience
from server.consultation.running import RunningConsultations
from server.core import edge, ids, places
from server.core.access import Matrix
from server.core.addresses import ADDRESSES, Addresses
from server.core.clock import Clock, SystemClock
from server.core.crypto import Keyring
from server.core.database import Database
from server.core.http import CONTEXT, DATABASE, LEAVING, RULES, TEMPLATES, ContextSource, mount, visit_of
from server.core.i18n import Translations
from server.core.limits import Limiter, MemoryLimiter, SharedLimiter
from server.core.tasks import Tasks
from server.core.templates import Templates
from server.core.unit import Announcement, Unit
from server.directory import ports as directory
from server.directory import routes as directory_routes
from server.directory.agreement_routes import agreement_routes
from server.directory.consortium_routes import consortium_routes
from server.directory.department_routes import department_routes
from server.directory.sheet_routes import sheet_routes
from server.documents import routes as documents_routes
from server.documents import signers
from server.documents.archive import SealedArchive
from server.documents.office import OFFICE, Office
from server.documents.verification import Examiner
from server.files import routes as files_routes
from server.files import upload_routes
from server.files.desk import DESK, furnish, store_at, tend
from server.files.service import WORK as FILES_WORK
from server.files.subjects import Subjects
from server.interop import api
from server.meeting import queries as meetings
from server.meeting import routes as meeting_routes
from server.meeting.admission import ADMISSIONS, Admissions
from server.meeting.doors import Door
from server.meeting.feed import feed_door
from server.meeting.live import SqlJournal
from server.meeting.recordings.reels import SealedReels
from server.notices import service as notices
from server.operations.network import is_everywhere
from server.patients import routes as patients_routes
from server.patients.consent import routes as consent_routes
from server.scheduling import routes as scheduling_routes
from server.settings import Settings
from server.teaching import live as teaching_live
from server.teaching import pages as teaching_pages
from server.teaching.consenting import LessonConsents
from server.teaching.hearing import ShownWords
from server.teaching.linked import DiscussingLessons
from server.teaching.materials import SessionFiles
from server.telemetry import TELEMETRY, Telemetry
from server.telemetry import routes as telemetry_routes
from signaling.app import Signaling
from signaling.ice import CoturnIce
from signaling.media.ports import Forwarder
from signaling.memory import Hub, MemoryBus, MemoryStore
from signaling.ports import Broadcast, Bus, Store

SETTINGS = web.AppKey("settings", Settings)
TASKS = web.AppKey("tasks", Tasks)
LARGEST_FORM = 24 * 1024 * 1024


def build(settings: Settings, *, clock: Clock | None = None) -> web.Application:
    """The whole application, not yet listening. Nothing connects before it starts."""
    proxied = (edge.believe_proxy,) if settings.behind_proxy else ()
    app = web.Application(middlewares=(*proxied, *edge.MIDDLEWARES), client_max_size=LARGEST_FORM)
    app[SETTINGS], app[LEAVING] = settings, asyncio.Event()
    _wire_core(app, settings, clock or SystemClock())
    # before signalling: it is stopped first, the store last
    app.cleanup_ctx.extend([_database, _background, tend, tend_darkroom])
    _wire_capabilities(app, settings)
    mount(app, *route_tables())
    app.router.add_static("/static", places.static(), append_version=False)
    app.on_response_prepare.append(_let_static_be_kept)
    return app


def route_tables() -> list[Any]:
    """Every route of the site, by capability."""
    return [
        home.routes,
        telemetry_routes,
        accounts_routes.routes,
        factor_routes.routes,
        again_routes.routes,
        enrol_routes.routes,
        me_routes.routes,
        roll_routes.routes,
        people_routes.routes,
        patients_routes.routes,
        consent_routes.routes,
        files_routes.routes,
        upload_routes.uploads,
        sheet_routes,
        department_routes,
        consortium_routes,
        agreement_routes,
        directory_routes.routes,
        audit_routes.routes,
        documents_routes.routes,
        scheduling_routes.routes,
        meeting_routes.routes,
        request_routes.routes,
        consultation_routes.routes,
        centre_routes.routes,
        case_routes.routes,
        film_routes.routes,
        opinion_routes.routes,
        paper_routes.routes,
        decision_routes.routes,
        casebook_routes.routes,
        copy_routes.routes,
        *teaching_pages.ROUTES,
        api.routes,
    ]


def _wire_core(app: web.Application, settings: Settings, clock: Clock) -> None:
    keys = Keyring.load(settings.key_file, create=True)
    translations = Translations(places.locales())
    database = Database(settings.store_url, clock=clock, keys=keys, matrix=Matrix.read(places.access_matrix()))
    database.before_commit.append(audit.seal)
    app[DATABASE] = database
    app[TEMPLATES] = Templates(places.templates(), places.static(), translations)
    app[CONTEXT] = list[ContextSource]([page_frame])
    app[RULES], app[TASKS] = {}, Tasks()
    app[edge.IDENTIFY] = visits.Visits(database).identify
    app[visits.IN_CALL] = meetings.in_call
    app[edge.ASK_AGAIN] = again_routes.instead_of
    app[edge.OWN_ORIGINS] = frozenset({settings.base_url, *settings.origins})
    app[accounts_routes.LIMITER] = _limiter(settings)
    give_speech(settings, translations)


def give_speech(settings: Settings, translations: Translations) -> None:
    """In what words a process writes mails, where their links lead, and from whom they come."""
    notices.speech = notices.Speech(translations.say, settings.base_url, parseaddr(settings.mail_from)[1])


def _wire_capabilities(app: web.Application, settings: Settings) -> None:
    database = app[DATABASE]
    doors: dict[str, Door] = {"consultation": ConsultationDoor(), "teaching": teaching_live.TeachingDoor()}
    app[ADMISSIONS] = Admissions(database, doors)
    subjects: Subjects = {
        "consultation": ConsultationFiles(),
        PAPER: PaperFiles(),
        "teaching": SessionFiles(),
        TEACHING_CASE: CaseFiles(),
    }
    app[DESK] = furnish(database, store_at(settings.data / "files", settings.s3_url), subjects, app[TASKS])
    app[DARKROOM] = Darkroom(database, app[DESK])
    app[casebook_routes.LESSONS] = DiscussingLessons()
    app[consent_routes.SUBJECTS] = LessonConsents(TaughtCase(ConsentedCase()))
    app[consent_routes.PAPERS] = SigningPapers()
    app[me_routes.PASSWORD_CHANGED] = list[me_routes.PasswordChanged]([keep_signing_key])
    app[OFFICE] = Office(
        archive=SealedArchive(store_at(settings.data / "documents", settings.s3_url), database.keys),
        address=settings.base_url,
        translate=app[TEMPLATES].translations.say,
        timestamp_address=settings.tsa_url,
    )
    app[documents_routes.EXAMINER] = Examiner()
    app[directory.RUNNING] = RunningConsultations()
    app[directory.STAFFING] = staff.Headcount()
    app[ADDRESSES] = Addresses(settings.base_url, settings.other_hosts)
    _wire_signalling(app, settings, doors)


def _wire_signalling(app: web.Application, settings: Settings, doors: dict[str, Door]) -> None:
    database = app[DATABASE]
    node = ids.new_id()  # new at every start: an earlier life's seats are ghosts
    ice = app[meeting_routes.ICE] = CoturnIce(
        turn=settings.turn_urls,
        secret=settings.turn_secret.get_secret_value(),
        policy="relay" if settings.relay_only else "all",
    )
    store, bus = _between_nodes(settings, node, database.keys.derive("signalling"))
    signalling = app[meeting_routes.SIGNALING] = Signaling(
        node=node,
        store=store,
        bus=bus,
        journal=SqlJournal(database, doors),
        grants=app[ADMISSIONS],
        ice=ice,
        clock=database.clock,
        feed_door=feed_door,
        origins=frozenset({settings.base_url, *settings.origins}),
        recordings=SealedReels(database, settings.recordings),
        captions=ShownWords(database) if settings.speech else None,
        forwarder=(lambda: _forwarder(settings)) if settings.forwarder != "none" else None,
        mesh_only=bool(settings.redis_url and not settings.janus_urls),  # each process has a forwarder of its own
    )
    signalling.attach(app)

    async def deliver(announcements: list[Announcement]) -> None:
        for one in announcements:
            if one.topic == DARKROOM_WORK:
                app[DARKROOM].wake()
            elif one.topic == FILES_WORK:
                await app[DESK].checking.resume()
            else:
                await _pass_on(signalling, database, one)

    database.deliver = deliver
    telemetry = app[TELEMETRY] = Telemetry(signalling.counters, settings)
    app[edge.OBSERVE] = telemetry.observe


def _between_nodes(settings: Settings, node: str, key: bytes) -> tuple[Store, Bus]:
    """In the process, or through Redis when several serve."""
    if not settings.redis_url:
        return MemoryStore(), MemoryBus(Hub(), node)
    from signaling.redis_bus import RedisBus
    from signaling.redis_store import RedisStore

    return RedisStore(settings.redis_url, key), RedisBus(settings.redis_url, key, node)


def _forwarder(settings: Settings) -> Forwarder:
    """Loaded, like its processes, with the first hall."""
    if settings.janus_urls:
        from signaling.media.janus.cluster import Cluster

        secret, crowd = settings.janus_secret.get_secret_value(), settings.janus_crowd
        return Cluster(settings.janus_urls, secret, crowd, settings.speech)
    from signaling.media.forwarder.spread import Ground, Spread, own_addresses

    addresses = settings.media_addresses or (own_addresses() if is_everywhere(settings.host) else [settings.host])
    return Spread(Ground(addresses, settings.udp_ports, settings.media_public, speech=settings.speech))


def _limiter(settings: Settings) -> Limiter:
    alone = MemoryLimiter(time.monotonic)
    if not settings.redis_url:
        return alone
    from redis.asyncio import Redis

    return SharedLimiter(Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1), alone)


@asynccontextmanager
async def voice_of_worker(settings: Settings, database: Database) -> AsyncIterator[None]:
    """What the worker process changes is told to the pages of the serving ones, through Redis; its mails as theirs."""
    give_speech(settings, Translations(places.locales()))
    if not settings.redis_url:
        yield
        return
    from signaling.redis_bus import RedisBus

    bus = RedisBus(settings.redis_url, database.keys.derive("signalling"), ids.new_id())
    await bus.start(lambda message: None, lambda: None)

    async def deliver(announcements: list[Announcement]) -> None:
        for one in announcements:
            kind, _, id = one.topic.partition(":")
            if kind == "meeting" and one.kind == "written":
                bus.publish(Broadcast("stir", id))
            topics = await audience(database, id) if kind == "consultation" else {one.topic}
            for topic in topics:
                body = {"topic": topic, "kind": one.kind, "facts": {**one.facts, "about": one.topic}}
                bus.publish(Broadcast("hint", "", body))

    database.deliver = deliver
    try:
        yield
    finally:
        await bus.stop()


async def _topics(database: Database, kind: str, id: str) -> frozenset[str]:
    """The topics of everybody whose pages may show it; none for what is no subject of its own."""
    if kind == "consultation":
        return await audience(database, id)
    if kind != "teaching":
        return frozenset()
    async with database.unit(writes=False) as unit:
        return await teaching_live.audience(unit, id)


async def _pass_on(signalling: Signaling, database: Database, one: Announcement) -> None:
    """A hint to pages; and what the house decides about a room or a person, to the rooms."""
    kind, _, id = one.topic.partition(":")
    if kind == "meeting" and one.kind == "room_closed":
        await signalling.close_room(id, str(one.facts["reason"]))
    elif kind == "meeting" and one.kind == "written":
        signalling.stir(id)
    elif kind == "meeting" and one.kind == "revoked":
        await signalling.revoke(participant=str(one.facts["participant"]))
    elif kind == "person" and one.kind == "revoked":
        await signalling.revoke(person=id)
    elif kind in ("consultation", "teaching"):
        for topic in await _topics(database, kind, id):
            signalling.hint(topic, one.kind, {**one.facts, "about": one.topic})
    else:
        signalling.hint(one.topic, one.kind, one.facts)


async def keep_signing_key(unit: Unit, person_id: str, old: str | None, new: str) -> None:
    """A doctor's key opens with the new password; after a lost one, the next signature makes a new key."""
    if old is None:
        return
    try:
        await signers.rewrap(unit, person_id=person_id, old=old, new=new)
    except (signers.NotEnrolled, signers.WrongSecret):
        return


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
        "posted": request.path if request.method == "POST" else "",
        "flash": [],
        "unread": 0,
        "searches": search.offered(request.app[DATABASE].matrix, visit.actor.role) if visit.actor else "",
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
